"""What goes to one process together, and what is begun first, when tests run several at a time.

A file whose tests share something dear (the whole product, an installation under a web server) is
one unit: else each process makes it anew. What takes longest is begun first, so that nobody waits
for it at the end.
"""

from __future__ import annotations

import itertools

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/cli/test_readme.py",
    "tests/journey/",
    "tests/launch/test_start.py",
    "tests/launch/test_demo.py",
    "tests/launch/test_demo_mail.py",
    "tests/launch/test_web_worker.py",
    "tests/wizard/test_pages_axe.py",
    "tests/wizard/test_details_live.py",
    "tests/wizard/test_told.py",
    "tests/bench/test_measuring.py",
)
WAITING = ("tests/jobs/", "tests/faults/", "tests/hostile/", "tests/shell/")
"""Most of their time they wait: begun first, with the units above spread among the first three, so
that not all of these start at once, and none at the end."""


def unit(nodeid: str) -> str:
    """The name of what this test goes together with; its own where it goes alone."""
    return next((name for name in TOGETHER if nodeid.startswith(name)), nodeid)


def in_turn(items: list[pytest.Item]) -> list[pytest.Item]:
    """All of them, in the order in which they are begun; equal ones as they stand in the files."""
    units: dict[str, list[pytest.Item]] = {name: [] for name in TOGETHER}
    waiting: dict[str, list[pytest.Item]] = {name: [] for name in WAITING}
    others = []
    for item in items:
        name = unit(item.nodeid)
        room = next((room for room in WAITING if name.startswith(room)), None)
        (units[name] if name in units else waiting[room] if room else others).append(item)
    *early, late = waiting.values()
    queue = list(itertools.chain(*early))
    step = len(queue) // len(units) + 1
    ordered: list[pytest.Item] = []
    for number, together in enumerate(units.values()):
        ordered += [*together, *queue[number * step : (number + 1) * step]]
    return [*ordered, *late, *others]


class Units(LoadScopeScheduling):
    """A process that is free gets the next unit."""

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)
