"""Talks between a user and a polite assistant who knows the valley: several turns, some under a system message that sets the manner.

It must not let the assistant invent: what world.json does not hold, it does not know and says so.
"""
from grammar.tasks.kit import Retry, miles, number, pence
from grammar.tasks.questions import KNOWN, LAND, PERSON, TRADE, mend_article, split

SYSTEM = {
    "plain": ["You are a friendly guide to Lark Valley.", "You help visitors of Lark Valley. Be polite and say what you know.", "~You answer letters from people who want to visit Lark Valley."],
    "short": ["Answer in as few words as you can.", "You are a guide to Lark Valley. Give short answers: no whole sentences.", "~You are a busy clerk. Say only what was asked, in a word or two."],
    "farewell": ["You are a guide to Lark Valley. End every answer with: Safe travels!", "~You guide travellers through Lark Valley. The last words of each answer are: Safe travels!"],
    "name": ["You are Pip, the guide of Lark Valley. Begin your first answer with: Pip here.", "~Your name is Pip. Your first answer begins with the words: Pip here."],
}
HELLO = ["Good morning!", "Hello!", "Good day.", "I am new in the valley.", "~Forgive me if I disturb you."]
REPLY = ["", "", "", "Gladly.", "Good question.", "Of course.", "~I am glad that you ask."]
MORE = ["Is there anything else you want to know?", "I hope that helps.", "~Ask me again whenever you like.", ""]
THANKS = [("Thank you!", "You are welcome!"), ("That helps me. Thank you.", "I am glad. Enjoy the valley!"), ("Thanks, goodbye!", "Goodbye, and come again!"), ("~You know a lot!", "~Thank you. The valley is small, and I like it.")]
UNKNOWN = [("What is the weather like in {o}?", "{o} is outside the valley"), ("Who is the king of {o}?", "{o} is outside the valley"), ("What will {p} have for breakfast tomorrow?", "nobody has told me what {p} plans"), ("How many trees stand in {x}?", "nobody has counted the trees in {x}"),
           ("What is in {p}'s pocket?", "I cannot look into {p}'s pocket"), ("~What did {p} dream of last night?", "~dreams are {p}'s own business")]
SORRY = ["I am sorry, I do not know that: {why}.", "That I cannot say, for {why}.", "~I would tell you if I knew, but {why}."]
KNOWS = ["But I can tell you about {p} or the road to {x}.", "Ask me about people, animals, prices or roads in the valley.", "~Perhaps {q} knows."]
GIFT = [(["What could I give {p} as a present?", "It is {p}'s birthday. What would please {p.him}?", "~I am invited to {p}'s. What should I bring?"], ["{p} loves {p.food} and the colour {p.colour}.", "Bring {p.food}, for {p.he} likes nothing better, or something {p.colour}."])]
SUM = [(["How much are {k} {g.many}?", "I need {k} {g.many}. What will that cost?", "~What do I pay for {k} {g.many}?"], ["{k_} {g.many} cost {kc}, for {k} times {n} is {kn}.", "One costs {c}, so {k} cost {kc}."])]
WHERE = [(["Where can I buy a {g.one}?", "Who sells {g.many}?", "~I am looking for a {g.one}."], ["Go to {p} the {p.trade} in {p.home}. A {g.one} costs {c}.", "{p} the {p.trade} in {p.home} has {g.many} at {c} each."])]
PATH = [(["How do I get from {x} to {y}?", "I am in {x} and want to go to {y}. Which way?", "~Which villages are on the way from {x} to {y}?"], ["Go by {via}. It is {m} altogether.", "Walk from {x} to {via}, and then on to {y}: {m} in all."], ["The road leads straight there. It is {m}."])]
FOLLOW = {"home": "And where does {p.he} live?", "age": "How old is {p.he}?", "food": "What does {p.he} like to eat?", "pet": "What is {p.his} {p.pet.kind} called?", "friend": "Who is {p.his} best friend?", "dislikes": "Is there anything {p.he} does not like?",
          "hobby": "What does {p.he} do on free days?", "drink": "And what does {p.he} drink?", "season": "Which season does {p.he} like best?", "colour": "What is {p.his} favourite colour?"}
SAY = {"home": "{P} lives in [{p.home}].", "age": "{P} is [{p.age}] years old.", "food": "{P} loves [{p.food}].", "pet": "{p.His} {p.pet.kind} is called [{p.pet}].", "friend": "{p.His} best friend is [{p.friend}].", "dislikes": "Yes, {p.he} cannot stand [{p.dislikes}].",
       "hobby": "On free days {p.he} enjoys [{p.hobby}].", "drink": "{P} likes to drink [{p.drink}].", "season": "{P} likes [{p.season}] best.", "colour": "{p.His} favourite colour is [{p.colour}]."}


def answer(kit, question, statement, v, brief=None):
    """(user, whole answer, short answer)"""
    text = mend_article(kit.fill(*([statement] if isinstance(statement, str) else statement), **v))
    short = brief or (split(text)[2] if "[" in text else "")
    return kit.fill(*question, **v), text.replace("[", "").replace("]", ""), short


def person_talk(kit):
    """Questions about one person; from the second on a pronoun stands for the name."""
    p = kit.person()
    v = dict(p=p, P=kit.any([p.name, p.he.capitalize()]))
    facts = [f for f in PERSON if f not in ("kind", "weather")]
    known = kit.some(facts, kit.any([2, 2, 3]))
    kit.need("talk", p, known[0])
    yield answer(kit, PERSON[known[0]][1], PERSON[known[0]][0], v)
    for f in known[1:]:
        yield answer(kit, [FOLLOW[f]], SAY[f], v)


def goods_talk(kit):
    p, g = kit.good()
    k = kit.any(range(2, 10))
    y = kit.any([y for y in kit.world.places.values() if y is not p.home])
    kit.need("goods", g.one, k)
    v = dict(p=p, g=g, k=number(k), n=number(g.price), kn=number(k * g.price), c=pence(g.price), kc=pence(k * g.price), x=y, y=p.home, m=miles(kit.world.route(y, p.home)[1]))
    yield answer(kit, *WHERE[0], v, brief=f"{p} in {p.home}")
    if kit.chance(0.8):
        yield answer(kit, *SUM[0], v, brief=pence(k * g.price))
    if kit.chance(0.5):
        yield answer(kit, ["I am in {x} now. How far is it to {y}?", "How far is it from {x}?"], ["It is {m} from {x} to {y}."], v, brief=v["m"])


def way_talk(kit):
    w = kit.world
    x, y = kit.some(w.places.values(), 2)
    kit.need("way", x, y)
    path, length = w.route(x, y)
    v = dict(x=x, y=y, m=miles(length), via=" and ".join(path[1:-1]) if len(path) < 5 else ", ".join(path[1:-2]) + " and " + path[-2])
    yield answer(kit, PATH[0][0], PATH[0][1] if len(path) > 2 else PATH[0][2], v, brief=(v["via"] or "straight there") + ", " + v["m"])
    for fact in kit.some([KNOWN, LAND], kit.any([1, 2])):
        yield answer(kit, fact[1], fact[0], dict(x=y))


def gift_talk(kit):
    p = kit.person()
    kit.need("gift", p)
    v = dict(p=p, P=p.he.capitalize())
    yield answer(kit, *GIFT[0], v, brief=p.food)
    known = kit.some(["home", "age", "pet", "friend", "dislikes"], kit.any([1, 2]))
    for f in known:
        yield answer(kit, [FOLLOW[f]], SAY[f], v)


def unknown_talk(kit):
    p = kit.person()
    ask, why = kit.any([u for u in UNKNOWN if kit.test or not u[0].startswith("~")])
    x = kit.any(kit.world.places.values())
    v = dict(p=p, q=p.friend, x=x, o=kit.any(["London", "Paris", "Rome", "Egypt"]))
    v["why"] = kit.fill(why.lstrip("~"), **v) if why.startswith("{o}") else kit.clause(why.lstrip("~"), **v)
    tail = kit.fill(*KNOWS, **v)
    yield kit.fill(ask.lstrip("~"), **v), kit.fill(*SORRY, **v) + " " + tail, "I do not know"
    if tail.startswith("But"):
        yield answer(kit, ["Tell me about {p}, then."], ["{p} lives in {p.home} and loves {p.food}."], v, brief=f"lives in {p.home}")
    else:
        yield answer(kit, TRADE[1], TRADE[0], v) if not p.child else answer(kit, PERSON["age"][1], PERSON["age"][0], v)


TALKS = [(person_talk, 5), (goods_talk, 4), (way_talk, 3), (gift_talk, 2), (unknown_talk, 2)]


def make(kit):
    talk = kit.rng.choices([t for t, _ in TALKS], [n for _, n in TALKS])[0]
    manner = kit.rng.choices((None, *SYSTEM), (5, 2, 2, 1.5, 1.5))[0]
    turns = list(talk(kit))
    if kit.chance(0.15):
        more = kit.any([person_talk, goods_talk])
        turns += list(more(kit))[:1]
    messages = [] if manner is None else [{"role": "system", "content": kit.choose(SYSTEM[manner])}]
    said = set()
    for i, (user, full, short) in enumerate(turns):
        if i == 0 and kit.chance(0.4):
            user = kit.choose(HELLO) + " " + user
        if manner == "short":
            reply = (short[:1].upper() + short[1:] if short else full).rstrip(".") + "."
        else:
            lead = kit.choose([r for r in REPLY if r.lstrip("~") not in said]) if not full.startswith(("Yes", "I am sorry")) else ""
            said |= {lead} - {""}
            reply = " ".join(filter(None, ["Pip here." if manner == "name" and i == 0 else "", lead, full, kit.choose(MORE) if i == len(turns) - 1 and kit.chance(0.25) else "", "Safe travels!" if manner == "farewell" else ""]))
        messages += [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]
    if kit.chance(0.35):
        user, reply = kit.any([t for t in THANKS if kit.test or not t[0].startswith("~")])
        reply = {"short": "Goodbye.", "farewell": reply.lstrip("~") + " Safe travels!"}.get(manner, reply.lstrip("~"))
        messages += [{"role": "user", "content": user.lstrip("~")}, {"role": "assistant", "content": reply}]
    if len(messages) < 4 and not kit.chance(0.3):
        raise Retry("too short")
    return {"messages": messages}
