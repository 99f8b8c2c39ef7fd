"""Stamps of the messages of one folder pair in columns: 16 bytes each, packed as pairs are.

A stamp is compared whenever a folder is listed: a uid whose message has another size or another
internal date than the ledger remembers means another message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from zlib import crc32

from sync.dates import instant
from sync.intent import Pair, Stamp
from sync.messages import Messages
from sync.pairs import Pairs

PROBED = 3
"""So many of a folder's highest messages are remembered with their identity, too: whatever gives
uids to other messages begins with the highest ones."""
_LOW = (1 << 32) - 1
_USUAL = 26
"""Characters of a date-time (RFC 9051, section 9)."""


class Stamps(Mapping[int, Stamp]):
    """By source uid. Of two with one source uid the later counts."""

    __slots__ = ("_columns",)

    def __init__(self) -> None:
        self._columns = Pairs()

    def put(self, uid: int, stamp: Stamp) -> None:
        self._columns.add(uid, stamp.identity, stamp.source << 32 | stamp.destination)

    def put_packed(self, pair: Pair) -> None:
        self._columns.put(pair)

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

    def packed(self) -> Iterator[Pair]:
        """As rows of a ledger keep them: 96 bits in a pair's two numbers."""
        return (Pair(uid, identity, both) for uid, identity, both in self._columns.rows())


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
    if len(internaldate) == _USUAL:
        day, time, zone = internaldate[:11], internaldate[12:20], internaldate[21:]
        start = _day(day, zone)
        if start >= 0 and time[2] == time[5] == ":" and (time[:2] + time[3:5] + time[6:]).isdigit():
            return start + int(time[:2]) * 3600 + int(time[3:5]) * 60 + int(time[6:])
    date = instant(internaldate)
    return int(date.timestamp()) if date else -1


@lru_cache(4096)
def _day(text: str, zone: str) -> int:
    date = instant(f"{text} 00:00:00 {zone}")
    return int(date.timestamp()) if date else -1
