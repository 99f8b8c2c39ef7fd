"""Whose heartbeat stands still, and whose pause is over: by the judge's own clock.

A claim carries a number that its worker raises with each heartbeat, and the length of its lease.
It has lapsed when one process has seen the same number for that length on its own steady clock
(store.steady), whatever the times of day say on either side. The worker counts from before it
raised the number, the judge from after it read it: so the worker has stopped before the judge
begins. A judge that has just been started knows nothing, and looks on for a lease first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from store.steady import clock as steady


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands still: of row `id`, `sign` for `seconds`."""

    id: int
    sign: tuple[int, int]
    seconds: float


class Judge:
    """The memory of one process; one thread at a time."""

    def __init__(self, clock: Callable[[], float] = steady) -> None:
        self._clock = clock
        self._seen: dict[str, dict[int, tuple[Mark, float]]] = {}

    def stood_still(self, kind: str, read: Callable[[], Iterable[Mark]]) -> list[Mark]:
        """Those that this process has seen for as long as they may stand still. What `read` does
        not return is forgotten."""
        return [mark for mark, over in self._look(kind, read) if over >= 0]

    def over(self, kind: str, read: Callable[[], Iterable[Mark]]) -> float:
        """For how many seconds longer than it may the longest has stood still; 0: none has."""
        return max([0.0, *(over for _, over in self._look(kind, read))])

    def _look(self, kind: str, read: Callable[[], Iterable[Mark]]) -> list[tuple[Mark, float]]:
        asked = self._clock()
        marks = list(read())
        answered = self._clock()
        before = self._seen.get(kind, {})
        seen: dict[int, tuple[Mark, float]] = {}
        for mark in marks:
            old = before.get(mark.id)
            seen[mark.id] = old if old is not None and old[0] == mark else (mark, answered)
        self._seen[kind] = seen
        return [(mark, asked - since - mark.seconds) for mark, since in seen.values()]
