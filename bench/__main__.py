"""`python -m bench`: copies of generated corpora by us and by others, measured and compared."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bench.accounts import Crowd, measure_crowds
from bench.cases import ACCOUNTS, CASES, NAMES
from bench.ground import Ground, ground
from bench.measuring import Result, measure
from bench.table import put, section
from bench.tools import Tool, available

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    arguments = _arguments()
    names = arguments.case or list(NAMES)
    with ground() as place:
        where = "/dev/shm" if place.in_memory else f"{place.directory}, which may be a disk"
        results, crowds = _measure(place, names)
        text = section(results, crowds, where)
    print(text)
    if set(names) == set(NAMES) or arguments.write:
        put(DOCUMENT, text)
    ours = [result.damage[Tool.OURS] for result in results]
    ours += [crowd.damage for crowd in crowds if crowd.tool is Tool.OURS]
    return int(any(found.lost or found.doubled or found.altered for found in ours))


def _measure(place: Ground, names: list[str]) -> tuple[list[Result], list[Crowd]]:
    tools = available(os.environ.get("IMAPSYNC", ""))
    results = []
    for case in CASES:
        if case.name in names:
            print(f"{case.name}: {case.title} ...", flush=True)
            results.append(measure(case, place, tools))
    crowds = []
    if ACCOUNTS in names:
        print(f"{ACCOUNTS} ...", flush=True)
        crowds = list(measure_crowds(place, tools))
    return results, crowds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--case", action="append", choices=NAMES, help="only this one; repeatable")
    parser.add_argument("--write", action="store_true", help="write the document, though partly")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
