"""Many small tasks over the valley's words, for learning from the prompt: what an answer means stands in the examples alone.

It must not let a task that is tested be trained: whole tasks, and the label words of choices, are held out.
"""
import random

# Words by kind, most of them one token of the sample's tokenizer.
KINDS = {
    "animals": "cat dog hen goat pig duck pony donkey owl rabbit parrot tortoise mouse sheep frog cow goose".split(),
    "food": "bread cake cheese apple carrot soup potato pie onion beans porridge butter nuts pancakes".split(),
    "trades": "baker carpenter miller shepherd blacksmith teacher fisher potter gardener beekeeper weaver doctor woodcutter innkeeper".split(),
    "weather": "rain snow fog frost wind sun storm mist clouds ice thunder".split(),
    "colours": "red blue green white black grey brown yellow orange pink purple golden".split(),
    "numbers": "two three four five six seven eight nine ten eleven twelve thirteen fourteen twenty".split(),
    "family": "mother father brother sister daughter son aunt uncle cousin grandmother grandfather".split(),
    "house": "table door window chair bed roof wall floor kitchen chimney lamp cellar stool oven".split(),
    "moods": "happy sad proud tired hungry afraid angry calm sorry worried glad shy".split(),
    "land": "river lake hill forest field road bridge mountain sea valley pond meadow path".split(),
    "clothes": "coat hat scarf shoes shirt boots cap dress socks apron belt gloves".split(),
    "drinks": "milk water tea juice cider coffee lemonade cocoa".split(),
    "times": "morning noon evening night today tomorrow yesterday spring summer autumn winter".split(),
    "deeds": "walked danced laughed knocked waited listened painted answered worked counted looked turned".split(),
}
# Labels of choices; those of the validation and of the test stand nowhere else.
LABELS = {
    "train": "oak north seven corner bell east wool lemon west wax rope slate stone circle silver south net square iron rose drum wheel straw picture story".split(),
    "validation": "thread boards light heart".split(),
    "test": "gold plum clay fire wood cart rice pudding".split(),
}
# Rows of a task, and tasks of choices on each side.
ROWS = {"train": 12, "validation": 16, "test": 24}
CHOICES = {"train": 70, "validation": 8, "test": 12}
# What is looked up, four words a task; those of the validation and of the test stand in no other task.
KEYS = {
    "train": "apples arm bag basket bean blanket book letters bucket candle cherry clock cloth cream cup garden".split(),
    "validation": "honey hook jar lantern letter pear".split(),
    "test": "pen purse seeds spoon toast tower umbrella whistle windmill flour grass jam".split(),
}
LOOKUPS = {"train": 8, "validation": 4, "test": 12}
SENTENCES = ["Mira saw the {w} again", "this is about {w}", "he said {w} and left", "we talked of {w}", "Nora wrote {w} down"]


def sides():
    """Pairs of kinds, each on one side."""
    names = sorted(KINDS)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1:]]
    random.Random("in_context/pairs").shuffle(pairs)
    out = {}
    for split in ("test", "validation", "train"):
        out[split], pairs = pairs[:CHOICES[split]], pairs[CHOICES[split]:]
    return out


def choice(rng, split, kinds, sentence):
    """Words of two or three kinds, each kind under a label of its own."""
    labels = dict(zip(kinds, rng.sample(LABELS[split], len(kinds))))
    each = ROWS[split] // len(kinds)
    rows = [(w, labels[k]) for k in kinds for w in rng.sample(KINDS[k], min(each, len(KINDS[k])))]
    if sentence:
        rows = [(sentence.format(w=w), label) for w, label in rows]
    kind = "sentences" if sentence else "sort"
    return f"{kind} {' '.join(kinds)}", "Sort the sentences." if sentence else "Sort the words.", rows


def lookup(rng, split, number, people):
    """Four words, each under a label of its own, whoever stands before it: what the label is can only be looked up."""
    keys, labels = rng.sample(KEYS[split], 4), rng.sample(LABELS[split], 4)
    rows = [(f"{name} {key}", label) for key, label in zip(keys, labels) for name in rng.sample(people, 5)]
    return f"lookup {number} {split}", "Sort by the last word.", rows


def maps(world):
    """(side, name, instruction, rows): an answer that follows from the input."""
    people = list(world.people.values())
    plural = {"sheep": "sheep", "mouse": "mice", "goose": "geese", "pony": "ponies"}
    yield "train", "plural of animals", "Say it of many.", [(w, plural.get(w, w + "s")) for w in KINDS["animals"]]
    yield "train", "homes", "Say where they live.", [(p.name, p.home.name) for p in people]
    yield "train", "trades of people", "Say their trade.", [(p.name, p.trade) for p in people]
    yield "train", "colours they like", "Say their colour.", [(p.name, p.colour) for p in people]
    yield "train", "seasons they like", "Say their season.", [(p.name, p.season) for p in people]
    words = sorted(w for k in ("animals", "colours", "numbers", "land") for w in KINDS[k])
    rng = random.Random("in_context/maps")
    pairs = rng.sample([(a, b) for a in words for b in words if a != b], 36)
    yield "train", "the same word", "Say it again.", [(w, w) for w in rng.sample(words, 20)]
    yield "train", "the first of two", "Say the first.", [(" ".join(p), p[0]) for p in pairs[:20]]
    yield "validation", "the last of two", "Say the last.", [(" ".join(p), p[1]) for p in pairs[20:]]
    triples = [rng.sample(words, 3) for _ in range(24)]
    yield "test", "the middle of three", "Say the middle one.", [(" ".join(t), t[1]) for t in triples]


def splits(world, seed):
    """{split: rows}"""
    out = {"train": [], "validation": [], "test": []}

    def add(split, task, instruction, rows):
        out[split] += [{"task": task, "instruction": instruction, "input": x, "output": y} for x, y in rows]

    for split, pairs in sides().items():
        rng = random.Random(f"{seed}/in_context/{split}")
        for i, kinds in enumerate(pairs):
            sentence = SENTENCES[i % len(SENTENCES)] if i % 4 == 3 else None
            add(split, *choice(rng, split, kinds, sentence))
        if split == "train":
            for _ in range(10):
                add(split, *choice(rng, split, rng.sample(sorted(KINDS), 3), None))
    people = sorted(person.name for person in world.people.values())
    for split, n in LOOKUPS.items():
        rng = random.Random(f"{seed}/in_context/lookup/{split}")
        for number in range(1, n + 1):
            add(split, *lookup(rng, split, number, people))
    for split, task, instruction, rows in maps(world):
        add(split, task, instruction, rows)
    for split, rows in out.items():
        random.Random(f"{seed}/in_context/{split}/order").shuffle(rows)
    return out


def held_out(rows):
    """What must be true: no task, no label of a choice and no word to be looked up stands on two sides."""
    of = lambda s, kinds, what: {what(r) for r in rows[s] if r["task"].split()[0] in kinds}
    sides = {s: ({r["task"] for r in rows[s]},
                 of(s, ("sort", "sentences", "lookup"), lambda r: r["output"]),
                 of(s, ("lookup",), lambda r: r["input"].split()[-1])) for s in rows}
    names = list(sides)
    for i, a in enumerate(names):
        for b in names[i + 1:]:
            for what, x, y in zip(("task", "label", "word"), sides[a], sides[b]):
                yield from (f"{what} {w!r} in {a} and {b}" for w in sorted(x & y))
