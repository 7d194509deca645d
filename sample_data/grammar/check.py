"""Measures a corpus and holds every statement it can recognise against world.json.

It must not know how the corpus was made: it reads only the text.
"""
import math
import re
import sys
from collections import Counter

from grammar.engine import SHORT, number, sentences

LIMIT = 6


def facts(text, world):
    """Yield (statement, why it is false)."""
    P, W = world.people, world.places
    names, places = "|".join(P), "|".join(W)
    nums = {number(n): n for n in range(0, 200)}
    num = "(" + "|".join(sorted(nums, key=len, reverse=True)) + ")"

    def every(pattern):
        return re.finditer(pattern, text)

    for m in every(rf"\b({names}) lives in ({places})"):
        if P[m[1]].home.name != m[2]:
            yield m[0], P[m[1]].home.name
    for m in every(rf"(?m)^({names}): .*?\bI (?:live in|come from) ({places})"):
        if P[m[1]].home.name != m[2]:
            yield m[0], P[m[1]].home.name
    for m in every(rf"\b({names})(?:, the| the| is a| is an) ([a-z]+(?: keeper| carrier)?)\b"):
        trades = {p.trade for p in P.values()}
        if m[2] in trades and P[m[1]].trade != m[2]:
            yield m[0], P[m[1]].trade
    for m in every(rf"\bthe ({'|'.join(p.trade for p in P.values())}) ({names})\b"):
        if P[m[2]].trade != m[1]:
            yield m[0], P[m[2]].trade
    for m in every(rf"\b({names})'s favourite (food|season|weather|colour|drink) is ([a-z ]+?)(?=[.,!?\"]| and| but)"):
        if getattr(P[m[1]], m[2]) != m[3]:
            yield m[0], getattr(P[m[1]], m[2])
    for m in every(rf"(?m)^({names}): .*?\b[Mm]y favourite (food|season|weather|colour) is ([a-z ]+?)(?=[.,!?])"):
        if getattr(P[m[1]], m[2]) != m[3]:
            yield m[0], getattr(P[m[1]], m[2])
    for m in every(rf"\b({names}) (?:is|am) ({'|'.join(nums)}) years old"):
        if P[m[1]].age != m[2]:
            yield m[0], P[m[1]].age
    kinds = {p.pet.kind for p in P.values()}
    pets = {p.pet.name: p.pet for p in P.values()}
    for m in every(rf"\b({'|'.join(pets)}),? (?:the|a|his|her|my) (?:([a-z]+) )?({'|'.join(kinds)})\b"):
        if pets[m[1]].kind != m[3] or (m[2] and m[2] != pets[m[1]].colour):
            yield m[0], pets[m[1]].kind
    for m in every(rf"\b({names})'s (?:([a-z]+) )?({'|'.join(kinds)}) ({'|'.join(pets)})\b"):
        if P[m[1]].pet.name != m[4] or P[m[1]].pet.kind != m[3]:
            yield m[0], P[m[1]].pet.name
    for m in every(rf"\b({names}) has a (?:([a-z]+) )?({'|'.join(kinds)}) (?:called|named) (\w+)"):
        if P[m[1]].pet.name != m[4] or P[m[1]].pet.kind != m[3]:
            yield m[0], P[m[1]].pet.name
    for m in every(rf"\b{num} miles from ({places}) to ({places})"):
        miles = world.route(W[m[2]], W[m[3]])[1]
        if nums[m[1]] != miles:
            yield m[0], miles
    for m in every(rf"\b([Gg]o|go) (north|south|east|west) from ({places}), (?:and|you come to) (?:after )?(?:{num} miles you come to )?({places})"):
        if world.direction(m[3], m[5]) != m[2]:
            yield m[0], world.direction(m[3], m[5])
    goods = {g.one: g for _, g in world.goods}
    for m in every(rf"\b[Aa]n? ({'|'.join(goods)}) (?:costs|is) {num} (?:penny|pence)"):
        if goods[m[1]].price != nums[m[2].lower()]:
            yield m[0], goods[m[1]].price
    for m in every(rf"\b({names}) (?:likes|loves) (spring|summer|autumn|winter|rain|snow|fog|frost|wind|sunshine|thunder)\b(?! water)"):
        if m[2] not in (P[m[1]].season, P[m[1]].weather):
            yield m[0], P[m[1]].season
    for m in every(rf"\b({names})(?: could eat| ate| has| eats)(?: a)? ((?:slice|bowl|plate|spoonful) of [a-z ]+?)(?= every| and| that|[.,])"):
        if m[2] != P[m[1]].serving:
            yield m[0], P[m[1]].serving
    for m in every(rf"(?m)^({names}): .*?\bI am an? ([a-z]+(?: keeper| carrier)?)[.,]"):
        if P[m[1]].trade != m[2]:
            yield m[0], P[m[1]].trade
    for m in every(rf"(?m)^({names}): .*?\b[Mm]y best friend is ({names})"):
        if P[m[1]].friend.name != m[2]:
            yield m[0], P[m[1]].friend
    foods = {p.food: p for p in P.values()}
    for m in every(rf"\b({names}) (?:loves|likes) ({'|'.join(foods)})\b"):
        if P[m[1]].food != m[2]:
            yield m[0], P[m[1]].food
    roles = sorted({r for p in P.values() for r in p.family}, key=len, reverse=True)
    for m in every(rf"\b({names})'s ({'|'.join(roles)}) (?:is |is called )?({names})\b"):
        if str(P[m[1]].family.get(m[2])) != m[3]:
            yield m[0], P[m[1]].family.get(m[2])
    for m in every(rf"\b({names}) is ({names})'s ({'|'.join(roles)}|best friend)\b"):
        other = P[m[2]].friend if m[3] == "best friend" else P[m[2]].family.get(m[3])
        if str(other) != m[1]:
            yield m[0], other
    ops = {"and": lambda a, b: a + b, "times": lambda a, b: a * b, "take away": lambda a, b: a - b}
    for m in re.finditer(rf"\b{num} (and|times|take away) {num} (?:makes?|is|leaves) {num}\b", text, re.I):
        if ops[m[2].lower()](nums[m[1].lower()], nums[m[3].lower()]) != nums[m[4].lower()]:
            yield m[0], "sum"


def entropies(words):
    """Unigram and bigram cross-entropy in bits a word: trained on nine tenths, measured on the last (add-0.1 backed off)."""
    cut = len(words) * 9 // 10
    train, test = words[:cut], words[cut:]
    uni, bi, left = Counter(train), Counter(zip(train, train[1:])), Counter(train[:-1])
    vocab = len(uni) + 1
    prob = lambda w: (uni[w] + 0.1) / (len(train) + 0.1 * vocab)
    h1 = -sum(math.log2(prob(w)) for w in test) / len(test)
    h2 = -sum(math.log2((bi[a, b] + 2 * prob(b)) / (left[a] + 2)) for a, b in zip(test, test[1:])) / (len(test) - 1)
    return h1, h2


def report(text, world, out=sys.stdout):
    """Print the measurements; return the exit code."""
    documents = text.strip("\n").split("\n\n")
    bad = []
    counts, lengths = Counter(), []
    for doc in documents:
        lengths.append(len(doc.split()))
        for line in doc.split("\n"):
            counts.update(sentences(line))
    words = re.findall(r"[A-Za-z]+(?:['-][A-Za-z]+)*|[.,!?;:\"\n]", text)
    plain = [w.lower() for w in words if w[0].isalpha()]
    vocab = Counter(plain)
    long = Counter({s: n for s, n in counts.items() if len(s.split()) > SHORT})
    print(f"bytes              {len(text.encode()):>10,}", file=out)
    print(f"documents          {len(documents):>10,}  ({sum(chr(10) in d for d in documents):,} dialogues)", file=out)
    print(f"words              {len(plain):>10,}", file=out)
    print(f"words a document   {min(lengths)} … {sorted(lengths)[len(lengths) // 2]} (median) … {max(lengths)}", file=out)
    print(f"vocabulary         {len(vocab):>10,}  ({sum(n == 1 for n in vocab.values()):,} seen once)", file=out)
    print(f"sentences          {sum(counts.values()):>10,}  ({len(counts):,} distinct)", file=out)
    h1, h2 = entropies(words)
    print(f"entropy            unigram {h1:.2f}, bigram {h2:.2f} bits a word", file=out)
    print("most repeated sentences of more than four words:", file=out)
    for s, n in long.most_common(8):
        print(f"  {n:>3}  {s}", file=out)
    print("most repeated short ones:", file=out)
    for s, n in counts.most_common(8):
        print(f"  {n:>3}  {s}", file=out)
    bad += [f"stands {n} times: {s}" for s, n in long.items() if n > LIMIT]
    bad += [f"{n} words in a document: {d[:60]}…" for d, n in zip(documents, lengths) if not 60 <= n <= 200]
    bad += [f"false: {s!r} (world.json: {truth})" for s, truth in facts(text, world)]
    bad += [f"doubled word: …{m[0]}…" for m in re.finditer(r"\b(\w+) \1\b", text) if m[1].lower() not in ("that", "had")]
    for doc in documents:
        speakers = [m[1] for m in re.finditer(rf"(?m)^({'|'.join(world.people)}): ", doc)]
        if speakers and (len(set(speakers)) != 2 or any(a == b for a, b in zip(speakers, speakers[1:])) or len(speakers) != doc.count("\n") + 1):
            bad.append(f"turns do not alternate: {doc[:60]}…")
    bad += [f"stray template: {m[0]}" for m in re.finditer(r".{0,20}[{}()|@].{0,20}", text)]
    bad += [f"article: {m[0]}" for m in re.finditer(r"\b[Aa] [aeio]\w+|\b[Aa]n [^aeiouh\W]\w+", text) if not re.match(r"[Aa] (one|eu)", m[0])]
    for line in bad[:60]:
        print("VIOLATION", line, file=out)
    print(f"{len(bad)} violations", file=out)
    return 1 if bad else 0
