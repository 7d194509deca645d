"""More dialogues: about trades, at the doctor's, and news of the valley.

It must not let a speaker state a fact that world.json does not hold.
"""
from grammar.dialogues import NL, absent, bye, hello
from grammar.engine import number
from grammar.tables import ILLS, MISTAKES, SKILLS


def trade_talk(d):
    """A child asks a grown-up about a trade."""
    g, w = d.gen, d.world
    p = g.child()
    q = g.adult(*p.family.values())
    good = d.rng.choice(q.goods) if q.goods else None
    d.v.update(season="", tool=d.rng.choice(q.tools)["name"])
    d.line(p, "{o}, what does a {o.trade} do all day?", "(Hello|Good day), {o}. (May I watch|May I ask you something)? What are you doing?", "I want to know what a {o.trade} does, {o}. Will you tell me?", o=q)
    d.line(q, "(Well|Come closer|Sit down), {o}. First I {me.do}, and then I {me.do}.", "A {me.trade} has to {me.do}, {o}. It (takes time|is hard work|is good work).", "I {me.do}. Do you want to (watch|try), {o}?", o=p)
    d.line(p, "Is that (hard|difficult|easy), {o}?", "(How long does it take to learn that|Who taught you that), {o}?", "What do you need for it?", o=q)
    if "need" in d.parts[-1]:
        need = w.by_trade[q.needs["trade"]] if q.needs else None
        d.line(q, "A good {tool}, {o}, and (patience|strong arms|a quiet hand).", *([f"I need {q.needs['thing']}. {need} the {need.trade} has that." if not q.needs["thing"].endswith("s") else f"I need {q.needs['thing']}. I get them from {need} in {need.home}."] if need else []), o=p)
    elif "hard" in d.parts[-1] or "easy" in d.parts[-1] or "difficult" in d.parts[-1]:
        d.line(q, "At first it was, {o}. Now my hands know the way.", "Not if you are {o.trait} like you are, {o}." if 0 else "It is easier for a {me.trait} person, {o}. And I am {me.trait}, they say.", "Some days yes, some days no, {o}. It is never dull.", o=p)
    else:
        d.line(q, "I learned it (from my mother|from my father|when I was young), and it took {n} years.", "It takes about {n} years, {o}, if you do not give up.", n=number(d.rng.randint(2, 9)), o=p)
    secret, step, fail = d.rng.choice(SKILLS[q.trade]) if q.trade in SKILLS else (None, None, None)
    if secret:
        d.line(p, "And how does one learn to {skill}?", "Is there a secret? I want to {skill}, too.", "Can you teach me how to {skill}, {o}?", skill=secret, o=q)
        d.line(q, "Remember this, {o}: {step}.", "The secret is this, {o}: {step}.", "{step_}. That is all I can tell you, {o}.", step=step, o=p)
    if good and d.rng.random() < 0.6:
        d.v.update(one=good.one, many=good.many, price=number(good.price), pen="penny" if good.price == 1 else "pence")
        d.line(p, "And what does a {one} cost?", "Do you sell the {many}?", o=q)
        d.line(q, "A {one} costs {price} {pen}, {o}.", "Yes, a {one} costs {price} {pen}.", o=p)
    d.line(p, "When I am big, I want to be a {o.trade}, too!", "I will tell {f} about it. Thank you, {o}!", "Then I would rather be a {t}, {o}." if 0 else "Thank you, {o}. (Now I understand it|That was interesting).", f=p.friend, o=q)
    d.line(q, "(Come back tomorrow|Come again), {o}, and (bring {o.pet} along|I will show you more|you may try it yourself).", "(You are a clever {o.word}|You ask good questions), {o}. (Run home now|Goodbye|Come again).", o=p)
    return NL


def doctor(d):
    """A visit to the doctor."""
    g, w = d.gen, d.world
    q = w.by_trade["doctor"]
    p = g.other(q)
    why, what, cure, rest, _, _ = d.rng.choice([i for i in ILLS if not (p.child and "worked" in i[0])])
    d.v.update(season="", what=what, cure=cure, rest=rest, n=number(d.rng.randint(2, 6)))
    d.line(p, "Good {day}, {o}. I (think I am ill|do not feel well|need your help).", "{o}, can you help me? I have {what}.", "Doctor {o}, I (slept badly|could not sleep all night). Something is wrong.", o=q)
    if what not in d.parts[-1]:
        d.line(q, "(Come in|Sit down), {o}. What is the matter?", "Good {day}, {o}. (Tell me|Show me) where it hurts.", o=p)
        d.line(p, "I have {what}, {o}.", "It is {what}, I think.", o=q)
    d.line(q, "Since when (have you had|do you have) it, {o}?".replace("(have you had|do you have)", "have you had"), "How did that happen, {o}?", "(Oh dear|Poor {o})! How did you get that?", o=p)
    reason = why.replace("@his", "my").replace("@he", "I")
    if "Since" in d.parts[-1]:
        d.line(p, "For {n} days, {o}.", "Since {wd}, {o}.", wd=d.rng.choice("Monday Tuesday Wednesday Thursday Friday".split()), o=q)
    else:
        d.line(p, f"I have {reason}.", f"I think it is because I have {reason}, {{o}}.", o=q)
    d.line(q, "I see. You need {cure}, {o}.", "It is not so bad, {o}. I will give you this: {cure}.", "Then there is only one thing, {o}: {cure}.", o=p)
    d.line(p, "And what else, {o}?", "What else must I do, {o}?", "Is that all, {o}?", o=q)
    d.line(q, "(No|One more thing), {o}: {rest}." if "all" in d.parts[-1] else "This, {o}: {rest}.", "{rest_}, {o}. That is important.", o=p)
    d.line(p, "And may I eat {me.food}?", "Thank you, {o}. (What do I owe you|What does that cost)?", "{me.pet} the {me.pet.kind} will look after me. Thank you, {o}.", o=q)
    if "eat" in d.parts[-1]:
        d.line(q, "(Yes|Of course), {o}, but only (a little|one {serving})." .replace("{serving}", p.serving.split()[0]), "Tomorrow, {o}. Today (only soup|only tea and toast).", o=p)
    elif "?" in d.parts[-1]:
        d.line(q, "{pay} pence, {o}, (and a smile|if you have it|when you are well again).", "Nothing, {o}. (Just get well|Come back when you are well).", pay=number(d.rng.randint(2, 6)), o=p)
    else:
        d.line(q, "(I am sure|Good), {o}. (Get well soon|Come back in {n} days)!", o=p)
    return NL


def news(d):
    """One tells what happened to a third; the other asks for more."""
    g, w = d.gen, d.world
    p = g.person()
    q = g.other(p)
    x = absent(g, p, q)
    y = g.person(p, q, x)
    deed, effect, repair = d.rng.choice(MISTAKES)
    d.v.update(p=x, q=y, x=x, season="", wd=d.rng.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()))
    d.v.update(deed=d.phrase(deed), effect=d.phrase(effect), repair=d.phrase(repair))
    hello(d, p, q)
    d.line(p, "Have you heard about {x}, {o}?", "Do you know what happened to {x} on {wd}?", "There is news from {x.home}, {o}. It is about {x}.", o=q)
    d.line(q, "About {x}? No, (tell me|what happened), {o}!".replace("(tell me|what happened)", "tell me"), "No, I have heard nothing. What (did {x.he} do|happened)?", "Is {x.he} ill? Tell me, {o}.", "I hope it is nothing bad. Tell me, {o}.", o=p)
    d.line(p, "{x} {deed}, and {effect}.", "On {wd} {x} {deed}. And so {effect}.", o=q)
    d.line(q, "(Oh no|Oh dear|Poor {y})! And what did {y} say?", "That is just like {x}, who is so {x.trait}! And then?", "I should have liked to see that! And then, {o}?", y=y, o=p)
    d.line(p, "{y} was (angry|cross) at first, but then {y.he} (laughed|smiled).", "{x} said that {x.he} was sorry, and {y} forgave {x.him}.", "At first there was a long silence. Then {y} laughed.", y=y, o=q)
    d.line(q, "(All is well that ends well|I am glad to hear that), {o}. (And now|What are they doing now)?".replace("(And now|What are they doing now)", "And now"), "And what did they do then, {o}?", o=p)
    d.line(p, "They {repair}, (both of them|side by side|the whole day).", "{x} {repair}, and {y} helped {x.him}.", o=q)
    d.line(q, "I will bring {x} some {x.food}. (That will cheer {x.him} up|{x.He} likes nothing better).", "Then I must visit {x} in {x.home} (soon|this week).", "{y} is a kind {y.word}. (Not everyone would laugh about that|That was well done).", o=p)
    bye(d, p, q)
    return NL


MAKERS = [(trade_talk, 8), (doctor, 5), (news, 8)]
