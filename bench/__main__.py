"""`python -m bench`: copies of generated corpora by us and by others, measured and compared."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.accounts import measure_accounts
from bench.cases import ACCOUNTS, CASES, NAMES, Case
from bench.ground import Ground, ground
from bench.interrupt import Interrupted, interruptible
from bench.measuring import Unfit, measure
from bench.quiet import in_words, moment, warning
from bench.results import Result
from bench.table import machine, put, section
from bench.tools import NoSuchTool, Tool, available

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    arguments = _arguments()
    names = arguments.case or list(NAMES)
    imapsync = os.environ.get("IMAPSYNC", "")
    begun = moment()
    print(f"load {begun.load:.1f}", flush=True)
    try:
        tools = available(imapsync)
        with interruptible(), ground() as place:
            where = "/dev/shm" if place.in_memory else f"{place.directory}, which may be a disk"
            results = list(_results(place, names, tools))
    except NoSuchTool as error:
        print(error, file=sys.stderr)
        return 2
    except Interrupted as interrupted:
        print("interrupted; nothing is left behind", file=sys.stderr)
        return interrupted.status
    ended = moment()
    about = [machine(where, imapsync), f"The run: {in_words(begun, ended)}.", warning(begun, ended)]
    text = section(results, [paragraph for paragraph in about if paragraph])
    print(f"\n{text}\n\n{ended.at - begun.at:.0f} s in all")
    if set(names) == set(NAMES) or arguments.write:
        put(DOCUMENT, text)
    return int(any(result.wrong() for result in results))


def _results(place: Ground, names: Sequence[str], tools: Sequence[Tool]) -> Iterator[Result]:
    for case in (*CASES, ACCOUNTS):
        if case.name in names:
            print(f"{case.name}: {case.title}", flush=True)
            begun = time.monotonic()
            yield _result(case, place, tools)
            print(f"  {time.monotonic() - begun:.0f} s", flush=True)


def _result(case: Case, place: Ground, tools: Sequence[Tool]) -> Result:
    try:
        return measure_accounts(place, tools) if case is ACCOUNTS else measure(case, place, tools)
    except Unfit as error:
        print(f"  {error}", file=sys.stderr)
        return Result(case, trouble=str(error))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--case", action="append", choices=NAMES, help="only this one; repeatable")
    parser.add_argument("--write", action="store_true", help="write the document, though partly")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
