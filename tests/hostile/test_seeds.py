"""Some hundred hostile servers; `python -m tests.hostile.every` plays all 10,000.

A seed that has once failed stays in cases.txt, and is played each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.hostile.run import play
from tests.hostile.world import Choice, kinds

CASES = Path(__file__).with_name("cases.txt")
KNOWN = sorted(
    {int(line.split()[0]) for line in CASES.read_text().splitlines() if line[:1].isdecimal()}
)
CHUNK = 20
CALM = Choice(only=("none",), plain=True, still=True)
TROUBLES = sorted({*kinds(destination=False), *kinds(destination=True)})


def failures(seeds: Iterable[int], choice: Choice) -> list[str]:
    """In words, with how to see each one again."""
    found = []
    for seed in seeds:
        result = play(seed, choice=choice)
        again = f"python -m tests.hostile.every {choice.words} --seed {seed} -v"
        found += [f"{one.kind}: {one.words}\n  {again}" for one in result.failures]
    return found


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_servers_that_tell_the_truth(first: int) -> None:
    """With calm servers of usual manners all is brought over, once, and the next run is idle."""
    wrong = failures(range(first, first + CHUNK), CALM)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_alone(trouble: str) -> None:
    """Between servers that speak as usual, and whose mailboxes nobody else changes."""
    wrong = failures(range(4), Choice(only=(trouble,), plain=True, still=True))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("first", range(0, 80, CHUNK))
def test_hostile_servers(first: int) -> None:
    """Any troubles together."""
    wrong = failures(range(first, first + CHUNK), Choice(plain=True, still=True))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("first", range(0, len(KNOWN), CHUNK))
def test_what_has_failed_once(first: int) -> None:
    """The seeds of cases.txt."""
    wrong = failures(KNOWN[first : first + CHUNK], Choice())
    assert not wrong, "\n".join(wrong)
