"""What customers ask the people of the valley who sell something, with a polite and helpful answer and a curt or rude one.

It must not let either answer state a false price, and not make the better answer known by its length: rude ones may be long, polite ones short.
"""
from grammar.tasks.kit import Retry, miles, number, pence

HELLO = ["Good morning!", "Hello!", "Good day.", "Excuse me.", "", "", "", "~I hope that you are not too busy."]
# kind: (what the customer says, kind answers, curt or rude ones)
KINDS = {
    "price": (
        ["How much is a {g.one}?", "What does a {g.one} cost?", "What do you ask for a {g.one}?", "~What must one pay for a {g.one}?"],
        ["A {g.one} costs {c}. (Would you like to see one?|May I show you one?|~Shall I bring you one?)", "Good question. A {g.one} costs {c}, and I am glad to help you choose.", "Gladly: a {g.one} costs {c}."],
        ["{c_}.", "Can you not read? It says {c} on the door.", "Why do you ask me? A {g.one} costs {c}, and everybody knows that but you.", "Too much for you.", "~I have no time to tell you that."]),
    "sum": (
        ["I need {k} {g.many}. What will that cost?", "How much are {k} {g.many}?", "~What do I pay for {k} {g.many}?"],
        ["{k_} {g.many} cost {kc}. I will gladly put them in a basket for you.", "Of course. {k_} {g.many} cost {kc}, for one costs {c}.", "{kc_}, please. Thank you for coming to me!"],
        ["{kc_}. Pay or go.", "Count it yourself. Did you not go to school?", "{k_} {g.many} cost {kc}, and I do not want to hear another word about it.", "What do you want with {k} {g.many}? I have no time for that.", "~Work it out at home."]),
    "find": (
        ["Where can I buy a {g.one}?", "Who sells {g.many}?", "I am looking for a {g.one}. Can you help me?", "~Do you know where I find a {g.one}?"],
        ["Go to {p} the {p.trade} in {p.home}, please. A {g.one} costs {c} there.", "Gladly. {p} in {p.home} has {g.many} at {c} each. I hope that helps.", "{p} the {p.trade} in {p.home} has them. It is a good walk, and {p.he} will be glad to see you."],
        ["Not here.", "Look for it yourself. I am not your mother.", "How should I know? Ask somebody who likes {g.many}, and close the door behind you.", "In {p.home}. Now leave me alone.", "~I will not tell you that."]),
    "broken": (
        ["The {g.one} that I bought here on {wd} is no good.", "I bought a {g.one} from you on {wd}, and now I am not happy with it.", "~Something is wrong with the {g.one} that you sold me on {wd}."],
        ["I am sorry to hear that. Please bring it back, and you will have a new {g.one} at once.", "Thank you for telling me. You may choose another {g.one}, or have your {c} back.", "That is my mistake, and I am sorry. I will make it good today."],
        ["That is not my fault.", "You broke it yourself. Do not come to me with your stories.", "You should have looked at the {g.one} before you paid. I never give {c} back, and I never will.", "So what? Buy another one.", "~Nobody else is so hard to please."]),
    "gift": (
        ["It is {q}'s birthday. What would please {q.him}?", "I want to bring {q} a present. What do you think?", "~What could make {q} happy on a birthday?"],
        ["What a kind thought! {q} loves {q.food} and the colour {q.colour}.", "Bring {q} {q.food}, for {q.he} likes nothing better. Shall I help you find some?", "Something {q.colour}, please, for that is {q.his} favourite colour."],
        ["I do not care what {q} likes.", "Why should I think for you? Ask {q}.", "Nothing that you could pay. {q} has no need of a present from you, so go home.", "Anything. Just choose.", "~Do I look like {q}'s mother?"]),
    "way": (
        ["How far is it from {x} to {y}?", "I want to walk from {x} to {y}. Is it far?", "~Is it a long way from {x} to {y}?"],
        ["It is {m} from {x} to {y}. Enjoy the walk!", "It is {m}. If you are tired, you are welcome to sit down here first.", "The way from {x} to {y} is {m} long. May I give you some water to take along?"],
        ["Far.", "Go and find out.", "It is {m} from {x} to {y}, as every child knows, and I have better things to do than to talk about roads.", "Too far for somebody like you.", "~Do you see a map on my wall? No."]),
    "wait": (
        ["When will my {g.one} be ready?", "I asked for a {g.one} on {wd}. Is it ready now?", "~How long must I still wait for my {g.one}?"],
        ["I am sorry that you have to wait. It will be ready tomorrow morning.", "Your {g.one} is ready. Thank you for waiting so long!", "Please give me one more hour, and I will bring it to your door."],
        ["When it is ready.", "If you ask again, you will wait until winter.", "Do you think that I work for you alone? Others were here before you, and they did not ask every day.", "Not now.", "~It is ready when I say so."]),
    "change": (
        ["May I bring back a {g.one} that I do not need?", "I have one {g.one} too many. Would you take it back?", "~Could I give this {g.one} back to you?"],
        ["Of course. Bring it when you like, and I will give you {c} for it.", "Yes, gladly. Here are your {c}, and thank you for asking.", "Certainly. Would you like something else for it?"],
        ["No.", "What you bought is yours. Go away.", "You should think before you buy. I am not going to take back every {g.one} in the valley.", "Never. You would like that.", "~I do not want to see it again."]),
}
TAILS = ["And do not come back.", "I do not like people like you.", "Do you not see that I am busy?", "What a silly thing to ask.", "Let me do my work.", "~You only stand in my way."]


def slots(kit):
    """A kind of request with what it is about; combinations are kept for the test in both files alike."""
    kit.task = "service"
    kind = kit.any(KINDS)
    p, g = kit.good()
    q = kit.person(p)
    x, y = kit.some(kit.world.places.values(), 2)
    k = kit.any(range(2, 10))
    about = {"price": [g.one], "sum": [g.one, k], "find": [g.one], "broken": [g.one], "gift": [q], "way": [x, y], "wait": [g.one], "change": [g.one]}[kind]
    kit.need(kind, *about, share=5)
    v = dict(p=p, g=g, q=q, x=x, y=y, k=number(k), c=pence(g.price), kc=pence(k * g.price), m=miles(kit.world.route(x, y)[1]), wd=kit.any(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]))
    v |= {name + "_": v[name][0].upper() + v[name][1:] for name in ("c", "kc", "k")}
    return kind, v


def request(kit, kind, v):
    return (kit.choose(HELLO) + " " + kit.fill(*KINDS[kind][0], **v)).strip()


def asked(kit):
    return {"prompt": request(kit, *slots(kit))}


def judged(kit):
    kind, v = slots(kit)
    prompt = request(kit, kind, v)
    # Length alone must not tell: the rude answer is the longer one in half of the rows.
    longer = kit.chance(0.5)
    for _ in range(60):
        polite, rude = kit.fill(*KINDS[kind][1], **v), kit.fill(*KINDS[kind][2], **v)
        if kit.chance(0.15):
            polite = kit.choose(["Good morning!", "Hello!", "Welcome!", "~How good to see you!"]) + " " + polite
        if kit.chance(0.5):
            rude += " " + kit.choose(TAILS)
        if (len(rude) > len(polite)) == longer:
            return {"prompt": prompt, "chosen": polite, "rejected": rude}
    raise Retry("no rude answer of this length")
