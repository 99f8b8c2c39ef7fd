"""Uids in four bytes each: where one stands in a column, and a set of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise, starmap
from operator import lt


def ascending(uids: Iterable[int]) -> bool:
    """Whether each is more than the one before it."""
    return all(starmap(lt, pairwise(uids)))


def place(uids: array[int], uid: int) -> int:
    """Where this uid stands in a column that ascends, -1 when it is not there."""
    number = len(uids)
    at = uid - uids[0] if number else -1
    if at < 0:
        return -1
    if at < number and uids[at] == uid:
        # None before it is missing: there is nothing to search.
        return at
    at = bisect_left(uids, uid, 0, min(at, number))
    return at if at < number and uids[at] == uid else -1


class Uids(Collection[int]):
    """A set that is cheap where uids mostly come in their order."""

    __slots__ = ("_column",)

    def __init__(self, uids: Iterable[int] = ()) -> None:
        self._column = array("I")
        self.update(uids)

    def add(self, uid: int) -> None:
        column = self._column
        if not column or uid > column[-1]:
            column.append(uid)
        elif place(column, uid) < 0:
            column.insert(bisect_left(column, uid), uid)

    def update(self, uids: Iterable[int]) -> None:
        column = self._column
        column.extend(uids)
        if not ascending(column):
            self._column = array("I", sorted(set(column)))

    def __contains__(self, uid: object) -> bool:
        return isinstance(uid, int) and place(self._column, uid) >= 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._column)

    def __len__(self) -> int:
        return len(self._column)
