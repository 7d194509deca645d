"""Reviews of goods, the inn, feasts and tradespeople: positive, negative or neutral.

It must not use a word only because it gives the label away: praise may be denied and blame may be denied.
"""
from grammar.tasks.kit import miles, pence

LABELS = ("positive", "negative", "neutral")

KINDS = {"baker": "food", "miller": "store", "gardener": "fruit", "fisher": "fish", "cheesemaker": "food", "carpenter": "wood", "woodcutter": "wood",
         "shepherd": "cloth", "weaver": "cloth", "blacksmith": "iron", "potter": "clay", "beekeeper": "store", "doctor": "medicine"}
GOOD = {
    "food": ["the {s} {were} (still warm|fresh|as soft as a cloud|~gone before we came home) and tasted of butter", "my (daughter|son|brother|neighbour) asked for (more|another) at once", "not a crumb was left"],
    "store": ["it smelled of summer", "the {s} {were} clean and full to the top", "I found nothing wrong with it", "it lasted the whole winter"],
    "fruit": ["the {s} {were} ripe and sweet", "there was not one bad spot on it", "it was fresh from the (garden|field)", "the children ate it all the same day"],
    "fish": ["it was as fresh as the sea", "it did not smell at all", "the whole family had enough to eat", "it came out of the water this morning"],
    "wood": ["it stands straight and does not shake", "the wood is dry and strong", "it will last for years", "even the (donkey|goat|goose) could not break it"],
    "cloth": ["it is thick and soft", "it keeps out the wind", "I have not been cold since", "the colours did not run in the rain"],
    "iron": ["it is strong and does not rust", "it has not bent once", "it was (still sharp|as good as new) after a (month|year)", "it holds whatever I hang on it"],
    "clay": ["it is (smooth|round) and light", "it did not crack in hot water", "the blue paint shines like the lake", "my tea stays warm in it"],
    "medicine": ["it helped the very first night", "the cough went away", "it does not taste bitter", "my hand was well again after two days"],
}
BAD = {
    "food": ["the {s} {were} (hard|dry|burned|old|~grey) when we came home", "my (daughter|son|brother|neighbour) did not want any more", "we gave most of it to the hens"],
    "store": ["it smelled of an old cellar", "the {s} {were} only half full", "I found sand in it", "it was gone after a week"],
    "fruit": ["the {s} {were} soft and brown", "there was a worm in it", "it was not fresh at all", "the pig ate it all the same day"],
    "fish": ["it smelled so strong that the cat ran away", "it was not fresh", "there was nothing on it but bones", "it had been lying in the sun since morning"],
    "wood": ["it stands crooked and shakes", "the wood is wet and weak", "it did not last a month", "it broke when the (donkey|goat|goose) looked at it"],
    "cloth": ["it is thin and it scratches", "the wind goes right through it", "I have been cold ever since", "the colours ran in the first rain"],
    "iron": ["it was brown with rust after a week", "it bent the first time", "it was never sharp", "it fell off the wall in the night"],
    "clay": ["it is heavy and crooked", "it cracked in hot water", "the blue paint came off on my hands", "my tea runs out of it"],
    "medicine": ["it did not help at all", "the cough grew worse", "it tastes as bitter as bark", "my hand was no better after two weeks"],
}
INN = (["my bed was soft and warm", "the dinner came quickly and was hot", "the other guests were good company", "somebody looked after my pony at once", "the room was clean to the last corner", "the soup tasted as if a mother had cooked it"],
       ["my bed was hard and cold", "the dinner came late and was cold", "the other guests sang until midnight", "nobody looked after my pony", "the room was full of spiders", "the soup tasted of dish water"])
FAIR = (["there was music in every corner", "the food was hot and cost only a penny", "the children came home with prizes", "there was a seat in the shade for everybody", "the (dancing|singing) began early and never stopped", "I met friends at every step"],
        ["there was no music far and wide", "the food was cold and cost a fortune", "the children came home in tears", "there was no seat and no shade", "the (dancing|singing) began late and was soon over", "people stepped on my feet all day"])
WORK = (["{p.he} came on time", "{p.he} did not forget anything", "{p.he} asked less than I had feared", "{p.he} had a kind word for everybody", "{p.he} did in an hour what takes others a day", "{p.he} left the house cleaner than before"],
        ["{p.he} came two days late", "{p.he} forgot the most important thing", "{p.he} asked more than we had agreed on", "{p.he} did not say a single kind word", "{p.he} needed a week for what takes others a day", "{p.he} left dirt in the whole house"])
BALANCE = ["On the other hand, {b}.", "Then again, {b}. (I cannot decide.|So it is neither good nor bad.)", "But {b}. One thing makes up for the other.", "At the same time, {b}. I would give it (three stars|half the stars).", "~Half and half, then, for {b}."]
LEADS = {
    "goods": ["I bought a {g.one} from {p} (in {p.home}|the {p.trade}|), and {a}.", "About the {g.one} that {p} made: {a}.", "{p} sold me a {g.one} for {c}, and {a}.", "You ask about the {g.one} from {p.home}. Well, {a}.", "~The {g.one} that I got from {p}: {a}.", "~Let me tell you what I think of {p}'s {g.many}. I took one, and {a}."],
    "inn": ["I stayed at Otto's inn (for a night|for two nights|last week), and {a}.", "About the inn in Coldspring: {a}.", "We came to Otto's inn (late in the evening|in the snow|in the rain), and {a}.", "~Coldspring has one inn, and I was there: {a}."],
    "fair": ["I was at the {f} in {x}, and {a}.", "About the {f} in {x}: {a}.", "(This year|Last year) the {f} was in {x}, and {a}.", "We walked {m} from {y} to the {f} in {x}, and {a}.", "~Who asks me about the {f} in {x} will hear this: {a}."],
    "work": ["I asked {p} the {p.trade} for help, and {a}.", "About {p} the {p.trade} in {p.home}: {a}.", "{p} the {p.trade} was at my house (last week|on Monday|yesterday), and {a}.", "My neighbour sent me to {p} the {p.trade}, and {a}.", "~I gave some work to {p} from {p.home}, and {a}."],
}
END = (["I shall (gladly|certainly) come again.", "(I am very happy with it.|You will not be sorry.|~I told all my neighbours to go there.)", "I could not wish for more.", "~Whoever goes elsewhere has only himself to blame.", "~I would walk twenty miles for that.", "I can find no fault.", ""],
       ["I shall not come again.", "(I am not happy with it at all.|You will be sorry.|~I told all my neighbours to stay away.)", "I had hoped for more.", "~Whoever goes there has only himself to blame.", "~I would walk twenty miles to forget that.", "I can find no reason to praise it.", ""])
FACTS = ["{P} in {p.home} sells {g.many} for {c} each", "A {g.one} from {P} costs {c}, the same as last (year|winter|summer)", "I bought {n} {g.many} from {P} in {p.home}", "{P} the {p.trade} lives in {p.home} and sells {g.many}",
         "I paid {c} for a {g.one} in {p.home}", "~The {p.trade} in {p.home} has {g.many} at {c}"]
PLAINEND = ["I have not used any yet.", "(Nothing about it is better or worse than elsewhere.|It was what one gets everywhere.|~One can buy it or leave it.)", "It was a (Monday|Tuesday|Friday) when I was there.", "The {p.workplace} is open in the (morning|afternoon).", "I may or may not come again.", ""]
HEDGE = ["On the one hand, {a}. On the other hand, {b}.", "{a}, but {b}. So it is neither good nor bad.", "{a}. Then again, {b}. I cannot decide.", "~Half and half: {a}, and {b}."]
OTHERS = (["People say that it is bad, but {a}.", "I had feared the worst, but {a}.", "{c_} is much money, but {a}."], ["People praise it, but {a}.", "I had hoped for the best, but {a}.", "{c_} is not much money, but {a}."])


def aspects(kit):
    """(slots, good sentences, bad sentences, first sentences) for one thing to judge; good and bad ones stand in the same order."""
    kind = kit.rng.choices(("goods", "inn", "fair", "work"), (6, 1.5, 2, 2))[0]
    if kind == "goods":
        p, g = kit.good(lambda p, g: p.trade in KINDS)
        kit.need("goods", g.one)
        of = KINDS[p.trade]
        return dict(p=p, g=g, s=g.one.split(" of ")[-1], were="were" if g.one.split(" of ")[-1] in ("apples", "carrots", "shrimps", "mittens", "oats") else "was", c=pence(g.price)), GOOD[of], BAD[of], LEADS[kind]
    if kind == "inn":
        return {}, *INN, LEADS[kind]
    if kind == "fair":
        f = kit.any(["harvest feast", "lantern walk", "snow feast", "long table day", "market", "flower day", "feast of lights", "boat race"])
        x = kit.world.places["Stonegate"] if f == "market" else kit.any(kit.world.places.values())
        kit.need("fair", f, x)
        return dict(f=f, x=x, **way(kit, x)), *FAIR, LEADS[kind][:2 if f == "market" else None]
    p = kit.any([p for p in kit.world.adults if p.trade in ("baker", "carpenter", "blacksmith", "potter", "gardener", "weaver", "woodcutter", "letter carrier")])
    return dict(p=p), *WORK, LEADS[kind]


def judge(kit, label):
    slots, good, bad, leads = aspects(kit)
    side, other, n = (good, bad, 0) if label == "positive" else (bad, good, 1)
    i, j = kit.some(range(len(side)), 2)
    a, style = kit.clause(side[i], **slots), kit.rng.random()
    ends = END[n]
    if style < 0.3:
        text = [kit.fill(*leads, a=kit.clause(other[j], **slots), **slots),
                kit.fill("(Still|All the same), {a}, and that (counts more|is what matters|~is worth more than the rest).", a=a)]
        ends = ends[:2] + ["", ""]
    elif style < 0.5 and "g" in slots:
        text = [kit.fill(*[t for t in leads if "sold me" not in t], a=kit.clause("I have something to say about it"), **slots), kit.fill(*OTHERS[n], a=a, **slots)]
    elif style < 0.75:
        text = [kit.fill(*leads, a=a, **slots), kit.fill("(Besides|Also), {b}.", "And {b}.", b=kit.clause(side[j], **slots))]
    else:
        text = [kit.fill(*leads, a=a, **slots)]
    text.append(kit.fill(*ends))
    return {"text": " ".join(t for t in text if t), "label": label}


def neutral(kit):
    slots, good, bad, leads = aspects(kit)
    if kit.chance(0.5):
        i, j = kit.some(range(len(good)), 2)
        pair = [kit.clause(good[i], **slots), kit.clause(bad[j], **slots)]
        kit.rng.shuffle(pair)
        first = kit.fill(*leads, a=pair[0], **slots)
        return {"text": first + " " + kit.fill(*BALANCE, b=pair[1]), "label": "neutral"}
    p, g = kit.good(lambda p, g: p.trade in KINDS)
    slots = dict(p=p, P=p, g=g, c=pence(g.price), n=kit.any(["two", "three", "four", "five"]), **way(kit, p.home))
    text = [kit.fill(*FACTS, **slots) + "."]
    if kit.chance(0.5):
        text.append(kit.fill("(It is|One walks) {m} from {y} to {p.home}.", "(That day {p} talked about {p.hobby}|{p} was there with {p.pet} the {p.pet.kind}).", **slots))
    text.append(kit.fill(*PLAINEND, **slots))
    return {"text": " ".join(t for t in text if t), "label": "neutral"}


def way(kit, x):
    y = kit.any([y for y in kit.world.places.values() if y is not x])
    return dict(y=y, m=miles(kit.world.route(y, x)[1]))


def make(kit, label):
    return neutral(kit) if label == "neutral" else judge(kit, label)
