"""Short texts about one of six topics; each may mention a thing of another topic in passing.

It must not let the first sentence alone decide: the topic is what most of the text is about.
"""
from grammar.tables import NOISE, WEATHER
from grammar.tasks.kit import Retry, miles, number, pence

LABELS = ("weather", "trade", "animals", "food", "travel", "family")

OPEN = ["{o} (wrote|told us|said) (this morning|yesterday|last night|on Sunday)(:|:) ", "News from {x}: ", "", "", "{o} (looked up|sat down by the fire) and (said|began): ", "~Heard in {x} (yesterday|at noon|by the well): ", "~{o} asked me to write this down: "]
BODY = {
    "weather": ["{wx_} (today|this {day}) in {x}.", "A {adj} {season} (day|morning|afternoon) lies over {x}.", "(Clouds are|A storm is|The fog is) coming down from the mountain, and nobody has seen the sun since (noon|Monday).",
                "{p} likes {p.weather} best and (is happy today|will have to wait).", "It (will be|stays) {adj} until (Sunday|tomorrow|the evening).", "The (wind|air) comes from the (north|sea|lake) and smells of (snow|rain|summer).",
                "~The weather cock on the roof turns to the (east|west), so {p} takes a coat.", "~There was thunder in the night, and the puddles are deep.", "(The ice|The frost) on the (pond|window) was gone by noon.", "It has not been so {adj} for (ten|twenty) years."],
    "trade": ["{p} sells {g.many} for {c} each.", "A {g.one} costs {c} in {p.home}.", "{p} the {p.trade} needs {need} from {n.name} and (will pay well|pays on Saturday).", "{p} had to {p.do} and {p.do} before the shop could open.", "Whoever buys {k} {g.many} pays {kc}.",
              "~{p} counted the money twice and still had a penny too much.", "Business is (good|slow) this {season}, says {p}.", "~{p} put up a new sign: {g.many}, {c} each.", "The {p.trade} of {p.home} has (much|little) work this week.", "All the {g.many} were sold by noon."],
    "animals": ["{a} the {a.kind} (belongs to|lives with) {a.owner}.", "{a} is {a.colour} and (fat|quick|old|proud|shy).", "{a} said \"{noise}\" and (ran under the bench|would not be touched|wanted to be stroked).", "The {a.kind} has slept (on the roof|in the hay|under the stairs) since Sunday.", "A (hedgehog|young fox|swallow|squirrel|otter|crow) was (seen|heard) behind {a.owner}'s house.",
                "~Whoever finds {a} may bring {a.him} to {a.owner}.", "Nobody may wake {a} before noon.", "~{a.owner} combs {a} every Saturday, tail and all.", "{a} chased {b} the {b.kind} around the well.", "{a} has (four|five|six) new friends in the (barn|pond|yard)."],
    "food": ["{p} could eat {p.food} every day.", "There was a {p.serving} for everybody.", "With it {p} drinks {p.drink}.", "{q} cooked {p.food} and put in (too much salt|a little honey|fresh herbs).", "The (pot|oven) must be hot, and then one waits (an hour|until it smells good).",
             "~{p} licked the spoon and asked who had the pan.", "The (crust|dough) should rest for (two|three) hours.", "~First stir, then taste, then stir again: that is all {p} knows about {p.food}.", "After dinner there was (plum cake|apple pie|pear tart|cherry pie).", "{p} had two helpings, and {q} had three."],
    "travel": ["It is {m} from {x} to {y}.", "The road from {x} to {y} is (muddy|closed|steep|dry) today.", "{p} (set out|left {x}) at (six|seven|eight) and reached {y} (at noon|before dark|in the evening).", "The ferry (leaves|starts) when Hugo rings the bell.", "In {y} one (sees|passes) {f} first.",
               "~Whoever walks this way should take a stick and a lamp.", "The path goes (over the hill|through the forest|along the river), and (it is easy to get lost|there is a bench half-way).", "~{p} got a blister before the first bridge and rode on a cart after that.", "At the crossing go left, not right.", "It takes (two|three|four) hours on foot."],
    "family": ["{p}'s {role} is {r}.", "{p} and {p.his} {role} {r} (look very much alike|visit each other|laugh alike|never quarrel for long).", "The whole family sat around one table.", "{r} gave {p} a kiss and (an old photograph|a good piece of advice|a new scarf).", "{p} is {p.age} years old, and {r} is {r.age}.",
               "~The cousins came too, and nobody had enough chairs.", "When {p} was (small|very small), {p.he} (slept in the same bed as|shared toys with) a cousin.", "~On such days {p} thinks of the grandparents and the old house.", "{r} has known {p} (all the years|for a lifetime).", "They named the baby after an aunt."],
}


def slots(kit, x=None):
    w = kit.world
    p, q = kit.person(), None
    q = kit.person(p)
    season = kit.any(WEATHER)
    adj, wx, _ = kit.any(WEATHER[season])
    x = x or kit.any(w.places.values())
    y = kit.any([y for y in w.places.values() if y is not x])
    a = kit.person().pet
    b = kit.any([o.pet for o in w.people.values() if o.pet is not a])
    return dict(p=p, q=q, o=kit.person(p, q), x=x, y=y, m=miles(w.route(x, y)[1]), f="the" + kit.any(y.features)[1:].removeprefix("n"), season=season, adj=adj, wx=wx,
                day=kit.any(["morning", "afternoon", "evening"]), a=a, b=b, noise=NOISE[a.kind] + "!")


def sentence(kit, topic, v):
    p = v["p"]
    if topic == "trade":
        p, g = kit.good()
        k = kit.any(range(2, 7))
        v = v | dict(p=p, g=g, c=pence(g.price), k=number(k), kc=pence(k * g.price), need=p.needs["thing"], n=kit.world.by_trade[p.needs["trade"]])
    if topic == "family":
        if not p.family:
            raise Retry("no family")
        role, r = kit.any(sorted(p.family.items()))
        v = v | dict(role=role, r=r)
    return kit.fill(*BODY[topic], **v)


def make(kit, label):
    v = slots(kit)
    text = kit.fill(*OPEN, **v)
    n = kit.any([1, 2, 2, 3])
    if label == "family" and not v["p"].family:
        raise Retry("no family")
    body = []
    while len(body) < n:
        s = sentence(kit, label, v)
        if not any(s.split()[:2] == o.split()[:2] or set(s.split()[-3:]) == set(o.split()[-3:]) for o in body):
            body.append(s)
    if n > 1 and kit.chance(0.55):
        other = kit.any([t for t in LABELS if t != label])
        if other == "family" and not v["p"].family:
            other = "food"
        body.insert(kit.any(range(n + 1)), sentence(kit, other, slots(kit, v["x"]) | dict(p=v["p"], season=v["season"])))
    if str(v["o"]) in " ".join(body):
        raise Retry("speaks of himself")
    return {"text": (text + " " + " ".join(body)).strip(), "label": label}
