"""The rows of a ledger, wherever they are kept: how they are packed, and what they amount to.

    intend   a row SENT with the source uids, open
    settle   the same row with the pairs that came of it, settled
    record   a settled row FOUND with pairs that were found at the destination
    forget   a settled row GONE with source uids whose copy is gone
    leave    a settled row LEFT with source uids that are removed from the source
    mark     a settled row MARKED with source uids, each with the mark of its content
    stamp    a settled row STAMPED with stamps, packed as pairs (sync.stamps)
    judge    a settled row JUDGED, refuse a settled row REFUSED: JSON, what was found by source uid,
             null where it is true no longer

Rows are folded in their order, so a later one outranks an earlier one. A message costs 32 bytes
and its share of two rows.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import Struct

from sync.columns import Uids
from sync.intent import Intent, Known, Rest
from sync.ledger_kinds import (
    BESIDE,
    Kind,
    pack_pairs,
    pair_rows,
    pair_uids,
    unpack_pairs,
)
from sync.model import FolderStatus
from sync.pairs import Pairs
from sync.remarks import Remarks

_MARK = Struct("<I16s")
"""Source uid, mark."""


_STATUS = Struct("<QQQQ")
"""UIDVALIDITY, UIDNEXT, messages, HIGHESTMODSEQ."""

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Row:
    """One batch. `run` is the account run that wrote it, `at` when it was settled, in seconds
    since 1970; `packed` holds uids while it is open and in rows GONE and LEFT, marks in a row
    MARKED, else pairs."""

    number: int
    run: int
    kind: str
    settled: bool
    uidnext: int
    packed: bytes
    at: int = 0


def fold(rows: Iterable[Row], run: int) -> Known:
    """What the rows amount to for the account run `run`: what it sent itself is `sent`."""
    pairs, sent = Pairs(), Pairs()
    left, left_now = Uids(), Uids()
    intents: list[Intent] = []
    remarks = Remarks()
    for row in rows:
        if not row.settled:
            uids, earlier = unpack_uids(row.packed), row.run != run
            intents.append(Intent(uids, row.uidnext, row.number, earlier))
        elif row.kind == Kind.GONE:
            gone = unpack_uids(row.packed)
            pairs.drop(gone)
            sent.drop(gone)
            remarks.forget(gone)
        elif row.kind == Kind.LEFT:
            left.update(unpack_uids(row.packed))
            left_now.update(unpack_uids(row.packed) if row.run == run else ())
        elif row.kind in BESIDE:
            remarks.read(row.kind, row.packed)
        else:
            pairs.extend(pair_rows(row.packed))
            if row.kind == Kind.SENT and row.run == run:
                sent.extend(pair_rows(row.packed))
    return Known(
        pairs.there,
        sent,
        tuple(intents),
        left or frozenset(),
        left_now or frozenset(),
        remarks.stamps,
        remarks.judgements,
        {uid: one for uid, one in remarks.refused.items() if uid not in pairs},
        pairs.size,
    )


def settled_before(rows: Iterable[Row], moment: datetime) -> Collection[int]:
    """Source uids of the pairs that were settled last at `moment` or before."""
    latest, found = moment.timestamp(), set[int]()
    for row in rows:
        if not row.settled or row.kind in BESIDE:
            continue
        uids = unpack_uids(row.packed) if row.kind == Kind.GONE else pair_uids(row.packed)
        if row.kind == Kind.GONE or row.at > latest:
            found.difference_update(uids)
        else:
            found.update(uids)
    return Uids(sorted(found))


def squeeze(rows: Sequence[Row], run: int) -> Iterator[Row]:
    """What settled rows amount to in few rows: the pairs of one day in one, settled when the last
    of them was; then what has left the source, the marks, and the remarks."""
    days: dict[int, Pairs] = {}
    latest: dict[int, int] = {}
    decided: set[int] = set()
    for row in reversed(rows):
        if row.kind in BESIDE:
            continue
        if row.kind == Kind.GONE:
            decided.update(unpack_uids(row.packed))
            continue
        day = row.at // DAY
        latest[day] = max(row.at, latest.get(day, 0))
        some = days.setdefault(day, Pairs())
        for pair in Pairs(unpack_pairs(row.packed)).values():
            if pair.source_uid not in decided:
                decided.add(pair.source_uid)
                some.put(pair)
    for day in sorted(days):
        yield Row(0, run, Kind.FOUND, True, 0, pack_pairs(days[day].values()), latest[day])
    left = fold((row for row in rows if row.kind == Kind.LEFT), run).left
    if left:
        yield Row(0, run, Kind.LEFT, True, 0, pack_uids(left), max(latest.values(), default=0))
    if marks := dict(marks_of(rows)):
        yield Row(0, run, Kind.MARKED, True, 0, pack_marks(marks.items()))
    remarks = Remarks()
    for row in rows:
        if row.kind == Kind.GONE:
            remarks.forget(unpack_uids(row.packed))
        else:
            remarks.read(row.kind, row.packed)
    for kind, packed in remarks.packed():
        yield Row(0, run, kind, True, 0, packed)


def marks_of(rows: Iterable[Row]) -> Iterator[tuple[int, bytes]]:
    """By source uid; of two the later counts."""
    for row in rows:
        if row.kind == Kind.MARKED:
            yield from _MARK.iter_unpack(row.packed)


def pack_marks(marks: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(_MARK.pack(uid, mark) for uid, mark in marks)


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
