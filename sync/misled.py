"""A destination that told wrong uids (APPENDUID): its copies are looked for by what they are.

That is seen where a told uid is no message's, or where a copy looks like another message while the
original's looks are found elsewhere, or another copy's uid is not known. Then nothing is believed
of what was told in this pass: a pair that is wrong would have a message sent twice, or the only
copy of one removed as another's.
"""

from __future__ import annotations

from collections.abc import Iterator

from sync.columns import Uids
from sync.dates import instant
from sync.intent import Pair
from sync.listing import Listing
from sync.messages import Messages
from sync.ports import Ledger
from sync.twins import Sides
from sync.work import Work


def misled(work: Work, listing: Listing) -> bool:
    """Whether the uids that were told of this pass's copies cannot all be right."""
    here, there = work.tally.listed, listing.messages
    looks = Looks()
    unlike: list[tuple[int, object]] = []
    unplaced = False
    for uid, place, _ in _sent(work):
        unplaced |= not place
        mine, at = here.position(uid), there.position(place)
        if place and at < 0:
            return True
        if mine >= 0 and at >= 0:
            wanted = looks.of(here, mine)
            if wanted != looks.of(there, at):
                unlike.append(wanted)
    if not unlike:
        return False
    found = {looks.of(there, at) for at in range(len(there))}
    return unplaced or any(wanted in found for wanted in unlike)


class Looks:
    """Size and instant of messages; equal dates are read once."""

    def __init__(self) -> None:
        self._instants: dict[str, object] = {}

    def of(self, messages: Messages, at: int) -> tuple[int, object]:
        date = messages.internaldate(at)
        if date not in self._instants:
            self._instants[date] = instant(date) or date
        return messages.sizes[at], self._instants[date]


def find_again(work: Work, sides: Sides, ledger: Ledger) -> None:
    """Match this pass's copies anew. Those that are not found have no place then.

    Raises FolderError, before anything is written."""
    rows = list(_sent(work))
    told = {place for _, place, _ in rows if place}
    metas = [meta for uid, _, _ in rows if (meta := work.tally.listed.get(uid)) is not None]
    work.taken = Uids(uid for uid in work.taken if uid not in told)
    arrived = sides.arrived(work, metas, work.theirs.status.uidnext)
    found = [Pair(uid, arrived.get(uid, 0), size) for uid, _, size in rows]
    ledger.forget(work.key, [uid for uid, _, _ in rows])
    ledger.record(work.key, [pair for pair in found if pair.destination_uid])
    work.take(found)


def _sent(work: Work) -> Iterator[tuple[int, int, int]]:
    """Of this pass: source uid, told uid, size."""
    return (row for row in work.copied.rows() if row[0] not in work.refiled)
