"""The rows of a ledger, wherever they are kept: how they are packed, and what they amount to.

    intend   a row SENT with the source uids, open
    settle   the same row with the pairs that came of it, settled
    record   a settled row FOUND with pairs that were found at the destination
    forget   a settled row GONE with source uids whose copy is gone

Rows are folded in their order, so a later one outranks an earlier one. A message costs 16 bytes
and its share of one row.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from struct import Struct

from sync.intent import Intent, Known, Pair, Rest
from sync.model import FolderStatus
from sync.pairs import Pairs

_PAIR = Struct("<IIQ")
"""Source uid, destination uid, size. A uid has 32 bits (RFC 9051, section 2.3.1.1)."""


_STATUS = Struct("<QQQQ")
"""UIDVALIDITY, UIDNEXT, messages, HIGHESTMODSEQ."""


class Kind(StrEnum):
    SENT = "sent"
    FOUND = "found"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Row:
    """One batch. `run` is the account run that wrote it; `packed` holds uids while it is open and
    in a row GONE, else pairs."""

    number: int
    run: int
    kind: str
    settled: bool
    uidnext: int
    packed: bytes


def fold(rows: Iterable[Row], run: int) -> Known:
    """What the rows amount to for the account run `run`: what it sent itself is `sent`."""
    pairs, sent = Pairs(), Pairs()
    intents: list[Intent] = []
    for row in rows:
        if not row.settled:
            uids, earlier = unpack_uids(row.packed), row.run != run
            intents.append(Intent(uids, row.uidnext, row.number, earlier))
        elif row.kind == Kind.GONE:
            gone = unpack_uids(row.packed)
            pairs.drop(gone)
            sent.drop(gone)
        else:
            ours = row.kind == Kind.SENT and row.run == run
            for uid, there, size in _PAIR.iter_unpack(row.packed):
                pairs.add(uid, there, size)
                if ours:
                    sent.add(uid, there, size)
    return Known(pairs.there, sent, tuple(intents))


def squeeze(rows: Iterable[Row]) -> bytes:
    """The pairs of settled rows as those of one row."""
    pairs = Pairs()
    for row in rows:
        if row.kind == Kind.GONE:
            pairs.drop(unpack_uids(row.packed))
        else:
            for numbers in _PAIR.iter_unpack(row.packed):
                pairs.add(*numbers)
    return pack_pairs(pairs.values())


def pack_pairs(pairs: Iterable[Pair]) -> bytes:
    packed = bytearray()
    for pair in pairs:
        packed += _PAIR.pack(pair.source_uid, pair.destination_uid, pair.size)
    return bytes(packed)


def unpack_pairs(packed: bytes) -> Iterator[Pair]:
    return (Pair(*numbers) for numbers in _PAIR.iter_unpack(packed))


def pack_rest(rest: Rest) -> bytes:
    both = (rest.source, rest.destination)
    return b"".join(
        _STATUS.pack(s.uidvalidity, s.uidnext, s.messages, s.highestmodseq) for s in both
    )


def unpack_rest(packed: bytes | None) -> Rest | None:
    if not packed:
        return None
    source, destination = _STATUS.iter_unpack(packed)
    return Rest(FolderStatus(*source), FolderStatus(*destination))


def pack_uids(uids: Iterable[int]) -> bytes:
    return _little(array("I", uids)).tobytes()


def unpack_uids(packed: bytes) -> tuple[int, ...]:
    uids = array("I")
    uids.frombytes(packed)
    return tuple(_little(uids))


def _little(numbers: array[int]) -> array[int]:
    """The same bytes on every machine."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
