"""Stories in the past tense: each maker strings together the beats of one plot, cause before effect.

It must not state a fact about a person or place that world.json does not hold.
"""
from grammar.beats import ending, glad, opening, relation, scene
from grammar.engine import number
from grammar.tables import NOISE, QUARRELS, SKILLS, TROUBLES


def lost_pet(d):
    g = d.gen
    p = g.person()
    q = g.person(p, p.name)
    scene(d, "morning", "afternoon")
    spot = d.rng.choice(p.home.spots)
    wrong = d.rng.choice([s for s in p.home.spots if s != spot])
    d.v.update(p=p, q=q, x=p.pet, spot=spot, wrong=wrong, noise=NOISE[p.pet.kind])
    opening(d)
    d.say("{p.He} looked (up|around) and (saw|noticed) that {x} the {x.kind} was (gone|nowhere to be seen|missing).",
          "When {p.he} called {x}, {p.his} {x.colour} {x.kind}, (nobody came|there was no answer|nothing moved).",
          "But where was {x}, the {x.colour} {x.kind}? {p} (looked|searched) under the table and behind the door, but {x.he} was not there.",
          "Then a (door|gate) banged in the wind, and out slipped {x}, {p}'s {x.colour} {x.kind}.",
          "(Nobody saw|{p} did not see) how {x} the {x.kind} (slipped|wandered|crept) (out of the door|through the gate|around the corner).")
    d.say("First {p} looked {wrong}, but {x} was not there.",
          "{p} (ran|hurried) out and searched {wrong}, but found only (a wet glove|an old shoe|dry leaves|a broken basket|three feathers).",
          "\"{x}! {x}!\" {p} called, and {p.he} looked {wrong}, (but in vain|but without luck|then in every corner).",
          "{p} looked {wrong} and saw (nothing but shadows|two sparrows and a snail|only a puddle), and {p.his} heart (grew heavy|sank|beat fast).")
    d.say("(On the way|In the lane|At the corner) {p.he} met {q.intro}, who was visiting {p.home}." if q.home is not p.home else
          "(On the way|In the lane|At the corner) {p.he} met {q}, who lives in {q.home} too.",
          "{q.intro} (came by|came along) and asked, \"Why do you look so (sad|worried|pale), {p}?\"",
          "\"Have you seen a {x.colour} {x.kind}?\" {p.he} asked {q}, who was (passing by|resting on a bench|eating an apple).",
          "Soon {q.intro} was (searching|looking) too, for {q.he} (was fond of|liked) {x}.")
    d.say("\"(When did you see {x.him} last|Where did you see {x.him} last|What does {x.he} like best)?\" asked {q} (kindly|at once|in a calm voice).",
          "{q} (thought for a moment|scratched {q.his} head|looked at the ground). \"(Look, here are some tracks|I see small tracks|There are tracks)!\" {q.he} said. \"They lead that way.\"",
          "\"(Do not worry|Do not cry|Take heart), {p},\" said {q}. \"(We will find {x} together|We shall soon have {x} back|{x} cannot be far|A {x.kind} never goes far from {x.his} supper).\"",
          "\"(Think, {p}|Tell me, {p}),\" said {q}, \"(where does {x} like to sleep|what does {x} like to eat|what would a {x.kind} do on such a {adj} {day})?\"",
          "{q} put a finger to {q.his} lips. They stood (quite still|without moving) and (listened|held their breath).")
    d.say("Then they heard (a soft|a faint|a small|a cross) {noise} {spot}.",
          "And there, {spot}, (sat|was) {x}, (quite content|looking very pleased|wet but cheerful).",
          "They found {x} {spot}, where {x.he} (had fallen asleep|was hiding from {wx}|had found something good to eat|had made a new friend).",
          "(At last|After an hour|Before long), {q} pointed: {x} was {spot}, and {x.he} (did not look sorry at all|was (fast|sound) asleep|seemed glad to see them).")
    d.maybe(0.6, "{x} had gone there because {x.he} was (hungry|tired of {wx}|curious|looking for {p}).",
            "(Perhaps|Maybe) a (noise|stranger|wasp|dream) had frightened {x.him}, or (perhaps|maybe) {x.he} only wanted (a walk|a little peace|some company).",
            "It was (dry|quiet|warm) there, and {x} liked (dry|quiet|warm) places.")
    glad(d)
    d.maybe(0.5, "{p} carried {x} home under {p.his} coat and gave {x.him} (water and|fresh straw and|a warm corner and) (something to eat|a good supper).",
            "{p} mended the (gate|door) the same day, so that {x} could not (run away|slip out) again.")
    ending(d)


def broken_tool(d):
    g, w = d.gen, d.world
    tool = None
    while tool is None:
        p = g.person()
        tool = d.rng.choice(p.tools)
        q = w.by_trade[w.facts["mends"][tool["material"]]]
        tool = tool if q is not p else None
    scene(d, "morning")
    pay = d.rng.choice([3, 4, 5, 6, 7, 8])
    have = pay + d.rng.choice([1, 2, 3, 4, 5])
    d.v.update(p=p, q=q, tool=tool["name"], pay=number(pay), have=number(have), left=number(have - pay),
               pence="pence", lp="penny" if have - pay == 1 else "pence")
    opening(d)
    material = tool["material"]
    breaks = {"iron": ["bent", "snapped", "cracked"], "wood": ["split", "broke in two", "cracked"],
              "clay": ["fell and broke", "cracked from top to bottom", "slipped and broke"], "cloth": ["tore", "ripped from end to end", "caught on a nail and tore"]}
    d.v["broke"] = d.rng.choice(breaks[material])
    d.say("(Suddenly|Crack! In the middle of the work|Without any warning), the {tool} {broke}.",
          "Then (something went wrong|came bad luck): the {tool} {broke}.",
          "{p} pulled a little too hard, and the {tool} {broke}.",
          "Because the {tool} was (old|worn|as old as {p.himself}), it {broke} (that {day}|at the worst moment).")
    d.say("Without it, {p} could not (work|go on|finish).",
          "\"(Oh dear|Oh no|What a pity)!\" said {p}. \"(What shall I do now|How can I go on now|Who can mend this)?\"",
          "{p} tried to mend it with string, but (it was no use|the string slipped|that only made it worse).",
          "{p} looked at the pieces and (sighed|shook {p.his} head|felt like crying).")
    if q.home is p.home:
        d.say("Luckily the {q.trade} {q} lives in {q.home} too, so it was (not far|only a short walk).",
              "{p} had only to cross {p.home} to find {q} the {q.trade}.")
    else:
        _, miles = w.route(p.home, q.home)
        d.say("So {p} (wrapped it in a cloth|put it in a basket|tied it on {p.his} back) and went to {q} the {q.trade}, who lives in {q.home}, {miles} miles away.",
              "It is {miles} miles from {p.home} to {q.home}, where {q} the {q.trade} lives, but {p} (set out at once|did not mind the walk|went all the same).",
              "\"Take it to {q.home},\" said a neighbour. \"The {q.trade} {q} can mend (anything|almost everything).\" So {p} walked the {miles} miles.",
              "The best {q.trade} in the valley is {q}, so {p} walked from {p.home} to {q.home}, which is {miles} miles.", miles=number(miles))
    d.say("{q} was {q.doing} when {p} (came in|knocked|arrived).",
          "{q} put down {q.his} work and (looked at|studied|turned over) the {tool} (for a while|with care).",
          "\"(Hm|Well|Ah),\" said {q}, \"(I can mend that|that is soon done|I have seen worse). Sit down and have some {q.drink}.\"",
          "\"Good {day}, {p}! What have you got there?\" asked {q}.")
    how = {"iron": ["heated the iron until it was red and hammered it straight", "made a new iron pin for it", "hammered and filed until it was strong again"],
           "wood": ["cut a new piece of wood and fitted it", "glued it and held it fast with two wooden pegs", "planed and hammered until it was strong again"],
           "clay": ["made a new one on the wheel and gave it a fine edge", "shaped another one just like it", "filled the crack with fresh clay and fired it again"],
           "cloth": ["sewed it with strong thread", "put a new patch on it", "wove the torn ends together"]}
    d.v["how"] = d.rng.choice(how[material])
    d.say("{q} {how}(, and {p} watched|, while {p} told {q.him} the news from {p.home}|). (It took an hour|It did not take long|It took until noon).",
          "Then {q.he} {how}, (humming|whistling|talking) all the while.",
          "With (patient|quick|careful) hands {q.he} {how}.")
    d.say("It cost {pay} pence. {p} had {have} pence, so {p.he} had {left} {lp} left.",
          "\"That is {pay} pence,\" said {q}. {p} took {have} pence from {p.his} purse, paid, and kept {left} {lp}.",
          "{q} asked for {pay} pence. From {have} pence that left {p} with {left} {lp}.",
          "{q} did not want any money, so {p} promised to bring {q.him} a {q.serving}.")
    d.say("The {tool} was (as good as new|better than before|strong again), and {p} (could go on working|went home content|went back to work).",
          "Back in {p.home}, {p} tried the {tool}. It (worked|held) (perfectly|better than ever).",
          "{p} (thanked {q}|shook {q}'s hand) and (hurried|walked) home, for (there was work to do|{p.pet} was waiting|it was getting late).")
    ending(d, guest="p")


def weather_trouble(d):
    g = d.gen
    p = g.adult()
    q = g.person(p)
    trouble = d.rng.choice(TROUBLES)
    d.v.update(p=p, q=q, season=d.rng.choice(trouble["seasons"]), spot=d.rng.choice(p.home.spots), day=d.rng.choice(["morning", "night", "evening"]))
    for key in ("sky", "wx", "adj", "effect", "help", "after"):
        d.v[key] = d.rng.choice(trouble[key])
    d.say("That {season} {art} {trouble} came to {p.home}, (as it does every few years|and nobody was ready for it|and it came in the night).",
          "Nobody in {p.home} will forget the {season} of the great {trouble}.",
          "In {season} there was {art} {trouble} in {p.home}, and {sky}.",
          "One {adj} {season} {day}, {p} looked out of the window in {p.home}: {sky}.",
          "{p} woke early one {adj} {season} {day}, because it was (so strangely quiet|so noisy outside|not like other days): {sky}.",
          trouble=trouble["name"], art=trouble["art"])
    d.say("{effect_}, so (nobody could leave {p.home}|there was much to do|people began to worry).",
          "Because of {wx}, {effect}.", "Soon {effect}.", "Before (long|noon|evening), {effect}.", effect_=d.v["effect"])
    d.say("{p}, who (lives|works) in {p.home} as {a} {p.trade}, (thought of|was worried about) {p.pet} the {p.pet.kind} first.",
          "\"(We must do something|We cannot just wait|It is no good to complain),\" said the {p.trade} {p}.",
          "{p} could not {p.do} that day, so {p.he} put on {p.his} (boots|coat|hat) and went out.",
          "For {p} the {p.trade} it meant (no work|more work than ever|a hard week).", a="a")
    d.say("{q.intro} (came|had come) to help, too, and together they {help}.",
          "Then {p} met {q.intro}, and they {help}.",
          "{q} had an idea: \"(Why do we not ask everyone?|Let us all work together!|We must call the neighbours!)\" So all the neighbours {help}.",
          "\"(Many hands make light work|I will help you),\" said {q}, and soon they {help}.")
    d.maybe(0.6, "They worked (until dark|for hours|without a rest), (and nobody complained|and their hands grew sore|singing to keep up their spirits).",
            "{q} (slipped|stumbled) once and (laughed|got a wet sleeve), but (went on|did not stop).",
            "{p.pet} the {p.pet.kind} (stayed close to {p.him}|watched from a dry corner) all the time.")
    d.say("In the end {after}.", "(On the third day|The next morning|Two days later), {after}.", "At last {after}, and (people smiled again|the children cheered).")
    d.say("\"(Without you|Without your help), {q},\" said {p}, \"(we would still be {spot}|I would have given up|it would have been much worse).\"",
          "{p} brought out a {p.serving} for everyone who had helped.",
          "The {season} after that was (kinder|a better one|calm), but in {p.home} everybody now keeps (a rope and a lamp|a spade|dry wood and candles) by the door.",
          "Since then, {p} has looked at the sky every {day} before {p.he} goes to work.",
          "So they learned that {lesson}.", lesson=d.rng.choice(trouble["lesson"]))
    ending(d)


def gift(d):
    g = d.gen
    p = g.person()
    q = g.person(p)
    r = g.person(p, q)
    scene(d)
    d.v.update(p=p, q=q, r=r)
    rel = relation(p, q)
    d.v["whose"] = f"{p.his} {rel} {q}" if rel else str(q)
    d.say("It was nearly {q}'s birthday, and {p} (did not know what to give|had no present yet|was thinking hard about a present).",
          "{p} wanted to (surprise|give a present to) {whose} (on a {adj} {season} {day}|that {season}|before the end of {season}).",
          "\"What would make {q} happy?\" {p} (asked|wondered) one {adj} {season} {day}.",
          "One {adj} {day} in {season}, {p} heard that {whose} was (sad|feeling lonely|having a birthday soon).")
    d.say("{p} asked {r.intro}, who knows (everybody|{q} well). \"{q} likes {q.food},\" said {r}, \"and {q.his} favourite colour is {q.colour}.\"",
          "\"I know that {q.he} likes {q.hobby},\" {p} (thought|said), \"and that {q.he} eats {q.food} whenever {q.he} can.\"",
          "{r} had (some advice|an idea): \"Nobody can resist {q.his} favourite food, and {q}'s favourite food is {q.food}.\"",
          "{p} remembered that {q}'s favourite colour is {q.colour} and that {q.he} loves {q.food}.")
    d.say("So {p} bought a {q.colour} (ribbon|candle|scarf|cup|cushion) and (put it|packed it|laid it) in a (small|round|neat) box.",
          "So {p} (borrowed|looked for) a recipe and made {q.food} for the first time in {p.his} life.",
          "{p} saved (four|five|six|seven) pence and bought some {q.colour} wool, and (every evening|each night) {p.he} knitted a little.",
          "{p} painted a picture of {q.pet} the {q.pet.kind} and put it in a {q.colour} frame.")
    d.say("The first try (went wrong|was a failure|did not look right), because {p} was in too much of a hurry.",
          "It was not easy, (for {p.pet} the {p.pet.kind} wanted to help|because {p.he} had to hide it from {q}), but {p} (did not give up|laughed and went on).",
          "{p} worked on it for (two|three|four) evenings, and only {p.pet} the {p.pet.kind} was allowed to see it.",
          "\"It is not perfect,\" said {r}, \"but it is made with love.\"")
    d.say("(At last|Then) the day came. {p} (knocked|stood) at {q}'s door in {q.home} with the present behind {p.his} back.",
          "When everything was ready, {p} and {r} (walked|went) to {q.home} and (knocked on {q}'s door|hid behind {q}'s house).",
          "On the {day} of the birthday, {p} left the present before {q}'s door in {q.home} and hid (behind a bush|around the corner|behind the fence).")
    d.say("{q} (opened|unpacked) it (slowly|with both hands) and (was silent for a moment|went red|laughed).",
          "\"For me?\" asked {q}. \"(How did you know|Who told you) that I like this so much?\"",
          "{q.He} had been {q.doing} and (did not expect|was not expecting) any visitor.",
          "\"(Nobody ever gave me|I have never had) such a present,\" said {q}.")
    glad(d, "q")
    d.maybe(0.5, "Even {q.pet}, {q}'s {q.pet.colour} {q.pet.kind}, (seemed pleased|looked at it with interest|wanted to have a look).",
            "{r} (winked at|smiled at|nodded to) {p}.")
    ending(d, guest="p")


def delivery(d):
    g, w = d.gen, d.world
    felix = w.by_trade["letter carrier"]
    p = felix if d.rng.random() < 0.5 else g.adult()
    q = g.person(p, where=lambda x: x.home is not p.home)
    r = g.person(p, q)
    path, miles = w.route(p.home, q.home)
    scene(d, "morning")
    parcel = d.rng.choice(["letter", "parcel", "basket", "small box", "sack", "jar of honey", "clay jug", "book", "wool blanket", "heavy bag"])
    d.v.update(p=p, q=q, r=r, parcel=parcel, miles=number(miles), second=path[1], way=" and ".join(filter(None, [", ".join(path[1:-1])])) )
    opening(d)
    d.say("There was a {parcel} for {q} in {q.home}, {miles} miles away.",
          "\"This {parcel} must be in {q.home} by (noon|evening|tonight),\" said {r}. \"It is for {q}.\"",
          "{r.intro} gave {p.him} a {parcel} and asked {p.him} to take it to {q} in {q.home}.",
          "{p} had promised to bring a {parcel} to {q}, who lives in {q.home}.")
    between = path[1:-1]
    if len(between) == 0:
        d.say("The road from {p.home} to {q.home} is {miles} miles long and (easy to find|has many bends|has a good view).",
              "It is {miles} miles from {p.home} to {q.home}, a walk of an hour or (two|so)." if miles < 5 else "It is {miles} miles from {p.home} to {q.home}, and {p} took some bread for the road.")
    elif len(between) == 1:
        d.say("From {p.home} the way goes through {second} to {q.home}, {miles} miles in all.",
              "{p} took the road through {second}, which is the shortest way to {q.home}.",
              "\"First to {second}, then on to {q.home},\" {p.he} said to {p.himself}.")
    else:
        d.say("It is a long way: {miles} miles, through {way}.", "The shortest way from {p.home} to {q.home} goes through {way}.",
              way=", ".join(between[:-1]) + " and " + between[-1])
    d.say("Before long {p} came to a place where (the bridge was broken|a tree lay across the road|the road was deep in mud|a herd of cows blocked the road).",
          "Halfway there, {p} (sat down on a stone|rested under a tree) and (ate some bread|rubbed {p.his} feet|counted the clouds).",
          "Near {second}, a (flock of sheep|hay cart|herd of goats) (filled the whole road|came towards {p.him} and would not make room)." if "sun" in d.v["wx"] or d.v["wx"] in ("the heat", "the mild air", "the warm wind", "the golden light") else "Near {second}, {wx} (made the road hard to see|slowed {p.him} down|made {p.his} fingers stiff).",
          "A (goat|dog|goose) ran after {p.him} and tried to (bite|pull at|steal) the {parcel}." if parcel not in ("letter",) else "The wind tore the letter from {p.his} hand, and {p} had to chase it over a field.")
    d.say("But {p} was (clever|stubborn) and (found a way around|did not turn back|kept {p.his} temper).",
          "So {p} (took off {p.his} shoes|tucked the {parcel} under {p.his} coat|climbed over the fence) and went on.",
          "A friendly (farmer|stranger|old woman) (carried the {parcel} for a while|showed {p} a better path|shared some bread with {p}).",
          "\"A promise is a promise,\" said {p}, and (walked faster|went on|would not stop).")
    d.say("In the (late afternoon|evening) {p.he} (reached|came to) {q.home}, (which lies|a {q.home.kind}) {land}.",
          "At last {p} saw {feature} of {q.home} (before {p.him}|in the distance).",
          "{q} was {q.doing} when {p} (arrived|came) with the {parcel}.", land=q.home.land, feature="the roofs")
    d.say("\"I have been waiting for this!\" said {q}. \"Come in and have a cup of {q.drink}.\"",
          "{q} opened the door and (laughed with joy|could hardly believe it|took the {parcel} with both hands).",
          "{q} (was so pleased|was so grateful) that {q.he} gave {p} a {q.serving} and a bed for the night.",
          "\"All the way from {p.home}?\" cried {q}. \"You must be tired!\"")
    d.maybe(0.7, "In the {parcel} was a (greeting|present|note) from {r}: \"(Come and see me soon|I think of you every day|Everyone here sends you a kiss).\"" if parcel in ("letter", "parcel", "basket", "small box", "sack", "heavy bag") else
            "It was a present from {r}, who had not forgotten {q}.")
    ending(d, guest="p")


def market(d):
    g, w = d.gen, d.world
    seller, good = d.rng.choice([x for x in w.goods if x[0].trade not in ("innkeeper", "ferryman", "letter carrier") and x[0].home.name != "Stonegate"])
    p, q = seller, g.other(seller)
    scene(d, "morning")
    n = d.rng.randint(2, 5)
    cost = n * good.price
    pay = cost + d.rng.choice([0, 1, 2, 3, 5])
    start = d.rng.choice([x for x in range(n + 4, 21)])
    d.v.update(p=p, q=q, one=good.one, many=good.many, n=number(n), cost=number(cost), each=number(good.price), pay=number(pay), penny="penny" if good.price == 1 else "pence",
               change=number(pay - cost), cp="penny" if pay - cost == 1 else "pence", start=number(start), rest=number(start - n))
    d.say("It was market day in Stonegate, and {p} the {p.trade} (had|had brought) {start} {many} to sell.",
          "On a {adj} {season} morning, {p} from {p.home} stood in the market square of Stonegate with {start} {many}.",
          "{p} set up a stall in Stonegate one {adj} {season} morning and laid out {start} {many}.",
          "The market in Stonegate (opened|began) early. {sky}, but {p} (was there|had come) with {start} {many}.",
          "\"Fresh from {p.home}!\" called the {p.trade} {p}, who had {start} {many} on {p.his} table.")
    d.say("At first (nobody stopped|nobody came|people only looked).", "(People|Many people) walked by, and a few (stopped|asked the price).",
          "{p.pet} the {p.pet.kind} (sat|slept) under the table and (watched the shoes go by|dreamed).",
          "The square was full of voices, and (somewhere a fiddle played|a boy was selling balloons|the clock struck nine).")
    d.say("Then {q.intro} came by. \"How much is a {one}?\" {q.he} asked. \"{each_} {penny},\" said {p}.",
          "{q}, who had come from {q.home}, stopped and asked for the price. \"A {one} costs {each} {penny},\" said {p}.",
          "\"Good morning, {p},\" said {q}. \"I need {n} {many}.\"",
          "{q} looked at the {many} for a long time. \"They are (very good|fine|the best in the valley),\" {q.he} said.", each_=number(good.price).capitalize())
    d.say("\"{n_} {many}, please,\" said {q}. {p} counted: {n} times {each} is {cost}.",
          "{q} wanted {n}. That makes {cost} pence, for {n} times {each} is {cost}.",
          "At {each} {penny} a piece, {n} {many} cost {cost} pence.",
          "{p} did the sum in {p.his} head. \"{n_} {many}: that is {cost} pence,\" {p.he} said.", n_=number(n).capitalize())
    if pay == cost:
        d.say("{q} counted {cost} pence into {p.his} hand, (coin by coin|not a penny more and not a penny less).",
              "{q} paid {cost} pence and (put the {many} in {q.his} basket|packed everything with care).")
    else:
        d.say("{q} gave {p.him} {pay} pence and got {change} {cp} back.",
              "{q} paid with {pay} pence, so {p} gave {q.him} {change} {cp} in change.",
              "Because {q} had {pay} pence, {p} had to give back {change} {cp}.")
    d.say("Now {p} had {rest} {many} left, for {start} take away {n} leaves {rest}." if start - n != 1 else "Now {p} had one {one} left.",
          "After that there were {rest} {many} on the table." if start - n != 1 else "After that there was only one {one} on the table.")
    d.maybe(0.8, "\"Wait,\" said {p}. \"You gave me one penny too much.\" {q} was (surprised|pleased): so honest a {p.trade} was rare.",
            "{q} (told|would tell) everyone in {q.home} about the good {many}, and so more people came.",
            "{q} asked how one makes such things, and {p} explained that one must (be patient|start early in the morning|have good hands and a good mood).",
            "Then (it began to rain|the wind lifted the cloth), and {q} helped {p.him} to cover the stall.",
            "{q} (only laughed|clapped) when {p.pet} the {p.pet.kind} (came out from under the table|tried to eat the change).")
    d.say("By (noon|evening) {p} had sold everything, and {p.he} (went home|packed up) with a (heavy|full) purse.",
          "At the end of the day, {p} counted the money (twice|three times) and (was content|smiled).",
          "When the clock tower struck five, {p} (folded the cloth|packed the cart) and (set out for|went home to) {p.home}.")
    ending(d)


def craft(d):
    g = d.gen
    p, q = g.child(), g.adult(where=lambda a: bool(a.does_list) and a.trade not in ("teacher",))
    scene(d)
    skill = d.rng.choice(SKILLS[q.trade])
    d.v.update(p=p, q=q, skill=skill[0], goodstep=skill[1], badend=skill[2])
    rel = relation(p, q)
    d.v["whose"] = f"{p.his} {rel} {q}" if rel and rel != "best friend" else f"{q} the {q.trade}"
    d.say("{p} wanted to learn how to {skill}, so one {adj} {season} {day} {p.he} went to {whose}.",
          "\"Can you teach me how to {skill}?\" {p} asked {whose} (one {day} in {season}|on a {adj} {day}).",
          "All {season} long {p} had watched {whose}, and now {p.he} wanted to {skill} (too|all by {p.himself}).",
          "{p} is only {p.age}, but {p.he} had (decided|made up {p.his} mind) to {skill} like {whose}.")
    d.say("\"(Of course|Gladly|Come in),\" said {q}, \"but it (takes time|is not as easy as it looks|needs a quiet hand).\"",
          "{q} (smiled|laughed) and gave {p.him} (an apron that was far too big|a stool to sit on|a place by {q.his} side).",
          "\"Watch me first,\" said {q}. \"The secret is this: {goodstep}.\"",
          "{q} showed {p.him} everything (slowly|twice) and said, \"{goodstep_}.\"", goodstep_=skill[1].capitalize())
    d.say("On the first try, {badend}.", "{p} (was in a hurry|wanted to be quick), and so {badend}.", "{p} did not listen well, and {badend}.",
          "It looked so easy when {q} did it! But {badend}.")
    d.say("\"(I will never learn it|I cannot do it|It is too hard),\" said {p}, (and kicked a stone|near to tears|and sat down on the floor).",
          "{p}'s (face grew red|lip trembled), and {p.he} wanted to (go home|give up|hide).",
          "\"(Again|Once more|Never mind),\" said {q}. \"(My first one was worse|Every master was a beginner once|We learn more from a mistake than from luck).\"")
    d.say("The second try was (a little better|not much better|better, but not good).",
          "{p} (tried again|began again), and {q} (held {p.his} hands|stood beside {p.him}|said nothing and only watched).",
          "So {p} came back (the next day|every {day}) and (practised|tried again), (until {p.his} arms ached|without giving up).")
    d.say("This time {p.he} remembered: {goodstep}.", "Then {p} thought of {q}'s words: {goodstep}.", "\"{goodstep_},\" {p.he} (whispered|said) to {p.himself}, and (slowed down|took a deep breath).")
    d.say("And (suddenly|at last) it worked!", "The third try was (a success|good enough to show to everyone).", "And look: (this time everything went well|it was as good as {q}'s, or nearly).",
          "\"(Well done|You have it|That is how it is done), {p}!\" cried {q}.")
    glad(d)
    d.maybe(0.6, "{p} ran home to tell {p.pet} the {p.pet.kind}.", "\"(Who taught you that|Did you really do that alone)?\" everyone in {p.home} asked.",
            "{q} (hung it on the wall|put it in the window), so that everyone could see it.")
    ending(d)


def quarrel(d):
    g = d.gen
    p = g.person()
    q = p.friend if d.rng.random() < 0.5 else g.person(p, where=lambda x: x.child == p.child)
    r = g.person(p, q)
    scene(d)
    cause = d.rng.choice(QUARRELS)
    d.v.update(p=p, q=q, r=r)
    d.v.update({k: d.phrase(d.rng.choice(v)) for k, v in cause.items()})
    rel = relation(p, q)
    d.say("{p} and {q} " + ("are best friends" if rel == "best friend" else "know each other well" if not rel else "belong to one family") + ", but one {adj} {season} {day} they (quarrelled|had a quarrel|did not speak to each other).",
          "One {adj} {day} in {season}, {p} was (angry with|cross with) {q}.",
          "Even good people quarrel, and that is what {p} and {q} did one {adj} {season} {day}.",
          "\"I will never speak to {q} again!\" said {p} one {adj} {season} {day} in {p.home}.")
    d.say("It began (like this|so|with a small thing): {cause}.", "The reason was (a small one|simple|foolish): {cause}.", "{cause}, and (that was the beginning|so the trouble started).")
    d.say("\"(That was not kind|You never think of others|How could you), {q}!\" said {p}.", "{p} (shouted|stamped {p.his} foot|turned {p.his} back), and {q} (shouted back|went away without a word|grew very quiet).",
          "Hard words flew (back and forth|like hailstones), and then (a door banged|both were silent).")
    d.say("For (two|three|four) days they did not (greet each other|say a word).", "{p} went home and {p.did}, but it was no (fun|joy).",
          "{q} sat alone with {q.pet} the {q.pet.kind} and (could not eat|did not even want {q.food}).", "Everything seemed (grey|dull) to {p}, even {p.hobby}.")
    d.say("Then {r} (asked|came and asked), \"Did you ask {q} why?\" {p} (had not|shook {p.his} head).",
          *(["{r} told {p} (the truth|what had really happened): {truth}."] if r.name not in d.v["truth"] else []),
          "\"(You two are as stubborn as donkeys|Life is too short for this),\" said {r}. \"Go and talk to {q.him}.\"",
          "{r} (saw it all and said|shook {r.his} head and said), \"(The one who speaks first is the stronger one|A quarrel is like a stone in a shoe).\"")
    d.say(*(["So {p} went to {q} and (asked|listened), and heard that {truth}.", "{q} had a reason, too: {truth}.", "And the truth was that {truth}."] if d.v["truth"] not in d.parts[-1] else
            ["So {p} (ran|hurried|walked slowly) to {q}'s (door|house|gate).", "{p} (felt ashamed|felt very small|had a bad feeling) and went to look for {q}.", "Then {p} knew that {q.he} was not to blame."]))
    d.say("\"I am sorry,\" said {p}. \"(I should have asked|I was too quick|I was unfair to you).\"", "\"Forgive me,\" said {q}. \"(I should have told you|I never wanted to hurt you).\"",
          "{p} (put out {p.his} hand|took a step forward). \"(Friends again|Can we be friends again)?\" {p.he} asked, and {q} (nodded|took it|smiled).")
    d.say("\"I am sorry, too,\" (said the other|came the answer)(, and both laughed|, and that was that|).",
          "They (laughed|shook hands|hugged), and the quarrel was (over|forgotten|as small as a crumb).", "Then they shared a {q.serving}, (half for each|and it tasted better than ever).")
    ending(d)


def found(d):
    g = d.gen
    p, = [g.person()]
    q = g.person(p)
    r = g.person(p, q)
    place = d.rng.choice([p.home, q.home])
    scene(d)
    thing = d.rng.choice(["silver button", "brass key", "leather purse", "woollen glove", "small mirror", "blue bead", "gold ring", "old coin", "red scarf", "pocket knife", "tin whistle", "pair of glasses"])
    d.v.update(p=p, q=q, r=r, thing=thing, place=place, spot=d.rng.choice(place.spots))
    d.say("One {adj} {season} {day}, {p} found a {thing} {spot} in {place}.", "{p} was walking through {place} (one {adj} {season} {day}|on a {adj} {day}) when something (shone|lay) in the grass: a {thing}.",
          "A {thing} lay {spot} in {place}, and (it was {p} who saw it|{p} nearly stepped on it) one {adj} {season} {day}.",
          "It was {p.pet}, {p}'s {p.pet.kind}, who found the {thing} {spot} (one {adj} {season} {day}|that {season}).")
    d.say("\"(Who can have lost this|Whose can it be|Who is looking for this)?\" (thought|wondered|asked) {p}.", "It was (pretty|not new, but well kept), and {p} would have liked to keep it. But (it was not {p.theirs}|somebody would miss it).",
          "For a moment {p} thought of keeping it. Then {p.he} (shook {p.his} head|thought of the one who had lost it).")
    d.say("First {p} asked {r.intro}. \"It is not mine,\" said {r}, \"(but it looks like something I have seen|ask at the inn|ask the letter carrier).\"",
          "{p} showed it to {r.intro}, who was {r.doing}. \"Not mine,\" said {r}, \"(but I know who was here yesterday|but {q} was looking for something).\"",
          "{p} asked from door to door in {place}. (Nobody knew it|Everyone shook their heads), until {r} said, \"{q} came through here (yesterday|last night|this week).\"")
    d.say("So {p} went to {q} in {q.home}." if q.home is not p.home else "So {p} went to see {q}, who lives in {q.home}, too.", "{q} was sitting before {q.his} house in {q.home}, and {q.his} face was sad.",
          "In {q.home}, {q} was turning out every drawer and looking under every chair.", "\"Have you lost something?\" {p} asked {q}, the {q.trade} of {q.home}." if not q.child else "\"Have you lost something?\" {p} asked {q}.")
    d.say("\"My {thing}!\" cried {q}. \"(My grandmother gave it to me|It was a present from {q.friend}|I have had it since I was small).\"" if q.friend is not p else "\"My {thing}!\" cried {q}. \"(My grandmother gave it to me|I have had it since I was small).\"",
          "{q} (jumped up|clapped {q.his} hands). \"That is my {thing}! (I looked everywhere|I thought it was gone for ever)!\"",
          "\"(I lost it|It must have fallen out of my pocket) when I was {spot},\" said {q}.")
    d.say("{q} wanted to give {p.him} (three|four|five|six) pence, but {p} (would not take them|said no).", "As a reward {p} got a {q.serving}, and {q.he} (ate|enjoyed) every crumb." if False else "As a reward {p} got a {p.serving}, and {p.he} enjoyed every bite.",
          "\"An honest {pw} is worth more than a {thing},\" said {q}.", "{q} (pressed {p}'s hand|hugged {p}) and did not want to let go.", pw=p.word)
    ending(d, guest="p")


MAKERS = [(lost_pet, 10), (broken_tool, 9), (weather_trouble, 8), (gift, 8), (delivery, 9), (market, 9), (craft, 8), (quarrel, 7), (found, 7)]
