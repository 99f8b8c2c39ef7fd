"""Several folders from listing to proof, phase by phase, so that many small folders cost no more
round trips than one.

    list    both sides, all folders
    plan    folder by folder, from listings and ledger
    copy    one stream over all folders
    finish  flags and removals, where there are any
    prove   the destination listed once more, where something was copied
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sync.aftermath import Aftermath
from sync.copy import Copier
from sync.errors import (
    Code,
    ConnectionLost,
    FolderChanged,
    FolderError,
    Side,
    Stopped,
    SyncError,
)
from sync.finish import finish, rehearse
from sync.folders import FolderPair
from sync.intent import Rest
from sync.model import Asked, Folder, Listing
from sync.options import SyncOptions
from sync.planning import plan_work
from sync.ports import Ledger, Progress, Reader, Stop
from sync.report import FolderReport, Outcome
from sync.tally import Tally
from sync.telling import abandon, conclude
from sync.twins import Sides
from sync.verify import prove, settle_proof
from sync.work import Work

RESYNCS = 5
"""So often may a folder be made anew on either side during one run."""
LOSSES = 3
"""So many lost lines in a row, without a message copied between them, end the account's attempt."""


class GroupRun:
    """Works on folders of one account."""

    def __init__(
        self,
        sides: Sides,
        ledger: Ledger,
        *,
        options: SyncOptions,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self._sides = sides
        self._ledger = ledger
        self._options = options
        self._progress = progress
        self._stop = stop
        self._aftermath = Aftermath(sides, stop, seconds=options.settle_seconds)

    def run(
        self, pairs: Sequence[FolderPair], created: frozenset[str]
    ) -> list[tuple[FolderReport, int]]:
        """Each folder's report, and how many messages are named in it as exceptions.

        Raises what stops the account or more, after the reports of what was done until then."""
        done: list[Work] = []
        works = self._works(pairs, created)
        resyncs = losses = 0
        while works:
            try:
                self._pass(works)
            except ConnectionLost as error:
                if error.side is not Side.SOURCE:
                    self._aftermath.lost()
                losses = 1 if _copied(works) else losses + 1
                if losses >= LOSSES:
                    self._abandon(done + works, error)
                    raise
                works = self._anew(works, created)
                continue
            except Stopped:
                raise
            except SyncError as error:
                self._abandon(done + works, error)
                raise
            resyncs += 1
            done += [work for work in works if not self._due(work, resyncs)]
            works = self._anew([work for work in works if work not in done], created)
        return [conclude(work.tally, self._sides.source) for work in done]

    def _works(self, pairs: Iterable[FolderPair], created: frozenset[str]) -> list[Work]:
        return [
            Work(pair, Tally(pair, self._progress, created=pair.destination.name in created))
            for pair in pairs
        ]

    def _anew(self, works: list[Work], created: frozenset[str]) -> list[Work]:
        """The same folders from the start; what was told of them is taken back."""
        for work in works:
            work.tally.withdraw()
        return self._works([work.pair for work in works], created)

    def _due(self, work: Work, resyncs: int) -> bool:
        """Whether it needs another pass, and still gets one."""
        if work.again and resyncs >= RESYNCS:
            work.tally.fail_open(FolderError(Code.UIDVALIDITY_UNSTABLE))
        return work.again and work.tally.error is None

    def _abandon(self, works: list[Work], error: SyncError) -> None:
        for work in works:
            if work.tally.error is None and not work.tally.verified:
                abandon(work.tally, error)
            else:
                conclude(work.tally, None)

    def _pass(self, works: list[Work]) -> None:
        sides, options, aftermath = self._sides, self._options, self._aftermath
        self._list(works)
        _each(
            works,
            lambda work: plan_work(work, sides, self._ledger, options, aftermath=aftermath),
        )
        if options.dry_run:
            _each(works, rehearse)
        else:
            copier = Copier(aftermath, self._ledger, options=options, stop=self._stop)
            copier.run([work for work in works if work.under_way])
            self._look_again([w for w in works if w.under_way and w.tally.counts[Outcome.VANISHED]])
            _each(works, lambda work: finish(work, sides.destination))
            self._prove([work for work in works if work.under_way and work.wrote])
        for work in works:
            tally = work.tally
            tally.verified = work.under_way and not tally.open and tally.report().balanced
            if tally.verified and not tally.notes and not options.dry_run:
                self._ledger.rest(work.key, Rest(work.ours.status, work.theirs.status))

    def _list(self, works: list[Work]) -> None:
        ours = _listings(self._sides.source, [work.pair.source for work in works])
        for work, listing in zip(works, ours, strict=True):
            if isinstance(listing, FolderError):
                work.tally.fail_open(listing)
                continue
            work.ours = listing
            work.tally.expect(listing.messages)
        there = [work for work in works if work.under_way and self._exists(work)]
        theirs = _listings(self._sides.destination, [work.pair.destination for work in there])
        for work, listing in zip(there, theirs, strict=True):
            if isinstance(listing, FolderError):
                work.tally.fail_open(listing)
            else:
                work.theirs = listing
                work.uidnext = listing.status.uidnext

    def _exists(self, work: Work) -> bool:
        """A folder that only a real run would make is empty in a dry run."""
        return work.pair.exists or not self._options.dry_run

    def _look_again(self, works: list[Work]) -> None:
        """Messages have vanished: if the source lists now what it did not list before, or what it
        said was gone, its first listing was no truth to build on."""
        listings = _listings(self._sides.source, [work.pair.source for work in works])
        for work, listing in zip(works, listings, strict=True):
            if isinstance(listing, FolderError):
                work.tally.fail_open(listing)
                continue
            old = set(work.tally.listed.uids) - work.vanished
            now = set(listing.messages.uids)
            work.again = any(uid < work.ours.status.uidnext for uid in now - old)

    def _prove(self, works: list[Work]) -> None:
        if works:
            self._progress.verifying()
        listings = _listings(self._sides.destination, [work.pair.destination for work in works])
        for work, listing in zip(works, listings, strict=True):
            if isinstance(listing, FolderError):
                work.tally.fail_open(listing)
            elif listing.status.uidvalidity != work.key.destination_uidvalidity:
                work.again = True
            else:
                work.theirs = listing
                proof = prove(self._sides, work, work.to_prove, listing)
                settle_proof(proof, work, self._ledger)


def _each(works: list[Work], action: Callable[[Work], None]) -> None:
    """For the folders under way. What stops one of them costs the others nothing."""
    for work in works:
        if not work.under_way:
            continue
        try:
            action(work)
        except FolderChanged:
            work.again = True
        except FolderError as error:
            work.tally.fail_open(error)


def _listings(reader: Reader, folders: list[Folder]) -> list[Listing | FolderError]:
    return list(reader.listings([Asked(folder) for folder in folders])) if folders else []


def _copied(works: list[Work]) -> bool:
    return any(work.tally.counts[Outcome.COPIED] for work in works)
