#!/usr/bin/env python3
"""Writes world.txt, the sample corpus, from world.json; the same seed gives the same bytes.

    python3 generate.py [--seed N] [--bytes N] [--out FILE]     write the corpus
    python3 generate.py --check [--out FILE]                    measure and verify a corpus already written

Plain Python 3.11 or newer, standard library only.
"""
import argparse
import pathlib
import random
import sys
from collections import Counter

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from grammar import adventures, check, dialogues, portraits, stories, tales, talks  # noqa: E402
from grammar.engine import Generator, World  # noqa: E402

SHARES = [(stories.MAKERS, 0.24), (tales.MAKERS, 0.15), (adventures.MAKERS, 0.11), (dialogues.MAKERS, 0.27), (talks.MAKERS, 0.07), (portraits.MAKERS, 0.16)]


def write(seed, size, verbose):
    """The corpus as one string: documents separated by one blank line."""
    rng = random.Random(seed)
    gen = Generator(World(HERE / "world.json"), rng)
    makers, weights = [], []
    for table, share in SHARES:
        total = sum(weight for _, weight in table)
        for maker, weight in table:
            makers.append(maker)
            weights.append(share * weight / total)
    documents, length, failed = [], 0, Counter()
    while length < size:
        maker = rng.choices(makers, weights)[0]
        text = gen.document(maker)
        if text is None:
            failed[maker.__name__] += 1
            if sum(failed.values()) > 400:
                sys.exit("the grammars cannot fill so many bytes without repeating themselves: lower --bytes")
            continue
        documents.append(text)
        length += len(text) + 2
    if verbose:
        print("failed", failed, "\nretries", gen.retries, "\nstuck", gen.stuck.most_common(25), file=sys.stderr)
    return "\n\n".join(documents) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=2_000_000, help="stop after this many (default: %(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "world.txt")
    parser.add_argument("--check", action="store_true", help="measure and verify instead of writing; exit code 1 on a violation")
    parser.add_argument("--verbose", action="store_true", help="say which templates ran dry")
    args = parser.parse_args()
    if args.check:
        return check.report(args.out.read_text(encoding="utf-8"), World(HERE / "world.json"))
    args.out.write_text(write(args.seed, args.bytes, args.verbose), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
