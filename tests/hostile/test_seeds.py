"""Some hundred hostile servers; `python -m tests.hostile.every` plays all 10,000.

A seed that has once failed stays in cases.txt, and is played each time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hostile.run import play
from tests.hostile.world import Choice

CASES = Path(__file__).with_name("cases.txt")
KNOWN = sorted(
    {int(line.split()[0]) for line in CASES.read_text().splitlines() if line[:1].isdecimal()}
)
CHUNK = 20
CALM = Choice(only=("none",), plain=True, still=True)


def failures(seeds: list[int], choice: Choice | None = None) -> list[str]:
    """In words, with how to see each one again."""
    found = []
    for seed in seeds:
        result = play(seed, choice=choice)
        for one in result.failures:
            again = f"python -m tests.hostile.every --seed {seed} -v"
            found.append(f"{one.kind}: {one.words}\n  {again}")
    return found


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_servers_that_tell_the_truth(first: int) -> None:
    """With calm servers of usual manners all is brought over, once, and the next run is idle."""
    wrong = failures(list(range(first, first + CHUNK)), CALM)
    assert not wrong, "\n".join(wrong)
