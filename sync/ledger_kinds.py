"""The kinds of a ledger's rows, and how pairs are packed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import starmap
from struct import Struct

from sync.intent import Pair

_PAIR = Struct("<IIQ")
"""Source uid, destination uid, size. A uid has 32 bits (RFC 9051, section 2.3.1.1)."""


class Kind(StrEnum):
    SENT = "sent"
    FOUND = "found"
    GONE = "gone"
    LEFT = "left"
    MARKED = "marked"
    STAMPED = "stamped"
    JUDGED = "judged"
    REFUSED = "refused"
    NAME = "name"
    """A folder name that was refused; the folder's key has UIDVALIDITY 0 on both sides."""


BESIDE = frozenset({Kind.LEFT, Kind.MARKED, Kind.STAMPED, Kind.JUDGED, Kind.REFUSED, Kind.NAME})
"""Rows that hold no pairs, and end none."""


def pack_pairs(pairs: Iterable[Pair]) -> bytes:
    return pack_rows((pair.source_uid, pair.destination_uid, pair.size) for pair in pairs)


def pack_rows(rows: Iterable[tuple[int, int, int]]) -> bytes:
    """As `pair_rows` gives them."""
    return b"".join(starmap(_PAIR.pack, rows))


def pair_uids(packed: bytes) -> Iterator[int]:
    """The source uids alone."""
    return (uid for uid, _, _ in _PAIR.iter_unpack(packed))


def unpack_pairs(packed: bytes) -> Iterator[Pair]:
    return (Pair(*numbers) for numbers in _PAIR.iter_unpack(packed))


def pair_rows(packed: bytes) -> Iterator[tuple[int, int, int]]:
    """Source uid, destination uid, size."""
    return _PAIR.iter_unpack(packed)
