"""Guests who buy goods: ratings, and the thing to recommend next as text.

It must not let chance decide more than README.md says. The rule: of the goods that the guest has not bought and can pay, take those of the
kind that the guest likes and rated best; of these the dearest. One row in ten takes another good that the guest has not bought and can pay.
"""
import random
import zlib

from grammar.tasks.kit import Retry, capital, listing, pence

KINDS = {
    "sweet things": ["sweet bun", "jar of honey", "basket of apples"],
    "savoury things": ["loaf of bread", "seed roll", "round of cheese", "pat of butter", "hot dinner", "pumpkin", "bunch of carrots"],
    "things from the sea": ["herring", "crab", "basket of shrimps"],
    "warm things": ["wool blanket", "scarf", "pair of mittens", "sheepskin", "bundle of wool"],
    "things of wood": ["stool", "wooden box", "toy horse", "oak plank", "bundle of firewood"],
    "things of iron": ["horseshoe", "iron hook", "kitchen knife"],
    "things of clay": ["clay cup", "painted plate", "blue jug"],
    "things for a journey": ["ferry ticket", "bed for the night", "stamp", "picture card"],
}
KIND = {good: kind for kind, goods in KINDS.items() for good in goods}
NOISE = 0.1
STARS = {1: "one star", 2: "two stars", 3: "three stars", 4: "four stars", 5: "five stars"}


def prices(kit):
    return {g.one: g.price for _, g in kit.world.goods if g.one in KIND}


def stars(rng, kind, likes, dislikes, good):
    """Five for the first love, four for the second, two for what is disliked, three for the rest; one ware in four gets one more, one in four one less, and one rating in five is off by one."""
    base = 5 if kind == likes[0] else 4 if kind == likes[1] else 2 if kind == dislikes else 3
    base += {0: 1, 1: -1}.get(zlib.crc32(good.encode()) % 4, 0)
    return min(5, max(1, base + (rng.choice([-1, 1]) if rng.random() < 0.2 else 0)))


def guest(kit, name=None):
    rng = random.Random(f"guest/{name}") if name else kit.rng
    a, b, c = rng.sample(list(KINDS), 3)
    return rng, (a, b), c


def rating(kit):
    """One of 60 guests rates one good; the guests are the same in every split, the pairs are not."""
    name = f"guest-{kit.rng.randrange(1, 61):03d}"
    rng, likes, dislikes = guest(kit, name)
    # a guest buys mostly what he likes
    pool = [g for k in likes for g in KINDS[k]] if kit.chance(0.5) else list(KIND)
    good = kit.any(pool)
    return {"user": name, "item": good, "rating": stars(random.Random(f"{name}/{good}"), KIND[good], likes, dislikes, good)}


SAYS = ["I like {a} most of all, and also {b}. I do not care for {c}.", "Give me {a} or, if need be, {b}, but no {c}.", "{a_} make me happy. {b_} are not bad, either. {c_} leave me cold.", "~Never show me {c}! {a_}, that is what I came for, and after that {b}.", "~First {a}, then {b}, and {c} last of all."]
PURSE = ["There are {c} in my purse.", "I can pay {c} and no more.", "I have {c} left.", "~More than {c} I cannot spend."]
HISTORY = ["So far I bought {list}.", "This is what I bought before: {list}.", "~Last year I took home {list}."]
ASK = ["What shall I buy next?", "What would you recommend?", "What should I take?", "~Which thing is right for me?"]
WHO = ["A guest from {x} says: ", "In {x} a guest asks: ", "", "~A guest who walked here from {x} asks: "]


def make(kit):
    cost = prices(kit)
    _, likes, dislikes = guest(kit)
    kit.need("tastes", *likes)
    bought = {}
    for good in kit.some(KINDS[likes[0]], kit.any([0, 1])) + kit.some(KINDS[likes[1]], 1) + kit.some(KIND, kit.any([1, 2])):
        bought[good] = stars(kit.rng, KIND[good], likes, dislikes, good)
    purse = kit.any(range(3, 16))
    open_ = [g for g in KIND if g not in bought and cost[g] <= purse]
    # what was rated counts more than what was said: a second love that got more stars than the first goes before it
    mean = {k: [s for g, s in bought.items() if KIND[g] == k] for k in likes}
    order = list(likes)
    if mean[likes[0]] and mean[likes[1]] and max(mean[likes[1]]) > max(mean[likes[0]]):
        order.reverse()
    wanted = [g for k in order for g in sorted((g for g in KINDS[k] if g in open_), key=lambda g: -cost[g])]
    if not wanted or len({cost[g] for g in wanted[:2]}) < len(wanted[:2]) and KIND[wanted[0]] == KIND[wanted[1]]:
        raise Retry("nothing, or two that are equally dear")
    best = wanted[0]
    if kit.chance(NOISE):
        best = kit.any([g for g in open_ if g != best] or [best])
    told = [(g, s) for g, s in bought.items()]
    kit.rng.shuffle(told)
    history = listing([f"a {g} ({STARS[s]})".replace("(", "<").replace(")", ">") for g, s in told])
    v = dict(a=likes[0], b=likes[1], c=dislikes)
    parts = [kit.fill(*SAYS, **v), kit.fill(*HISTORY, list=history).replace("<", "(").replace(">", ")"), kit.fill(*PURSE, c=pence(purse))]
    if kit.chance(0.4):
        parts = [parts[1], parts[0], parts[2]]
    lead = kit.fill(*WHO, x=kit.any(kit.world.places.values()))
    prompt = (lead + " " + " ".join(parts)).strip() + " " + kit.fill(*ASK)
    completion = kit.fill("a {g}", g=best)
    return {"prompt": prompt, "completion": capital(completion)}
