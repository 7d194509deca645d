"""Measures the task files: counts, balance, spans, leakage, statements against world.json, and a simple baseline for each task.

It must not know how the rows were made: it reads only the files.
"""
import json
import math
import re
import sys
from collections import Counter, defaultdict

from grammar.check import facts
from grammar.engine import number
from grammar.tasks import in_context, larkish
from grammar.tasks.kit import SPLITS, WORDS, plain
from grammar.tasks.recommend import KINDS

TOTAL, EACH = 3_400_000, 1_000_000
PRICES = {}      # good: pence
LABELLED = ("sentiment", "topic", "spam")


def words(text):
    return [w.lower() for w in WORDS.findall(text)]


def f1(a, b):
    """Word overlap of two texts."""
    x, y = Counter(words(a)), Counter(words(b))
    both = sum((x & y).values())
    return 2 * both / (sum(x.values()) + sum(y.values())) if both else 0.0


def mean(values):
    values = list(values)
    return sum(values) / max(1, len(values))


def bayes(train, test):
    """Accuracy of multinomial naive Bayes over words with add-one smoothing."""
    counts, labels = defaultdict(Counter), Counter(r["label"] for r in train)
    for r in train:
        counts[r["label"]].update(words(r["text"]))
    vocab = len({w for c in counts.values() for w in c})
    sums = {k: sum(c.values()) for k, c in counts.items()}

    def guess(text):
        return max(labels, key=lambda k: math.log(labels[k]) + sum(math.log((counts[k][w] + 1) / (sums[k] + vocab)) for w in words(text)))
    return mean(guess(r["text"]) == r["label"] for r in test)


def classes(rows):
    train, test = rows["train"], rows["test"]
    most = Counter(r["label"] for r in train).most_common(1)[0][0]
    return {"majority class": mean(r["label"] == most for r in test), "naive Bayes": bayes(train, test)}


def remembered(rows):
    """Span F1 of a list: every string that was marked in training is marked with its most frequent label, longest first."""
    seen = defaultdict(Counter)
    for r in rows["train"]:
        for s in r["spans"]:
            seen[r["text"][s["start"]:s["end"]]][s["label"]] += 1
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(seen, key=len, reverse=True))) + r")\b")
    hit = made = true = 0
    for r in rows["test"]:
        gold = {(s["start"], s["end"], s["label"]) for s in r["spans"]}
        found = {(m.start(), m.end(), seen[m[0]].most_common(1)[0][0]) for m in pattern.finditer(r["text"])}
        hit, made, true = hit + len(gold & found), made + len(found), true + len(gold)
    return {"span F1 of a remembered list": 2 * hit / (made + true)}


def squad(rows):
    test = rows["test"]
    most = Counter(r["answers"]["text"][0] for r in rows["train"]).most_common(1)[0][0]

    def near(r):
        parts = re.split(r"(?<=[.!?]) ", r["context"])
        return max(parts, key=lambda s: len(set(words(s)) & set(words(r["question"]))))
    return {f"exact match of '{most}'": mean(r["answers"]["text"][0] == most for r in test), "answer stands in the likest sentence": mean(r["answers"]["text"][0] in near(r) for r in test), "F1 of the likest sentence": mean(f1(near(r), r["answers"]["text"][0]) for r in test)}


def pairs(rows, source, target):
    """The most frequent answer, and the answer to the likest question in training."""
    test, train = rows["test"], rows["train"]
    most = Counter(target(r) for r in train).most_common(1)[0][0]
    bags = [(Counter(words(source(r))), target(r)) for r in train]

    def nearest(text):
        bag = Counter(words(text))
        return max(bags, key=lambda b: sum((b[0] & bag).values()) * 2 / (sum(b[0].values()) + sum(bag.values())))[1]
    return {f"exact match of '{most}'": mean(target(r) == most for r in test), "answer of the likest training row": mean(target(r) == nearest(source(r)) for r in test)}


def translation(rows):
    """Copying, and a word-for-word lexicon learned from co-occurrence (Dice), left in English order."""
    test = [r["translation"] for r in rows["test"]]
    en, vl, both = Counter(), Counter(), Counter()
    for r in rows["train"]:
        a, b = set(words(r["translation"]["en"])), set(words(r["translation"]["vl"]))
        en.update(a)
        vl.update(b)
        both.update((x, y) for x in a for y in b)
    best = {}
    for (x, y), n in sorted(both.items()):
        score = 2 * n / (en[x] + vl[y])
        if score > best.get(x, (0.3, ""))[0]:
            best[x] = (score, y)
    guess = [" ".join(best[w][1] for w in words(r["en"]) if w in best) for r in test]
    return {"word F1 of a copy": mean(f1(r["en"], r["vl"]) for r in test), "word F1 word for word": mean(f1(g, r["vl"]) for g, r in zip(guess, test)), "exact word for word": mean(words(g) == words(r["vl"]) for g, r in zip(guess, test))}


def summaries(rows):
    def first(r, n):
        return " ".join(re.split(r"(?<=[.!?]) ", r["text"])[:n])
    return {f"word F1 of the first {n} sentences": mean(f1(first(r, n), r["summary"]) for r in rows["test"]) for n in (1, 2)} | {"length of summary / text": mean(len(r["summary"]) / len(r["text"]) for r in rows["test"])}


def chat(rows):
    def flat(part):
        return [{"q": a["content"], "a": b["content"]} for r in rows[part] for a, b in zip(r["messages"], r["messages"][1:]) if b["role"] == "assistant"]
    return pairs({k: flat(k) for k in ("train", "test")}, lambda r: r["q"], lambda r: r["a"]) | {"messages a row": mean(len(r["messages"]) for r in rows["train"]), "rows with a system message": mean(r["messages"][0]["role"] == "system" for r in rows["train"])}


def ratings(rows):
    """Root mean squared errors: the mean of all, and user plus item means."""
    train, test = rows["train"], rows["test"]
    mu = mean(r["rating"] for r in train)
    off = {k: defaultdict(list) for k in ("user", "item")}
    for r in train:
        for k in off:
            off[k][r[k]].append(r["rating"] - mu)

    def shift(k, name):
        return sum(off[k].get(name, [])) / (len(off[k].get(name, [])) + 3)
    kind = {g: k for k, goods in KINDS.items() for g in goods}
    liked = defaultdict(list)
    for r in train:
        liked[r["user"], kind[r["item"]]].append(r["rating"] - mu - shift("item", r["item"]))

    def taste(r):
        seen = liked[r["user"], kind[r["item"]]]
        return mu + shift("item", r["item"]) + sum(seen) / (len(seen) + 0.5)
    return {"RMSE of a user's mean in the kind": math.sqrt(mean((r["rating"] - taste(r)) ** 2 for r in test)), "RMSE of the mean": math.sqrt(mean((r["rating"] - mu) ** 2 for r in test)), "RMSE of user and item means": math.sqrt(mean((r["rating"] - mu - shift("user", r["user"]) - shift("item", r["item"])) ** 2 for r in test))}


def rule(r):
    """What the documented rule says to a prompt."""
    text, money = r["prompt"], {number(n): n for n in range(1, 30)}
    kinds = sorted(KINDS, key=lambda k: text.lower().find(k) if k in text.lower() else 9999)[:3]
    hated = next(k for k in kinds if re.search(rf"(?:no|care for|show me) {k}|{k} (?:leave|last)", text, re.I))
    likes = [k for k in kinds if k != hated]
    stars = {m[1]: money[m[2]] for m in re.finditer(r"\ban? ([a-z ]+) \(([a-z]+) stars?\)", text)}
    purse = next(money[m[1]] for m in re.finditer(r"([a-z]+) pence", text))
    best = [max([s for g, s in stars.items() if g in KINDS[k]], default=0) for k in likes]
    if best[1] > best[0] > 0:
        likes.reverse()
    return next(g for k in likes for g in sorted(KINDS[k], key=lambda g: -PRICES[g]) if g not in stars and PRICES[g] <= purse)


def recommendation(rows):
    found = pairs(rows, lambda r: r["prompt"], lambda r: r["completion"])
    return found | {"the rule": mean(f1(rule(r), r["completion"].split(" ", 1)[1]) == 1 for r in rows["test"])}


def preferences(rows):
    """How often simple rules find the better answer: its length, and naive Bayes over the words of both."""
    test = rows["test"]

    def flat(part):
        return [{"text": r[side], "label": side} for r in rows[part] for side in ("chosen", "rejected")]
    longer = [(len(r["chosen"]) > len(r["rejected"])) + 0.5 * (len(r["chosen"]) == len(r["rejected"])) for r in test]
    return {"the longer answer is the better": mean(longer), "naive Bayes on answers alone": bayes(flat("train"), flat("test")), "letters of the better / the worse": mean(len(r["chosen"]) for r in test) / mean(len(r["rejected"]) for r in test)}


BASELINES = {"entities": remembered, "questions": squad, "answers": lambda rows: pairs(rows, lambda r: r["question"], lambda r: r["answer"]), "translation": translation, "summaries": summaries, "chat": chat,
             "recommendation": recommendation, "ratings": ratings, "customer_requests": lambda rows: {}, "politeness": preferences, "in_context": lambda rows: {}} | dict.fromkeys(LABELLED, classes)


def larkish_words():
    """Every form that the rules allow."""
    nouns = [r for table in larkish.NOUNS.values() for r in table.values()]
    verbs = [larkish.BE, larkish.COST, larkish.LIVE, *[v[1] for t in (larkish.VERBS, larkish.MOVES, larkish.STAYS) for v in t.values()]]
    rest = [*larkish.ADJECTIVES.values(), *larkish.PRONOUNS.values(), *larkish.NUMBERS.values(), *larkish.JOIN.values(), *larkish.WHERE.values(), *larkish.WAYS.values(), *larkish.WITH.values(), *[w for t in larkish.TIMES.values() for w in t.values()], larkish.PENNY, "ne", "ka"]
    return {larkish.noun(r, n, d) for r in nouns for n in ("singular", "plural") for d in (False, True)} | {larkish.verb(r, t) for r in verbs for t in larkish.TENSE} | set(rest)


def wrong(task, r, world, forms):
    """What is wrong with one row."""
    if task == "entities":
        known, last = set(world.names) | set(world.places), 0
        for s in sorted(r["spans"], key=lambda s: s["start"]):
            part = r["text"][s["start"]:s["end"]]
            if s["start"] < last or not part or part != part.strip() or r["text"][s["end"]:s["end"] + 1].isalnum() or r["text"][:s["start"]][-1:].isalnum():
                yield f"span {part!r}"
            if s["label"] in ("PERSON", "PLACE", "ANIMAL") and part not in {"PERSON": set(world.people), "PLACE": set(world.places), "ANIMAL": set(world.names) - set(world.people)}[s["label"]]:
                yield f"{part!r} is no {s['label']}"
            last = s["end"]
        inside = {i for s in r["spans"] for i in range(s["start"], s["end"])}
        yield from (f"unmarked {m[0]!r}" for m in re.finditer(r"[A-Z]\w+", r["text"]) if m[0] in known and m.start() not in inside)
    elif task == "questions":
        for text, at in zip(r["answers"]["text"], r["answers"]["answer_start"]):
            if r["context"][at:at + len(text)] != text or not text:
                yield f"answer {text!r} at {at}"
    elif task == "translation":
        for w in re.findall(r"[\w-]+", r["translation"]["vl"]):
            name = w.removesuffix("-ti")
            if w.lower() not in forms and name not in world.names and name not in world.places:
                yield f"no Larkish word: {w}"
    elif task == "politeness":
        if not r["chosen"].strip() or not r["rejected"].strip() or plain(r["chosen"]) == plain(r["rejected"]):
            yield "nothing to prefer"
    elif task == "chat":
        roles = [m["role"] for m in r["messages"]]
        turns = roles[1:] if roles[0] == "system" else roles
        if turns != ["user", "assistant"] * (len(turns) // 2) or not turns:
            yield "turns do not alternate"
    for text in strings(r):
        if re.search(r"[{}<>|~\[\]\x01-\x08]|  |\b(\w+) \1\b(?<!that that)(?<!had had)|[.,] ?[,]|\.\.", text):
            yield "stray: " + text[:90]
        yield from (f"article: {m[0]}" for m in re.finditer(r"\b[Aa] [aeio]\w+|\b[Aa]n [^aeiouh\W]\w+", text) if task != "translation" and not re.match(r"[Aa] (one|eu)", m[0]))
        if not text.isascii():
            yield "not ASCII: " + text[:90]


def amounts(world):
    """A function from a text to the false statements in it about who sells what, prices and sums."""
    nums = {number(n): n for n in range(200)}
    one, many = ({getattr(g, k): (p.name, g.price) for p, g in world.goods} for k in ("one", "many"))
    n, a, b, p = ("(" + "|".join(sorted(names, key=len, reverse=True)) + ")" for names in (nums, one, many, world.people))
    sells = re.compile(rf"\b{p} sells {b} for {n} pe")
    asks = re.compile(rf"\b[Ff]or an? {a} {p} asks {n} pe")
    costs = re.compile(rf"\b[Aa]n? {a} costs? {n} pe")
    sums = re.compile(rf"\b((?i:{n[1:-1]})) {b} (?:cost|are|for) {n} pe")
    pays = re.compile(rf"\b(?:paid|pays) {n} pence for {n} {b}")

    def false(text):
        yield from (m[0] for m in sells.finditer(text) if many[m[2]] != (m[1], nums[m[3]]))
        yield from (m[0] for m in asks.finditer(text) if one[m[1]] != (m[2], nums[m[3]]))
        yield from (m[0] for m in costs.finditer(text) if one[m[1]][1] != nums[m[2]])
        yield from (m[0] for m in sums.finditer(text) if many[m[2]][1] * nums[m[1].lower()] != nums[m[3]])
        yield from (m[0] for m in pays.finditer(text) if many[m[3]][1] * nums[m[2]] != nums[m[1]])
    return false


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for v in value.values() if isinstance(value, dict) else value:
            yield from strings(v)


def masked(text, world):
    """The text without names and numbers: what remains is the phrasing."""
    names = set(world.names) | set(world.places)
    return " ".join("N" if w in names else w.lower() for w in WORDS.findall(text))


def report(folder, keys, world):
    PRICES.update({g.one: g.price for _, g in world.goods})
    bad, size, forms, false = [], 0, larkish_words(), amounts(world)
    for task, key in keys.items():
        paths = {s: folder / f"{task}.{s}.jsonl" for s in SPLITS}
        rows = {s: [json.loads(line) for line in p.read_text(encoding="utf-8").splitlines()] for s, p in paths.items()}
        weight = {s: p.stat().st_size for s, p in paths.items()}
        size += sum(weight.values())
        bad += [f"{task}.{s}: {n:,} bytes" for s, n in weight.items() if n > EACH]
        print(f"{task}: " + ", ".join(f"{len(rows[s]):,} {s}" for s in SPLITS) + f"; {sum(weight.values()):,} bytes")
        if task in LABELLED:
            for s in SPLITS:
                print(f"  {s:<11}" + ", ".join(f"{k} {n}" for k, n in sorted(Counter(r["label"] for r in rows[s]).items())))
        if task == "in_context":
            bad += [f"in_context: {why}" for why in in_context.held_out(rows)]
            print("  tasks: " + ", ".join(f"{len({r['task'] for r in rows[s]})} {s}" for s in SPLITS))
        seen = Counter(plain(key(r)) for s in SPLITS for r in rows[s])
        bad += [f"{task}: {n} times: {t[:80]}" for t, n in seen.items() if n > 1]
        phrasing = {masked(key(r), world) for r in rows["train"]}
        share = mean(masked(key(r), world) in phrasing for r in rows["test"])
        new = mean(any(w not in vocabulary(rows["train"], key) for w in words(key(r))) for r in rows["test"])
        if task != "ratings":
            print(f"  test rows that differ from a training row in names alone: {share:.3f}; with a word unseen in training: {new:.3f}")
        for name, value in BASELINES[task](rows).items():
            print(f"  {name}: {value:.3f}")
        for s in SPLITS:
            for i, r in enumerate(rows[s], 1):
                bad += [f"{paths[s].name}:{i}: {why}" for why in wrong(task, r, world, forms)]
                bad += [f"{paths[s].name}:{i}: false: {said} ({truth})" for said, truth in facts("\n".join(t for t in strings(r)), world)]
                if task != "translation" and r.get("label") != "spam":      # spam may lie about prices
                    bad += [f"{paths[s].name}:{i}: false: {said}" for t in strings(r) for said in false(t)]
    if size > TOTAL:
        bad.append(f"{size:,} bytes altogether")
    for line in bad[:60]:
        print("VIOLATION", line, file=sys.stdout)
    print(f"{size:,} bytes altogether; {len(bad)} violations")
    return 1 if bad else 0


VOCABULARY = {}


def vocabulary(rows, key):
    if id(rows) not in VOCABULARY:
        VOCABULARY[id(rows)] = (rows, {w for r in rows for w in words(key(r))})
    return VOCABULARY[id(rows)][1]
