"""The machinery of the sample world: people and places from world.json, templates, and documents that refuse to repeat themselves.

It must not know any plot: those live in stories.py, portraits.py and dialogues.py.

Templates:  (a|b|)   one of the alternatives, nested as deep as one likes
            {p}      the value of a slot; {p.food} an attribute of it; {p.He} and {name_} are {p.he} and {name} with a capital
            a/an, capitals after a full stop and double spaces are mended afterwards.
"""
import json
import re
from collections import Counter

CAP = 4      # how often one sentence may stand in the whole corpus …
SHORT = 4    # … unless it has at most this many words

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def number(n):
    """0 … 199 in words."""
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + ("-" + ONES[n % 10] if n % 10 else "")
    return "one hundred" + (" and " + number(n - 100) if n > 100 else "")


IRREGULAR = {
    "be": "was", "bend": "bent", "bring": "brought", "build": "built", "buy": "bought", "catch": "caught", "come": "came",
    "cut": "cut", "draw": "drew", "drink": "drank", "eat": "ate", "fall": "fell", "feed": "fed", "feel": "felt",
    "fly": "flew", "give": "gave", "go": "went", "grind": "ground", "hang": "hung", "have": "had", "lay": "laid",
    "lead": "led", "light": "lit", "make": "made", "put": "put", "read": "read", "ride": "rode", "ring": "rang",
    "run": "ran", "say": "said", "see": "saw", "sing": "sang", "sit": "sat", "sleep": "slept", "speak": "spoke",
    "sweep": "swept", "take": "took", "tell": "told", "throw": "threw", "weave": "wove", "wind": "wound",
    "write": "wrote", "learn": "learned", "do": "did",
}
DOUBLE = {"trim": "trim", "stir": "stir", "chop": "chop", "scrub": "scrub", "plan": "plan", "run": "run", "put": "put", "sit": "sit",
          "cut": "cut", "stamp": "", "wag": "wag", "pet": "pet", "hum": "hum", "nap": "nap", "dig": "dig"}


def _verb(phrase, change):
    head, _, tail = phrase.partition(" ")
    return (change(head) + " " + tail).strip()


def past(phrase):
    def change(v):
        if v in IRREGULAR:
            return IRREGULAR[v]
        if v.endswith("e"):
            return v + "d"
        if v.endswith("y") and v[-2] not in "aeiou":
            return v[:-1] + "ied"
        return v + (v[-1] if DOUBLE.get(v) else "") + "ed"
    return _verb(phrase, change)


def third(phrase):
    def change(v):
        if v in ("have", "be"):
            return {"have": "has", "be": "is"}[v]
        if v.endswith("y") and v[-2] not in "aeiou":
            return v[:-1] + "ies"
        return v + ("es" if v.endswith(("s", "sh", "ch", "x", "o")) else "s")
    return _verb(phrase, change)


def ing(phrase):
    def change(v):
        if v in ("lie", "tie", "die"):
            return v[:-2] + "ying"
        if v.endswith("e") and not v.endswith(("ee", "ye", "oe")) and v != "be":
            return v[:-1] + "ing"
        return v + (v[-1] if DOUBLE.get(v) else "") + "ing"
    return _verb(phrase, change)


PRONOUNS = {"f": ("she", "her", "her", "herself", "hers"), "m": ("he", "him", "his", "himself", "his")}


class Thing:
    """Anything with a name that fills a slot."""

    def __init__(self, name, **fields):
        self.name = name
        self.__dict__.update(fields)

    def __str__(self):
        return self.name


class Being(Thing):
    def __init__(self, name, sex, **fields):
        super().__init__(name, sex=sex, **fields)
        self.he, self.him, self.his, self.himself, self.theirs = PRONOUNS[sex]


AT_WORK = {"fisher": "in the boat", "ferryman": "on the ferry", "gardener": "in the garden", "beekeeper": "in the bee garden",
           "woodcutter": "in the wood yard", "shepherd": "at the sheepfold", "blacksmith": "at the forge", "miller": "in the mill"}
SEASONAL = {"pick the ripe fruit": ("summer", "autumn"), "rake the leaves": ("autumn",), "water the young trees": ("spring", "summer"),
            "pull up the weeds": ("spring", "summer"), "prune the branches": ("winter", "autumn"), "gather the honey": ("summer", "autumn"),
            "plant clover for the bees": ("spring",), "check the hives": ("spring", "summer", "autumn"), "call the lambs": ("spring",),
            "plant young oaks": ("spring", "autumn"), "lead the flock to grass": ("spring", "summer", "autumn")}


class World:
    """The facts of world.json as objects that know each other."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.facts = json.load(file)
        f = self.facts
        self.places = {n: Thing(n, **v) for n, v in f["places"].items()}
        self.people = {}
        for row in f["people"]:
            trade = f["trades"][row["trade"]]
            fields = {k: v for k, v in row.items() if k not in ("name", "sex", "pet", "home", "age")}
            person = Being(row["name"], row["sex"], age=number(row["age"]), years=row["age"], home=self.places[row["home"]],
                           workplace=trade["workplace"], does_list=trade["does"], tools=trade["tools"], needs=trade["needs"],
                           goods=[Thing(g["one"], **g) for g in trade["goods"] or []],
                           serving=f["foods"][row["food"]] + " of " + row["food"], **fields)
            person.at_work = AT_WORK.get(person.trade, "in the " + person.workplace)
            person.child = row["trade"] == "pupil"
            kind = row["pet"]
            person.pet = Being(kind["name"], kind["sex"], kind=kind["kind"], colour=kind["colour"], owner=person)
            person.word = ("girl" if row["sex"] == "f" else "boy") if person.child else ("woman" if row["sex"] == "f" else "man")
            self.people[person.name] = person
        for person in self.people.values():
            person.friend = self.people[person.friend]
            person.family = {role: self.people[n] for role, n in person.family.items()}
        self.names = dict(self.people) | {p.pet.name: p.pet for p in self.people.values()}
        self.adults = [p for p in self.people.values() if not p.child]
        self.children = [p for p in self.people.values() if p.child]
        self.by_trade = {p.trade: p for p in self.adults}
        self.roads = {}
        for r in f["roads"]:
            self.roads.setdefault(r["a"], {})[r["b"]] = r["miles"]
            self.roads.setdefault(r["b"], {})[r["a"]] = r["miles"]
        self.goods = [(p, g) for p in self.adults for g in p.goods]

    def neighbours_at(self, place):
        return [p for p in self.people.values() if p.home is place]

    def route(self, a, b):
        """The shortest way from a to b: (list of place names, miles)."""
        best, todo = {a.name: (0, [a.name])}, [a.name]
        while todo:
            here = min(todo, key=lambda n: (best[n][0], n))
            todo.remove(here)
            for there, miles in sorted(self.roads[here].items()):
                if there not in best or best[here][0] + miles < best[there][0]:
                    best[there] = (best[here][0] + miles, best[here][1] + [there])
                    todo.append(there)
        return best[b.name][1], best[b.name][0]

    def direction(self, a, b):
        """north, south, east, west for neighbours on one line of the map; None otherwise."""
        (ax, ay), (bx, by) = self.places[str(a)].at, self.places[str(b)].at
        if ax == bx:
            return "north" if by > ay else "south"
        if ay == by:
            return "east" if bx > ax else "west"
        return None


def capital(text):
    return text[:1].upper() + text[1:]


class Retry(Exception):
    """This document cannot be finished without repeating a sentence: draw it anew."""


def expand(text, rng):
    """Resolve (a|b) alternatives, innermost last, so that a choice not taken costs nothing."""
    out, i = [], 0
    while i < len(text):
        if text[i] != "(":
            j = text.find("(", i)
            j = len(text) if j < 0 else j
            out.append(text[i:j])
            i = j
            continue
        depth, start, parts = 0, i + 1, []
        while True:
            c = text[i]
            if c == "(":
                depth += 1
            elif c == ")":
                depth -= 1
                if depth == 0:
                    parts.append(text[start:i])
                    break
            elif c == "|" and depth == 1:
                parts.append(text[start:i])
                start = i + 1
            i += 1
        out.append(expand(rng.choice(parts), rng))
        i += 1
    return "".join(out)


AN = re.compile(r"\b([Aa])n? (?=[\"']?(\w+))")


def _article(match):
    word = match.group(2).lower()
    vowel = word[0] in "aeiou" and not word.startswith(("one", "use", "uni")) or word.startswith(("hour", "honest"))
    return match.group(1) + ("n " if vowel else " ")


def mend(text):
    text = re.sub(r" +", " ", text).strip()
    text = re.sub(r" ([,.!?;:])", r"\1", text)
    text = re.sub(r",+", ",", text)
    text = AN.sub(_article, text)
    text = re.sub(r"^(\"?)([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)
    text = re.sub(r"([.!?:]\"? )\"([a-z])", lambda m: m.group(1) + '"' + m.group(2).upper(), text)
    return re.sub(r"(\.\"? |[!?] )(\"?)([a-z])", lambda m: m.group(1) + m.group(2) + m.group(3).upper(), text)


def sentences(text):
    """Split a document's paragraph into sentences; closing quotes stay with what they close."""
    return [s for s in re.split(r"(?<=[.!?])\s+|(?<=[.!?]\")\s+(?=[A-Z\"])", text) if s]


class Doc:
    """One document in the making."""

    def __init__(self, gen, **slots):
        self.gen, self.rng, self.world = gen, gen.rng, gen.world
        self.v = dict(slots, day=gen.rng.choice(["morning", "afternoon", "evening"]))
        self.parts = []
        self.used = Counter()
        self.speaker = None
        self.deeds = []      # the last few, so that nobody does the same thing twice in a row
        self.pronouns = True
        self.focus = {}      # sex -> the one name that "he" or "she" would mean at the start of the next sentence

    def _value(self, path):
        head, *rest = path.split(".")
        if head not in self.v and head.endswith("_"):
            return capital(self._value(head[:-1]))
        value = self.v[head]
        for name in rest:
            if name in ("doing", "did", "does", "do"):
                season = str(self.v.get("season", ""))
                options = [d for d in value.does_list if not season or season in SEASONAL.get(d, (season,))]
                deed = self.rng.choice([o for o in options if o not in self.deeds] or options)
                self.deeds = [*self.deeds[-2:], deed]
                value = {"doing": ing, "did": past, "does": third, "do": str}[name](deed)
            elif name == "intro":
                value = self.intro(value)
            elif hasattr(value, name):
                value = getattr(value, name)
            else:
                value = capital(str(getattr(value, name.rstrip("_").lower())))
        return str(value)

    def intro(self, q):
        """The first mention of q, seen from p: kin, friend, trade or home."""
        p = self.v["p"]
        for role, other in p.family.items():
            if other is q:
                return f"{p.his} {role} {q}"
        if p.friend is q:
            return self.rng.choice([f"{p.his} best friend {q}", f"{p.his} friend {q}", str(q)])
        if q.child:
            return self.rng.choice([f"little {q}", f"{q} from {q.home}", str(q)])
        return self.rng.choice([f"{q} the {q.trade}", f"the {q.trade} {q}", f"{q} from {q.home}", str(q)])

    def render(self, template):
        text = expand(template, self.rng)
        return mend(re.sub(r"\{([\w.]+)\}", lambda m: self._value(m.group(1)), text))

    def fresh(self, text):
        """True if adding this text keeps every sentence under the cap and new to this document."""
        return all((self.used[s] == 0 and self.gen.counts[s] < CAP) or len(s.split()) <= SHORT for s in sentences(text))

    def take(self, templates, prefix=""):
        for _ in range(14):
            text = prefix + self.pronoun(self.render(self.rng.choice(templates)))
            if self.fresh(text):
                self.used.update(sentences(text))
                return text
        raise Retry(templates[0])

    def phrase(self, template):
        """A rendered clause for the middle of a sentence: no capital unless it opens with a name, no full stop."""
        text = self.render(template).rstrip(".")
        first = re.match(r"\w+", text).group()
        return text if first in self.world.names else text[0].lower() + text[1:]

    def pronoun(self, text):
        """Mostly say "she" instead of repeating a name that nobody else could be meant by."""
        match = re.match(r"(\w+)('s)? (\w+)", text)
        being = match and self.world.names.get(match.group(1))
        if not being or not self.pronouns or self.focus.get(being.sex) != being.name or self.rng.random() < 0.3:
            return text
        if match.group(3) in ("and", "the", "from", "of", "or") or match.group(3)[0].isupper() and not match.group(2):
            return text
        return capital(being.his if match.group(2) else being.he) + text[match.end(2 if match.group(2) else 1):]

    def remember(self, text):
        words = re.findall(r"\w+", text)
        for sex in "fm":
            names = {w for w in words if w in self.world.names and self.world.names[w].sex == sex}
            if names:
                first = min(words.index(n) for n in names)
                other = any(w.lower() in PRONOUNS[sex] for w in words[:first])
                self.focus[sex] = names.pop() if len(names) == 1 and not other else None
            elif not any(w.lower() in PRONOUNS[sex] for w in words):
                self.focus[sex] = None

    def say(self, *templates, **slots):
        self.v.update(slots)
        self.parts.append(self.take(templates))
        self.remember(self.parts[-1])

    def maybe(self, chance, *templates, **slots):
        if self.rng.random() < chance:
            self.say(*templates, **slots)

    def line(self, who, *templates, **slots):
        """One turn of a dialogue; {me} is the speaker."""
        self.v.update(slots, me=who)
        if self.speaker is who:
            self.parts[-1] += " " + self.take(templates)
        else:
            self.parts.append(self.take(templates, prefix=f"{who}: "))
        self.speaker = who

    def text(self, joiner=" "):
        return joiner.join(self.parts)


class Generator:
    """Draws documents from a table of makers until the corpus is large enough."""

    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        self.counts = Counter()
        self.retries = Counter()
        self.stuck = Counter()

    def document(self, maker):
        for _ in range(60):
            doc = Doc(self)
            try:
                joiner = maker(doc) or " "
            except Retry as retry:
                self.retries[maker.__name__] += 1
                self.stuck[str(retry)] += 1
                continue
            text = doc.text(joiner)
            if not 60 <= len(text.split()) <= 200:
                continue
            self.counts.update(doc.used)
            return text
        return None

    # --- drawing people and places ---

    def person(self, *without, where=None):
        taken = {str(w) for w in without}
        pool = [p for p in self.world.people.values() if p.name not in taken and (where is None or where(p))]
        if not pool:
            raise Retry("nobody left")
        return self.rng.choice(pool)

    def other(self, p, *without, where=None):
        """Somebody who does not belong to p's family."""
        return self.person(p, *p.family.values(), *without, where=where)

    def adult(self, *without, where=None):
        return self.person(*without, where=lambda p: not p.child and (where is None or where(p)))

    def child(self, *without):
        return self.person(*without, where=lambda p: p.child)

    def place(self, *without):
        taken = {str(w) for w in without}
        return self.rng.choice([p for p in self.world.places.values() if p.name not in taken])

    def step(self, place):
        """A place one road away and the miles to it."""
        name, miles = self.rng.choice(sorted(self.world.roads[place.name].items()))
        return self.world.places[name], miles
