"""Whether messages of one side are one and the same: marks of their identifying fields and of their
content, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sync.columns import place
from sync.matching import Candidates, exact_digest
from sync.model import Fetched, Folder, Wanted
from sync.ports import Reader
from sync.twins import IDENTITIES

_MARK = 16
_NONE = bytes(_MARK)


class Marks:
    """A mark for each of these rows, which ascend; 20 bytes a row."""

    __slots__ = ("_marks", "rows")

    def __init__(self, rows: array[int]) -> None:
        self.rows = rows
        self._marks = bytearray(_MARK * len(rows))

    def __setitem__(self, row: int, mark: bytes) -> None:
        at = place(self.rows, row)
        self._marks[_MARK * at : _MARK * (at + 1)] = mark

    def __getitem__(self, row: int) -> bytes:
        at = place(self.rows, row)
        return bytes(self._marks[_MARK * at : _MARK * (at + 1)])

    @property
    def marked(self) -> Iterator[int]:
        """The rows that have got one."""
        return (row for row in self.rows if self[row] != _NONE)


def equals(rows: Iterable[int], key: Callable[[int], Any]) -> Iterator[list[int]]:
    """Those that have one key, where there is more than one. `rows` ascend; so does each group."""
    for _, group in groupby(sorted(rows, key=key), key):
        found = list(group)
        if len(found) > 1:
            yield found


def identity_marks(
    reader: Reader, folder: Folder, uids: Sequence[int]
) -> Iterator[tuple[int, bytes]]:
    """Equal for equal identifying fields. A uid that is gone is left out."""
    for start in range(0, len(uids), IDENTITIES):
        known = reader.identities(folder, uids[start : start + IDENTITIES])
        some = Candidates()
        for uid, identity in known.items():
            some.add(uid, 0, identity)
        yield from ((uid, some.key(at)) for at, uid in enumerate(some.uids))


def content_marks(reader: Reader, wanted: Wanted) -> Iterator[tuple[int, bytes]]:
    """Equal for equal bytes only. What is gone or cannot be read is left out."""
    if wanted.uids:
        for _, answer in reader.bodies([wanted]):
            if isinstance(answer, Fetched):
                yield answer.meta.uid, exact_digest(answer.chunks)
