"""Sentence pairs English (en) and Larkish (vl), both made from one meaning.

It must not translate English text: both sides are spelled from the same parts, so they cannot drift apart.
"""
from grammar.engine import mend, third
from grammar.tasks import larkish as L
from grammar.tasks.kit import Retry, number

SINGULAR, PLURAL = "singular", "plural"
MOODS = ("tired", "hungry", "happy", "quiet")
ANIMALS_CAN = ("see", "find", "carry", "hear", "hide", "follow", "eat")


class Phrase:
    """A noun phrase in both languages and its number."""

    def __init__(self, en, vl, number=SINGULAR, first=False, animal=False):
        self.en, self.vl, self.number, self.first, self.animal = en, vl, number, first, animal


def thing(kit, kind, name=None):
    """a red lamp / lumi rubi; the lamps / lumins; three lamps / sam lumi; Mira's lamp / Mira-ti lumi."""
    word = name or kit.any(L.NOUNS[kind])
    root = L.NOUNS[kind][word]
    many = L.PLURALS.get(word, word + "s")
    en_adj = vl_adj = ""
    if kit.chance(0.4):
        adj = kit.any(L.FITS[kind])
        kit.need("adjective", word, adj)
        en_adj, vl_adj = adj + " ", " " + L.ADJECTIVES[adj]
    style = kit.rng.choices(("a", "the", "plural", "the plural", "count", "owner"), (3, 4, 2, 2, 2, 2))[0]
    if style == "count":
        n = kit.any([2, 3, 4, 5, 6, 7])
        return Phrase(f"{number(n)} {en_adj}{many}", f"{L.NUMBERS[n]} {root}{vl_adj}", PLURAL)
    if style == "owner" and kind != "person":
        p = kit.person()
        return Phrase(f"{p}'s {en_adj}{word}", f"{L.owner(p.name)} {root}{vl_adj}")
    plural, definite = "plural" in style, style.startswith("the") or style == "owner"
    en = {"a": f"a {en_adj}{word}", "plural": en_adj + many}.get(style, f"the {en_adj}{many if plural else word}")
    return Phrase(en, L.noun(root, PLURAL if plural else SINGULAR, definite) + vl_adj, PLURAL if plural else SINGULAR)


def subject(kit, kinds=("person", "person", "animal")):
    style = kit.rng.random()
    if style < 0.4:
        p = kit.person()
        return Phrase(p.name, p.name)
    if style < 0.5:
        p, q = kit.some(kit.world.people.values(), 2)
        return Phrase(f"{p} and {q}", f"{p} e {q}", PLURAL)
    if style < 0.65:
        word = kit.any(L.PRONOUNS)
        return Phrase(word, L.PRONOUNS[word], PLURAL if word in ("we", "they", "I") else SINGULAR, word == "I")
    kind = kit.any(kinds)
    s = thing(kit, kind)
    s.animal = kind == "animal"
    return s


def conjugate(s, base, past, tense, no):
    """The English verb with its subject."""
    if tense == "future":
        return f"will {'not ' if no else ''}{base}"
    if no:
        return ("did" if tense == "past" else "do" if s.number == PLURAL else "does") + f" not {base}"
    return past if tense == "past" else base if s.number == PLURAL else third(base)


def be(s, tense, no):
    one = "am" if s.first else "are" if s.number == PLURAL else "is"
    then = "was" if s.first or s.number == SINGULAR else "were"
    return {"present": one, "past": then, "future": "will" + (" not" if no else "") + " be"}[tense] + (" not" if no and tense != "future" else "")


def spot(kit, words):
    """in the garden / hortis ni; to Stonegate / Stonegate ta"""
    en, vl = kit.any(words.items())
    if kit.chance(0.35):
        x = kit.any(kit.world.places.values())
        return f"{en} {x}", f"{x} {vl}"
    word = kit.any(L.NOUNS["place"])
    return f"{en} the {word}", f"{L.noun(L.NOUNS['place'][word], SINGULAR, True)} {vl}"


def clause(kit, tense, no=False, ask=False, plain=False):
    """(english, larkish) without a full stop; Larkish puts time, subject, object, place, verb in this order."""
    kind = kit.rng.choices(("object", "move", "stay", "be"), (5, 2, 2, 2))[0]
    s = subject(kit)
    if kind == "be":
        if s.first or s.en[0].isupper() and not plain:
            s = subject(kit, ("person", "animal"))
        adj = kit.any(MOODS)
        if set(MOODS) & set(s.en.split()):
            raise Retry("the tired are tired")
        if ask:
            head = be(s, tense, False)
            en = f"will {s.en} be {adj}" if tense == "future" else f"{head} {s.en} {adj}"
        else:
            en = f"{s.en} {be(s, tense, no)} {adj}"
        return en, " ".join(filter(None, [s.vl, L.ADJECTIVES[adj], "ne" if no else "", L.verb(L.BE, tense)]))
    if kind == "object":
        base = kit.any(ANIMALS_CAN if s.animal else L.VERBS)
        past, root, fits = L.VERBS[base]
        of = kit.any(fits.split())
        word = kit.any(L.NOUNS[of])
        kit.need("object", base, word)
        o = thing(kit, of, word)
        if s.en == o.en or word in s.en or o.en.split("'")[0] in s.en.split():
            raise Retry("the same twice")
        tail, vl = [o.en], [o.vl]
        if base in ("carry", "bring") and kit.chance(0.6):
            more = spot(kit, {"to": "ta"})
            tail.append(more[0])
            vl.append(more[1])
        elif kit.chance(0.25) and base != "need":
            more = spot(kit, L.WHERE)
            tail.append(more[0])
            vl.append(more[1])
    else:
        table = L.MOVES if kind == "move" else L.STAYS
        base = kit.any(["sleep", "wait", "sit"] if s.animal and kind == "stay" else table)
        past, root = table[base]
        kit.need("verb", base, s.en.split()[-1], share=8)
        more = spot(kit, L.WAYS if kind == "move" else L.WHERE)
        tail, vl = [more[0]], [more[1]]
        if kit.chance(0.2):
            with_ = thing(kit, "animal" if kind == "stay" else "thing")
            tail.append("with " + with_.en)
            vl.append(with_.vl + " kun")
    if ask:
        helper = {"past": "did", "future": "will"}.get(tense, "do" if s.number == PLURAL else "does")
        en = f"{helper} {s.en} {base} {' '.join(tail)}"
    else:
        en = f"{s.en} {conjugate(s, base, past, tense, no)} {' '.join(tail)}"
    return en, " ".join([s.vl, *vl, *(["ne"] if no else []), L.verb(root, tense)])


def fact(kit):
    """A true sentence about the world: a home, a trade, a price."""
    p = kit.person()
    style = kit.any(["home", "trade", "price", "animal"])
    if style == "home":
        return f"{p} lives in {p.home}", f"{p} {p.home} ni {L.verb(L.LIVE, 'present')}"
    if style == "trade" and p.trade in L.NOUNS["person"]:
        return f"{p} is a {p.trade}", f"{p} {L.NOUNS['person'][p.trade]} {L.verb(L.BE, 'present')}"
    if style == "animal" and p.pet.kind in L.NOUNS["animal"] and p.pet.colour in L.ADJECTIVES:
        return f"{p}'s {p.pet.kind} {p.pet} is {p.pet.colour}", f"{L.owner(p.name)} {L.NOUNS['animal'][p.pet.kind]} {p.pet} {L.ADJECTIVES[p.pet.colour]} {L.verb(L.BE, 'present')}"
    goods = {"loaf of bread": "loaf", "sweet bun": "bun", "stool": "stool", "wooden box": "box", "kitchen knife": "knife", "herring": "herring", "clay cup": "cup", "wool blanket": "blanket", "scarf": "scarf", "blue jug": "jug"}
    p, g = kit.good(lambda p, g: g.one in goods)
    word = goods[g.one]
    root = (L.NOUNS["thing"] | L.NOUNS["food"])[word]
    return f"{p}'s {word} costs {number(g.price)} pence", f"{L.owner(p.name)} {root} {L.NUMBERS[g.price]} {L.PENNY} {L.verb(L.COST, 'present')}"


def make(kit):
    tense = kit.any(L.TENSE)
    style = kit.rng.choices(("plain", "no", "ask", "two", "fact"), (10, 3, 3, 4, 1))[0]
    end = "."
    if style == "fact":
        en, vl = fact(kit)
    elif style == "two":
        word = kit.any(L.JOIN)
        (a, x), (b, y) = clause(kit, tense), clause(kit, tense)
        if len((a + b).split()) > 18:
            raise Retry("too long")
        en, vl = f"{a}{'' if word == 'because' else ','} {word} {b}", f"{x} {L.JOIN[word]} {y}"
    else:
        en, vl = clause(kit, tense, no=style == "no", ask=style == "ask")
        if style == "ask":
            end, vl = "?", vl + " ka"
        if kit.chance(0.4):
            when, word = kit.any(L.TIMES[tense].items())
            en, vl = (f"{when}, {en}" if kit.chance(0.5) and style != "ask" else f"{en} {when}"), f"{word} {vl}"
    en = mend(en + end)
    return {"translation": {"en": en[0].upper() + en[1:], "vl": vl[0].upper() + vl[1:] + end}}
