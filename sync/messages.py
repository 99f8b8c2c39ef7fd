"""The messages of one folder in columns: some 45 bytes each, where objects take ten times that."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from operator import eq
from typing import overload

from sync.columns import ascending, place
from sync.model import MessageMeta

_DATE = 26
"""Bytes of a date-time (RFC 9051, section 9) without its quotes."""
_NO_DATE = bytes(_DATE)


class Messages(Sequence[MessageMeta]):
    """Ordered by uid, each uid once; never changed. A MessageMeta is made when it is asked for.

    `uids` and `sizes` are the columns themselves, to be read only."""

    __slots__ = ("_dates", "_flags", "_kinds", "_odd", "sizes", "uids")

    def __init__(self) -> None:
        self.uids = array("I")
        self.sizes = array("Q")
        self._dates = bytearray()
        self._odd: dict[int, str] = {}
        """By uid: dates of another length."""
        self._flags = array("I")
        self._kinds: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(cls, metas: Iterable[MessageMeta]) -> Messages:
        """In any order; of two with one uid the later counts."""
        gathered = Gathered()
        for meta in metas:
            date = meta.internaldate.encode("latin-1", "replace")
            gathered.add(meta.uid, meta.size, date, meta.flags)
        return gathered.messages()

    def position(self, uid: int, guess: int = 0) -> int:
        """Where the message with this uid stands, -1 when there is none. Looked for at `guess`
        first: who goes through many in their order knows mostly where the next one stands."""
        uids = self.uids
        return guess if guess < len(uids) and uids[guess] == uid else place(uids, uid)

    def listed_alike(self, position: int, other: Messages, there: int) -> bool:
        """Whether both lists tell the same size and the very same date of these messages."""
        return self.sizes[position] == other.sizes[there] and (
            self._date(position) == other._date(there) != _NO_DATE
            or self.internaldate(position) == other.internaldate(there)
        )

    def _date(self, position: int) -> bytearray:
        return self._dates[position * _DATE : (position + 1) * _DATE]

    def get(self, uid: int) -> MessageMeta | None:
        at = self.position(uid)
        return self._meta(at) if at >= 0 else None

    def flags(self, position: int) -> frozenset[str]:
        """Those of the message at this position. Equal flags are mostly one object."""
        return self._kinds[self._flags[position]]

    def internaldate(self, position: int) -> str:
        """That of the message at this position, as the server spelled it."""
        date = self._date(position)
        if date == _NO_DATE:
            return self._odd.get(self.uids[position], "")
        return date.decode("latin-1")

    def select(self, positions: Sequence[int]) -> Messages:
        """Those at these positions, which ascend."""
        return self if len(positions) == len(self) else self._picked(positions)

    def _picked(self, positions: Sequence[int]) -> Messages:
        some = Messages()
        some.uids = array("I", map(self.uids.__getitem__, positions))
        some.sizes = array("Q", map(self.sizes.__getitem__, positions))
        dates = self._dates
        some._dates = bytearray().join(dates[_DATE * at : _DATE * (at + 1)] for at in positions)
        some._odd = self._odd
        some._flags = array("I", map(self._flags.__getitem__, positions))
        some._kinds = self._kinds
        return some

    def __len__(self) -> int:
        return len(self.uids)

    def __iter__(self) -> Iterator[MessageMeta]:
        return map(self._meta, range(len(self.uids)))

    @overload
    def __getitem__(self, place: int) -> MessageMeta: ...
    @overload
    def __getitem__(self, place: slice) -> Messages: ...
    def __getitem__(self, place: int | slice) -> MessageMeta | Messages:
        """A slice has to ascend."""
        places = range(len(self.uids))[place]
        return self._meta(places) if isinstance(places, int) else self.select(places)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Messages({list(self)!r})"

    def _meta(self, at: int) -> MessageMeta:
        flags = self._kinds[self._flags[at]]
        return MessageMeta(self.uids[at], self.sizes[at], self.internaldate(at), flags)


class Gathered:
    """Messages as a server lists them, on their way into a table. `add` raises OverflowError for
    a uid of more than 32 bits or a size of more than 64."""

    __slots__ = ("_known", "_rows")

    def __init__(self) -> None:
        self._rows = Messages()
        self._known: dict[frozenset[str], int] = {}

    def add(self, uid: int, size: int, date: bytes, flags: frozenset[str]) -> None:
        """`date` is the server's own text, b'' when it sent none."""
        rows, known = self._rows, self._known
        rows.uids.append(uid)
        rows.sizes.append(size)
        if len(date) == _DATE:
            rows._dates += date
        else:
            rows._dates += _NO_DATE
            if date:
                rows._odd[uid] = date.decode("latin-1")
        rows._flags.append(known.setdefault(flags, len(known)))

    def messages(self) -> Messages:
        """All of them, in their order; of two with one uid the later counts. The answer
        is good until more is added."""
        rows = self._rows
        rows._kinds = tuple(self._known)
        if ascending(rows.uids):
            return rows
        latest = {uid: at for at, uid in enumerate(rows.uids)}
        return rows._picked([latest[uid] for uid in sorted(latest)])
