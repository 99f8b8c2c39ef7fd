"""`python -m tests.hostile.every`: 10,000 hostile servers, and what came of them.

--first N --seeds N     which seeds
--seed N [-v]           one of them, with a trace of the wire
--only NAME,NAME        only these troubles ("none": none)
--plain                 servers that speak as usual
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.hostile.run import play
from tests.hostile.world import Choice

CHUNK = 25
MOST_MEMORY = 500 * 1024
"""Kilobytes that a player may ever have needed."""


@dataclass(frozen=True)
class Played:
    seed: int
    failures: tuple[tuple[str, str], ...]
    seconds: float
    troubles: tuple[str, ...]


def play_some(seeds: range, choice: Choice) -> tuple[list[Played], int]:
    """In a process of its own; with the most memory that it ever needed, in kilobytes."""
    found = []
    for seed in seeds:
        result = play(seed, choice=choice)
        names = (*result.world.source.names, *result.world.destination.names)
        failures = tuple((one.kind, one.words) for one in result.failures)
        found.append(Played(seed, failures, result.seconds, names))
    return found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def play_all(
    seeds: range, choice: Choice, *, players: int = 2
) -> Iterator[tuple[list[Played], int]]:
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    with ProcessPoolExecutor(players) as pool:
        waiting = [pool.submit(play_some, chunk, choice) for chunk in chunks]
        for one in waiting:
            yield one.result()


def replay(seed: int, choice: Choice, *, trace: bool) -> int:
    say = _print if trace else None
    result = play(seed, choice=choice, trace=say)
    _print(result.world.describe())
    if not trace:
        for line in result.log:
            _print(line)
    for failure in result.failures:
        _print(f"FAILED {failure.kind}: {failure.words}")
    _print(f"{len(result.failures)} failures, {result.seconds:.2f} s")
    return 1 if result.failures else 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def report(seeds: range, choice: Choice, *, players: int, show: int) -> int:
    begun, done, failed = time.monotonic(), 0, 0
    kinds: dict[str, list[tuple[Played, str]]] = defaultdict(list)
    troubled: Counter[str] = Counter()
    slowest: list[tuple[float, int]] = []
    memory = 0
    for some, most in play_all(seeds, choice, players=players):
        done, memory = done + len(some), max(memory, most)
        for played in some:
            slowest = sorted([*slowest, (played.seconds, played.seed)])[-3:]
            failed += bool(played.failures)
            for kind in {kind for kind, _ in played.failures}:
                words = next(words for name, words in played.failures if name == kind)
                kinds[kind].append((played, words))
                troubled.update((kind + " | " + name) for name in played.troubles or ("none",))
        if done % 500 < CHUNK:
            _print(f"{done} seeds, {failed} failed, {time.monotonic() - begun:.0f} s")
            sys.stdout.flush()
    for kind, rows in sorted(kinds.items(), key=lambda row: -len(row[1])):
        _print(f"\n{len(rows)} × {kind}")
        for played, words in rows[:show]:
            _print(f"  --seed {played.seed}  [{', '.join(played.troubles)}]  {words[:200]}")
        names = [(n, k) for k, n in troubled.items() if k.startswith(kind + " | ")]
        top = sorted(names, reverse=True)[:8]
        _print("    with " + json.dumps({k.partition(" | ")[2]: n for n, k in top}))
    seconds = time.monotonic() - begun
    _print(
        f"\n{done} seeds, {failed} failed, {seconds:.0f} s, {memory // 1024} MB, "
        f"slowest {[(round(s, 1), seed) for s, seed in slowest]}"
    )
    if memory > MOST_MEMORY:
        _print("too much memory")
    return 1 if failed or memory > MOST_MEMORY else 0


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--seeds", type=int, default=10_000)
    asked.add_argument("--seed", type=int)
    asked.add_argument("--only", default="")
    asked.add_argument("--plain", action="store_true")
    asked.add_argument("--still", action="store_true")
    asked.add_argument("--players", type=int, default=2)
    asked.add_argument("--show", type=int, default=6)
    asked.add_argument("-v", action="store_true")
    told = asked.parse_args()
    only = tuple(name for name in told.only.split(",") if name)
    choice = Choice(only, told.plain, told.still)
    if told.seed is not None:
        return replay(told.seed, choice, trace=told.v)
    seeds = range(told.first, told.first + told.seeds)
    return report(seeds, choice, players=told.players, show=told.show)


if __name__ == "__main__":
    sys.exit(main())
