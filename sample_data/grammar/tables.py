"""What can happen in the valley: weather, mishaps, crafts, cures. Plain data with @ and {} slots.

It must not name a person or a place.
"""

WEATHER = {
    "spring": [("rainy", "a soft rain was falling", "the rain"), ("windy", "a fresh wind was blowing", "the wind"),
               ("bright", "the sun was shining on the new leaves", "the sunshine"), ("misty", "a thin mist lay over the fields", "the mist"),
               ("mild", "the air smelled of wet earth", "the mild air")],
    "summer": [("hot", "the air was still and hot", "the heat"), ("sunny", "the sun was shining", "the sunshine"),
               ("warm", "a warm wind was blowing", "the warm wind"), ("golden", "the fields were full of light", "the golden light"),
               ("cloudless", "the sky was blue from hill to hill", "the sunshine")],
    "autumn": [("misty", "a white fog lay in the valley", "the fog"), ("windy", "the wind was chasing the leaves", "the wind"),
               ("rainy", "the rain was drumming on the roofs", "the rain"), ("grey", "low clouds hung over the hills", "the grey sky"),
               ("cool", "the first leaves were turning red", "the cool air")],
    "winter": [("snowy", "snow was falling", "the snow"), ("frosty", "the frost had painted every window", "the frost"),
               ("cold", "the puddles were hard as stone", "the cold"), ("white", "the snow lay deep on the roofs", "the snow"),
               ("icy", "a sharp wind came down from the mountain", "the icy wind")],
}

DAYS = ["morning", "morning", "afternoon", "evening"]

NOISE = {"cat": "meow", "dog": "bark", "donkey": "hee-haw", "hen": "cluck", "owl": "hoot", "parrot": "squawk", "tortoise": "rustle",
         "duck": "quack", "rabbit": "rustle", "pig": "grunt", "goose": "honk", "sheep": "bleat", "pony": "snort", "goat": "bleat",
         "cow": "moo", "mouse": "squeak", "frog": "croak"}

TROUBLES = [
    dict(name="flood", art="a", seasons=["spring", "autumn"], adj=["wet", "rainy", "grey"], wx=["the flood", "the high water", "so much rain"],
         sky=["the rain had not stopped for three days", "brown water was running down the lane", "the water stood as high as the doorsteps"],
         effect=["the cellars were full of water", "the road was under water", "the hens sat on the roofs and would not come down", "the potatoes swam in the garden"],
         help=["filled sacks with sand and laid them before the doors", "carried the chairs and the flour upstairs", "dug a ditch that led the water back to the stream", "rowed from house to house and brought dry bread"],
         after=["the rain stopped and the water went down", "the ditch carried the water away", "the sun dried the lanes"],
         lesson=["water is stronger than a wall but weaker than a ditch", "a flood is easier to bear when nobody is alone"]),
    dict(name="snowstorm", art="a", seasons=["winter"], adj=["dark", "white", "icy"], wx=["the snowstorm", "the deep snow", "so much snow"],
         sky=["the snow reached up to the windows", "the snow was falling as thick as feathers", "there was nothing to see but snow"],
         effect=["the doors would not open", "the road to the next village was closed", "the wood pile had vanished under the snow", "no letters came for a week"],
         help=["dug a path from door to door", "pulled a sled with bread and firewood through the lanes", "cleared the snow off the roofs", "tied a rope from house to house so that nobody got lost"],
         after=["the clouds went away and the snow glittered in the sun", "the first sled came through with the letters", "the path was wide enough for two"],
         lesson=["snow is only cold to those who stand still", "a path begins with one spade of snow"]),
    dict(name="storm", art="a", seasons=["summer", "autumn"], adj=["stormy", "dark", "wild"], wx=["the storm", "the wild wind", "thunder and wind"],
         sky=["black clouds were racing over the roofs", "the thunder rolled from hill to hill", "the wind was howling in the chimneys"],
         effect=["three roofs lost their tiles", "a tree lay across the road", "the washing flew as far as the next field", "every lamp in the lane went out"],
         help=["sawed the fallen tree and rolled it aside", "nailed boards over the broken windows", "gathered the tiles and carried them up the ladders", "brought the animals into a safe barn"],
         after=["the wind grew tired and a rainbow stood over the valley", "the roofs were whole again", "the stars came out over quiet houses"],
         lesson=["a storm breaks the stiff tree and spares the one that bends", "after thunder people are kinder"]),
    dict(name="drought", art="a", seasons=["summer"], adj=["dry", "hot", "dusty"], wx=["the drought", "the dry heat", "the long heat"],
         sky=["it had not rained for five weeks", "the grass was as yellow as straw", "the dust hung over the road"],
         effect=["the stream was only a thin thread", "the beans hung their heads", "there was little water for the animals", "the wheel of the mill stood still"],
         help=["carried water from the deep well in the cool of the evening", "shared the water, one bucket for each house", "laid straw around the young plants to keep the earth wet", "dug the old well two feet deeper"],
         after=["clouds came over the hill and it rained all night", "the first drops fell on the dusty road", "the well filled again"],
         lesson=["water is worth more than silver", "whoever shares a bucket never goes thirsty"]),
    dict(name="fog", art="a thick", seasons=["autumn", "winter", "spring"], adj=["foggy", "grey", "silent"], wx=["the thick fog", "the fog", "such a fog"],
         sky=["one could not see one's own feet", "the houses had vanished in a grey cloud", "the fog stood like a wall before the door"],
         effect=["people bumped into each other in the lane", "two carts lost their way", "the sheep could be heard but not seen", "nobody dared to go far"],
         help=["rang a bell every few minutes to guide the lost", "hung lamps along the road", "walked hand in hand in a long line", "called to each other from gate to gate"],
         after=["a light wind came and blew the fog away", "the last cart found its way home", "the sun came through like a golden coin"],
         lesson=["in the fog a voice is better than a lamp", "it is wise to go slowly when one cannot see"]),
]

SKILLS = {
    "baker": [("bake bread", "warm dough must not be hurried", "the bread came out as flat as a plate"), ("make plum cake", "a cake wants a steady fire", "the cake was black outside and wet inside")],
    "carpenter": [("build a stool", "measure twice and saw once", "one leg was too short and the stool fell over"), ("make a wooden box", "good wood tells you where to cut", "the lid was bigger than the box")],
    "miller": [("grind flour", "the stones must turn slowly", "the flour was full of whole grains")],
    "shepherd": [("lead the flock", "sheep follow a calm voice", "the sheep ran in all directions"), ("shear a sheep", "hold the sheep as gently as a baby", "the sheep got away with half its wool on")],
    "blacksmith": [("make a horseshoe", "strike while the iron is hot", "the iron was cold before the first blow"), ("forge a hook", "let the hammer do the work", "the hook looked like a worm")],
    "fisher": [("mend a net", "every knot must be pulled tight", "all the knots came open"), ("row a boat", "both oars must pull alike", "the boat went round and round")],
    "lighthouse keeper": [("light the great lamp", "the lamp glass must be clean before the flame is lit", "the flame smoked and went out"), ("read the clouds", "look where the wind comes from", "the sunny day turned into rain")],
    "ferryman": [("row the ferry", "pull with the back and not with the arms", "the ferry ran into the reeds"), ("tie a sailor's knot", "the rope goes around the tree and back into the hole", "the ferry floated away")],
    "potter": [("make a bowl", "wet hands and a slow wheel make a round bowl", "the clay flew off the wheel"), ("shape a jug", "press the clay softly from inside", "the jug fell down like a tired hat")],
    "gardener": [("plant a tree", "a young tree needs a deep hole and a strong stick", "the tree stood as crooked as a question"), ("sow carrots", "small seeds want to lie close under the earth", "the birds ate all the seeds")],
    "beekeeper": [("gather honey", "bees like slow hands", "the bees buzzed around and chased them both into the house"), ("make candles", "dip the thread and let it cool, and dip it again", "the candle was as thin as a needle")],
    "weaver": [("weave a ribbon", "pull every thread equally tight", "the ribbon was wide at one end and narrow at the other"), ("dye wool", "stir the pot and never stop", "half the wool was blue and half was white")],
    "woodcutter": [("stack firewood", "the big logs lie at the bottom", "the whole pile rolled down the hill"), ("sharpen an axe", "keep the stone wet", "the axe was as blunt as before")],
    "doctor": [("put on a bandage", "a bandage must be firm but not tight", "the bandage slid down like an old sock"), ("make cough syrup", "the honey goes in last", "the syrup was too bitter to drink")],
    "innkeeper": [("cook soup", "salt comes at the end, and only a little", "the soup was so salty that nobody could eat it"), ("carry four plates", "look ahead and not at the plates", "four plates lay in pieces on the floor")],
    "cheesemaker": [("make cheese", "warm milk needs a patient spoon", "the cheese ran away from the cloth"), ("milk a cow", "the cow must like you first", "the cow put her foot in the bucket")],
    "letter carrier": [("sort letters", "read the place before the name", "a letter for Saltmere nearly went to Mosswood"), ("ride a pony", "sit straight and hold the reins loosely", "the pony stopped and its rider did not")],
}

QUARRELS = [
    dict(cause=["{q} had borrowed {p}'s (ladder|lamp|bucket|basket|book) and not brought it back"], truth=["{q} had lent it to {r}, who needed it badly", "it was broken, and {q} was mending it in secret", "{q} had been ill in bed for a week"]),
    dict(cause=["{q} had promised to come at (noon|three|four) and never came"], truth=["{q} had stopped to help {r}, who had lost {r.pet} the {r.pet.kind}", "{q} had waited in another place all the time", "a fallen tree had closed the road from {q.home}"]),
    dict(cause=["somebody had eaten {p}'s {p.food}, and {p} thought it was {q}"], truth=["{p.pet} the {p.pet.kind} had eaten it all", "{p} had eaten it {p.himself} and forgotten it", "it still stood behind the milk jug"]),
    dict(cause=["{q} had laughed when {p} fell into (a puddle|the mud|the stream)"], truth=["{q} had laughed about {q.pet} the {q.pet.kind} and had not seen the fall at all", "{q} laughs when {q.he} is frightened"]),
    dict(cause=["{q} had told {p}'s secret to {r}"], truth=["{r} had heard it through the open window", "{r} had only guessed, and guessed right"]),
    dict(cause=["both {p} and {q} wanted the same (red apple|blue cup|warm seat|wooden flute)"], truth=["there were two of them all the time", "{q} had wanted it as a present for {p}"]),
]

ALL = ["spring", "summer", "autumn", "winter"]

ILLS = [
    ("walked home in the rain without a coat", "a bad cold", "hot tea with honey three times a day", "stay in bed until the nose is dry", ALL, "whoever gets wet must change clothes"),
    ("stood too long in the wind", "a cough", "a spoon of cough syrup every morning and evening", "no running about", ["autumn", "winter", "spring"], "a scarf in time saves a week in bed"),
    ("eaten too many green apples", "a terrible stomach ache", "dry toast and mint tea", "no apples for a week", ["summer", "autumn"], "green apples are not for eating"),
    ("slipped on the wet steps", "a swollen foot", "a cold cloth and a tight bandage", "keep the foot on a pillow", ["autumn", "winter", "spring"], "wet steps want slow feet"),
    ("worked day and night without a rest", "a fever and heavy eyes", "plenty of water and plenty of sleep", "no work before Sunday", ALL, "nobody should work without a rest"),
    ("fallen from a ladder", "a sore arm", "warm oil and a sling", "let others carry the heavy things", ALL, "one climbs slowly or not at all"),
    ("sat too long in the hot sun", "a burning head", "cool water on the forehead", "stay in the shade", ["summer"], "a straw hat is the best medicine in summer"),
    ("scratched @his hand on a rusty nail", "a hurt hand", "clean water, a little cream and a bandage", "come back in three days", ALL, "rusty nails do not belong in a pocket"),
]

MISTAKES = [
    ("left the gate open", "{q}'s {q.pet.kind} {q.pet} ran out and ate all the lettuce", "planted new lettuce, row by row"),
    ("put salt into the cake instead of sugar", "all the guests made faces and {q} had to drink three cups of water", "baked another cake, a sweet one"),
    ("forgot to close the window", "the rain came in and made {q}'s papers wet", "hung the papers on a line to dry"),
    ("left the tap of the barrel open", "the whole cellar smelled of cider and {q} had wet shoes", "mopped the cellar from wall to wall"),
    ("hung the lamp too close to the curtain", "the curtain got a big brown hole and {q} smelled smoke", "sewed a new curtain with a pattern of leaves"),
    ("kicked the ball too high", "{q}'s window broke into a hundred pieces", "swept up the glass and put in a new pane"),
    ("put the letters in the wrong bag", "{q} got a love letter from a stranger", "sorted all the letters anew"),
    ("washed {q}'s white shirt together with a red sock", "the shirt came out of the tub as pink as a pig", "dyed the shirt dark blue, which suited {q} well"),
    ("sat down on {q}'s new hat", "the hat was as flat as a pancake", "steamed the hat over a pot until it was round again"),
    ("forgot the pot on the stove", "there was smoke in the whole house and {q} got nothing to eat", "scrubbed the pot and cooked soup anew"),
    ("painted the fence without asking", "{q} leaned on it and got green stripes on {q.his} coat", "cleaned the coat with chalk and hot water"),
    ("told everyone the wrong time", "{q} stood at the ferry at six in the morning, all alone", "made a big sign with the right time on it"),
]

CONTESTS = [
    ("pie contest", "@p baked a pie with a golden crust", "@q made one with three kinds of berries", "@p won, for nobody left a crumb of that pie", "a silver spoon", ALL),
    ("pie contest", "@p was nervous and let the pie burn a little", "@q kept calm and took the pie out in time", "@q won, because patience makes the best crust", "a copper pot", ALL),
    ("kite contest", "@p let a long red kite go up above the roofs", "@q's kite rose even higher, but the string broke", "@p won, because that string was the stronger one", "a big ball of string", ["spring", "summer", "autumn"]),
    ("boat race", "@p pulled at the oars until the water foamed", "@q found the stream in the middle and let it carry the boat", "@q won by the length of one oar", "a new pair of oars", ["spring", "summer", "autumn"]),
    ("running race", "@p started too fast and was soon out of breath", "@q ran slowly at first and saved strength for the end", "@q won, and the proudest runner came in last", "a crown of flowers", ["spring", "summer", "autumn"]),
    ("running race", "@p ran as if a goose were at @his_p heels", "@q slipped in a bend but got up again", "@p won, one step ahead of the rest", "a pair of new shoes", ["spring", "summer", "autumn"]),
    ("singing contest", "@p sang an old song about the Silver River", "@q sang so softly that everyone leaned forward to hear", "nobody could decide, so both got the prize", "a music box", ALL),
    ("pumpkin contest", "@p rolled in a pumpkin as big as a washtub", "@q's pumpkin was smaller but perfectly round", "@p won, and it took four men to lift the pumpkin on the scale", "a spade with a carved handle", ["autumn"]),
    ("snowman contest", "@p built a snowman with a pipe and a broken hat", "@q built a snow bear that looked almost alive", "@q won, and the bear stood there for weeks", "a sled", ["winter"]),
    ("guessing game", "@p guessed that there were ninety beans in the jar", "@q guessed that there were seventy beans in it", "there were exactly eighty, so both were equally near", "the jar and all the beans", ALL),
]

WILD = [
    ("hedgehog", "a hurt foot", "keep it warm and give it water, but no milk", "it rolled into a ball, rolled out again and marched off without a look back"),
    ("young fox", "a thorn in its paw", "pull out the thorn and wash the paw", "it stood still, looked around once and ran like a red flame"),
    ("swallow", "a broken wing", "tie the wing with a soft thread and feed it flies", "it flew up, made one wide circle and was gone"),
    ("squirrel", "a torn ear", "clean the ear and offer it nuts", "it jumped to the nearest branch and scolded everybody"),
    ("young hare", "no mother", "feed it with a spoon and keep the dogs away", "it made three high jumps and vanished in the grass"),
    ("robin", "an empty stomach and frozen feet", "warm it in your hands and give it crumbs", "it sang a short song, as if to say thank you, and flew away"),
    ("sparrow", "a bent wing", "let it rest in the dark and feed it seeds", "it hopped twice, spread its wings and was over the roof"),
    ("lamb", "no strength in its legs", "rub it dry and give it warm milk", "it ran to the flock, and its mother knew it at once"),
    ("otter", "a fishing line around its neck", "cut the line and let it swim in a tub", "it slid into the water without a splash"),
    ("crow", "one lame leg", "bind the leg to a little stick", "it flew up, called three times and dropped a shiny stone"),
]

FEARS = [
    ("the thunder", "the sky would fall down on the roof", "thunder is only the voice of the lightning, and it is always late", "count the seconds from the flash to the thunder, and when the number grows, the storm is going away"),
    ("the dark", "somebody was standing behind the door", "behind the door hung only a coat and a hat", "name five things in the room that one cannot see but knows are there"),
    ("the howling wind", "wolves were running around the house", "the wind was only playing on the chimney as on a flute", "sing along with the wind, one tone higher"),
    ("the deep cellar", "a giant slept behind the potatoes", "the giant was only an old barrel", "knock three times and say good day, for polite people have nothing to fear"),
    ("the big geese", "they would chase everyone down the lane", "a goose runs only after those who run away", "stand still, make yourself tall and wish the goose a good morning"),
    ("the exam", "all the words would fly out of one's head", "an exam is only a talk with a piece of paper", "breathe in while counting to four, and breathe out while counting to six"),
    ("the shadow on the wall", "a monster with long arms was waving", "it was the branch of the pear tree in the light of the moon", "make a shadow dog with your hands and let it bark at the monster"),
    ("the old bridge", "the boards would break", "the boards were as thick as a fist, and a whole cart had crossed them that day", "look at the far side and not down, and take one step after the other"),
]

PLANTS = [
    ("pumpkin", "two thick green leaves looked out of the earth", "the snails came by night and ate the leaves", "put a ring of ash around every plant", "(pumpkins as round as the moon lay in {p}'s garden|{p} needed a wheelbarrow for the pumpkins)"),
    ("bean", "a little green hook pushed up the earth", "a storm threw the plants to the ground", "tie each plant to a strong stick", "{p} filled (two|three|four) baskets with beans"),
    ("sunflower", "small green fingers pointed to the sky", "the hens scratched up the roots", "build a low fence around the bed", "{p}'s sunflowers looked over the roof of the (shed|house|barn)"),
    ("carrot", "a row of fine green feathers stood in the bed", "the rabbits found them", "hang up little bells that ring in the wind", "{p}'s carrots were as long as an arm"),
    ("pea", "green threads climbed out of the earth", "it did not rain for a month", "carry water to them in the evening and never at noon", "there was pea soup for everyone in {p.home}"),
    ("poppy", "a green carpet, as fine as moss, covered the bed", "the weeds grew faster than the flowers", "pull up the weeds, roots and all", "(the little seed boxes|the dry poppies) rattled in the wind, and {p} liked to listen"),
    ("melon", "a round leaf lay on the earth like a green coin", "the nights were much too cold", "cover the plants with straw when the sun goes down", "{p} cut the first melon and (all of {p.home} tasted it|gave {p.pet} a piece)"),
    ("onion", "thin green needles stood up in a row", "the goat broke through the fence and ate half of the bed", "close the hole with branches", "strings of onions hung in {p}'s kitchen"),
    ("cabbage", "pale little hearts opened in the earth", "caterpillars came, as many as stars", "pick them off by hand, morning and evening", "{p} rolled the cabbages home like balls"),
    ("apple", "a stem no longer than a finger stood there with two leaves", "a hare came and bit the bark", "wrap every stem in cloth", "the little trees were as high as {p.pet} the {p.pet.kind}, and {p} measured them every year"),
]

FESTIVALS = {
    "spring": [("egg feast", "the children look for painted eggs in the wet grass", "the hens laid no eggs", "they painted round stones instead, which nobody could break"), ("flower day", "every door wears a wreath of flowers", "the frost killed all the flowers in one night", "they made flowers of coloured paper")],
    "summer": [("feast of lights", "a hundred little boats with candles float on the water", "the candles melted in the hot sun", "they caught glow-worms in glasses and set them free at midnight"), ("long table day", "one table stands through the whole village and everyone brings a dish", "the clouds grew black and it began to pour", "they carried the long table into the biggest barn")],
    "autumn": [("harvest feast", "people bring the largest turnip, the reddest apple and the roundest cheese", "a pig got loose and ate the first prize", "they gave the first prize to the pig"), ("lantern walk", "the children walk through the dark with lanterns and sing", "the wind blew out every lantern", "everyone sang louder and found the way by ear")],
    "winter": [("feast of stars", "every window has a lamp, so that nobody loses the way", "the oil for the lamps ran out", "everybody gave a spoonful, and it was enough for all"), ("snow feast", "people build a house of snow and drink hot cider in it", "it grew warm and the snow house began to melt", "they made it into a slide, the longest in the valley")],
}
