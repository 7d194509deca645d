"""Questions with their answers: extractive ones over short contexts, and the same facts asked with the context as text or by heart.

It must not ask what the context does not say, nor state a fact that world.json does not hold; the events it tells are harmless inventions.
"""
import re

from grammar.engine import _article
from grammar.tasks.kit import Retry, capital, miles, number, pence, plain

# fact: (what the context says, the answer, what one may ask); [..] marks the answer in the statement
PERSON = {
    "home": (["{p} lives in [{p.home}].", "{p}'s house stands in [{p.home}].", "~One finds {p} in [{p.home}], {p.home.land}."], ["Where does {p} live?", "In which place does {p} live?", "~Where is {p}'s house?"]),
    "age": (["{p} is [{p.age}] years old.", "{p} is a {p.trait} {p.word} of [{p.age}].", "~{p} has seen [{p.age}] winters."], ["How old is {p}?", "What is {p}'s age?", "~How many years has {p} lived?"]),
    "food": (["{p} loves [{p.food}].", "{p}'s favourite food is [{p.food}].", "~Nothing tastes better to {p} than [{p.food}]."], ["What does {p} like to eat?", "What is {p}'s favourite food?", "~What would you cook for {p}?"]),
    "drink": (["{p} likes to drink [{p.drink}].", "There is always [{p.drink}] in {p}'s cup.", "~Give {p} some [{p.drink}], and {p.he} is happy."], ["What does {p} like to drink?", "What is {p}'s favourite drink?", "~What would you offer {p} to drink?"]),
    "pet": (["{p} has a {p.pet.colour} {p.pet.kind} called [{p.pet}].", "{p}'s {p.pet.kind} is called [{p.pet}].", "~[{p.pet}] is the name of {p}'s {p.pet.kind}."], ["What is {p}'s {p.pet.kind} called?", "What is the name of {p}'s {p.pet.kind}?", "~How does {p} call {p.his} {p.pet.kind}?"]),
    "kind": (["{p} has a [{p.pet.kind}] called {p.pet}.", "{p}'s [{p.pet.kind}] {p.pet} is {p.pet.colour}."], ["What kind of animal is {p.pet}?", "Which animal does {p} have?", "~Is {p.pet} a bird, a dog or something else?"]),
    "colour": (["{p} likes [{p.colour}] more than any other colour.", "{p}'s favourite colour is [{p.colour}].", "~Even the door of {p}'s house is [{p.colour}], {p.his} favourite colour."], ["Which colour does {p} like best?", "What is {p}'s favourite colour?", "~In what colour should one paint a box for {p}?"]),
    "season": (["{p} likes [{p.season}] best of the four seasons.", "{p}'s favourite season is [{p.season}].", "~All year, {p} waits for [{p.season}]."], ["Which season does {p} like best?", "What is {p}'s favourite season?", "~What time of the year does {p} wait for?"]),
    "weather": (["No weather is dearer to {p} than [{p.weather}].", "{p}'s favourite weather is [{p.weather}]."], ["Which weather does {p} like best?", "What is {p}'s favourite weather?", "~What should the sky bring to please {p}?"]),
    "hobby": (["When the work is done, {p} enjoys [{p.hobby}].", "{p} is fond of [{p.hobby}].", "~On free days one sees {p} [{p.hobby}]."], ["What does {p} enjoy on free days?", "What is {p} fond of?", "~What does {p} do when there is no work?"]),
    "dislikes": (["{p} cannot stand [{p.dislikes}].", "What {p} does not like at all is [{p.dislikes}].", "~Only one thing makes {p} cross: [{p.dislikes}]."], ["What does {p} dislike?", "What can {p} not stand?", "~What makes {p} cross?"]),
    "friend": (["{p}'s best friend is [{p.friend}].", "{p} and [{p.friend}] are best friends.", "~There is no better friend for {p} than [{p.friend}]."], ["Who is {p}'s best friend?", "What is the name of {p}'s best friend?", "~With whom is {p} best friends?"]),
}
TRADE = (["{p} is the [{p.trade}] of {p.home}.", "{p} works as a [{p.trade}].", "~As a [{p.trade}], {p} {p.does}."], ["What is {p}'s trade?", "What does {p} work as?", "~How does {p} earn {p.his} bread?"])
GOODS = (["A {g.one} costs [{c}] at {p}'s.", "{p} sells {g.many} for [{c}] each.", "~For a {g.one} {p} asks [{c}]."], ["How much is a {g.one}?", "What does a {g.one} cost?", "~What must one pay for a {g.one}?"])
ROAD = (["It is [{m}] from {x} to {y}.", "The way from {x} to {y} is [{m}] long.", "~Between {x} and {y} lie [{m}]."], ["How far is it from {x} to {y}?", "How long is the way from {x} to {y}?", "~What is the distance between {x} and {y}?"])
KNOWN = (["{x} is known for [{x.known}].", "Everyone in Lark Valley knows {x} for [{x.known}].", "~When someone says {x}, everybody thinks of [{x.known}]."], ["What is {x} known for?", "For what do people know {x}?", "~Why do visitors come to {x}?"])
LAND = (["{x} lies [{x.land}].", "The {x.kind} of {x} lies [{x.land}]."], ["Where does {x} lie?", "~Where would you look for {x}?"])
EVENTS = [
    (["On {wd}, {q} came to {p.home} and bought [{k}] {g.many} from {p}.", "{p} sold [{k}] {g.many} to {q} on {wd}."], ["How many {g.many} did {q} buy?", "How many {g.many} did {p} sell to {q}?"]),
    (["On {wd}, [{q}] came to {p.home} and bought {k} {g.many} from {p}.", "{p} sold {k} {g.many} to [{q}] on {wd}."], ["Who bought {g.many} from {p}?", "To whom did {p} sell {g.many}?"]),
    (["{q} paid [{kc}] for {k} {g.many} in {p.home}.", "\"{k_} {g.many} are [{kc}],\" said {p} to {q}."], ["How much did {q} pay for the {g.many}?", "~How many pence changed hands for the {g.many}?"]),
    (["On [{wd}], {q} came to {p.home} with {q.pet} the {q.pet.kind}.", "{q} and {q.pet} the {q.pet.kind} were in {p.home} on [{wd}]."], ["On which day did {q} come to {p.home}?", "When was {q} in {p.home}?"]),
    (["{q.pet} ran away, and {q} found {q.pet.him} [{spot}].", "After an hour {q} found {q.pet} the {q.pet.kind} [{spot}]."], ["Where did {q} find {q.pet}?", "~Where had {q.pet} been hiding?"]),
    (["{q} forgot [a {thing}] in {p.home}.", "In {p.home}, {q} lost [a {thing}]."], ["What did {q} lose or leave in {p.home}?", "What did {q} not bring home from {p.home}?"]),
]


def split(text):
    """(text without the marks, start, answer)"""
    start, end = text.index("["), text.index("]")
    return text.replace("[", "").replace("]", ""), start, text[start + 1:end]


def facts_of(kit, p):
    """(statements, questions, slots, name) of a person, the answer marked."""
    out = [(*PERSON[f], dict(p=p), f) for f in PERSON]
    if not p.child:
        out.append((*TRADE, dict(p=p), "trade"))
    out += [(*GOODS, dict(p=p, g=g, c=pence(g.price)), g.one) for g in p.goods]
    out += [([f"{{p}}'s {role} is called [{{r}}].", f"[{{r}}] is {{p}}'s {role}."], [f"Who is {{p}}'s {role}?", f"What is {{p}}'s {role} called?", f"~What is the name of {{p}}'s {role}?"], dict(p=p, r=r), role) for role, r in p.family.items()]
    return out


def facts_at(kit, x):
    w = kit.world
    y = kit.any([y for y in w.places.values() if y is not x])
    out = [(*KNOWN, dict(x=x), "known"), (*LAND, dict(x=x), "land"), (*ROAD, dict(x=x, y=y, m=miles(w.route(x, y)[1])), "road " + y.name)]
    out.append((["In {x} there is [" + x.features[0] + "].", "Visitors of {x} find [" + x.features[0] + "] there."], ["What do visitors find in {x}?", "~What is there to see in {x}?"], dict(x=x), "see"))
    return out


def story(kit):
    p, g = kit.good()
    q = kit.person(p)
    k = kit.any(range(2, 10))
    slots = dict(p=p, q=q, g=g, k=number(k), kc=pence(k * g.price), wd=kit.any(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]), spot=kit.any(p.home.spots), thing=kit.any(["glove", "hat", "basket", "lamp", "red scarf", "walking stick", "key"]))
    first = kit.any(EVENTS[:2])
    return [(*first, slots, "event"), *[(*e, slots, "event") for e in kit.some(EVENTS[2:], 2)]]


def passage(kit):
    """A context of four to six marked sentences and the one asked about: (sentences, index, question, whose, fact)."""
    kind = kit.rng.choices(("people", "places", "story"), (5, 2, 3))[0]
    if kind == "people":
        p = kit.person()
        q = kit.any([p.friend, kit.person(p)])
        known = kit.some(facts_of(kit, p), kit.any([2, 3]))
        names = [f[3] for f in known]
        both = [f for f in facts_of(kit, q) if f[3] in names]
        chosen = known + (both or kit.some(facts_of(kit, q), 1))[:2]
        ask = kit.any(range(len(known)))
    elif kind == "places":
        x = kit.any(kit.world.places.values())
        y = kit.any([y for y in kit.world.places.values() if y is not x])
        chosen = kit.some(facts_at(kit, x), 3) + kit.some(facts_at(kit, y), 2)
        ask = kit.any(range(3))
    else:
        chosen = story(kit)
        ask = kit.any(range(3))
        chosen += kit.some(facts_of(kit, chosen[0][2]["q"]), 1)
    target = chosen[ask]
    if {"kind", "pet"} <= {f[3] for f in chosen}:
        raise Retry("the same animal twice")
    who = target[2].get("p") or target[2].get("x")
    if kind != "story":
        kit.need("fact", who, target[3])
    sentences = [mark(kit, f) for f in chosen]
    question = kit.fill(*target[1], **target[2])
    order = list(range(len(sentences)))
    if kind != "story":
        kit.rng.shuffle(order)
    return [sentences[i] for i in order], order.index(ask), question


def mend_article(text):
    """a [innkeeper] becomes an [innkeeper]."""
    return re.sub(r"\b([Aa])n? (?=\[(\w+))", _article, text)


def mark(kit, fact):
    """A statement with its answer in brackets, mended as if the brackets were not there."""
    text = mend_article(kit.fill(*fact[0], **fact[2]))
    return capital(text) if text[0] != "[" else "[" + capital(text[1:])


def context(kit):
    sentences, ask, question = passage(kit)
    text, at, answer = "", 0, ""
    for i, s in enumerate(sentences):
        clean, start, a = split(s) if "[" in s else (s, 0, "")
        if i == ask:
            at, answer = len(text) + (1 if text else 0) + start, a
        text += (" " if text else "") + clean
    if len({" ".join(sorted(plain(s).split())) for s in sentences}) < len(sentences):
        raise Retry("said twice")
    return text, question, answer, at


def extractive(kit):
    text, question, answer, at = context(kit)
    return {"context": text, "question": question, "answers": {"text": [answer], "answer_start": [at]}}


def answered(kit):
    """Half of the rows with the context before the question, half by heart."""
    if kit.chance(0.5):
        text, question, answer, _ = context(kit)
        return {"question": f"{text}\n{question}", "answer": capital(answer)}
    facts = facts_of(kit, kit.person()) if kit.chance(0.75) else facts_at(kit, kit.any(kit.world.places.values()))
    fact = kit.any(facts)
    kit.need("fact", fact[2].get("p") or fact[2].get("x"), fact[3])
    _, _, answer = split(mark(kit, fact))
    lead = kit.choose(["", "", "Tell me: ", "~I should like to know: "])
    question = kit.fill(*fact[1], **fact[2])
    return {"question": lead + (question[0].lower() + question[1:] if lead and not question.split()[0] in kit.world.people else question), "answer": capital(answer)}
