"""What the task makers share: slots, alternatives with some held out for the test, draws and rows that never repeat.

It must not know any task.

Templates are those of engine.py. An alternative that begins with ~ is held out: only the test split uses it.
"""
import random
import re
import zlib

from grammar.engine import Doc, Generator, Retry, capital, mend, number

SPLITS = ("train", "validation", "test")
WORDS = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")


def pence(n):
    """An amount in words: one penny, four pence."""
    return "one penny" if n == 1 else number(n) + " pence"


def miles(n):
    return "one mile" if n == 1 else number(n) + " miles"


def listing(parts):
    """a, b and c"""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def plain(text):
    """What counts as the same text: letters and digits only, small."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


class Kit:
    """One split of one task in the making."""

    def __init__(self, world, task, split, seed):
        self.world, self.task, self.split = world, task, split
        self.rng = random.Random(f"{seed}/{task}/{split}")
        self.gen = Generator(world, self.rng)
        self.test = split == "test"

    # --- what the test holds back ---

    def held(self, *parts, share=6):
        """Whether this combination is kept for the test: one in `share`, the same with every seed."""
        return zlib.crc32("|".join([self.task, *map(str, parts)]).encode()) % share == 0

    def allow(self, *parts, share=6):
        """Whether this split may use the combination; the test prefers what it alone may use."""
        if self.held(*parts, share=share):
            return self.test
        return not self.test or self.rng.random() < 0.4

    def need(self, *parts, share=6):
        if not self.allow(*parts, share=share):
            raise Retry("held out")

    def choose(self, options):
        new = [o for o in options if o.startswith("~")]
        old = [o for o in options if not o.startswith("~")]
        if new and self.test and (not old or self.rng.random() < 0.35):
            return self.rng.choice(new)[1:]
        return self.rng.choice(old)

    # --- text ---

    def expand(self, text):
        """Resolve (a|b|~c) from the inside out."""
        while "(" in text:
            text = re.sub(r"\(([^()]*)\)", lambda m: self.choose(m[1].split("|")), text)
        return text

    def fill(self, *templates, **slots):
        doc = Doc(self.gen, **{"season": "", **slots})
        text = self.expand(self.choose(templates))
        return mend(re.sub(r"\{([\w.]+)\}", lambda m: doc._value(m.group(1)), text))

    def clause(self, *templates, **slots):
        """A filled template for the middle of a sentence."""
        text = self.fill(*templates, **slots).rstrip(".")
        first = re.match(r"\w+", text).group()
        keep = first in self.world.names or first in self.world.places or first == "I"
        return text if keep else text[0].lower() + text[1:]

    def chance(self, share):
        return self.rng.random() < share

    # --- draws ---

    def any(self, options):
        return self.rng.choice(list(options))

    def some(self, options, n):
        return self.rng.sample(list(options), n)

    def person(self, *without):
        return self.gen.person(*without)

    def adult(self, *without):
        return self.gen.adult(*without)

    def good(self, where=lambda p, g: True):
        """(maker, good)"""
        return self.any([(p, g) for p, g in self.world.goods if where(p, g)])


def rows(make, world, task, counts, key, seed, labels=(None,)):
    """{split: rows}: labels take turns, no key twice in any split; raises when the grammar runs dry."""
    seen, out = set(), {}
    for split in ("test", "validation", "train"):
        kit, made, tries = Kit(world, task, split, seed), [], 0
        while len(made) < counts[split]:
            label = labels[len(made) % len(labels)]
            tries += 1
            if tries > 400 * counts[split]:
                raise SystemExit(f"{task}: the grammar runs dry after {len(made)} rows of {split}")
            try:
                row = make(kit, label) if label is not None else make(kit)
            except Retry:
                continue
            mark = plain(key(row))
            if mark not in seen:
                seen.add(mark)
                made.append(row)
        kit.rng.shuffle(made)
        out[split] = made
    return out


__all__ = ["Kit", "Retry", "SPLITS", "WORDS", "capital", "listing", "miles", "number", "pence", "plain", "rows"]
