"""Dialogues: turns of the form `Name: words`, one a line, in the present tense.

It must not let a speaker state a fact that world.json does not hold.
"""
from grammar.engine import number
from grammar.beats import scene

NL = "\n"


def hello(d, p, q):
    """Both greet each other by name; a question gets its answer."""
    asked = d.rng.random() < 0.5
    greet = "(Good {day}|Hello|Good day), {o}"
    if asked:
        d.line(p, greet + ". (How are you|How are you today|How do you do|Are you well)?", o=q)
        answer = "(I am well, thank you|Very well, thank you|I cannot complain|Not bad at all|A little tired, but well|Quite well|As well as ever)"
        d.line(q, greet + f". {answer}.", greet + f". {answer}. And how are you?", f"{answer}, {{o}}. And you?", greet + f". {answer}. How is {{o.pet}}?", o=p)
    else:
        d.line(p, greet + "(.|!)", "Oh, {o}! (How nice to see you|What a nice surprise|I did not expect you).", "{o}! (I was hoping to meet you|There you are|I am glad that I met you).", o=q)
        d.line(q, greet + "(.|!)", "{o}! (What brings you here|What brings you to {me.home}|What can I do for you)?", "{o}! (Come in|Sit down a while|I was just thinking of you).", greet + "! (How is {o.pet}|How is your {o.pet.kind})?", o=p)
    last = d.parts[-1]
    if last.endswith(("how are you?", "And you?")):
        d.line(p, "(I am well, too|Well, thank you|Very well, too)(|, {o}).", "I am well, and {me.pet} is, too.", o=q)
    elif last.endswith("?") and " is " in last:
        d.line(p, "{me.pet} is (well|fine|very well), thank you.", "{me.pet} (sleeps|eats|plays) all day, as (always|usual).", "Oh, {me.pet} the {me.pet.kind} is (in good health|rounder than ever|as lively as ever).", o=q)
    elif last.endswith("?"):
        d.line(p, "I wanted to (see you|talk to you), {o}.", "I wanted to have a word with you(|, {o}).", "I was (nearby|passing by) and thought of you.", o=q)


def bye(d, p, q):
    d.line(p, "(Thank you|Many thanks), {o}. (Goodbye|See you soon|Until tomorrow|Have a good {day})!", "(I must go now|It is getting late|{me.pet} is waiting for me). Goodbye, {o}.", "Goodbye, {o}, and (greet|say hello to) {o.pet} (from me|for me)!", "(Thank you very much|You are very kind), {o}.", o=q)
    thanked = any(word in d.parts[-1].rsplit(": ", 1)[-1] for word in ("Thank", "thanks", "kind"))
    d.line(q, "Goodbye, {o}!", *(["(You are welcome|Not at all|It was a pleasure), {o}. (Come again|Take care|Safe home|Goodbye)!"] * 3 if thanked else []), "(See you soon|Until next time|Take care), {o}(.|!)", "Goodbye, {o}, and (greet|say hello to) {o.pet} (from me|for me)!", o=p)


def facts_about(d, x, asker, teller):
    """A list of (question templates, answer templates) about x, who is not present; answers vary in form."""
    w = d.world
    far = "" if x.home is teller.home else None
    items = [
        (["Where does {x} live?", "Do you know where {x} lives?", "In which place does {x} live?"], ["{x} lives in {x.home}.", "In {x.home}, {x.home.land}.", "{x.He} lives in {x.home}, {x.home.land}.", "{x}? {x.He} is at home in {x.home}."]),
        (["What does {x} do all day?", "What is {x}'s trade?", "And what does {x} do?"] if not x.child else ["Does {x} have a trade yet?", "What does {x} do all day?"],
         ["{x.He} is a {x.trade}. {x.He} likes to {x.do}.", "{x} is a {x.trade}, and a {x.trait} one.", "{x.He} works as a {x.trade} in {x.home}."] if not x.child else ["{x.He} is a pupil. {x.He} has to {x.do}.", "No, {x} still goes to school. {x.He} is {x.age} years old."]),
        (["What does {x} like to eat?", "What is {x}'s favourite food?", "What should I cook for {x}?"], ["{x.His} favourite food is {x.food}.", "{x} loves {x.food}.", "{x} never says no to a {x.serving}.", "Cook {x.food}. {x.He} likes nothing better."]),
        (["What does {x} like to drink?", "What shall I offer {x} to drink?"], ["Give {x.him} {x.drink}.", "{x} likes {x.drink} best.", "{x.He} always drinks {x.drink}."]),
        (["Does {x} have an animal?", "Has {x} got a pet?"], ["Yes, {x} has a {x.pet.colour} {x.pet.kind}. {x.pet.He} is called {x.pet}.", "Yes, a {x.pet.kind}. {x.pet.He} is called {x.pet}.", "{x} has a {x.pet.kind} named {x.pet}."]),
        (["What is the name of {x}'s {x.pet.kind}?", "What is {x}'s {x.pet.kind} called?"], ["{x.His} {x.pet.kind} is called {x.pet}.", "{x.pet}, and {x.pet.he} is {x.pet.colour}.", "The {x.pet.kind}'s name is {x.pet}."]),
        (["Which season does {x} like best?", "What is {x}'s favourite season?"], ["{x} likes {x.season} best.", "{x.His} favourite season is {x.season}.", "{x.Season} is {x.his} favourite season, and {x.he} loves {x.weather}."]),
        (["What weather does {x} like?", "What is {x}'s favourite weather?"], ["{x} likes {x.weather}.", "{x.His} favourite weather is {x.weather}.", "{x.Weather}, and the more the better."]),
        (["What is {x}'s favourite colour?", "Which colour does {x} like?", "What colour shall I choose for {x}?"], ["{x.His} favourite colour is {x.colour}.", "{x} likes {x.colour}.", "Take {x.colour}. {x} loves {x.colour} things."]),
        (["Who is {x}'s best friend?", "Who is {x.his} best friend?"], ["{x.His} best friend is {x.friend}.", "That is {x.friend}, who lives in {x.friend.home}.", "{x.friend} is {x}'s best friend."]),
        (["What does {x} do on a free day?", "What does {x} enjoy?"], ["{x} enjoys {x.hobby}.", "{x.He} loves {x.hobby}.", "On a free day {x.he} spends hours {x.hobby}." if x.hobby.split()[0].endswith("ing") else "{x.He} loves {x.hobby}."]),
        (["Is there anything {x} does not like?", "What does {x} dislike?"], ["{x} cannot stand {x.dislikes}.", "{x.He} does not like {x.dislikes}.", "What {x.he} does not like is {x.dislikes}."]),
        (["How old is {x}?", "Do you know how old {x} is?"], ["{x.He} is {x.age} years old.", "{x} is {x.age}."]),
        (["What is {x} like?", "What kind of person is {x}?"], ["{x} is {x.trait}.", "{x.He} is a {x.trait} {x.word}.", "Everyone says that {x} is {x.trait}."]),
    ]
    for role, other in x.family.items():
        d.v.setdefault("rel_" + role, other)
        items.append(([f"Who is {{x}}'s {role}?", f"What is the name of {{x}}'s {role}?", f"Do you know {{x}}'s {role}?"], [f"{{x.His}} {role} is {{rel_{role}}}.", f"{{rel_{role}}} is {{x}}'s {role}.", f"That is {{rel_{role}}} from {{rel_{role}.home}}."]))
    return items


def join(lead, text):
    """Put a lead before a sentence; the sentence keeps its capital only after a full stop or if it opens with a name."""
    if not lead or lead.rstrip()[-1] in ".!?" or text.startswith("I "):
        return lead + text
    if text.startswith("{"):
        return lead + text.replace(".He}", ".he}", 1).replace(".His}", ".his}", 1).replace("_}", "}", 1)
    return lead + text[0].lower() + text[1:]


def absent(g, p, q):
    """Somebody to talk about: neither kin nor best friend of the two."""
    return g.person(p, q, p.friend, q.friend, *p.family.values(), *q.family.values())


def about_person(d):
    """One asks, the other tells: facts about a third."""
    g = d.gen
    p = g.person()
    q = g.other(p)
    x = absent(g, p, q)
    d.v.update(p=p, q=q, x=x, season="")
    hello(d, p, q)
    items = facts_about(d, x, p, q)
    if d.rng.random() < 0.5:
        items = [i for i in items if "pet" not in str(i[0])]
    else:
        items = [i for i in items if "animal" not in str(i[0])]
    chosen = d.rng.sample(items, d.rng.randint(3, 5))
    first = True
    for asks, answers in chosen:
        leads = ["Tell me, ", "May I ask you something? ", "I have a question. ", "{o}, ", ""] if first else ["And ", "I see. ", "Really? ", "Oh! ", "Thank you. ", "", ""]
        d.line(p, *[join(lead, a) for a in asks for lead in leads], o=q)
        d.line(q, *[join(lead, a) for a in answers for lead in ("Oh, ", "Let me think. ", "I know that one. ", "That is easy. ", "", "", "")], o=p)
        first = False
    d.line(p, "(Now I know more|You know {x} well|You know everything about {x}).", "Then I know (what to bring|enough for now|what to give {x.him}). Thank you, {o}.", "I should like to (meet|visit|see) {x} (soon|one day).", o=q)
    bye(d, p, q)
    return NL


def about_self(d):
    """Two strangers talk about themselves."""
    g = d.gen
    p = g.person()
    q = g.other(p, p.friend, where=lambda x: x.home is not p.home)
    d.v.update(season="")
    d.v["day"] = d.rng.choice(["morning", "afternoon", "evening"])
    d.line(p, "(Hello|Good {day}|Good day)! (I am|My name is) {me}. (And who are you|What is your name|May I ask your name)?", "Excuse me, (have we met|do I know you)? I am {me} from {me.home}.")
    d.line(q, "(Hello|Good {day}), {o}. (I am|My name is) {me}, (and I live in {me.home}|from {me.home}).", "I am {me}, and I come from {me.home}, {me.home.land}.", "(Pleased to meet you|Nice to meet you), {o}. My name is {me}.", o=p)
    ask = [
        ("Where do you live?", "I live in {me.home}. It is known for {me.home.known}.", "In {me.home}, {me.home.land}."),
        ("What do you like to eat?", "My favourite food is {me.food}.", "{me.food_}! I could eat that every day.", "I love {me.food}, with a cup of {me.drink}."),
        ("What is your trade?" if not q.child and not p.child else "How old are you?", "I am {me.age} years old.", "I am {me.age}.") if p.child or q.child else ("What is your trade?", "I am a {me.trade}. Every day I {me.do}.", "I work as a {me.trade}.", "I am a {me.trade}, and I like to {me.do}."),
        ("Do you have an animal?", "Yes, I have a {me.pet.colour} {me.pet.kind} called {me.pet}.", "My {me.pet.kind} {me.pet} is waiting at home.", "I have a {me.pet.kind}. {me.pet.He} is called {me.pet}."),
        ("Which season do you like best?", "{me.Season}, because I love {me.weather}." if 0 else "I like {me.season} best.", "My favourite season is {me.season}.", "{me.Season}. I can hardly wait for it."),
        ("What is your favourite colour?", "My favourite colour is {me.colour}.", "I like {me.colour}. Even my door is {me.colour}."),
        ("What do you do when you are free?", "I love {me.hobby}.", "Then I enjoy {me.hobby}.", "{me.hobby_}, what else?"),
        ("Is there anything you do not like?", "I cannot stand {me.dislikes}.", "I do not like {me.dislikes}.", "Yes: {me.dislikes}."),
        ("Who is your best friend?", "My best friend is {me.friend}.", "{me.friend} from {me.friend.home} is my best friend."),
    ]
    asker, other = p, q
    for question, *answers in d.rng.sample(ask, d.rng.randint(3, 4)):
        if d.rng.random() < 0.4:
            asker, other = other, asker
        d.line(asker, *[join(lead, question) for lead in ("", "", "Tell me, {o}: ", "I am curious, {o}. ", "And now to something else, {o}: ", "May I ask, {o}? ", "And ")], o=other)
        d.line(other, *answers, *[a + " (And you|What about you)?" for a in answers], o=asker)
        if d.parts[-1].endswith(("And you?", "What about you?")):
            d.line(asker, *answers, *[join(lead, a) for a in answers for lead in ("", "As for me, ", "Let me think. ", "That is easy, {o}. ")], o=other)
        elif d.rng.random() < 0.4:
            d.line(asker, "(How interesting|How nice|I did not know that|That is good to know)!", "(You are lucky|I understand you|I can imagine that), {o}.", "(Really|Is that so)? (I will remember that|Then we must talk more).", o=other)
    bye(d, p, q)
    return NL


def shop(d):
    g, w = d.gen, d.world
    q, good = d.rng.choice(w.goods)
    p = g.other(q)
    n = d.rng.randint(1, 6)
    cost = n * good.price
    pay = cost + d.rng.choice([0, 0, 1, 2, 3, 4, 5])
    pen = lambda k: number(k) + (" penny" if k == 1 else " pence")
    d.v.update(one=good.one, many=good.many, n=number(n), what=good.one if n == 1 else good.many, cost=pen(cost), cnum=number(cost), price=pen(good.price), pnum=number(good.price), pay=pen(pay), change=pen(pay - cost), season="")
    hello(d, p, q)
    d.line(p, "How much (is|does) a {one}?".replace("(is|does)", "is"), "What does a {one} cost?", "(Do you have|Have you got) any {many} today?", "I am looking for (a {one}|some {many}).", o=q)
    d.line(q, "A {one} costs {price}.", "Of course. A {one} is {price}.", "(They are fresh|They are new|I have some here). A {one} costs {price}.", "{price}, {o}. (How many would you like|How many do you need)?", o=p)
    if n == 1:
        d.line(p, "Then I will take one, please.", "One is enough for me, thank you.", "I need only one, {o}.", "Good. One {one}, please.", o=q)
        d.line(q, "Here you are. That is {cost}, please.", "With pleasure. {cost}, please.", "One {one} for {o}: {cost}.", o=p)
    else:
        d.line(p, "(I will take|Give me|I need|I would like) {n}, please.", "{n} {many}, please.", "Could I have {n} of them, please?", o=q)
        d.line(q, "{n} times {pnum} is {cnum}. That makes {cost}.", "That is {cost} altogether, for {n} times {pnum} is {cnum}.", "{n} {many} at {price} each: {cost}, please.", o=p)
    if pay == cost:
        d.line(p, "Here is {cost}.".replace("is", "is" if cost == 1 else "are"), "{cost}: here you are, (counted twice|not a penny less).", "I have exactly {cost} here.")
        d.line(q, "(Thank you|Many thanks), {o}. (Shall I wrap it up|Do you need a bag)?" if n == 1 else "(Thank you|Many thanks), {o}. (Shall I wrap them up|Do you need a bag)?", "That is right. (Thank you very much|Thank you), {o}.", o=p)
    else:
        d.line(p, "I have {pay}.", "Here are {pay}.", "I can give you {pay}.")
        d.line(q, "Then you get {change} back.", "And here is your change: {change}.", "{pay} less {cost} leaves {change}. Here is your change, {o}.", o=p)
    d.maybe(0, "")
    if d.rng.random() < 0.5:
        d.line(p, *(["Did you make (it|them) yourself, {o}?".replace("(it|them)", "it" if n == 1 else "them")] if q.trade in ("baker", "carpenter", "blacksmith", "potter", "weaver", "cheesemaker", "doctor") else []), "When are you open, {o}?", "My {me.pet.kind} {me.pet} will be pleased.", *(["It is for {me.friend}, who loves such things."] if p.friend is not q else []), o=q)
        if "yourself" in d.parts[-1]:
            d.line(q, "Yes, {o}. Good work takes time.", "(Of course|Certainly), {o}. I am a {me.trade}, after all.", "With my own hands, {o}, as (always|every day).", o=p)
        elif "?" in d.parts[-1]:
            d.line(q, "Every day but Sunday, {o}.", "From seven to (four|five|six), {o}.", o=p)
        else:
            d.line(q, "(I am glad|That makes me happy|I hope so), {o}.", "(Then greet|Say hello to) {t} from me, {o}.", o=p, t=p.pet if p.pet.name in d.parts[-1] else p.friend)
    bye(d, p, q)
    return NL


def directions(d):
    g, w = d.gen, d.world
    start = g.place()
    p = g.person(where=lambda x: x.home is not start)
    q = g.other(p, where=lambda x: x.home is start)
    goal = g.place(start, p.home)
    path, miles = w.route(start, goal)
    d.v.update(p=p, q=q, start=start, goal=goal, miles=number(miles), season="")
    target = d.rng.choice([x for x in w.people.values() if x.home is goal and x is not p and x is not q] or [None])
    d.v["t"] = target or goal
    hello_line = ["Excuse me, {o}. (How do I get|Which is the way|What is the shortest way) from {start} to {goal}?", "(Good day|Hello), {o}. I want to go to {goal}. (Can you tell me the way|Do you know the way|Which road must I take)?"]
    if target:
        hello_line.append("{o}, I must bring something to {t} in {goal}. (How do I get there|Which road must I take) from here in {start}?")
    d.line(p, *hello_line, o=q)
    first = d.world.direction(path[0], path[1])
    d.v.update(dir=first, nxt=path[1], m1=number(w.roads[path[0]][path[1]]))
    d.line(q, "(That is easy|Of course|Gladly). Go {dir} from {start}, and after {m1} miles you come to {nxt}.", "Take the road to the {dir}. After {m1} miles you are in {nxt}.", "You must go {dir} to {nxt}. It is {m1} miles from {start} to {nxt}.", o=p)
    here = path[1]
    for there in path[2:]:
        d.line(p, "And from {here} on?", "(I see|Good|Fine). And then?", "To {here}, yes. Where do I go after that?", here=here, o=q)
        d.line(q, "In {here} you turn {dir}, and after {m} miles you reach {there}.", "From {here} you go {dir} to {there}. That is another {m} miles.", "Then the road runs {dir} for {m} miles, as far as {there}.", here=here, there=there, dir=d.world.direction(here, there), m=number(w.roads[here][there]), o=p)
        here = there
    d.line(p, "How far is it (altogether|in all)?", "Is it a long walk?", "How many miles (is that|are they) altogether?".replace("(is that|are they)", "is that"))
    d.line(q, "It is {miles} miles from {start} to {goal}.", "It is {miles} miles in all. (Take some bread with you|Put on good shoes|You can do it before dark).", "From {start} to {goal} it is {miles} miles.", o=p)
    if d.rng.random() < 0.7:
        feats = [f.split(" ", 1)[1] for f in goal.features]
        d.line(p, "How will I know {goal}?", "And what is there to see in {goal}?", "I have never been to {goal}. What is it like?")
        d.line(q, "{goal} lies {goal.land}. (Look for|You cannot miss) the {f}.", "{goal} is known for {goal.known}. (Look for|You will see) the {f} first.", "You will see the {f}. Everyone in {goal} is proud of it.", f=d.rng.choice(feats), o=p)
    bye(d, p, q)
    return NL


def lesson(d):
    """Clara or a grown-up asks, a child answers: sums and facts of the valley."""
    g, w = d.gen, d.world
    p = w.by_trade["teacher"] if d.rng.random() < 0.6 else g.adult()
    q = g.child()
    d.v.update(p=p, q=q, season="")
    d.line(p, "Good morning, {o}. (Are you ready for some questions|Let us see what you have learned|Shall we do some sums)?", "Sit down, {o}. (Today we will count|Here are some questions for you|Let us begin).", "Now, {o}, (listen carefully|think before you speak|put away your {o.drink}).", o=q)
    d.line(q, "(Good morning, {o}|Yes, {o}|I am ready, {o}).", "(I hope so|I will try|I am not afraid of sums)!", o=p)
    for _ in range(d.rng.randint(3, 5)):
        a, b = d.rng.randint(2, 12), d.rng.randint(2, 9)
        kind = d.rng.randint(0, 5)
        fill = dict(a=number(a), b=number(b), s=number(a + b), m=number(a * b), big=number(a + b), o=q)
        if kind == 0:
            d.line(p, "What is {a} and {b}?", "How much is {a} plus {b}?", "{a} birds sit on a roof, and {b} more come. How many birds are there?", **fill)
            right = ["{a} and {b} make {s}.", "{s}!", "That is {s}.", "{s}, {o}."]
            wrong = number(a + b + 1)
        elif kind == 1:
            d.line(p, "What is {big} take away {b}?", "You have {big} nuts and eat {b} of them. How many are left?", "If I take {b} from {big}, what is left?", **fill)
            right = ["{big} take away {b} leaves {a}.", "{a}, {o}.", "Then there are {a} left."]
            wrong = number(a + 1)
        elif kind == 2:
            d.line(p, "What is {a} times {b}?", "{a} children have {b} apples each. How many apples is that?", **fill)
            right = ["{a} times {b} is {m}.", "{m}!", "That makes {m}."]
            wrong = number(a * b + 2)
        elif kind == 3:
            x = absent(g, p, q)
            asks, right = d.rng.choice(facts_about(d, x, p, q))
            d.line(p, *asks, x=x)
            wrong = None
        elif kind == 4:
            place = g.place()
            there, miles = g.step(place)
            d.line(p, "How far is it from {here} to {there}?", "How many miles is it from {here} to {there}?", here=place, there=there)
            right = ["It is {mm} miles.", "It is {mm} miles from {here} to {there}.", "{mm} miles, {o}."]
            fill.update(mm=number(miles))
            wrong = None
        else:
            place = g.place()
            d.line(p, "What is {here} known for?", "Where does {here} lie?", "What do you know about {here}?", here=place)
            right = ["{here} is known for {here.known}, and it lies {here.land}.", "It lies {here.land} and is known for {here.known}."]
            wrong = None
        fill["o"] = p
        if wrong and d.rng.random() < 0.25:
            d.line(q, "Is it {wrong}?", "I think it is {wrong}.", "{wrong}? I am not sure.", wrong=wrong, o=p)
            d.line(p, "(Not quite|Almost|Nearly), {o}. (Count again|Use your fingers|Try once more).", "No, {o}, (but you are close|but do not worry). (Count again|Try again).", o=q)
        d.line(q, *right, *[("(Let me count. |One moment. |Hm. )" if wrong else "(I know that. |One moment. |Hm. )") + r for r in right], **fill)
        d.line(p, "(Right|Correct|Very good|Well done|Exactly)(!|, {o}.|, {o}!)", "That is (right|correct), {o}.", "(Good|Very good). The next one is (harder|easier|a little different).", o=q)
    d.line(q, "(May I go out now|Is it time for the break|May I go to {me.pet} now), {o}?", "That was (fun|not so hard|quick), {o}.", "(Tomorrow I will be faster|I like sums better than spelling), {o}.", o=p)
    d.line(p, "Yes, {o}, (you have earned it|off you go|and well done).", "(You did well|I am proud of you), {o}. (Goodbye until tomorrow|Greet {o.pet} from me|Now go and play).", o=q)
    return NL


def weather_talk(d):
    g = d.gen
    p = g.person()
    q = g.other(p)
    scene(d)
    for old, new in (("was ", "is "), ("were ", "are "), ("lay ", "lies "), ("had ", "has "), ("hung ", "hang "), ("came ", "comes "), ("smelled ", "smells ")):
        d.v["sky"] = d.v["sky"].replace(old, new)
    d.v["k"] = g.world.by_trade["lighthouse keeper"]
    hello(d, p, q)
    d.line(p, "(Look|What weather)! {sky_}.", "What do you say about {wx}?", "{sky_}, {o}. (It began this {day}|I like it|Look at that).", "It is a {adj} {day}, is it not?", "(Look|See), {o}: {sky}.", o=q)
    d.line(q, "I (prefer|like) {me.weather}. (That is the best weather for me|Then I am happy).", "It is {season}, after all. (But|Yet) I like {me.season} best." if d.v["season"] != q.season else "I love it. {season} is my favourite season.", "(It does not trouble me|I do not mind it), {o}. {me.pet} the {me.pet.kind} (hides from it|does not mind it either|stays indoors).", o=p)
    d.line(p, "And I like {me.weather}. (Everyone is different|That is how it is).", "{me.pet} the {me.pet.kind} (slept all day because of it|has not gone out today|likes it more than I do).", "(On such a {day}|On a {day} like this) I stay at home and (drink {me.drink}|think of {me.season}).", o=q)
    d.line(q, "(What will you do today|Have you much to do|Are you going far)?", "(Will it last|Will it be fine tomorrow), what do you think?")
    if "fine" in d.parts[-1] or "last" in d.parts[-1]:
        d.line(p, "(My knee says yes|My knee says no|I think so|I fear not), {o}.", "{me.pet} the {me.pet.kind} (thinks so|says yes|says no), and {me.pet} is (never|seldom) wrong.", "(Ask {k}|{k} knows). {k.He} watches the sky from the lighthouse in {k.home}." if d.v["k"] not in (p, q) else "(Who knows|Wait and see). The sky does what it likes.")
    else:
        d.line(p, "I have to {me.do}, (weather or not|as every day).", "I am going to visit {t} in {t.home}.", ("Not much, {o}. I will stay with {me.pet}." if "far" not in d.parts[-1] else "No, {o}. I will stay with {me.pet}."), o=q, t=g.person(p, q, where=lambda x: x.home is not p.home))
    d.line(q, "Then (take a coat|do not stay out too long|I wish you luck), {o}.", "(Come in for a moment|Sit with me), {o}. There is {me.drink} (on the table|in the jug|for both of us).", o=p)
    bye(d, p, q)
    return NL


def plan(d):
    g = d.gen
    p = g.person()
    q = g.other(p)
    place = g.place(p.home, q.home)
    day = d.rng.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
    other = d.rng.choice([x for x in "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split() if x != day])
    hour = d.rng.choice("seven eight nine ten eleven two three four five".split())
    d.v.update(place=place, wd=day, od=other, hour=hour, spot=d.rng.choice(place.spots), feat=d.rng.choice(place.features).split(" ", 1)[1], season="")
    hello(d, p, q)
    d.line(p, "Shall we go to {place} (together|one day this week)? I want to see the {feat}.", "I am planning (a trip|a visit) to {place}. Will you come along, {o}?", "Have you ever seen the {feat} in {place}? We could go there together.", "{o}, would you like to go to {place} with me?", o=q)
    d.line(q, "(Gladly|With pleasure|Yes, let us go)! When (shall we go|do you want to go)?", "(What a good idea|I would love to). Which day (suits you|is best)?", "(Why not|I have nothing against it)! On which day?", o=p)
    d.line(p, "(How about|What about|Are you free on) {od}?", "Perhaps on {od}, if that suits you.", "I was thinking of {od}, {o}.", o=q)
    d.line(q, "On {od} I (cannot|have no time), because I have to {me.do}. (How about|What about) {wd}?", "Not on {od}, (I am sorry|I fear). {t} is coming to see me. But on {wd} I am free.", "{od} is bad for me. {wd} would be better.", t=g.person(p, q), o=p)
    d.line(p, "{wd} is fine. (At what time|When|And at what time)?", "Good, then on {wd}. Is {hour} o'clock (too early|too late) for you?", "{wd} suits me, too. Let us say at {hour} o'clock.", o=q)
    d.line(q, "At {hour} o'clock on {wd}. I will (wait|be ready|stand at my door), {o}.", "At {hour} o'clock. (I will wait for you in {me.home}|Then we can see {place} before dark).", "{hour} o'clock is good. (We can meet|Let us meet|I will meet you) in (front of my house in |){me.home}.", o=p)
    d.line(p, "I will bring (some {me.food}|{me.food} for the way).", "May {me.pet} the {me.pet.kind} come along?", "Shall I bring something to (eat|drink)?", o=q)
    if "?" in d.parts[-1]:
        d.line(q, "(Of course|Certainly|Why not)! (The more, the better|I am looking forward to it).", "(Yes, please|If you like|Gladly), {o}.", o=p)
    else:
        d.line(q, "And I will bring {me.drink}. (We shall have a feast|That is enough for two).", "(Wonderful|Lovely)! I (will bring a blanket|am hungry already).", o=p)
    d.line(p, "Then until {wd}, {o}(.|!)", "So it is settled: {wd} at {hour} o'clock(.|!)", o=q)
    d.line(q, "Until {wd}(.|!)", "(I am looking forward to it|I will be there), {o}.", o=p)
    return NL


def riddle(d):
    """Who am I thinking of? Clues are facts; the guesses narrow down."""
    g, w = d.gen, d.world
    p = g.person()
    q = g.other(p)
    x = absent(g, p, q)
    d.v.update(x=x, season="")
    d.line(p, "Let us play a game, {o}. I am thinking of someone. (Can you guess who it is|Who is it)?", "(Guess|Can you guess), {o}: (whom am I thinking of|of whom am I thinking)?", "{o}, I have a riddle for you. (I am thinking of somebody in the valley|It is about somebody you know).", o=q)
    d.line(q, "(I like riddles|Good|I am listening|Gladly). (Give me a clue|Tell me something about that person)(, {o}|).", "(I like riddles|Good|I am listening|Gladly). Is it (a man or a woman|a grown-up or a child), {o}?", o=p)
    clues = ["{x.He} lives in {x.home}.", "{x.His} favourite food is {x.food}.", "{x.He} has a {x.pet.kind}.", "{x.He} likes {x.colour} best of all colours.", "{x.He} loves {x.season}.", "{x.He} enjoys {x.hobby}.", "{x.He} likes to drink {x.drink}.", "{x.He} cannot stand {x.dislikes}.", "{x.His} best friend is {x.friend}." if x.friend not in (p, q) else "{x.He} is {x.trait}."]
    c = d.rng.sample(clues, 4)
    wrong = g.person(p, q, x, where=lambda y: y.sex == x.sex and y.child == x.child)
    c0, c1 = d.phrase(c[0]), d.phrase(c[1])
    d.line(p, f"(It is a {{x.word}}|A {{x.word}}). {c[0]}", f"It is a {{x.word}}, and {c0}.", f"(A {{x.word}}|It is a {{x.word}}). {c[0]} And {c1}.", o=q)
    d.line(q, "Is it {y}?", "Then it must be {y}.", "I would say {y}.", y=wrong)
    why = []
    if wrong.home is not x.home:
        why.append("No, {y} lives in {y.home}, and the one I mean lives in {x.home}.")
    why += ["No, {y} likes {y.food}, but the one I mean likes {x.food}.", "No. {y} has a {y.pet.kind}, but the one I mean has a {x.pet.kind}." if wrong.pet.kind != x.pet.kind else "No, {y} likes {y.drink} best."]
    d.line(p, *why)
    d.line(q, "(Give me one more clue|Another clue, please|That is hard. One more clue).", "(Hm|Let me think). What else do you know about {x.him}?", "{Who} does {x.he} like best?".replace("{Who}", "What"))
    c = [k for k in c[2:] if not any(word in k and word_in in d.parts[-3] + d.parts[-2] for word, word_in in ((".home}", x.home.name), (".food}", x.food), ("pet.kind}", x.pet.kind)))] or ["{x.He} is {x.age} years old."]
    d.line(p, *c, " ".join(c))
    d.line(q, "(Now I know|Ah|Of course)! It is {x}.", "{x}! It can only be {x}.", "Then you are thinking of {x}, {x_}.", x_="my neighbour" if x.home is q.home else f"from {x.home}" if 0 else f"who lives in {x.home}", o=p)
    d.line(p, "(Right|Exactly|You have it)! It is {x}" + (", the {x.trade}." if not x.child else "."), "Yes, {x}. (You are good at this|Now it is your turn|That was quick), {o}.", o=q)
    return NL


def help_me(d):
    g = d.gen
    p = g.person()
    q = g.other(p)
    pet = p.pet
    spot = d.rng.choice(p.home.spots)
    d.v.update(x=pet, spot=spot, season="", day="morning", y=g.person(p, q))
    d.line(p, "{o}, (can you help me?|please help me!) {x}, my {x.kind}, is (gone|lost|missing).", "Have you seen {x}, {o}? (I cannot find {x.him}|{x.He} is not at home).".replace("{x.He}", pet.he.capitalize()), "Oh {o}, I am so worried. My {x.kind} {x} (has run away|did not come home).", o=q)
    d.line(q, "(Calm down|Do not worry), {o}. What does {x} look like?", "(Oh no|Poor {x})! When did you see {x.him} last?", "(I am sorry to hear that|That is bad). What colour is {x.he}?", o=p)
    if "When" in d.parts[-1]:
        d.line(p, "(This morning|Last night|An hour ago), when I {me.did}.", "Before breakfast. {X} was (sleeping|playing) by the door.", X=pet.name)
    else:
        d.line(p, "{x} is a {x.colour} {x.kind}.", "{X} is {x.colour}, (not very big|and rather round|and quick on {x.his} feet).", X=pet.he.capitalize())
    d.line(q, "(Have you looked|Did you look) {spot}?", "I (heard|saw) something {spot} (just now|a while ago).", "{y} said there was a {x.kind} {spot}.")
    d.line(p, "{spot_}? No, not yet. (Will you come with me?|Let us go at once!)", "(I never thought of that|That is a good idea). Come along, {o}!", spot_=spot[0].upper() + spot[1:], o=q)
    d.line(q, "(Look|There|Quick), there {x.he} is! {X} is (sleeping|hiding|eating something) {spot}.", "(I can see|I see) something {x.colour}. Is that {x}?", X=pet.name, o=p)
    d.line(p, "Yes, that is {x}! (Thank you|How can I thank you), {o}!", "{x}! (You bad|You silly|My dear) {x.kind}, (never do that again|I was so worried)!", o=q)
    d.line(q, "(I was glad to help|It was nothing|You are welcome), {o}. {x} (is safe now|must be hungry|looks quite content).", "(All is well|Do not be too hard on {x.him}), {o}. Give {x.him} something to eat.", o=p)
    d.line(p, "Come to my house, {o}. (I have|We have) {me.food} and {me.drink}.", "I will bring you some {o.food} tomorrow, because I know what you like.", o=q)
    d.line(q, "(That is very kind|Thank you), {o}.", "(I would like that|With pleasure), {o}!", o=p)
    return NL


def sorry(d):
    g = d.gen
    p = g.person()
    q = g.other(p)
    deeds = [("broke your {a} cup", "It was an old cup"), ("forgot your birthday", "I nearly forgot it myself"), ("lost your {a} scarf", "I have another one"), ("ate the last {o.food}", "I was not hungry"), ("came too late", "I had a good book"), ("left your gate open", "Nothing ran away"), ("spilled {me.drink} on your {a} coat", "It can be washed"), ("told {y} your secret", "It was only a small secret"), ("stepped on your carrots", "They will grow again"), ("woke you with my {me.hobby}", "I had to get up anyway")]
    deed, mild = d.rng.choice(deeds)
    d.v.update(y=g.person(p, q), a=d.rng.choice(["red", "blue", "green", "yellow", "white", "best", "new", "favourite"]), season="", me=p, o=q, mild=mild)
    d.v["deed"] = d.render(deed)[0].lower() + d.render(deed)[1:]
    hello(d, p, q)
    d.line(p, "{o}, I (must|have to) tell you something. I {deed}.", "I am (so|very) sorry, {o}. I {deed}.", "Are you angry with me, {o}? I {deed}.", o=q)
    d.line(q, "(Oh|I see|Hm). (How did that happen|Why did you not tell me before)?", "So it was you, {o}! (I wondered who it was|I thought it was {y}).", "(That is not so bad|It could be worse), {o}. {mild}.", o=p)
    d.line(p, "I was (in a hurry|not careful|thinking of {me.pet}|thinking of something else). (Please forgive me|Forgive me), {o}.", "It was my fault. (I will make it good|Let me make it good), {o}.", "I did not mean to. (I felt bad all night|I could not sleep because of it).", o=q)
    d.line(q, "(I forgive you|It is all right|Never mind), {o}. (Thank you for telling me|It was honest of you to come).", "{mild}, (so do not worry|and we are still friends).", "(Friends are worth more than that|Everyone makes mistakes), {o}.", o=p)
    d.line(p, "You are (a good friend|very kind|too good to me), {o}. (May I bring you some {o.food}|Shall I help you with your work)?", "(Thank you|That is a weight off my heart), {o}. (Shall I bring you some {o.food}|May I help you with your work|Shall we drink some {o.drink} together)?", o=q)
    d.line(q, "(Gladly|With pleasure|Yes, please), {o}, and bring {o.pet} along, too!", "(That would be nice|I would like that|Yes, that is a good idea), {o}.", o=p)
    return NL


MAKERS = [(about_person, 16), (about_self, 13), (shop, 13), (directions, 9), (lesson, 11), (weather_talk, 9), (plan, 10), (riddle, 8), (help_me, 9), (sorry, 8)]
