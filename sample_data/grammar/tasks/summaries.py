"""Short reports and the one sentence that says what happened.

It must not put the summary's sentence into the text: the summary joins what stands in several sentences and leaves the rest out.
"""
from grammar.tables import ILLS, MISTAKES, SKILLS, TROUBLES, WEATHER
from grammar.tasks.kit import Retry, capital, miles, number, pence

ASIDE = ["{p} was humming a song.", "On the wall sat {a} the {a.kind} and watched.", "It smelled of {q.food}.", "Somewhere a bell rang.", "{p} thought of {p.friend}.", "The {day} was (quiet|mild|long).", "~Nobody else was on the road that {day}.", "~A crow flew over the roofs and said nothing new."]


def delivery(kit, v):
    p, q = v["p"], v["q"]
    if p.home is q.home:
        raise Retry("next door")
    what = kit.any(["a letter", "a parcel", "a basket of eggs", "a new lamp", "a box of nails", "a warm pie", "two jars of jam"])
    bar, way = kit.any([("a fallen tree", "climbed over it"), ("deep mud", "walked along the wall"), ("a herd of cows", "waited until they were gone"), ("high water", "took the long way over the bridge"), ("a cart with a broken wheel", "helped to push it aside")])
    got = kit.any(["a kiss", f"a {q.serving}", "a cup of " + q.drink, "a bag of nuts"])
    v |= dict(what=what, bar=bar, way=way, got=got, m=miles(kit.world.route(p.home, q.home)[1]))
    return (["{p} had to take {what} from {p.home} to {q}, who lives in {q.home}.", "{q} in {q.home} was waiting for {what}, and {p} from {p.home} said, \"I will bring it.\""],
            ["It is {m}, and {p.he} started (early|after breakfast).", "{p_} walked the {m} on foot."], ["Half-way {bar} closed the road, but {p} {way}.", "Then there was {bar} on the road. {p} {way}."],
            ["{q} was glad and gave {p.him} {got}.", "At {q}'s door {p.he} got {got} for the trouble."],
            ["{p} brought {what} to {q} in {q.home}, although {bar} closed the road.", "In spite of {bar} on the road, {p} carried {what} to {q} in {q.home}."])


def lost(kit, v):
    p, q = v["p"], v["q"]
    spot, wrong = kit.some(p.home.spots, 2)
    v |= dict(spot=spot, wrong=wrong, pet=p.pet, bait=kit.any(["a piece of cheese", "a handful of oats", "a bell", "a warm blanket"]))
    return (["One {day} {pet} the {pet.kind} was gone, and {p} could not work.", "{p} called and called, but {pet} the {pet.kind} did not come."], ["First {p} looked {wrong}, but found only (leaves|an old shoe|a feather).", "{wrong_} there was nothing but (dust|an empty nest|a wet glove)."],
            ["{q} came by and helped. With {bait} they went from corner to corner.", "\"I will help you,\" said {q} and fetched {bait}."], ["At last {q} saw a {pet.colour} (ear|tail|back) {spot}. It was {pet}.", "In the end {pet} was {spot} and looked {p} in the face as if nothing had happened."],
            ["{p} lost {pet} the {pet.kind} and found {pet.him} {spot} with the help of {q}.", "{pet} the {pet.kind} was lost, and {q} helped {p} to find {pet.him} {spot}."])


def broken(kit, v):
    w = kit.world
    p = kit.any([o for o in w.adults if o.tools])
    tool = kit.any(p.tools)
    maker = w.by_trade[w.facts["mends"][tool["material"]]]
    if maker is p:
        raise Retry("mends it alone")
    price, paid = kit.any(range(3, 9)), 10
    v |= dict(p=p, q=maker, tool=tool["name"], c=pence(price), back=pence(paid - price), m=miles(w.route(p.home, maker.home)[1]) if p.home is not maker.home else "a few steps")
    return (["{p} was about to {p.do} when the {tool} broke.", "In the middle of the work {p}'s {tool} broke in two."], ["So {p} carried it to {q} the {q.trade} in {q.home}, which is {m} away.", "\"Only {q} in {q.home} can mend that,\" said {p} and set out. It was {m} to go."],
            ["{q} worked on it for an hour.", "{q} looked at it from all sides, laughed and began."], ["The price was {c}. {p} gave ten pence and got {back} back.", "{p} laid ten pence on the table, and {back} came back."],
            ["{q} the {q.trade} mended {p}'s broken {tool} for {c}.", "{p} paid {q} in {q.home} {c} to mend a broken {tool}."])


def market(kit, v):
    p, g = kit.good(lambda p, g: p.trade not in ("innkeeper", "ferryman"))
    q = kit.any([o for o in kit.world.people.values() if o is not p])
    k = kit.any(range(2, 9) if g.price < 7 else (2, 3))
    v |= dict(p=p, q=q, g=g, k=number(k), kc=pence(k * g.price), c=pence(g.price))
    return (["{q} wanted to buy {g.many} from {p} in {p.home}.", "{q} stood at {p}'s door in {p.home} and pointed at the {g.many}."], ["One costs {c}, and {q.he} took {k}.", "\"{k_}, please,\" said {q}. \"And what does one cost?\" - \"{c_},\" said {p}.".replace(" - ", " ")],
            ["But the purse lay at home on the kitchen table.", "{q} felt in every pocket, but the money was not there."], ["\"Bring me the {kc} (next week|on Sunday|when you come again),\" said {p}, and {q} kept the promise.", "{p} (smiled|nodded) and waited for the {kc} until the next {day}. Then the money lay on the table."],
            ["{q} bought {k} {g.many} from {p} and paid the {kc} later.", "{p} let {q} take {k} {g.many} and pay the {kc} later."])


def ill(kit, v):
    p = v["p"]
    if p.name == "Paula":
        raise Retry("the doctor herself")
    did, what, cure, rest, seasons, lesson = kit.any(ILLS)
    v |= dict(did=did.replace("@his", p.his), what=what, cure=cure, rest=rest)
    return (["{p} had {did}.", "{p} from {p.home} had {did} and thought nothing of it."], ["The next (day|morning) {p.he} had {what}.", "By {day} {p.he} had {what}, and {q} sent for the doctor."], ["Paula came with her black bag and looked at {p.him} (carefully|for a long time).", "\"Let me see,\" said Paula the doctor and put on her glasses."],
            ["\"{cure_},\" she said, \"and {rest}!\" A week later {p} was well.", "She ordered {cure} and said, \"{rest_}!\" After (four|five|six) days all was well again."], ["{p} had {what}, and Paula's advice, {cure}, made {p.him} well.", "Paula cured {p} of {what} with {cure}."])


def trouble(kit, v):
    t = kit.any(TROUBLES)
    x = kit.any(kit.world.places.values())
    v |= dict(x=x, t=t["name"], art=t["art"], sky=kit.any(t["sky"]), effect=kit.any(t["effect"]), deed=kit.any(t["help"]), after=kit.any(t["after"]))
    return (["In {x}, {sky}.", "{x} had not seen such a thing for years: {sky}."], ["Soon {effect}.", "{effect_}. There were worried faces at the windows."], ["(\"It is no good to complain,\"|\"Who helps me?\") said {p}. So {p}, {q} and the neighbours {deed}.", "{p} knocked at every door, {q} came first, and together they {deed}."], ["At last {after}.", "Three days later {after}."],
            ["After {art} {t} in {x}, {p}, {q} and the neighbours {deed}.", "In {x}, {p} and {q} led the neighbours in {art} {t}: they {deed}."])


def lesson(kit, v):
    p = kit.any([o for o in kit.world.adults if o.trade in SKILLS])
    skill, rule, fail = kit.any(SKILLS[p.trade])
    q = kit.any([o for o in kit.world.people.values() if o.trade != p.trade])
    v |= dict(p=p, q=q, skill=skill, rule=rule, fail=fail, n=kit.any(["two", "three", "four"]))
    return (["{q} wanted to learn to {skill} and went to {p} the {p.trade}.", "\"Teach me to {skill},\" said {q} to {p} the {p.trade}."], ["{p} said, \"{rule_}.\"", "\"There is one thing to know,\" said {p}: \"{rule}.\""], ["The first time {fail}, and (everybody|even {a} the {a.kind}) stared.", "At first {fail}. {q} sighed and began again."], ["After {n} (days|tries) it went well, and {p} shook {q}'s hand.", "After {n} more tries {p} nodded."],
            ["{p} the {p.trade} taught {q} to {skill}, and after {n} tries or more it went well.".replace(", and after {n} tries or more it went well", ""), "{q} learned from {p} to {skill}, although at first {fail}."])


def mistake(kit, v):
    did, result, made = kit.any(MISTAKES)
    v |= dict(did=did.replace("{q}", str(v["q"])), result=kit.clause(result, **v), made=kit.clause(made, **v))
    return (["{p} {did}.", "{p} was (tired|in a hurry) and {did}."], ["And so {result}.", "What came of it was bad: {result}."], ["{q} did not shout, but {q.he} did not laugh, either.", "{p} wanted to hide under the bed."], ["Then {p} {made} and said, \"I am sorry.\" {q} forgave {p.him}.", "The next {day}, {p} {made}, and that was the end of the matter."],
            ["{p} {did}, but {made}, and {q} was content.", "Because {p} {did}, {p.he} {made}."])


PLOTS = [delivery, lost, broken, market, ill, trouble, lesson, mistake]


def make(kit):
    p = kit.person()
    q = kit.person(p)
    season = kit.any(WEATHER)
    adj, wx, _ = kit.any(WEATHER[season])
    v = dict(p=p, q=q, a=kit.person(p, q).pet, day=kit.any(["morning", "afternoon", "evening"]))
    plot = kit.any(PLOTS)
    *beats, summary = plot(kit, v)
    kit.need(plot.__name__, v["p"])
    text = [kit.fill(*b, **v) for b in beats]
    if kit.chance(0.6):
        text.insert(kit.any([0, 1, 3]), kit.fill(*ASIDE, **v) if plot in (trouble, ill) or kit.chance(0.6) else capital(wx) + ".")
    return {"text": " ".join(text), "summary": kit.fill(*summary, **v)}
