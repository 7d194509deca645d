"""More stories in the past tense, with animals, long nights and things that are built.

It must not state a fact about a person or place that world.json does not hold.
"""
from grammar.beats import ending, glad, scene
from grammar.engine import number
from grammar.tables import NOISE


def lost_way(d):
    """Somebody loses the way between two places and is guided by what the place is known for."""
    g, w = d.gen, d.world
    p = g.person()
    goal, miles = g.step(p.home)
    q = d.rng.choice(w.neighbours_at(goal))
    scene(d, "afternoon", "evening")
    d.v.update(p=p, q=q, goal=goal, miles=number(miles), guide=goal.guide, fog=d.rng.choice(["a thick fog came up", "it grew dark", "a cloud came down from the hills", "the snow covered the road"] if d.v["season"] == "winter" else ["a thick fog came up", "it grew dark", "a cloud came down from the hills", "a heavy rain began"]))
    d.say("One {adj} {season} {day}, {p} set out from {p.home} to visit {q.intro} in {goal}.", "It is only {miles} miles from {p.home} to {goal}, and {p} knew the road well, or so {p.he} thought.", "{q} had invited {p} to {goal} for a {q.serving}, and {p} set out on a {adj} {season} {day}.", "\"I know the way to {goal} with my eyes shut,\" said {p} one {adj} {season} {day}.")
    d.say("But halfway to {goal} {fog}.", "{p} had just passed the last house of {p.home} when {fog}.", "{p} was thinking about {p.hobby} and did not notice that {fog}.", "Then {fog}, and {p} could not see {p.his} own feet.")
    d.say("Soon {p.he} did not know any more which way was {dir}.", "{p} went left, then right, then left again, and came back to the same stone.", "\"Have I not seen this tree before?\" {p} asked {p.himself}.", "{p} called out, but only an owl answered.", dir=w.direction(p.home, goal))
    d.say("{p.He} sat down and was close to tears." if p.child else "{p} sat down on a stone and wished for a {p.serving} and a dry pair of socks.", "{p} thought of {p.pet} the {p.pet.kind}, who was waiting at home.", "{p}'s feet were cold, and {p.his} courage was small.", "{p} counted to twenty, so as not to be afraid.")
    d.say("Then {p} kept quite still and noticed something: {guide}.", "And then there was something in the distance. It was {guide}!", "\"What is that?\" thought {p}. It was {guide}.", "After a while {p} noticed {guide}, faint but sure.")
    d.say("{p} followed it, step by step, until the first house of {goal} stood before {p.him}.", "{p} turned around and went towards it, and soon {p.he} felt the road under {p.his} feet again.", "Everyone knows that this is {goal}, so {p} knew which way to go.", "It led {p} down a hill, over a stream and straight to {goal}.")
    d.say("{q} was already standing at the door with a lamp. \"There you are, {p}!\"", "\"You are late,\" said {q}, \"and you are wet. Come in and drink some {q.drink}.\"", "{q} had been worried and hugged {p.him}.", "{q} opened the door before {p} could knock.")
    glad(d)
    d.maybe(0.7, "\"When you lose your way,\" said {q}, \"stand still and listen.\"", "{p} has never gone to {goal} without a lamp since then.", "\"{goal} called me,\" said {p}, and {q} understood.")
    ending(d, guest="p")


def animals(d):
    """Two animals of the valley have an adventure of their own."""
    g = d.gen
    p = g.person()
    q = g.person(p, where=lambda x: x.pet.kind != p.pet.kind)
    x, y = p.pet, q.pet
    scene(d)
    want = d.rng.choice(["a bowl of cream", "a basket of apples", "a warm loaf of bread", "a round of cheese", "a bag of oats", "a dish of carrots"])
    d.v.update(p=p, q=q, x=x, y=y, want=want, nx=NOISE[x.kind], ny=NOISE[y.kind], spot=d.rng.choice(p.home.spots))
    d.say("One {adj} {season} {day}, {x} the {x.kind} met {y} the {y.kind} {spot}.", "{p} had taken a nap, and so {x}, {p.his} {x.colour} {x.kind}, went out alone one {adj} {season} {day}.", "When {q} came to visit {p} in {p.home}, {q.he} brought {y}, {q.his} {y.colour} {y.kind}.", "Everyone knows {x}, {p}'s {x.kind}, and {y}, {q}'s {y.kind}. But only few know what they did one {adj} {season} {day}.")
    d.say("\"Who are you?\" said the {nx} of {x}, and the {ny} of {y} said, \"(A friend|I am {y}).\"", "\"Are you hungry, too?\" asked {x} with a {nx}. \"Always,\" said the {ny} of {y}.", "At first {x} and {y} (walked around each other|looked the other way|pretended to be asleep).", "{x} made a small {nx}, and {y} answered with a {ny}. So they became friends.")
    d.say("Then both of them smelled something: on the window stood {want}.", "Not far away, somebody had put {want} on a table.", "\"Follow me,\" {x} seemed to say, for {x} knew where there was {want}.", "{y} was hungry, and {x} had seen {want} in {p}'s kitchen.")
    d.say("But it stood too high for {x} and too far for {y}.", "{x} tried to reach it and fell into a bucket.", "{y} pulled and {x} pushed, but nothing moved.", "Alone neither {x} nor {y} could have reached it.")
    d.say("So {y} climbed on {x}'s back." if x.kind in ("donkey", "pony", "cow", "goat", "pig", "sheep", "dog") and y.kind not in ("donkey", "pony", "cow", "goat", "pig", "sheep", "dog") else "So {x} made a great noise at the front door, and {y} went in at the back.", "{y} had a plan: while {x} kept watch, {y.he} pulled at the cloth.", "They waited until {p} turned around. Then {x} ran to the left and {y} to the right.")
    d.say("There was a crash, and there it lay: {want}, and in the middle of it {x} and {y}.", "The cloth came down, and with it came {want}.", "It worked, and for a while one could hear only (happy|loud|quiet) eating.")
    d.say("\"{x}!\" cried {p}. \"{y}!\" cried {q}. But {x} and {y} were already (far away|behind the barn|around the corner).", "When {p} came in, {x} looked at the ceiling, as if {x.he} had never seen food in {x.his} life.", "{q} came running. {y} had crumbs all over, and so there was no use in hiding.", "{p} wanted to be cross, but {p.he} had to laugh.")
    d.say("\"I did not know that a {x.kind} and a {y.kind} could be friends,\" said {q}.", "\"Well,\" said {p}, \"now we know what they do when we talk about {p.hobby}.\"", "Since then, {p} puts {want} on the highest shelf when {y} comes to visit.", "{p} gave {q} a {q.serving}, so that at least somebody ate what was meant for {q.him}.")
    d.maybe(0.7, "And when {x} and {y} meet, they (wink|seem to wink) at each other.", "{x} and {y} slept side by side that night, full and content.", "Nobody scolded them for long, because it was such a {adj} {day}.")
    ending(d)


def building(d):
    """People build something together; the numbers add up."""
    g, w = d.gen, d.world
    p = g.adult()
    q = g.person(p)
    r = g.person(p, q)
    what, parts, trouble, fix, use = d.rng.choice([
        ("a bench", "boards", "one leg was shorter than the others", "they put a flat stone under it", "sit in the evening sun"),
        ("a little bridge", "planks", "the stream carried the first plank away", "they tied the planks with a long rope", "cross the stream with dry feet"),
        ("a hen house", "boards", "the door opened on the wrong side", "they simply turned the whole house around", "keep the hens safe from the fox"),
        ("a stone wall", "stones", "the wall fell over in the night", "they put the big stones at the bottom", "keep the goats out of the lettuce"),
        ("a raft", "logs", "the raft turned in circles", "they made a rudder out of an old door", "float on the water on hot days"),
        ("an oven of clay", "bricks", "the smoke came out at the front", "they built the chimney one brick higher", "bake bread for the whole village"),
        ("a swing", "knots", "the rope was too long and the seat touched the ground", "they tied two more knots", "swing up to the clouds"),
        ("a bookshelf", "boards", "it leaned to one side like a tired man", "they put a wedge under the left foot", "have a place for every book"),
    ])
    a, b = d.rng.randint(3, 12), d.rng.randint(2, 9)
    scene(d, "morning")
    d.v.update(p=p, q=q, r=r, what=what, parts=parts, trouble=trouble, fix=fix, use=use, a=number(a), b=number(b), s=number(a + b), spot=d.rng.choice(p.home.spots))
    d.say("\"What {p.home} needs is {what},\" said {p} one {adj} {season} morning.", "In {season}, {p} and {q.intro} decided to build {what} {spot}.", "{p} had dreamed of {what} for years, and one {adj} {season} morning {p.he} began.", "It was {q}'s idea to build {what} in {p.home}, but {p} was the one who began.")
    d.say("{p} brought {a} {parts} and {q} brought {b}, so they had {s}.", "\"I have {a} {parts},\" said {p}. \"And I have {b},\" said {q}. {a_} and {b} make {s}.", "They needed {s} {parts}. {p} had {a}, so {q} went to find the other {b}.", "{q} counted the {parts}: {a} on the left and {b} on the right, {s} in all.")
    d.say("{r} came by and (asked|wondered), \"What is that going to be?\" \"{what_},\" said {p}.", "{r.intro} shook {r.his} head. \"That will never (stand|work|be finished),\" {r.he} said.", "{p.pet} the {p.pet.kind} (ran between their legs|sat on the {parts}|watched from a safe place).", "{q} held, {p} hammered, and {r} sang to keep them in good spirits." if what not in ("a stone wall", "an oven of clay", "a swing") else "{q} carried, {p} worked, and {r} sang to keep them in good spirits.")
    d.say("By noon they were (tired|hungry) and shared a {p.serving}.", "They worked all day, and {wx} was their only guest." if "sun" not in d.v["wx"] else "They worked all day in the sunshine.", "After {n} hours they could see what it would become.", n=number(d.rng.randint(2, 6)))
    d.say("But {trouble}.", "Everything looked good until they saw that {trouble}.", "\"(Oh no|Look at that),\" said {q}: {trouble}.", "Then came a disappointment: {trouble}.")
    d.say("{r} laughed, but {p} did not give up.", "\"I told you so,\" said {r}.", "{p} thought for a long time and drank some {p.drink}.", "\"There is an answer to everything,\" said {q}.")
    d.say("In the end {fix}, and that was that.", "It was {r} who had the idea: {fix}.", "So {fix}, and now it (was right|could not have been better).", "{q} had a simple answer: {fix}.")
    d.say("Now the people of {p.home} can {use}.", "Since that {season} everyone in {p.home} can {use}.", "\"Now we can {use},\" said {p} proudly.", "{q} was the first who could {use}.")
    d.maybe(0.6, "On one side {p} carved three letters, one for each of them.", "Even {r} had to admit that it was good work.", "It still stands there today.")
    ending(d)


def swap(d):
    """A chain of barter that ends better than it began."""
    g, w = d.gen, d.world
    p = g.person()
    things = ["a blue cup", "a ball of wool", "an old hat", "a tin whistle", "a basket of nuts", "a pair of boots", "a wooden spoon", "a bag of beans", "a small drum", "a warm scarf", "a jar of jam", "a picture of the sea", "a green umbrella", "a lantern"]
    first, second, third, last = d.rng.sample(things, 4)
    q = g.person(p)
    r = g.person(p, q)
    scene(d, "morning", "afternoon")
    the = lambda thing: "the " + thing.split(" ", 1)[1]
    d.v.update(p=p, q=q, r=r, first=first, second=second, third=third, last=last, f=the(first), s=the(second), t=the(third), l=the(last))
    d.say("{p} had {first} that {p.he} did not need any more, so one {adj} {season} {day} {p.he} took it along.", "One {adj} {season} {day}, {p} cleaned the house in {p.home} and found {first}.", "\"What shall I do with {f}?\" {p} asked {p.pet} the {p.pet.kind} one {adj} {season} {day}.", "{p} got {first} as a present, but what {p.he} really wanted was {last}.")
    d.say("On the road {p} met {q.intro}, who had {second}. \"Shall we swap?\" asked {q}.", "{q.intro} saw it and said, \"I have been looking for {first}! I will give you {second} for it.\"", "In {q.home} {q} was just throwing away {second}. \"Wait,\" said {p}, \"I will give you {first} for it.\"")
    d.say("So {p} gave {q} {f} and got {s}.", "{p} thought it over and agreed, and so {f} became {second}.", "They shook hands, and {p} walked on with {s} under {p.his} arm.")
    d.say("A little later {p} came to {r}, who {r.did} with cold hands." if d.v["season"] == "winter" else "A little later {p} came to {r}, who was {r.doing}.", "Then came {r} from {r.home} and looked at {s} with big eyes.", "In {r.home}, {r} was sitting sadly before {r.his} door.")
    d.say("\"{second_}!\" cried {r}. \"That is just what I need. I have only {third} to give.\"", "\"I would give {third} for {s},\" said {r}.", "{r} needed {second} badly, and {p} is {p.trait}. So {p} offered {s}, and {r} offered {third}.")
    d.say("\"Why not?\" said {p}, and now {p.he} had {third}.", "So {s} stayed with {r}, and {t} went with {p}.", "{p} laughed, because {t} was not worth much. But {r} was so pleased!")
    d.say("At home {q} was already waiting. \"I have changed my mind,\" said {q}. \"I will give you {last} for {t}.\"", "On the way home {p} met {q} again, and {q} said, \"If you give me {t}, you may have {last}.\"", "In the end {q} wanted {t} more than anything, and gave {p.him} {last}.")
    glad(d)
    d.say("{p} had gone out with {first} and came home with {last}.", "\"A good swap makes two people happy,\" said {p}, \"and I have made three.\"", "Now everyone had what they needed: {q} had {t}, {r} had {s}, and {p} had {l}.")
    ending(d, guest="p")


MAKERS = [(lost_way, 7), (animals, 8), (building, 7), (swap, 6)]
