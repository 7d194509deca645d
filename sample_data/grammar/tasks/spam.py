"""Ham: letters and notes between people of the valley; spam: pushy notices that want money, names or haste.

It must not give spam away by one word: letters also speak of money, prizes and haste, notices also greet politely.
"""
from grammar.tasks.kit import miles, number, pence

LABELS = ("ham", "spam")

GREET = ["Dear {p},", "Good morning, {p}!", "{p},", "My dear {p},", "Hello {p},", "~To {p} in {p.home}:", ""]
HAM = ["(I have finished|Here is) your {h.one}. It is {hc}, as we said.", "The {g.many} (are ready|came on Monday). (Take your time, there is no hurry.|Pay me when you come to {q.home}.)", "Will you come to {q.home} on (Saturday|Sunday|Friday)? There will be {q.food}.",
       "{q.pet} the {q.pet.kind} is (well again|asleep on my feet|as funny as ever) and greets {p.pet}.", "I still owe you {c}. Felix (carries|brings) it with this letter.", "You have won our bet: it did snow. I bring you {k} {g.many}.",
       "It is {m} to you, so I (start early|shall stay the night).", "Please hurry: {r} is ill, and the doctor asks for you.", "Do you remember {f.name}? {f.He} sends you (a kiss|kind words|a thousand greetings).", "Could you lend me a (ladder|lamp|basket) until Sunday?",
       "The rain has spoiled half of my (beans|hay|work), but I do not complain.", "My {tool} is broken. Can you mend it, and what will it cost?", "~I read your letter twice and laughed three times.", "~If you need money for the new roof, say so; I have {kc} to spare.", "~Free as a bird I am this week, so come whenever you like.",
       "The prize at the feast went to {r}. (Nobody was surprised.|You should have seen it!)", "I need {k} {o.many} before (Friday|Sunday), if you can."]
HAMEND = ["Your friend {q}", "(Yours|Love), {q}", "Until soon, {q}", "{q} from {q.home}", "Take care, {q}", "~With a warm hand, {q}", ""]
SPAM = ["You have won {k} {g.many}! (Send|Bring) {c} (today|at once) and they are yours.", "(Hurry|Be quick)! Only today: {k} {g.many} for one penny.", "Your neighbours have all bought one. Will you be the last?", "Give us your name, your house and the place where you keep your money.",
        "Our wonder oil cures coughs, {bad} and bad luck in one night.", "Pay {c} now and get {kc} back next week. No work at all!", "This letter brings luck. Copy it {k} times or (your milk will turn sour|your hens will stop laying).", "(Nobody|No one) in {x} may know of this but you.",
        "(A rich uncle|An old sailor) has left you a chest of silver. It costs only {c} to open it.", "Do not ask {r}, do not wait, do not think: buy!", "The first {k} who come get everything free.", "Lose your {bad} in three days, or so says everybody who paid.",
        "~You were chosen from all the people of {x}. Say yes before the sun goes down.", "~A friend of yours, whose name we may not say, told us that you need {g.many}.", "~Put {c} under the (stone|bridge) tonight and you shall be lucky for a year.", "Why work as a {p.trade} when gold lies in the road? We show you where for {c}.",
        "Your {p.pet.kind} is in danger! Our powder saves it for {c}.", "Last call: after (Friday|Sunday) the price goes up to {kc}."]
SPAMGREET = ["Dear friend!", "Dear {p},", "Good news, {p}!", "People of {x}!", "Lucky {p}!", "Hello {p},", "~To whoever opens this:", "", "{p},"]
SPAMEND = ["Your friends of fortune", "The lucky brothers", "Answer today!", "Yours, a friend", "Do not miss it!", "~Ask for the man with the red hat.", "", ""]


# true notices that sound like spam, and harmless openings of spam
NOTICE = ["People of {x}! The feast begins on (Saturday|Sunday) at noon, and nobody pays.", "{g.many_} cost {gc} each, (today|this week) as always.", "The first who come will get the best {g.many}, so do not wait too long.", "Your school needs a new roof. Who can give a penny, bring it to Clara.", "Good news: the road to {q.home} is open again!", "Last call for the ferry is at six. Do not miss it.", "You have won the second prize in the (pie|kite) contest. Come to {q.home} for it.", "~Hurry, or Milo will have eaten all the cake!"]
SWEET = ["How is {p.pet} the {p.pet.kind}?", "We know that you like {p.food}.", "It is a long time since we met.", "The road to {p.home} was muddy, but we came gladly.", "Remember your friend {r}?", "We talked about you last (Sunday|week) over a cup of tea.", "You work so hard, dear {p}.", "~Your neighbour {r} speaks well of you."]


def make(kit, label):
    p, g = kit.good()
    p = kit.person()
    q = kit.any([o for o in kit.world.adults if o is not p])
    portable = q.trade not in ("innkeeper", "ferryman")      # nobody carries a bed for the night
    mine = q.goods if portable and q.goods else [g]
    h = kit.any(mine)
    kit.need(p, q)
    r, f = kit.person(p, q), kit.person(p, q, p.friend, *p.family.values())
    k = kit.any(range(2, 9))
    v = dict(p=p, q=q, g=g if label == "spam" else h, h=h, r=r, f=f, x=kit.any(kit.world.places.values()), k=number(k), gc=pence((g if label == "spam" else h).price), c=pence(kit.any(range(3, 20)) if label == "spam" else k * h.price),
             kc=pence(kit.any(range(30, 99))), hc=pence(h.price), m=miles(kit.world.route(q.home, p.home)[1]) if q.home is not p.home else "a short way",
             bad=kit.any(["warts", "bald heads", "sore feet", "fat bellies", "red noses", "heavy thoughts"]))
    body, greet, end = (HAM, GREET, HAMEND) if label == "ham" else (SPAM, SPAMGREET, SPAMEND)
    notices = NOTICE if label == "ham" else SWEET
    if label == "ham" and h not in q.goods:
        body, notices = ([t for t in table if not any(s in t for s in ("{g.", "{h.", "{c}", "{g.many_}"))] for table in (body, notices))
    mends = [t["name"] for t in q.tools if kit.world.facts["mends"][t["material"]] == p.trade]
    v |= dict(tool=kit.any(mends or [""]), o=kit.any(p.goods or [g]))
    body = [t for t in body if ("{tool}" not in t or mends) and ("{o." not in t or p.goods and p.trade not in ("innkeeper", "ferryman")) and ("Felix" not in t or "Felix" not in (p.name, q.name)) and ("{p.trade}" not in t or not p.child) and ("Will you come" not in t or p.home is not q.home) and ("the doctor" not in t or "Paula" not in (p.name, q.name, r.name))]
    lines = []
    n = kit.any([1, 1, 2])
    while len(lines) < n:
        t = kit.choose(body)
        s = kit.fill(t, **v)
        if not any(s.split()[0] == o.split()[0] for o in lines) and s not in lines:
            lines.append(s)
    if kit.chance(0.7):
        lines.insert(kit.any([0, 0, len(lines)]), kit.fill(*notices, **v))
        greet = GREET
    if kit.chance(0.35):
        # a sentence that could stand on either side
        lines.insert(kit.any(range(len(lines))), kit.fill("How are you today?", "The weather is (fine|bad|cold|mild) in {x}.", "Greetings from {x}!", "I hope this finds you well.", "There is something I must tell you.", "You will be pleased to hear this.", "~Forgive my short letter.", **v))
    parts = [kit.fill(*greet, **v), " ".join(lines), kit.fill(*end, **v)]
    return {"text": "\n".join(x for x in parts if x), "label": label}
