"""Stamps of the messages of one folder pair in columns: 16 bytes each, packed as pairs are.

A stamp is compared whenever a folder is listed: a uid whose message has another size or another
internal date than the ledger remembers means another message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from zlib import crc32

from sync.dates import instant
from sync.intent import Stamp
from sync.messages import Messages
from sync.pairs import Pairs

PROBED = 3
"""So many of a folder's highest messages are remembered with their identity, too: whatever gives
uids to other messages begins with the highest ones."""
_LOW = (1 << 32) - 1
_SIXTY = {f"{number:02}": number for number in range(60)}
_USUAL = 26
"""Characters of a date-time (RFC 9051, section 9)."""


class Stamps(Mapping[int, Stamp]):
    """By source uid. Of two with one source uid the later counts."""

    __slots__ = ("_columns",)

    def __init__(self) -> None:
        self._columns = Pairs()

    def put(self, uid: int, stamp: Stamp) -> None:
        self.add(uid, stamp.source, stamp.destination, stamp.identity)

    def add(self, uid: int, source: int, destination: int, identity: int) -> None:
        """The same without a Stamp."""
        self._columns.add(uid, identity, source << 32 | destination)

    def put_rows(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """As `rows` gives them."""
        self._columns.extend(rows)

    def drop(self, uids: Iterable[int]) -> None:
        self._columns.drop(uids)

    def __getitem__(self, uid: int) -> Stamp:
        pair = self._columns[uid]
        return Stamp(pair.size >> 32, pair.size & _LOW, pair.destination_uid)

    def __contains__(self, uid: object) -> bool:
        return uid in self._columns

    def __iter__(self) -> Iterator[int]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """As a ledger keeps them, in the shape of pairs: uid, identity, and the stamps of both
        sides in one number."""
        return self._columns.rows()


def stamp_of(size: int, internaldate: str) -> int:
    """Of one message as a side lists it: never 0. The zone in which a server spells a date is its
    own affair, and may be another one tomorrow."""
    date = moment(internaldate)
    spelled = b"%d" % date if date >= 0 else internaldate.encode("latin-1", "replace")
    return crc32(b"%d %b" % (size, spelled)) or 1


def stamp_at(messages: Messages, position: int) -> int:
    """The same of the message at this position of a listing."""
    return stamp_of(messages.sizes[position], messages.internaldate(position))


def identity_stamp(key: bytes) -> int:
    """Of a digest of the identifying header fields. Never 0."""
    return int.from_bytes(key[:4]) or 1


def moment(internaldate: str) -> int:
    """Seconds since 1970, -1 for a date that cannot be read."""
    if len(internaldate) == _USUAL and internaldate[14] == internaldate[17] == ":":
        start = _day(internaldate[:11], internaldate[21:])
        hour, minute = _SIXTY.get(internaldate[12:14]), _SIXTY.get(internaldate[15:17])
        second = _SIXTY.get(internaldate[18:20])
        if start >= 0 and hour is not None and minute is not None and second is not None:
            return start + hour * 3600 + minute * 60 + second
    date = instant(internaldate)
    return int(date.timestamp()) if date else -1


@lru_cache(4096)
def _day(text: str, zone: str) -> int:
    date = instant(f"{text} 00:00:00 {zone}")
    return int(date.timestamp()) if date else -1
