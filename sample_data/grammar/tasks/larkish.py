"""Larkish, the old tongue of Lark Valley: lexicon and rules. README.md describes them for readers.

It must not hold an exception: every form follows from a root and the rules.
"""

# english singular, plural: larkish root
NOUNS = {
    "person": {"baker": "panor", "carpenter": "lignor", "miller": "molor", "shepherd": "ovor", "blacksmith": "feror", "teacher": "skolor", "fisher": "pesor", "potter": "argor", "gardener": "florador", "beekeeper": "melor", "weaver": "telor", "doctor": "sanor",
               "child": "kin", "woman": "dama", "man": "vir", "girl": "kina", "boy": "kinu", "guest": "host", "neighbour": "apud", "friend": "amik"},
    "animal": {"cat": "mur", "dog": "vau", "hen": "kot", "owl": "huhu", "duck": "natu", "rabbit": "lapi", "pig": "grun", "goose": "ansa", "pony": "ekin", "goat": "kapri", "cow": "muka", "mouse": "piki", "frog": "rana"},
    "food": {"loaf": "panu", "cake": "torta", "cheese": "formi", "apple": "pomu", "egg": "ovu", "pie": "pasti", "herring": "silva", "carrot": "karu", "bun": "bunu"},
    "thing": {"lamp": "lumi", "basket": "korbu", "blanket": "lanka", "jug": "vasu", "key": "klavi", "chair": "sedi", "box": "arku", "scarf": "kolu", "bell": "tintu", "letter": "skribi", "book": "libu", "knife": "kulti", "cup": "tasu", "ladder": "skalu", "rope": "korda", "hat": "kapu", "stool": "banku"},
    "place": {"house": "domu", "garden": "horti", "forest": "silu", "river": "fluvu", "bridge": "pontu", "market": "forumu", "mill": "molu", "school": "skolu", "well": "putu", "road": "via", "hill": "kolin", "barn": "granu", "inn": "taberu", "field": "agru", "lake": "laku"},
}
PLURALS = {"child": "children", "woman": "women", "man": "men", "goose": "geese", "mouse": "mice", "loaf": "loaves", "knife": "knives", "scarf": "scarves", "pony": "ponies", "box": "boxes"}
ADJECTIVES = {"old": "senu", "young": "juvi", "big": "mag", "little": "min", "good": "bon", "cold": "frigi", "warm": "kalu", "new": "nov", "red": "rubi", "white": "albi", "black": "nigi", "grey": "grisi", "brown": "bruni", "heavy": "gravi", "tired": "fati", "hungry": "fami", "happy": "feli", "quiet": "taki", "clean": "puri", "wet": "moli"}
FITS = {"person": "old young good tired hungry happy quiet little".split(), "animal": "old young big little white black grey brown tired hungry wet quiet".split(), "food": "big little good cold warm".split(),
        "thing": "old new big little red white black grey brown heavy clean wet".split(), "place": "old new big little quiet".split()}
# verb: (past, root, objects)
VERBS = {"see": ("saw", "vid", "person animal thing food"), "find": ("found", "trov", "animal thing person"), "buy": ("bought", "kup", "thing food animal"), "sell": ("sold", "vend", "thing food animal"), "carry": ("carried", "port", "thing food animal"), "bring": ("brought", "fer", "thing food"),
         "eat": ("ate", "mandu", "food"), "wash": ("washed", "lav", "thing animal"), "call": ("called", "vok", "person animal"), "hear": ("heard", "aud", "person animal"), "need": ("needed", "nek", "person thing"), "lose": ("lost", "perd", "thing animal"), "show": ("showed", "mostr", "thing animal"),
         "hide": ("hid", "kel", "thing food"), "help": ("helped", "jut", "person"), "follow": ("followed", "sek", "person animal"), "paint": ("painted", "pinti", "thing"), "feed": ("fed", "nutr", "animal person"), "greet": ("greeted", "salu", "person"), "make": ("made", "fak", "thing food")}
MOVES = {"go": ("went", "ir"), "walk": ("walked", "ambu"), "run": ("ran", "kur"), "come": ("came", "ven"), "hurry": ("hurried", "festi")}
STAYS = {"sleep": ("slept", "dorm"), "wait": ("waited", "atend"), "work": ("worked", "labor"), "sing": ("sang", "kant"), "sit": ("sat", "sid"), "laugh": ("laughed", "rid")}
BE, COST, LIVE = "es", "kost", "habit"
WHERE = {"in": "ni", "behind": "pos", "near": "pro"}
WAYS = {"to": "ta", "from": "de"}
WITH = {"with": "kun"}
TIMES = {"present": {"today": "hodi", "every day": "omdia", "now": "nun"}, "past": {"yesterday": "heri", "last summer": "estipas", "in the night": "nokti"}, "future": {"tomorrow": "kras", "soon": "balda", "next winter": "hivemo"}}
PRONOUNS = {"I": "mi", "he": "lo", "she": "la", "we": "nosi", "they": "lora"}
NUMBERS = {2: "bo", 3: "sam", 4: "tel", 5: "penu", 6: "zu", 7: "hep", 8: "olo", 9: "nar", 10: "dek", 12: "dek-bo", 14: "dek-tel"}
JOIN = {"and": "e", "but": "ma", "because": "kia"}
TENSE = {"present": "o", "past": "ai", "future": "ul"}
PENNY = "deni"


def noun(root, number, definite):
    """root + n in the plural + s with 'the'; a counted noun stays singular."""
    vowel = root if root[-1] in "aeiou" else root + "e"
    if number == "plural":
        return vowel + ("ns" if definite else "n")
    return vowel + "s" if definite else root


def verb(root, tense):
    """root + o (now), ai (then), ul (one day); after a vowel an h comes between."""
    return root + ("h" if root[-1] in "aeiou" else "") + TENSE[tense]


def owner(word):
    return word + "-ti"
