"""More stories in the past tense: mishaps, crafts of kindness, fears, feasts.

It must not state a fact about a person or place that world.json does not hold.
"""
from grammar.beats import ending, glad, opening, relation, scene
from grammar.engine import Retry, number
from grammar.tables import CONTESTS, FEARS, FESTIVALS, ILLS, MISTAKES, PLANTS, WILD


def ill(d):
    g, w = d.gen, d.world
    doc = w.by_trade["doctor"]
    p = g.person(doc)
    q = g.person(p, doc)
    scene(d)
    why, what, cure, rest, seasons, tip = d.rng.choice([i for i in ILLS if d.v["season"] in i[4] and not (p.child and "worked" in i[0])])
    d.v.update(p=p, q=q, tip=tip, doc=doc, why=why.replace("@his", p.his).replace("@he", p.he), what=what.replace("@his", p.his), cure=cure.replace("@him", p.him), rest=rest)
    d.say("{p} had {why} on a {adj} {season} day, and now {p.he} had {what}.", "Because {p} had {why}, {p.he} woke up one {adj} {season} morning with {what}.",
          "One {adj} {season} morning, {p} could not get up: {p.he} had {what}.", "\"I feel (awful|terrible|weak),\" said {p} one {season} morning in {p.home}. {p.He} had {what}.")
    d.say("{p.pet} the {p.pet.kind} (sat by the bed|stayed close) and would not (eat|leave).", "There was nobody to {p.do}." if not p.child else "{p} had to stay in bed and could not {p.do}.", "{p.He} lay in bed and (counted the beams|listened to {wx}|looked at the ceiling).",
          "Even {p.food} did not taste good to {p.him} that day.")
    d.say("{q.intro} (heard of it|noticed it) and (came at once|ran to {p.home}|did not wait).", "When {q} came to visit, {q.he} was (shocked|worried). \"You need the doctor,\" {q.he} said.",
          "It was {q.intro} who (ran for|sent for|called) the doctor.")
    d.say("{doc}, the doctor from {doc.home}, came with {doc.his} bag and (looked at|listened to) {p} (carefully|for a while|with a kind face)." , "The doctor, {doc}, (rode over from|came from) {doc.home} and asked where it hurt." if p.home is not doc.home else "The doctor, {doc}, lives in {doc.home}, too, and was there in a few minutes.",
          "\"Open your mouth and say ah,\" said {doc} the doctor. {p} (obeyed|said ah).")
    d.say("\"{cure_}, {p},\" said {doc}, \"and {rest}.\"", "{doc} (nodded|smiled) at {p}. \"(You need|I order) {cure},\" {doc.he} said. \"And {rest}.\"", "For {p} {doc} wrote down: {cure}, and {rest}.")
    d.say("{q} (cooked|brought) a {p.serving} and (read {p.him} a story|fed {p.pet} the {p.pet.kind}|opened the window a little).", "Every {day} {q} came and told {p.him} (the news|a story|a joke), because laughing helps, too.",
          "{q} made {p.drink} and (put a pillow behind {p.his} back|swept the floor).")
    d.say("After (two|three|four|five) days {p} was (well again|on {p.his} feet again|as healthy as before).", "Slowly {p} got better. First {p.he} sat up, then {p.he} ate, then {p.he} (laughed|sang|asked for more).",
          "At the end of the week {p} could {p.do} again." if not p.child else "At the end of the week {p} could run and play again.")
    d.maybe(0.5, "{p} learned from it: {tip}.", "\"(Remember|You see|Now you know), {p},\" said {q}, \"{tip}.\"", "Since then, {p} knows that {tip}.")
    ending(d)


def chain(d):
    g, w = d.gen, d.world
    p = g.adult(where=lambda a: a.needs)
    q = w.by_trade[p.needs["trade"]]
    if not q.needs:
        raise Retry("chain")
    r = w.by_trade[q.needs["trade"]]
    if r is p:
        raise Retry("chain")
    scene(d, "morning")
    d.v.update(p=p, q=q, r=r, a=p.needs["thing"], b=q.needs["thing"])
    opening(d)
    d.say("But there was one problem: {p.he} had no {a} left.", "Soon {p} saw that there (were|was) no {a} left.".replace("(were|was)", "were" if p.needs["thing"].endswith("s") else "was"), "{p} needed {a}, for without {a} a {p.trade} cannot work.",
          "\"I have no more {a},\" {p.he} said to {p.pet} the {p.pet.kind}, \"so I must go to {q}.\"")
    d.say("So {p.he} went to {q} the {q.trade} in {q.home} and asked for some {a}.", "In {q.home}, {p} asked the {q.trade} {q} for {a}.", "The {q.trade} {q} in {q.home} always has {a}, so {p} (went|walked) there.")
    d.say("\"I would gladly give you {a}, {p},\" said {q}, \"but without {b} from {r} I cannot work today.\"",
          "\"You come at a bad time, {p},\" said {q}. \"I have no {b}, and only {r} can help me.\"",
          "\"First I need {b} from {r},\" said {q}. \"(Bring me some|Help me to get some), and you shall have your {a}.\"",
          "{q} (sighed|scratched {q.his} head|looked at the floor). \"I was just going to {r} for some {b}. Bring me {b}, and you shall have your {a}.\"")
    d.say("So {p} went on to {r}, who lives in {r.home}.", "\"Then I will go to {r},\" said {p}, and (off {p.he} went|took the road to {r.home}).", "{p} did not complain and walked on to {r.home}, where {r} was {r.doing}.")
    d.say("{r} was hungry and tired, for {r.he} had not eaten since the morning." , "\"You may have {b},\" said {r}, \"if you help me to {r.do}.\"", "\"{b_}? Of course,\" said {r}. \"But I have such a wish for a {r.serving}!\"", b_=q.needs["thing"].capitalize())
    d.say("So {p} (rolled up {p.his} sleeves|set to work) and helped until the work was done.", "{p} (laughed|thought for a moment) and gave {r.him} what {p.he} had in {p.his} bag.",
          "{p} is {p.trait}, and helping is never hard for {p.him}.", "They worked side by side and talked about {r.hobby}.")
    d.say("Then {r} gave {p.him} the {b}, {p.he} carried them to {q}, and {q} gave {p.him} the {a}.".replace("carried them", "carried them" if q.needs["thing"].endswith("s") else "carried it"), "So {r} helped {p}, {p} helped {q}, and {q} helped {p}: a whole circle of help.",
          "With the {b} {p} came back to {q}, and at last {p.he} got {p.his} {a}.")
    d.say("In the evening {p} could {p.do} again.", "One need had led to another, and one kind act, too.", "\"(How funny|How strange),\" said {p}. \"I went out for {a} and came home with two friends.\"", "It had been a long way for some {a}, but {p} did not (regret|mind) it.")
    ending(d)


def mistake(d):
    g = d.gen
    p = g.person()
    q = g.person(p, where=lambda x: x.home is p.home) if d.rng.random() < 0.6 else g.person(p)
    scene(d)
    deed, effect, repair = d.rng.choice(MISTAKES)
    d.v.update(p=p, q=q)
    d.v.update(deed=d.phrase(deed), effect=d.phrase(effect), repair=d.phrase(repair))
    opening(d)
    d.say("{p.He} was thinking of {p.hobby} and {deed}.", "In {p.his} hurry {p.he} {deed}.", "{p} was (tired|sleepy|dreaming) and {deed}.", "{p.He} (did not look|did not pay attention) and {deed}.")
    d.say("(So|And so|That is how) it happened that {eff}.", "Soon {p} saw what came of it: {eff}.", "And what happened? {effect_}.", "{effect}, and {q} (stood there and stared|saw it first).",
          eff=d.v["effect"])
    d.say("\"(Who did this|How could this happen)?\" {q} asked.", "Nobody knew who had done it. {p} could have (kept silent|said nothing).", "{p} (felt hot and cold|went red|looked at {p.his} shoes).",
          "{p} thought, \"(If I say nothing, nobody will ever know|Perhaps I can blame the wind).\"")
    d.say("But {p} is no liar. \"It was me,\" {p.he} said. \"(I am very sorry|I did not take care|I will make it good).\"", "\"It was my fault, {q},\" said {p} (in a small voice|bravely|at last). \"(Please do not be angry|Let me put it right).\"",
          "Then {p} took heart and told {q} the whole truth.")
    d.say("{q} was (quiet for a moment|angry at first), but then {q.he} (smiled|nodded). \"(Thank you for telling me|Everyone makes mistakes|It takes courage to say that).\"",
          "\"(I did the same thing once|It could have happened to me),\" said {q} and (laughed|winked).", "{q} (put a hand on {p.his} shoulder|gave {p.him} a long look). \"(A mistake is not a crime|We can put it right together).\"")
    d.say("Together they {repair}.", "Then {p} {repair}, and {q} helped {p.him}.", "All that {day} they {repair}.")
    d.say("Since then, {p} always (looks twice|thinks before {p.he} acts|takes {p.his} time).", "{p} felt (much lighter|better) than before.", "It was a small mistake, but {p} learned a big thing from it.", "\"Honest words are the shortest way,\" {p} thought (that night|that evening|when it was over).")
    ending(d)


def contest(d):
    g = d.gen
    p = g.person()
    q = g.person(p, where=lambda x: x.child == p.child)
    r = g.person(p, q)
    place = g.place()
    scene(d, "morning", "afternoon")
    what, try_p, try_q, contest_win, prize, _ = d.rng.choice([c for c in CONTESTS if d.v["season"] in c[5]])
    if what == "boat race":
        place = d.rng.choice([x for x in g.world.places.values() if any(w in x.land for w in ("lake", "sea", "river"))])
    fill = lambda t: t.replace("@p", p.name).replace("@q", q.name).replace("@his_p", p.his).replace("@his_q", q.his)
    d.v.update(p=p, q=q, r=r, place=place, what=what, prize=prize, try_p=fill(try_p), try_q=fill(try_q), win=fill(contest_win), n=number(d.rng.randint(5, 14)))
    d.say("Every {season} there is a {what} in {place}, and this time {n} people took part.", "\"Who will win the {what} this year?\" people in {place} asked each other one {adj} {season} {day}.",
          "{p} and {q} had both put down their names for the {what} in {place}.", "On a {adj} {season} {day} everyone came to {place} for the great {what}.")
    d.say("The prize was {prize}, and (everyone wanted it|it stood on a table for all to see).", "{r} was the judge and (wore a tall hat|rang a little bell|looked very serious).", "{p.pet} the {p.pet.kind} (came along|sat in the front row) to bring {p} luck.",
          "{p} had practised for (two|three|four) weeks, and {q} for (a whole month|ten days).")
    d.say("{try_p}.", "First it was {p}'s turn, and {try_p}.", "When the bell rang, {try_p}.")
    d.say("Then came {q}, and {try_q}.", "But {try_q}.", "At the same time, {try_q}.")
    d.say("(People|Everybody) clapped and (shouted|called out) their names.", "{wx} (did not trouble anyone|was part of the fun).", "\"{p}! {p}!\" called one half of the crowd. \"{q}! {q}!\" called the other.", "It was so close that {r} had to look twice.")
    d.say("In the end {win}.", "And so it came that {win}.", "{r} (raised a hand|counted slowly), and then it was clear: {win}.")
    if "@p won" in contest_win:
        glad(d)
        d.say("\"You were better today,\" said {q}, \"but wait until next {season}!\"", "{q} was (a little sad|disappointed), but {q.he} was the first to (clap|shake {p}'s hand).", "{p} shared {prize_} with {q}, because (alone it would be no fun|{q} had done so well).", prize_="the prize")
    elif "@q won" in contest_win:
        glad(d, "q")
        d.say("{p} swallowed hard and then (clapped|cheered) louder than all the others.", "\"Next year I will win,\" said {p}, and (began to practise the same day|meant it).", "{q} shared the prize with {p}, because (alone it would be no fun|{p} had done so well).")
    else:
        d.say("So {p} and {q} shared {prize}, and both were (happy|content).", "\"Two winners are better than one,\" said {r}.", "{p} and {q} looked at each other and (began to laugh|shook hands).")
    ending(d)


def wild(d):
    g = d.gen
    p, q = g.person(), None
    q = g.person(p)
    scene(d)
    kind, hurt, care, free = d.rng.choice(WILD)
    d.v.update(p=p, q=q, kind=kind, hurt=hurt, care=care, free=free, spot=d.rng.choice(p.home.spots))
    opening(d)
    d.say("(Suddenly|Then) {p.he} heard a thin cry {spot}: it was a {kind} with {hurt}.", "On the way home {p} saw something small {spot}. It was a {kind}, and it had {hurt}.", "There, {spot}, sat a {kind} with {hurt}, too weak to run away.",
          "{p.pet} the {p.pet.kind} found it first: a {kind} with {hurt}, {spot}.")
    d.say("{p} knelt down and (spoke softly|held out a hand|did not move too fast).", "\"Do not be afraid,\" {p.he} (said|whispered). \"I will not hurt you.\"", "It trembled when {p} (came near|picked it up), but it did not bite.",
          "{p} took off {p.his} scarf and wrapped the {kind} in it.")
    d.say("{q.intro} knew what to do: one must {care}.", "\"You must {care},\" said {q}, who knows a lot about animals.", "{p} asked {q} for advice. \"The best thing is to {care},\" said {q}.")
    d.say("For (a week|ten days|two weeks|three weeks) the {kind} lived in a (basket|box|warm corner) in {p}'s house.", "Every morning {p} (looked after it|brought it fresh water) before {p.he} went to {p.do}.", "At first {p.pet} the {p.pet.kind} was jealous, but then the two (became friends|slept side by side).",
          "It drank a little, then it ate a little, and (soon|slowly) its eyes grew bright.")
    d.say("{p} would have liked to keep it. \"But a wild animal (is not a toy|needs the wide world|must be free),\" said {q}.", "Then it began to look out of the window, (day after day|every {day}), and {p} understood.", "One day it was (strong|well) again, and {p} knew what that meant.")
    d.say("So {p} carried it {back} and opened {p.his} hands, and {free}.", "On a {adj} {day} {p.he} set it free, and {free}.", "{p} opened the basket. For a moment nothing happened; then {free}.", "{back_} {p} (put it down|let it go), and {free}.", back=d.rng.choice(["to the edge of the wood", "to the stream", "out to the meadow", "up the hill"]), free_=free[0].upper() + free[1:])
    d.say("{p} waved until (there was nothing more to see|{p.his} arm was tired).", "{p} was sad and glad at the same time.", "\"Good luck,\" said {p}, \"and (come and see me|do not forget me|mind your step).\"")
    d.maybe(0.7, "And sometimes, on (quiet|long|clear) {season} evenings, a {kind} sits before {p}'s house in {p.home} and (looks in|waits).", "The next {season} a {kind} came to the door with two young ones, and {p} was sure that it was the same.",
            "Nobody knows if the {kind} remembers {p}, but {p} remembers the {kind}.")
    ending(d)


def fear(d):
    g = d.gen
    p = g.child()
    relatives = list(p.family.values())
    q = d.rng.choice(relatives) if d.rng.random() < 0.7 else g.adult(p)
    if q.child:
        raise Retry("child")
    what, thought, truth, trick = d.rng.choice(FEARS)
    scene(d, "evening", "night")
    rel = relation(p, q)
    d.v.update(p=p, q=q, what=what, thought=thought, truth=truth, trick=trick, whose=f"{p.his} {rel} {q}" if rel else str(q))
    d.say("{p} is {p.age} years old and (not afraid of much|quite brave), but {p.he} was afraid of {what}.", "On a {adj} {season} night in {p.home}, {p} could not sleep because of {what}.", "It was a {adj} {season} {day}, and {p} lay in bed with the blanket over {p.his} head. {p.He} was afraid of {what}.",
          "\"{p.pet}, are you awake?\" {p} whispered to {p.his} {p.pet.kind} one {adj} {season} night. {p.He} was afraid of {what}.")
    d.say("{p.He} was sure that {thought}.", "\"What if {thought}?\" {p.he} thought.", "In the dark it seemed to {p.him} that {thought}.")
    d.say("{p.He} called for {whose}.", "So {p.he} (crept|ran) to {whose}, (who was still awake|with {p.pet} under {p.his} arm).", "Then the door opened, and in came {whose} with a (candle|lamp|cup of warm milk).", "{whose_} heard {p.him} and came (at once|with a light).", whose_=(d.v["whose"][0].upper() + d.v["whose"][1:]))
    d.say("{q} did not laugh. \"When I was small,\" {q.he} said, \"I was afraid of that, too.\"", "\"Tell me what frightens you,\" said {q} and sat down on the bed.", "\"Let us look at it together,\" said {q} and took {p.his} hand.", "{q} (listened|nodded) and thought for a while.")
    d.say("\"You know,\" {q.he} said, \"{truth}.\"", "Then {q} explained it: {truth}.", "They looked, and what did they see? {truth_}.", truth_=truth[0].upper() + truth[1:])
    d.say("\"And here is a trick,\" said {q}. \"{trick_}.\"", "{q} knew a good trick: {trick}.", "Then {q} showed {p.him} what {q.he} always does: {trick}.", trick_=trick[0].upper() + trick[1:])
    d.say("{p} tried it, (once, twice, three times|and it helped|with closed eyes).", "It helped. {p}'s heart (beat more slowly|grew quiet).", "{p} (giggled|smiled) and felt (warmer|braver) already.")
    d.say("\"Good night, {p},\" said {q}. \"Good night, {q},\" said {p}, and (a minute later|before {q} had reached the door) {p.he} was asleep.", "Since that night, {p} (is not|has not been) afraid of {what} any more, or only a little.", "And when {p.friend} was afraid of the same thing, {p} knew exactly what to (say|do).",
          "{p.pet} the {p.pet.kind} (yawned|curled up|slept already), and soon {p} slept, too.")
    d.maybe(0.5, "In the morning {p.he} drank some {p.drink} and drew a picture of {what}, with a funny hat on." if "thunder" not in what else "In the morning {p.he} drank some {p.drink} and could even laugh about it.", "The next day {p} told everyone at school about it.")


def planting(d):
    g = d.gen
    p = g.person()
    q = g.person(p)
    plant, first, trouble, cure, end = d.rng.choice(PLANTS)
    n = d.rng.randint(3, 9)
    died = d.rng.randint(1, n - 2)
    d.v.update(p=p, q=q, plant=plant, first=first, trouble=trouble, cure=cure, end=end, n=number(n), died=number(died), left=number(n - died), season="spring", day="morning", sky="the birds were singing", adj="bright", wx="the sunshine")
    d.say("In spring, {p} (planted|sowed) {n} {plant} seeds (behind|beside|in front of) {p.his} house in {p.home}.", "{q.intro} gave {p} {n} {plant} seeds (for {p.his} birthday|in a little paper bag) one (bright|mild|windy) spring (morning|day).", "\"What is in your hand?\" asked {q} one spring morning. \"{n_} {plant} seeds,\" said {p}, \"and I am going to plant them.\"", n_=number(n).capitalize())
    d.say("{p} put each seed in a little hole, covered it and gave it water.", "{p} dug the earth (until it was soft|with a spade), laid the seeds in a row and (watered them|wished them good luck).", "\"Not too deep and not too close,\" said {q}, and {p} took good care.")
    d.say("For (two|three) weeks nothing happened.", "Every morning {p} went out to look, and every morning there was only earth.", "\"Why does nothing come?\" {p} asked {p.pet} the {p.pet.kind}. {p.pet} did not know, either.", "\"Patience,\" said {q}. \"A seed does not grow faster when you stare at it.\"")
    d.say("Then, after a warm rain, {first}.", "One morning in (April|May) it had happened: {first}.", "And then, at last, {first}!")
    d.say("In (early|high) summer came bad luck: {trouble}.", "But the summer was hard, and {trouble}.", "All was well until {trouble}.")
    d.say("Of the {n} plants, {died} died, so {left} were left." if died > 1 else "Of the {n} plants, one died, so {left} were left.", "{p} counted: {n} take away {died} leaves {left}.", "Now there were only {left} plants, for {died} had died." if died > 1 else "Now there were only {left} plants, for one had died.")
    d.say("So {q} told {p.him} to {cure}.", "\"You must {cure},\" said {q}.", "{p} did not give up. {p.He} asked {q}, and {q} said, \"The best thing is to {cure}.\"")
    d.v["end"] = d.phrase(end)
    d.say("In autumn, {end}.", "And when autumn came, {end}.", "{p} did it, and it helped. In autumn, {end}.")
    d.say("{p} gave half of everything to {q}, because ({q.he} had helped so well|half was more than enough|{p} is {p.trait}).", "{p} kept the best seeds in a little box, for spring always comes again.", "{p} was prouder than a king.", "\"You see,\" said {q}, \"who sows and waits, will eat.\"")
    ending(d)


def sharing(d):
    g = d.gen
    p, q = g.person(), None
    q = g.person(p)
    r = g.person(p, q)
    scene(d)
    what = d.rng.choice(["apples", "pears", "plums", "nuts", "buns", "eggs", "cookies", "chestnuts", "tomatoes", "cherries", "shells", "marbles", "candles", "pancakes"])
    people = d.rng.randint(2, 4)
    each = d.rng.randint(2, 6)
    extra = d.rng.choice([0, 0, 1])
    total = people * each + extra
    d.v.update(p=p, q=q, r=r, what=what, total=number(total), each=number(each), people=number(people), names={2: f"{p} and {q}", 3: f"{p}, {q} and {r}", 4: f"{p}, {q}, {r} and one guest"}[people])
    opening(d)
    d.say("On the table (stood|was) a bowl with {total} {what}.", "{p} had {total} {what}, and that was (too many|far too many) for one person.", "{q.intro} came in with {total} {what} in a basket.", "There were {total} {what} in {p}'s basket, and {p.he} counted them twice.")
    d.say("\"(I could eat them all|They are all for me),\" {p} thought, but (only for a moment|that would not be nice).", "\"What shall we do with {total} {what}?\" asked {r}.", "\"Let us share them,\" said {q}, \"(so that nobody is sad|and everyone gets the same).\"")
    d.say("There were {people} of them: {names}.", "{names_} sat down (in a circle|around the table).", names_=d.v["names"])
    d.say("{r} began: one for you, one for me, until (the bowl was empty|there were no more).", "{p} made {people} heaps and put one after the other on each.", "\"How many does each of us get?\" asked {q}. {p} (closed {p.his} eyes and counted|used {p.his} fingers).")
    if extra:
        d.say("Everyone got {each}, and one was left over, because {people} times {each} is {prod}, and {total} is one more.", "Each got {each}. But one was left, for {total} cannot be shared by {people} without a rest.", prod=number(people * each))
        d.say("\"The last one is for {p.pet} the {p.pet.kind},\" said {q}." if what not in ("shells", "marbles", "candles") else "\"The last one is for the window,\" said {q}, and there it still lies.", "They cut the last one into {people} pieces." if what not in ("shells", "marbles", "candles") else "The last one they gave to the next child who came along.", "\"Who gets the last one?\" asked {q}. \"The one who asks the least,\" said {p} and gave it to {r}.")
    else:
        d.say("Everyone got {each}, for {people} times {each} is {total}.", "So each of them had {each}: {total} shared by {people} is {each}.", "It came out even: {each} for each, and {people} times {each} is {total}.")
    d.maybe(0.6, "Then {r} ate one at once and had {e1} left.", "{q} put one in {q.his} pocket for {q.pet} the {q.pet.kind} and so had {e1} in {q.his} hand.", e1=number(each - 1))
    d.say("It is strange, but (shared|divided) {what} are always (better|nicer) than {what} one has alone.", "Nobody had much, but everybody had enough.", "\"Next time I will bring some,\" said {r}.", "{p} had fewer {what} than before and was (happier|more content) than before.")
    ending(d)


def festival(d):
    g = d.gen
    p, q = g.adult(), None
    q, = [g.person(p)]
    r = g.person(p, q)
    place = p.home
    season = d.rng.choice(list(FESTIVALS))
    name, custom, problem, fix = d.rng.choice(FESTIVALS[season])
    scene(d, "evening")
    while d.v["season"] != season:
        scene(d, "evening")
    d.v.update(p=p, q=q, r=r, place=place, fest=name, custom=custom, problem=problem, fix=fix)
    d.say("In {season} the people of {place} celebrate the {fest}.", "Once a year, in {season}, there is a {fest} in {place}.", "\"Only three days until the {fest}!\" said {p} the {p.trade} one {adj} {season} morning in {place}.", "The whole of {place} was getting ready for the {fest}, because {season} had come.")
    d.say("On that day {custom}.", "The custom is old: {custom}.", "Everyone looks forward to it, for {custom}.")
    d.say("{p} had to {p.do} until late, and {q} (swept the square|hung up paper stars|practised a song).", "{q} from {q.home} had come to help, and {r} brought a {p.serving}.", "All week people had (cooked|sewn|sung|hammered), and even {p.pet} the {p.pet.kind} wore a ribbon.", "There was a smell of {p.food} and {q.food} in every lane.")
    d.say("But then {problem}.", "On the last day, though, {problem}.", "Everything was ready, when suddenly {problem}.")
    d.say("\"(No feast without that|Then we cannot celebrate)!\" said {r}.", "Everyone looked at {p}, and {p} looked at {q}.", "(People|The children) were close to tears.")
    d.say("\"I have an idea,\" said {q}, and so {fix}.", "But {q} kept calm, and {fix}.", "They thought and thought. In the end {fix}.")
    d.say("So the {fest} could begin, and it was (finer than ever|the best for years).", "People danced until the stars (grew pale|came out), and {p} danced with {r}.", "They ate, they sang, and nobody in {place} was alone that {day}.", "{r} told a story, {q} played a tune, and the old people tapped their feet.")
    d.say("\"It does not have to be perfect,\" said {p}. \"It has to be together.\"", "Late that night {p} and {q} sat on the wall and watched the last lights go out.", "Since then, the people of {place} have done it that way every {season}.", "\"See you next {season}!\" they called when they went home.")


MAKERS = [(ill, 6), (chain, 5), (mistake, 7), (contest, 5), (wild, 5), (fear, 3), (planting, 4), (sharing, 7), (festival, 3)]
