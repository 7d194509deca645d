"""Beats that many stories share: the scene, the opening, joy, the ending.

It must not know any plot.
"""
from grammar.tables import DAYS, WEATHER


def scene(d, *days):
    """Choose season, weather and time of day, and put them in the slots."""
    season = d.rng.choice(list(WEATHER))
    adj, sky, wx = d.rng.choice(WEATHER[season])
    d.v.update(season=season, adj=adj, sky=sky, wx=wx, day=d.rng.choice(days or DAYS))


def opening(d):
    """Where and when; needs p."""
    p = d.v["p"]
    d.v["work"] = p.at_work if not p.child else "at home"
    trade = "{p}" if p.child else "(|the {p.trade} ){p}"
    d.say(
        f"(One|On a|Early one|Late one) {{adj}} {{season}} {{day}}(,|) {trade} was {{p.doing}}.",
        f"It was a {{adj}} {{season}} {{day}} in {{p.home}}, and {trade} was {{p.doing}}.",
        f"It was {{season}}, and {{sky}} (when|as) {trade} {{p.did}}.",
        f"(One|Early one|Late one) {{day}} in {{season}}, {trade} {{p.did}} while {{p.pet}} the {{p.pet.kind}} (watched|looked on|kept {{p.him}} company|dozed nearby).",
        f"{trade} (had just begun|was about|had only just started) to {{p.do}} (when|as) the clock struck (six|seven|eight|nine|four|five) one {{adj}} {{day}}.",
        f"In {{p.home}}, {{sky}}. {trade} was {{p.doing}} {{work}}.",
        "There was once a {adj} {season} {day} in {p.home} (that nobody forgot|that {p} would always remember|when everything seemed to happen at once).",
        "{p}'s day began like (any other|all the others): {p.he} fed {p.pet} the {p.pet.kind}, drank some {p.drink} and {p.did}.",
        f"All (morning|week), {{sky}}, and {trade} (was busy|spent the time) {{p.doing}}.",
        f"(\"What a {{adj}} {{day}}!\"|\"It is a {{adj}} {{day}},\"|\"Such a {{adj}} {{day}}!\") said {trade}, who was {{p.doing}} in {{p.home}}.",
    )


def ending(d, guest="q"):
    """The last sentence or two; needs p and q; the guest is the one who goes home."""
    d.v["guest"] = d.v[guest]
    d.v["meal"] = d.rng.choice([d.v["p"].serving, d.v["q"].serving])
    d.say(
        "That (evening|night), {p} ate a {p.serving} and (fell asleep|slept|went to bed) (with a smile|happily|before the candle was out|tired but glad).",
        "{p} told {p.pet} the {p.pet.kind} all about it, and {p.pet} listened (politely|to every word|without a sound).",
        "{guest} (went|walked) home (slowly|cheerfully|in no hurry), (humming|whistling|singing) (all the way|a little tune|under the first stars).",
        "(Ever since|Since then), {p} and {q} (have shared a {meal}|have met for a {meal}|have gone for a walk) every year on the first day of {season}.",
        "{p} thought about it for a long time that night, while (the moon looked in at the window|the wind sang in the chimney|{p.pet} the {p.pet.kind} slept).",
        "The next time {q} needed (help|a hand|a friend), {p} was (the first to come|there before anyone else|at the door at once).",
        "In {p.home} they still tell the story of {p} and {q} (on {season} evenings|when the days are {adj}|to every visitor).",
        "And when (people|the neighbours|visitors) in {p.home} (ask about it|ask about that day), {p} only (smiles|laughs|nods) and says, \"{q} is a good friend to have.\"",
        "Later they (sat together|shared a table|sat by the window), {p} with a cup of {p.drink} and {q} with a cup of {q.drink}, and (talked until dark|watched {season} go by|forgot the time).",
        "To say thank you, {p} brought {q} (a|one more) {q.serving} the next day, because {p.he} knew it was {q}'s favourite.",
        "{q} said it was nothing, but {p} (remembered|never forgot) it (all {season}|for a long time|for many years).",
        "\"(Next time|Tomorrow|One day),\" said {p}, \"(I will help you|it is my turn to help|you must let me help you), {q}.\" And {p.he} (kept {p.his} word|did|meant it).",
        "So the {day} (ended well|ended better than it had begun|came to a good end), and {p} {p.did} again (with a light heart|as if nothing had happened|and sang while {p.he} did it).",
        "(Outside|By then), {sky}, but (indoors|in {p}'s house) it was warm, and {p} and {q} (were glad|laughed about it|were friends).",
        "{p} (gave|handed) {p.pet} a (little|small) treat and said, \"(That was|What) a day, {p.pet}!\"",
    )


def glad(d, who="p"):
    d.say(*[t.replace("@", who) for t in (
        "{@} was so (glad|happy|pleased) that {@.he} (laughed aloud|clapped {@.his} hands|danced a few steps|could not speak).",
        "A (wide|big|slow) smile (spread over|lit up) {@}'s face.",
        "{@} (felt|was) as (light as a feather|happy as a lark|warm as toast inside).",
        "\"(Thank you|Thank you so much|How can I thank you)(!|, my friend!)\" (cried|said) {@}.",
        "{@} could have (danced|sung|jumped) for joy.",
        "Then {@} took a deep breath, and all {@.his} worry (was gone|flew away|melted like snow).",
        "{@}'s eyes (shone|were bright) (with joy|like two stars|like lamps).",
    )])


def relation(p, q):
    """How q stands to p, or None: {mother, friend …}."""
    for role, other in p.family.items():
        if other is q:
            return role
    return "best friend" if p.friend is q else None
