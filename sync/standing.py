"""Messages of the source as rows in columns, 17 bytes each: which stand at the destination, and
which are to be copied there."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator

from sync.likeness import equals


class Rows:
    """A row is named by its number. Those of one folder follow each other, by ascending uid;
    `orders` says which of the folders it is."""

    __slots__ = ("copies", "orders", "sizes", "uids")

    def __init__(self) -> None:
        self.orders, self.uids, self.sizes = array("I"), array("I"), array("Q")
        self.copies = bytearray()
        """1: to be copied; 0: it stands at the destination."""

    def __len__(self) -> int:
        return len(self.uids)

    def add(self, order: int, uid: int, size: int, *, copy: bool) -> None:
        self.orders.append(order)
        self.uids.append(uid)
        self.sizes.append(size)
        self.copies.append(copy)

    def keep(self, first: int, stands: Callable[[int], bool]) -> None:
        """Of the rows from the first on only those that stand."""
        to = first
        for row in range(first, len(self)):
            if stands(row):
                self.orders[to], self.uids[to] = self.orders[row], self.uids[row]
                self.sizes[to], self.copies[to] = self.sizes[row], 0
                to += 1
        self.cut(to)

    def cut(self, length: int) -> None:
        for column in (self.orders, self.uids, self.sizes, self.copies):
            del column[length:]

    def alike(self, rows: Iterable[int], key: Callable[[int], object]) -> Iterator[list[int]]:
        """Groups of those with one key, as far as they matter: in each one that is to be copied
        comes after a row of an earlier folder. `rows` ascend, and so do those of a group."""
        for group in equals(rows, key):
            last = max((self.orders[row] for row in group if self.copies[row]), default=-1)
            if last > min(self.orders[row] for row in group):
                yield [row for row in group if self.orders[row] <= last]


class Held:
    """Rows that are not copied because an equal one is about to be: groups, each with the mark of
    its content."""

    __slots__ = ("_ends", "_marks", "_rows")

    def __init__(self) -> None:
        self._marks: bytearray = bytearray()
        self._rows, self._ends = array("I"), array("I")

    def add(self, mark: bytes, rows: Iterable[int]) -> None:
        self._rows.extend(rows)
        self._ends.append(len(self._rows))
        self._marks += mark

    def __iter__(self) -> Iterator[tuple[bytes, array[int]]]:
        start = 0
        for at, end in enumerate(self._ends):
            yield bytes(self._marks[16 * at : 16 * (at + 1)]), self._rows[start:end]
            start = end
