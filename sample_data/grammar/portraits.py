"""Descriptions in the present tense: people, places, trades, seasons.

It must not state a fact that world.json does not hold.
"""
from grammar.engine import Retry, number
from grammar.tables import NOISE


def person(d):
    g, w = d.gen, d.world
    p = g.person()
    d.v.update(p=p, season="", f=p.friend)
    beats = [
        ["{p} lives in {p.home}, {p.home.land}.", "In {p.home}, {p.home.land}, lives {p}.", "If you come to {p.home}, ask for {p}.", "{p}'s house stands in {p.home}, (not far from|close to) {feat}."],
        ["{p.He} is {p.age} years old and {p.trait}.", "{p} is a {p.trait} {p.word} of {p.age}.", "At {p.age}, {p} is as {p.trait} as ever.", "{p} is {p.age}, and everybody knows that {p.he} is {p.trait}."],
    ]
    feat = d.rng.choice(p.home.features)
    d.v["feat"] = "the" + feat[feat.index(" "):]
    if p.child:
        beats.append(["{p.He} goes to school, where {p.he} has to {p.do} and {p.do}.", "At school {p.he} likes to {p.do}, but {p.he} does not like to {p.do}.", "{p} is a pupil and learns to {p.do}."])
    else:
        beats.append(["{p} is a {p.trade}. {p.He} {p.does} and {p.does}.", "As a {p.trade}, {p} {p.does} nearly every day.", "{p} works as a {p.trade} and is proud of it.", "{p.His} work as a {p.trade} begins early: {p.he} {p.does}, and later {p.he} {p.does}."])
    extra = [
        ["{p.His} favourite food is {p.food}, and with it {p.he} drinks {p.drink}.", "{p} loves {p.food} and could eat a {p.serving} every day.", "When there is {p.food} for dinner, {p} is happy.", "For a {p.serving} {p} would walk ten miles."],
        ["{p} has a {p.pet.colour} {p.pet.kind} called {p.pet}.", "{p.pet}, a {p.pet.colour} {p.pet.kind}, (follows {p.him} everywhere|sleeps at the foot of {p.his} bed|waits for {p.him} every evening).", "{p.His} {p.pet.kind} is called {p.pet}, and {p.pet.he} is {p.pet.colour}.", "Nobody makes {p} laugh like {p.pet}, {p.his} {p.pet.colour} {p.pet.kind}."],
        ["{p.He} likes {p.season} best, because {p.he} loves {p.weather}." if (p.season, p.weather) in OKSW else "{p} likes {p.season} best, and no weather is dearer to {p.him} than {p.weather}.", "{p}'s favourite season is {p.season}.", "Of the four seasons, {p} likes {p.season} best.", "{p.Season} is the season that {p} likes best, and {p.weather} is {p.his} favourite weather."],
        ["{p.His} favourite colour is {p.colour}, so even {p.his} (door|cup|hat|blanket) is {p.colour}.", "{p} likes {p.colour} more than any other colour.", "Everything {p.he} buys is {p.colour}, for that is {p.his} favourite colour."],
        ["On free days {p.he} enjoys {p.hobby}.", "{p} is fond of {p.hobby}.", "When the work is done, {p} enjoys {p.hobby}.", "There is nothing {p.he} enjoys more than {p.hobby}."],
        ["But {p.he} cannot stand {p.dislikes}.", "Only {p.dislikes} can make {p.him} cross.", "What {p} does not like at all is {p.dislikes}."],
        ["{p.His} best friend is {f}, who lives in {f.home}.", "{f} from {f.home} is {p.his} best friend.", "{p} and {f} are best friends, and they visit each other often."],
    ]
    for role, other in p.family.items():
        d.v["r_" + role] = other
        extra.append([f"{{p.His}} {role} is called {{r_{role}}}.", f"{{r_{role}}} is {{p.his}} {role}.", f"{{p}}'s {role} {{r_{role}}} lives in {{r_{role}.home}}" + (", too." if other.home is p.home else ".")])
    for options in beats + d.rng.sample(extra, d.rng.randint(5, len(extra))):
        d.say(*options)


OKSW = {("winter", "snow"), ("winter", "frost"), ("summer", "sunshine"), ("autumn", "fog"), ("autumn", "rain"), ("spring", "rain"), ("summer", "thunder")}


def place(d):
    g, w = d.gen, d.world
    x = g.place()
    ppl = [p for p in w.people.values() if p.home is x]
    d.rng.shuffle(ppl)
    d.v.update(x=x, season="")
    d.say("{x} is a {x.kind} {x.land}.", "{x} lies {x.land}.", "{x.land_} lies the {x.kind} of {x}.", "The {x.kind} of {x} lies {x.land}, and people like to live there.")
    f = d.rng.sample(x.features, 3)
    d.v.update(f1=f[0], f2=f[1], f3=f[2])
    d.say("There is {f1}, and there is {f2}, too.", "Visitors find {f1}, {f2} and {f3} there.", "It has {f1} and {f2}.", "In the middle there is {f1}, and a little further on {f2}.")
    d.say("It is known for {x.known}.", "Everyone in Lark Valley knows {x} for {x.known}.", "People come from far away because of {x.known}.", "When someone says {x}, everybody thinks of {x.known}.")
    for p in ppl[:3]:
        d.v["p"] = p
        if p.child:
            d.say("{p}, who is {p.age} years old, lives in {x}.", "A {p.word} called {p} lives there with {p.his} {p.pet.kind} {p.pet}.", "In one of the houses lives {p}, a {p.trait} {p.word} of {p.age}.")
        else:
            d.say("{p} the {p.trade} lives there. (You may meet|You will often see) {p.him} {p.doing}.", "The {p.trade} of {x} is called {p}.", "In {x} you can watch {p} the {p.trade} {p.doing}.", "When you hear somebody {p.doing}, it is {p}, the {p.trade}.", "{p} is the {p.trade} in {x}, and {p.his} {p.pet.kind} {p.pet} is known to all.")
    there, miles = g.step(x)
    d.v.update(there=there, m=number(miles), dir=w.direction(x, there))
    d.say("It is {m} miles from {x} to {there}.", "If you go {dir} from {x}, you come to {there} after {m} miles.", "The next place to the {dir} is {there}, {m} miles away.", "A road of {m} miles leads {dir} to {there}.")
    season = d.rng.choice(["spring", "summer", "autumn", "winter"])
    look = {"spring": ["the gardens are full of bees and blossom", "the children jump over puddles", "every roof has a bird's nest"], "summer": ["people sit before their doors until late", "the doors stay open day and night", "it smells of hay"],
            "autumn": ["smoke goes up from every chimney", "the lanes are full of red and yellow leaves", "the barrels and barns are full"], "winter": ["the snow lies on every wall like a white cat", "the lamps are lit at four", "people tell stories by the fire"]}[season]
    d.v.update(s=season, look=d.rng.choice(look))
    d.say("In {s}, {look}.", "It is most beautiful in {s}, when {look}.", "You should see {x} in {s}, when {look}.")
    d.maybe(0.6, "\"There is no better place,\" says {p}.", "{p} would not live anywhere else.", "Whoever has been to {x} once will come back.")


def two_people(d):
    g = d.gen
    d.pronouns = False
    p, q = g.person(), None
    q = g.person(p)
    d.v.update(p=p, q=q, season="")
    if p.home is q.home:
        d.say("{p} and {q} both live in {p.home}, but they are not alike.", "In {p.home} live {p} and {q}, and no two people are more different.")
    else:
        d.say("{p} lives in {p.home}, and {q} lives in {q.home}.", "{p} comes from {p.home} and {q} from {q.home}.", "{q}'s home is {q.home}, but {p} lives in {p.home}.")
    pairs = []
    if not p.child and not q.child:
        pairs.append(["{p} is a {p.trade}, but {q} is a {q.trade}.", "While {p} {p.does}, {q} {q.does}."])
    else:
        pairs.append(["{p} is {p.age} years old, and {q} is {q.age}.", "{older} is older than {younger}, for {older} is {older.age} and {younger} only {younger.age}."])
        a, b = (p, q) if p.years > q.years else (q, p)
        if a.years == b.years:
            pairs[-1] = ["{p} is {p.age} years old, and so is {q}."]
        d.v.update(older=a, younger=b)
    both = lambda field, same, *diff: pairs.append([same] if getattr(p, field) == getattr(q, field) else list(diff))
    pairs.append(["{p} eats {p.food} whenever {p.he} can, while {q} likes {q.food} better.", "{p}'s favourite food is {p.food}, but {q}'s favourite food is {q.food}.", "Give {p} {p.food} and {q} {q.food}, and both are happy."])
    both("season", "Both like {p.season} best of all seasons.", "{p} looks forward to {p.season}, and {q} to {q.season}.", "{p} likes {p.season}, but {q} waits for {q.season}.")
    both("weather", "Both of them are glad when there is {p.weather}.", "{p} loves {p.weather}, and {q} loves {q.weather}.", "When there is {p.weather}, {p} goes out at once, but {q} waits for {q.weather}.")
    both("colour", "Both of them like the colour {p.colour}.", "{p} wears {p.colour}, for it is {p.his} favourite colour, and {q} wears {q.colour}.", "The one likes {p.colour}, the other {q.colour}.")
    pairs.append(["{p} has a {p.pet.kind} called {p.pet}, and {q} has a {q.pet.kind} called {q.pet}." if p.pet.kind != q.pet.kind else "Both have a {p.pet.kind}: {p}'s is called {p.pet}, and {q}'s is called {q.pet}.", "{p.pet} is {p}'s {p.pet.kind}; {q.pet} is {q}'s {q.pet.kind}."])
    pairs.append(["{p} is fond of {p.hobby}, and {q} of {q.hobby}.", "{p} enjoys {p.hobby}, but {q} prefers {q.hobby}."])
    pairs.append(["{p} cannot stand {p.dislikes}, and {q} cannot stand {q.dislikes}.", "{p.Dislikes} make {p} cross, but {q} is only troubled by {q.dislikes}." if p.dislikes.endswith("s") else "{p} does not like {p.dislikes}, but {q} does not mind that at all."])
    pairs.append(["{p} drinks {p.drink}, {q} drinks {q.drink}.", "Put {p.drink} before {p} and {q.drink} before {q}, and both are content."])
    for options in d.rng.sample(pairs, d.rng.randint(4, 6)):
        d.say(*options)
    d.say("{p} is {p.trait}, {q} is {q.trait}, and " + ("they are best friends." if p.friend is q else "yet they get on well."), "When they meet, they always have something to (talk|laugh) about.", "And still {p} and {q} like to (sit|walk|sing) together.", "If everybody were the same, {p} says, life would be dull.")


def trade(d):
    g, w = d.gen, d.world
    p = g.adult()
    good = d.rng.choice(p.goods) if p.goods else None
    t = d.rng.sample(p.does_list, 4)
    from grammar.engine import third, ing
    d.v.update(p=p, season="", t1=third(t[0]), t2=third(t[1]), t3=third(t[2]), g4=ing(t[3]), b4=t[3])
    d.say("How does a {p.trade} spend the day? Ask {p} in {p.home}.", "{p} of {p.home} is the {p.trade} of the valley.", "A {p.trade} must get up early, and {p} knows it.", "Anyone who wants to become a {p.trade} should spend a day with {p} in {p.home}.")
    d.say("In the morning {p} {t1}.", "The first thing {p} does is this: {p.he} {t1}.", "Before the sun is up, {p} {t1}.", "After a cup of {p.drink}, {p} {t1}.")
    d.say("Then {p.he} {t2}, and when that is done, {p.he} {t3}.", "Next {p.he} {t2}. At noon {p.he} eats, and in the afternoon {p.he} {t3}.", "Around ten {p} {t2}; around two {p.he} {t3}.", "Later {p.he} {t2} and {t3}.")
    d.say("{p} likes {g4} best.", "The hardest part is {g4}.", "\"It takes years to learn how to {b4},\" {p} says.", "{p} even dreams of {g4}.")
    tools = [x["name"] for x in d.rng.sample(p.tools, 2)]
    d.say("{p.He} takes good care of {p.his} {ta} and {p.his} {tb}.", "Without a good {ta} and a good {tb}, a {p.trade} cannot do much.", "The {ta} and the {tb} are always in their place.", ta=tools[0], tb=tools[1])
    if good:
        d.v.update(one=good.one, many=good.many, pr=number(good.price), pen="penny" if good.price == 1 else "pence", two=number(2 * good.price))
        d.say("A {one} costs {pr} {pen}, so two {many} cost {two} pence.", "For {pr} {pen} you can buy a {one} from {p}.", "{p} sells {many}. A {one} costs {pr} {pen}.")
    if p.needs:
        other = w.by_trade[p.needs["trade"]]
        d.v.update(o=other, need=p.needs["thing"])
        d.say("{p} gets {p.his} {need} from {o}, the {o.trade} in {o.home}.", "The {need} come from {o} in {o.home}." if p.needs["thing"].endswith("s") else "The {need} comes from {o} in {o.home}.", "When {p} needs {need}, {p.he} goes to {o} in {o.home}.")
    d.maybe(0.8, "{p.pet} the {p.pet.kind} (sits beside {p.him} all day|watches everything|gets in the way now and then).", "In the evening {p} is tired and (thinks of {p.food}|has a {p.serving}).", "{p.friend}, {p.his} best friend, (sometimes helps {p.him}|sometimes comes to watch).")
    d.say("\"(I would not change with anybody|It is honest work|No two days are the same),\" says {p}.", "It is not easy to be a {p.trade}, but {p} (would not do anything else|loves it|is {p.trait}, and that helps).", "The valley would be a poorer place without its {p.trade}.", "That is how a {p.trade} lives, (in {season2} and in {season3}|day after day).", season2=d.rng.choice(["spring", "summer"]), season3=d.rng.choice(["autumn", "winter"]))


def animal(d):
    """One animal of the valley and what it is up to."""
    g = d.gen
    p = g.person()
    x = p.pet
    visitor = g.person(p)
    d.v.update(p=p, x=x, v=visitor, season="", noise=NOISE[x.kind], spot=d.rng.choice(p.home.spots), wild=d.rng.choice(["butterfly", "sparrow", "beetle", "snail", "bumblebee", "dragonfly", "squirrel", "hedgehog"]))
    d.say("{x} is a {x.colour} {x.kind} and belongs to {p} from {p.home}.", "In {p.home} lives a {x.colour} {x.kind} called {x}.", "Everyone in {p.home} knows {x}, {p}'s {x.colour} {x.kind}.", "{p} of {p.home} has a {x.kind}. {x.His} name is {x}, and {x.he} is {x.colour}.")
    d.say("In the morning {x} (wakes|calls) {p} with a (loud|soft|merry) {noise}.", "{x} wakes up early and (stretches|looks around|waits for breakfast).", "{p} gives {x.him} breakfast before {p.he} begins to {p.do}.", "{x}'s day begins when {p} opens the door.")
    d.say("{x.His} favourite place is {spot}.", "If {x} is not at home, one must look {spot}.", "At noon {x} likes to lie {spot}, (above all|especially) when {wx_} outside.", "Nobody knows why, but {x} loves to sit {spot}.", wx_=d.rng.choice(["it is hot", "it is windy", "it is quiet", "the sun shines"]))
    d.say("Once {x} met a {wild} there. They looked at each other for a long time, and then both went their way.", "{x} is a little afraid of the {wild} that lives there.", "When a {wild} comes too near, {x} turns around and looks the other way.", "One day {x} tried to catch a {wild}, but the {wild} was quicker.")
    d.say("Strangers get a suspicious look from {x}, but when {v} comes to visit, {x.he} is the first at the door.", "{x} knows every visitor. {x.He} likes {v} most of all, because {v} always brings something.", "Only {v} may (touch {x.him}|carry {x.him}|scratch {x.his} head), apart from {p}.", "{v} says that {x} is the cleverest {x.kind} in the valley, and {p} agrees.")
    d.say("While {p} is {p.doing}, {x} (sleeps|watches|keeps still).", "When {p} works, {x} waits. When {p} rests, {x} wants to play.", "{p} talks to {x} about everything: the weather, the work and {p.hobby}.", "{x} listens when {p} talks about {p.hobby}, and never says a word to anyone.")
    d.say("When {p} eats {p.food}, {x} gets (a little|a small bite|the last bit), too.", "{x} does not care for {p.food}, but {x.he} likes to be near when {p} has dinner.", "In the evening, when {p} drinks {p.drink}, {x} lies at {p.his} feet.", "At night {x} sleeps beside {p}'s bed and dreams of (a wide meadow|a full bowl|the summer).")
    d.say("\"I would not give {x} away for a hundred pence,\" says {p}.", "Without {x}, {p}'s house would be (too quiet|only half a home).", "{p} and {x} belong together like (cup and saucer|bread and butter|sun and moon).", "That is how a {x.kind} lives, and {x} would not change with a king.")


def season(d):
    """A season and who is glad of it."""
    g, w = d.gen, d.world
    s = d.rng.choice(["spring", "summer", "autumn", "winter"])
    fans = [p for p in w.people.values() if p.season == s]
    p, q = d.rng.sample(fans, 2)
    r = g.person(where=lambda x: x.season != s)
    a, b = d.rng.sample(list(w.places.values()), 2)
    signs = {"spring": ["the snow melts on the mountain", "the Silver River runs high", "the first bees come out", "the days grow longer", "the trees put on new leaves", "the lambs learn to jump", "the storks come back"],
             "summer": ["the nights are short and warm", "the hay is cut", "the cherries are ripe", "the dust lies on the roads", "the children swim in the lake", "thunder rolls over the hills", "the bees have much to do"],
             "autumn": ["the leaves turn red and gold", "the fog comes up from the river", "the apples fall into the grass", "the swallows fly away", "the first fires are lit", "the barns are full", "the spiders spin their threads"],
             "winter": ["the lake freezes", "the days are short", "the snow lies on the roofs", "the birds look for crumbs", "the roads are white and quiet", "the stars are very bright", "icicles hang from every roof"]}[s]
    one, two, three = d.rng.sample(signs, 3)
    d.v.update(s=s, p=p, q=q, r=r, a=a, b=b, one=one, two=two, three=three, season="")
    d.say("In {s}, {one} in Lark Valley, and {two}.", "When {one} and {two}, then it is {s}.", "{s} has come to the valley: {one}, {two}, and {three}.", "How do you know that it is {s}? You know it when {one} and {two}.")
    d.say("In {a}, people (sit|stand) {spot_a} and talk about the weather.", "In {b}, {three}, and in {a} it is much the same.", "{a} is (never so beautiful as|at its best) in {s}, and {b} is (not far behind|nearly as fine).", "From {a} to {b} everyone can feel it.", spot_a=d.rng.choice(a.spots))
    d.say("{p} in {p.home} has waited for it, for {s} is {p.his} favourite season.", "Nobody is happier than {p}, who likes {s} best.", "{p} likes {s} more than the other three seasons together.", "\"At last!\" says {p}, whose favourite season is {s}.")
    d.say("{q} likes {s} best, too, and (looks forward to it all year|counts the days until it comes).", "{q} in {q.home} feels the same: {q.his} favourite season is {s}.", "And {q}? {q.He} loves {s} just as much as {p} does.")
    d.say("But {r} does not agree. {r.His} favourite season is {r.season}.", "Only {r} would rather have {r.season}, for that is {r.his} favourite season.", "{r}, who likes {r.season} best, has to be patient.", "\"Wait until {r.season},\" says {r}. \"That is the best time of all.\"")
    d.say("In {s} {p} likes to sit outside with {p.pet} the {p.pet.kind}." if s != "winter" else "In winter {p} sits by the fire with {p.pet} the {p.pet.kind}.", "Then {p} drinks {p.drink} and thinks about {p.hobby}.", "{p.pet}, {p}'s {p.pet.kind}, likes it as well.", "Then {p} has a {p.serving} and is content.")
    d.say("{next} will come soon enough, and everything (begins anew|has its time).", "After {s} comes {next_}, as it has always been.", "So the year goes round: spring, summer, autumn, winter, and then spring again, and {p} and {q} (grow a little older|do not mind).", next_={"spring": "summer", "summer": "autumn", "autumn": "winter", "winter": "spring"}[s], next={"spring": "Summer", "summer": "Autumn", "autumn": "Winter", "winter": "Spring"}[s])


def letter(d):
    """A short letter from one person to another."""
    g, w = d.gen, d.world
    p = g.person()
    q = p.friend if d.rng.random() < 0.3 else g.person(p, where=lambda x: x.home is not p.home)
    kin = next((role for role, other in q.family.items() if other is p), None)
    r = g.person(p, q)
    scene_season = d.rng.choice(["spring", "summer", "autumn", "winter"])
    d.v.update(p=p, q=q, r=r, s=scene_season, season=scene_season, n=number(d.rng.randint(2, 9)), wd=d.rng.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()), spot=d.rng.choice(p.home.spots))
    d.say("Dear {q}, (how are you|how are things in {q.home}|I hope you are well|I have not heard from you for {n} weeks)(.|)".replace("(.|)", "") + (", and how is {q.pet}?" if d.rng.random() < 0.5 else "?"), "Dear {q}, thank you for your (kind|long|funny) letter(.| from {q.home}.| and for the picture of {q.pet}.)", "Dear {q}, it is {s} here in {p.home}, and I think of you.")
    if d.parts[0].startswith(f"Dear {q.name}, I h") and d.parts[0].endswith("?"):
        d.parts[0] = d.parts[0].split(", and how")[0].rstrip("?") + "."
    d.say("Every day I {p.do}, and in the evening I am tired.", "I have much to do, for I must {p.do} and {p.do}." , "Yesterday I {p.did} until dark.", "My work goes well, and {p.pet} the {p.pet.kind} keeps me company.")
    d.say("On {wd} {r} was here, and we ate {p.food} together.", "Do you know what {r} did on {wd}? {r.He} {r.did} and forgot to eat.", "{r} came to see me on {wd} and told me that (all is well in {r.home}|{r.pet} the {r.pet.kind} was ill, but is better now).", "Last {wd} I met {r} {spot}, and we talked about you.")
    d.say("{p.pet} is well. (Yesterday|Last week) {p.pet.he} slept {spot}, and I had to look for {p.pet.him} for an hour.", "My {p.pet.kind} {p.pet} sends you a (loud|soft|friendly) {noise}.", "You should see {p.pet}: (rounder|lazier|happier) than ever.", noise=NOISE[p.pet.kind])
    d.say("I know that you like {q.food}, so I am sending you (a little|some) with this letter." if q.food not in ("onion soup", "beef stew", "fish soup", "carrot soup", "bean stew", "noodles", "rice pudding") else "I know that you like {q.food}, so I have asked for the recipe.", "I have found something {q.colour} for you, because {q.colour} is your favourite colour.", "I often think of your {q.drink}. Nobody makes it like you.", "When I see {q.weather}, I think of you, for I know how you love it." if q.weather not in ("wind", "fog") or True else "")
    d.say("Can you come to {p.home} on {wd}?", "Will you visit me when {q.season} comes, your favourite season?", "When will you come to {p.home}? It is only {miles} miles." if w.route(p.home, q.home)[1] < 8 else "When will you come to {p.home}? I know that it is {miles} miles.", "Please write to me soon.", miles=number(w.route(p.home, q.home)[1])) if q.home is not p.home else d.say("Let us meet on {wd}.", "Please write to me soon.")
    d.say("(Yours|With love|Many greetings), {p}." if not kin else f"(With love, your {kin}|Many greetings from your {kin}) {{p}}.", "(Warm greetings from|All the best from|A big hug from) {p.home}, {p}.", "Your friend {p}." if not kin else f"Your {kin} {{p}}.", "(Greetings to|Give my love to) {q.pet}! Your {p}.")


def road(d):
    """A walk through the valley, told to somebody who has never been there."""
    g, w = d.gen, d.world
    a = g.place()
    b = g.place(a)
    path, miles = w.route(a, b)
    if len(path) < 3:
        raise Retry("road")
    d.v.update(a=a, b=b, miles=number(miles), season="")
    d.say("How do you walk from {a} to {b}?", "Let us walk from {a} to {b}.", "The walk from {a} to {b} is one of the finest in Lark Valley.", "Anyone who wants to see the valley should walk from {a} to {b}.")
    p = d.rng.choice(w.neighbours_at(a))
    d.v["p"] = p
    d.say("You start {spot}, where {p} may wave to you.", "{p} lives in {a}, and {p.he} will gladly show you where the road begins.", "You set out early, when {p} in {a} is still asleep.", spot=d.rng.choice(a.spots))
    for here, there in zip(path, path[1:]):
        place = w.places[there]
        n = d.rng.choice(w.neighbours_at(place))
        d.v.update(here=here, there=place, m=number(w.roads[here][there]), dir=w.direction(here, there), n=n, feat=d.rng.choice(place.features))
        d.say("From {here} the road goes {dir}, and after {m} miles you come to {there}.", "{m_} miles to the {dir} lies {there}, {there.land}.", "Then you walk {m} miles to the {dir}, as far as {there}.", "It is {m} miles from {here} to {there}, always to the {dir}.")
        d.say("In {there} there is {feat}, and {n} lives there" + (", the {n.trade}." if not n.child else ", too."), "{there} has {feat}, and people know it for {there.known}.", "There you can rest and greet {n} and {n.his} {n.pet.kind} {n.pet}.", "If you are hungry, ask {n}: {n.his} favourite food is {n.food}, and {n.he} likes to share.")
    d.say("That makes {miles} miles from {a} to {b}.", "It is {miles} miles from {a} to {b}, and every one of them is worth it.", "Now you have walked {miles} miles and may take off your shoes in {b}.")


MAKERS = [(person, 10), (place, 7), (two_people, 8), (trade, 7), (animal, 7), (season, 5), (letter, 9), (road, 6)]
