#!/usr/bin/env python3
"""Writes tasks/*.jsonl, labelled sample datasets over the sample world; the same seed gives the same bytes.

    python3 tasks.py [--seed N] [--only TASK]     write the files
    python3 tasks.py --check                      counts, balance, spans, leakage and baselines; exit code 1 on a violation

Plain Python 3.11 or newer, standard library only.
"""
import argparse
import importlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from grammar.engine import World  # noqa: E402
from grammar.tasks.kit import SPLITS, rows  # noqa: E402

# task: (module, function, rows, the text that may not repeat)
TASKS = {
    "sentiment": ("sentiment", "make", 1500, lambda r: r["text"]),
    "topic": ("topic", "make", 1500, lambda r: r["text"]),
    "spam": ("spam", "make", 800, lambda r: r["text"]),
    "entities": ("entities", "make", 1200, lambda r: r["text"]),
    "questions": ("questions", "extractive", 1200, lambda r: r["context"] + r["question"]),
    "answers": ("questions", "answered", 1200, lambda r: r["question"]),
    "translation": ("translation", "make", 2500, lambda r: r["translation"]["en"]),
    "summaries": ("summaries", "make", 800, lambda r: r["text"]),
    "chat": ("chat", "make", 1100, lambda r: " ".join(m["content"] for m in r["messages"])),
    "recommendation": ("recommend", "make", 1000, lambda r: r["prompt"]),
    "ratings": ("recommend", "rating", 1200, lambda r: r["user"] + r["item"]),
    "customer_requests": ("service", "asked", 300, lambda r: r["prompt"]),
    "politeness": ("service", "judged", 400, lambda r: r["prompt"]),
    "in_context": ("in_context", "splits", 0, lambda r: r["task"] + " " + r["input"]),
}


def write(task, world, seed):
    """The three files of one task: eight tenths to train, one tenth each to validate and to test."""
    module, function, total, key = TASKS[task]
    module = importlib.import_module("grammar.tasks." + module)
    tenth = total // 10
    counts = {"train": total - 2 * tenth, "validation": tenth, "test": tenth}
    # Whole tasks are held out, not rows.
    made = module.splits(world, seed) if function == "splits" else rows(getattr(module, function), world, task, counts, key, seed, getattr(module, "LABELS", (None,)))
    for split in SPLITS:
        lines = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) + "\n" for row in made[split]]
        (HERE / "tasks" / f"{task}.{split}.jsonl").write_text("".join(lines), encoding="utf-8", newline="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=TASKS, help="write this task alone")
    parser.add_argument("--check", action="store_true", help="measure and verify instead of writing; exit code 1 on a violation")
    args = parser.parse_args()
    world = World(HERE / "world.json")
    if args.check:
        from grammar.tasks import check
        return check.report(HERE / "tasks", {name: key for name, (_, _, _, key) in TASKS.items()}, world)
    for task in [args.only] if args.only else TASKS:
        write(task, world, args.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
