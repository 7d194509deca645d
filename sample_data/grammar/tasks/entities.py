"""Sentences with marked spans: PERSON, PLACE, ANIMAL (its name), GOODS, PRICE, TRADE.

It must not leave a name of the world unmarked; words that are names elsewhere (a cloud, pepper, a button) stay plain.

A slot [p] is marked with the label of its kind; the marks are taken out after the mending, so that the offsets fit the final text.
"""
import re

from grammar.engine import AN, _article
from grammar.tasks.kit import Retry, number, pence

MARK = re.compile("\x01([^\x02]*)\x02([A-Z]+)\x03")
HELD = {"Hugo", "Greta", "Emil", "Anna", "Karl", "Tilda", "Reedwater", "Highmeadow"}   # stand in the test alone, with their animals

SAYS = [
    "[p] the [t] (walked|rode|hurried) to [x] (and came home late|before breakfast|in the rain).", "In [mh], [p] bought [k] [gs] for [kc].", "[p] gave [a] a (button|biscuit|piece of bread) and (laughed|went away).",
    "A [g] costs [c], said [q], and not a penny less.", "[a] sleeps where [p] cannot find (him|her): in the clover.".replace("(him|her)", "{a.him}"), "[p] wrote a letter to [q] and asked for a [g].", "Nobody in [x] has seen [a] since the storm.",
    "The [t] [p] and [q] (carried|brought) [k] [gs] to [x].", "When [p] was in [x], a cloud stood over the hill like a sheep.", "[q] paid [kc] for [k] [gs] and (forgot them|left the bag) in [x].", "[p] took the road from [x] to [y] with [a].",
    "Has anybody told [p] that [a] is in [y]?", "[p]'s (table|shelf|cart) was full: [gs], and a jug of milk beside them.", "The (captain|sailor) of the ship came to [x] and asked for the [t].", "There was pepper in the soup, and [p] (sneezed|cried) until [q] came.",
    "\"[kc_] for [k] [gs]?\" asked [p]. \"That is too much.\"", "In [x] and in [y] they asked for a [t2], but none had time.", "Last (summer|winter|spring), [p] (lost|found) a [g] on the way to [x].", "[a] ran after [b] through half of [x].", "[p] likes [x] better than [y].",
    "~The thread was silver, the cloth was gold, and [p] carried both to [x].", "[mk] sells [gs] in [mh] and asks [c] for each.", "A daisy grew beside the door where [q] was (born|married).", "[q] says that a good [t2] needs patience, and [p] (agrees|laughs).", "[gs_] are dear this year: one pays [c] in [mh].", "[a], [b] and [p] waited at the door.", "It rained in [x], and so [p] stayed at home with [a].",
    "~[c_] was all that [p] had left after the market in [y].", "~Who carried the [g] from [x] to [y]? It was [p].", "~To [p] and [q] a day without [a] is a long day.", "~The comet over [x] was so bright that [a] hid under the bed.", "~[x], [y], [x2]: the [t] [p] knows every house there.",
    "~Ask [mk] for [gs], pay [c] each, and greet [a] from me.", "~Neither [p] nor [q] would sell a [g] for less than [c].", "~A button, a biscuit and [k] [gs]: that was all in the bag of [p].",
]


def draw(kit, pool, shown=str):
    """Something from the pool: what is held out appears in the test alone, and there in half of the cases."""
    new = [o for o in pool if shown(o) in HELD or getattr(getattr(o, "owner", None), "name", "") in HELD]
    if new and kit.test and kit.chance(0.5):
        return kit.any(new)
    return kit.any([o for o in pool if o not in new])


def goods(kit):
    pool = list(kit.world.goods)
    new = [(m, g) for m, g in pool if kit.held("goods", g.one, share=4)]
    return kit.any(new if kit.test and kit.chance(0.5) else [g for g in pool if g not in new])


def make(kit):
    w = kit.world
    people, places = list(w.people.values()), list(w.places.values())
    p = draw(kit, [o for o in people if not o.child])
    q = draw(kit, [o for o in people if o is not p])
    a = draw(kit, [o.pet for o in people])
    b = draw(kit, [o.pet for o in people if o.pet is not a])
    x = draw(kit, places)
    y = draw(kit, [o for o in places if o is not x])
    x2 = draw(kit, [o for o in places if o not in (x, y)])
    if kit.chance(0.6) and p.pet is not b:
        a = p.pet
    (maker, g), k = goods(kit), kit.any(range(2, 9))
    names = dict(p=(p, "PERSON"), q=(q, "PERSON"), a=(a, "ANIMAL"), b=(b, "ANIMAL"), x=(x, "PLACE"), y=(y, "PLACE"), x2=(x2, "PLACE"), mk=(maker, "PERSON"), mh=(maker.home, "PLACE"), g=(g.one, "GOODS"), gs=(g.many, "GOODS"),
                 c=(pence(g.price), "PRICE"), kc=(pence(k * g.price), "PRICE"), k=(number(k), ""), t=(p.trade, "TRADE"), t2=(kit.any([t for t in w.by_trade if t != p.trade]), "TRADE"))

    def marked(m):
        value, label = names[m[1].rstrip("_")]
        value = str(value)[:1].upper() + str(value)[1:] if m[1].endswith("_") else str(value)
        return f"\x01{value}\x02{label}\x03" if label else value

    text = []
    for template in sorted({kit.choose(SAYS) for _ in range(kit.any([1, 1, 2]))}):
        raw = re.sub(r"\[(\w+)\]", marked, kit.expand(template).replace("{a.him}", a.him))
        raw = re.sub(r"\b([Aa])n? (?=\x01(\w+))", _article, raw)
        if "[mh]" in template and maker is p:
            raise Retry("buys from himself")
        if "[m" in template and not kit.test and {maker.name, maker.home.name} & HELD:
            raise Retry("held out")
        text.append(AN.sub(_article, raw))
    text, spans, out = " ".join(sorted(text)), [], ""
    at = 0
    for m in MARK.finditer(text):
        out += text[at:m.start()]
        spans.append({"start": len(out), "end": len(out) + len(m[1]), "label": m[2]})
        out += m[1]
        at = m.end()
    out += text[at:]
    if not spans or len(out) > 260:
        raise Retry("no span")
    return {"text": out, "spans": spans}
