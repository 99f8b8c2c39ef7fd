"""Sets of uids as ranges: what a server names in a few words takes a few words here too."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Range = tuple[int, int]
"""First and last, both included."""


@dataclass(frozen=True, slots=True)
class UidRanges:
    """Ranges that ascend and neither touch nor overlap; `of` and `spanning` make them so."""

    ranges: tuple[Range, ...] = ()

    @classmethod
    def of(cls, uids: Iterable[int]) -> UidRanges:
        """In any order, and as often as one likes."""
        return cls.spanning((uid, uid) for uid in sorted(uids))

    @classmethod
    def spanning(cls, ranges: Iterable[Range]) -> UidRanges:
        """In any order; they may overlap."""
        joined: list[Range] = []
        for first, last in sorted(ranges):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return cls(tuple(joined))

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, (uid, uid))
        after = at < len(self.ranges) and self.ranges[at][0] == uid
        return after or (at > 0 and self.ranges[at - 1][1] >= uid)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def count(self) -> int:
        """How many uids."""
        return sum(last - first + 1 for first, last in self.ranges)

    def below(self, uidnext: int) -> UidRanges:
        """Those that are less than `uidnext`."""
        kept = (r for r in self.ranges if r[0] < uidnext)
        return UidRanges(tuple((first, min(last, uidnext - 1)) for first, last in kept))

    def missing(self, uidnext: int) -> UidRanges:
        """The uids from 1 up to `uidnext`, not included, that are not among these."""
        return UidRanges(tuple(_gaps(self.ranges, uidnext)))


def _gaps(ranges: tuple[Range, ...], uidnext: int) -> Iterator[Range]:
    free = 1
    for first, last in ranges:
        if first >= uidnext:
            break
        if first > free:
            yield free, first - 1
        free = last + 1
    if free < uidnext:
        yield free, uidnext - 1
