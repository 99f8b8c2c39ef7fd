"""Copies whose uid the destination has not told are looked for among what is nobody's copy there.

By their content, blind to what servers alter; what that leaves over by its header; then, where the
folder has something new with the very date, by that. A copy that is found gets its uid, and what
was altered in it its name. One that is not found is missing, unless the destination holds something
that could be it and cannot be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime

from sync.alteration import alterations
from sync.content import Compared, fingerprints
from sync.dates import instant
from sync.errors import Code
from sync.intent import Pair
from sync.known_again import known_again
from sync.listing import Listing
from sync.model import Wanted
from sync.pairs import Pairs
from sync.ports import Ledger
from sync.reading_back import settle
from sync.report import Outcome
from sync.resting import disturb
from sync.twins import Sides
from sync.verify import miss
from sync.work import Work

NO_PLACE = "its place at the destination is not known"


def place(work: Work, listing: Listing, sides: Sides, ledger: Ledger) -> None:
    """Of one folder, by a listing of all that the destination has in it now."""
    search = _Search(work, listing, sides)
    copied = work.to_prove
    pairs = [Pair(uid, there, work.tally.size(uid)) for uid, there in search.found.items()]
    ledger.record(work.key, pairs)
    for pair in pairs:
        uid = pair.source_uid
        if uid in copied:
            work.copied.put(pair)
        work.taken.add(pair.destination_uid)
        settle(search.compared(uid), ledger, was=_was(work, uid, copied))
    for uid in search.doubtful:
        work.tally.unproven += 1
        work.tally.name(uid, _was(work, uid, copied), Code.UNREADABLE, NO_PLACE)
    for was in (Outcome.COPIED, Outcome.PRESENT):
        missing = [uid for uid in search.missing if _was(work, uid, copied) is was]
        miss(missing, work, ledger, was=was)
    if search.missing:
        disturb(work, ledger)


def _was(work: Work, uid: int, copied: Pairs) -> Outcome:
    return work.outcome(uid) if uid in copied else Outcome.PRESENT


class _Search:
    """Found copies by source uid, and what is left over."""

    def __init__(self, work: Work, listing: Listing, sides: Sides) -> None:
        self._work = work
        self._listing = listing.messages
        self._since = work.theirs.status.uidnext
        here, there, key = work.pair.source, work.pair.destination, work.key
        wanted = work.unplaced
        candidates = self._candidates(wanted)
        self._ours = fingerprints(sides.source, Wanted(here, key.source_uidvalidity, tuple(wanted)))
        self._theirs = fingerprints(
            sides.destination, Wanted(there, key.destination_uidvalidity, tuple(candidates))
        )
        self.found = known_again(self._ours, self._theirs)
        self._pair(lambda uid: self._ours[uid].head, lambda uid: self._theirs[uid].head)
        self._pair(self._moment, self._moment_there)
        left = [uid for uid in wanted if uid not in self.found]
        sure = listing.whole and len(self._theirs) == len(candidates)
        self.missing = [uid for uid in left if sure and uid in self._ours]
        self.doubtful = [uid for uid in left if uid not in self.missing]

    def compared(self, uid: int) -> Compared:
        altered = alterations(self._ours[uid], self._theirs[self.found[uid]])
        return Compared(self._work, uid, altered=altered)

    def _candidates(self, wanted: Iterable[int]) -> list[int]:
        """What is nobody's copy, and has come since, or has the date of one that is looked for."""
        work, listing = self._work, self._listing
        others = {there for there in work.known.pairs.values() if there}
        moments = {self._moment(uid) for uid in wanted}
        return [
            uid
            for at, uid in enumerate(listing.uids)
            if uid not in work.taken and uid not in others
            if uid >= self._since or instant(listing.internaldate(at)) in moments
        ]

    def _pair(self, key: Callable[[int], Hashable], key_there: Callable[[int], Hashable]) -> None:
        """Those that are left over, by a key that is equal; None is none."""
        taken = set(self.found.values())
        stock: dict[Hashable, list[int]] = defaultdict(list)
        for there in sorted(self._theirs, reverse=True):
            if there not in taken:
                stock[key_there(there)].append(there)
        for uid in sorted(self._ours):
            if uid not in self.found and key(uid) and stock[key(uid)]:
                self.found[uid] = stock[key(uid)].pop()

    def _moment(self, uid: int) -> datetime | None:
        meta = self._work.tally.listed.get(uid)
        return instant(meta.internaldate) if meta else None

    def _moment_there(self, uid: int) -> datetime | None:
        """Of what has come since."""
        at = self._listing.position(uid)
        return instant(self._listing.internaldate(at)) if uid >= self._since else None
