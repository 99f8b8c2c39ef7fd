"""Several folders from listing to proof, phase by phase, so that many small folders cost no more
round trips than one.

    look    at both sides of all folders: at what has changed since they rested, else at all
    plan    folder by folder, from listings and ledger
    refile  what the destination holds in other folders, if that was asked for
    copy    one stream over all folders
    finish  flags and removals, where there are any
    prove   what was copied, by the destination's numbers, its listing or its bytes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sync.aftermath import Aftermath
from sync.copy import Copier
from sync.drops import Drops
from sync.errors import (
    Code,
    ConnectionLost,
    FolderChanged,
    FolderError,
    RunError,
    Side,
    Stopped,
    SyncError,
    UidValidityChanged,
)
from sync.finish import finish, rehearse
from sync.folders import FolderPair
from sync.intent import FolderKey, Rest
from sync.judging import (
    keep,
    may_rest,
    name_judged,
    name_redated,
    name_wrong,
    to_read_again,
)
from sync.learning import Learnt
from sync.looking import listings, look, look_at_all
from sync.model import FolderStatus
from sync.once import Once
from sync.options import SyncOptions
from sync.planning import plan_work
from sync.ports import Ledger, Progress, Stop
from sync.proving import prove_copies
from sync.refiling import Refiler
from sync.refusing import spare
from sync.report import FolderReport, Outcome
from sync.resting import lay_to_rest
from sync.reused_uids import remember
from sync.source_deletion import Clearing
from sync.tally import Tally
from sync.telling import abandon, conclude
from sync.twins import Sides
from sync.work import Work

RESYNCS = 5
"""Passes over a folder before it counts as unstable."""
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
        once: Once,
        clearing: Clearing,
        resting: Mapping[str, FolderKey | None] | None = None,
        statuses: Mapping[str, FolderStatus] | None = None,
        several: bool = True,
    ) -> None:
        """`resting`, by destination name, are folders of the account that need no work;
        `statuses`, by source name, how many messages the source has counted; `several`: the account
        has more than one folder."""
        self._sides = sides
        self._ledger = ledger
        self._options = options
        self._progress = progress
        self._stop = stop
        self._once = once
        self._clearing = clearing
        self._statuses = statuses or {}
        self._several = several
        self.learnt = Learnt(options.proof_first)
        self._looking = False
        """Folders are opened and listed, and nothing else is done yet."""
        self.held: set[str] = set()
        """Folders of the destination in which all is proven, and only a removal waits."""
        seconds, quiet = options.settle_seconds, options.quiet_seconds
        self._aftermath = Aftermath(sides, stop, seconds=seconds, quiet=quiet)
        self._refiler = Refiler(
            self._aftermath, ledger, options=options, stop=stop, resting=resting or {}
        )

    def run(
        self, pairs: Sequence[FolderPair], created: frozenset[str], rested: Mapping[str, Rest]
    ) -> list[tuple[FolderReport, int]]:
        """Each folder's report, and how many messages are named in it as exceptions. `rested`, by
        source name, says how folders were when they were equal.

        Raises what stops the account or more, after the reports of what was done until then."""
        done: list[Work] = []
        works = [self._work(pair, created, rested.get(pair.source.name)) for pair in pairs]
        resyncs = losses = 0
        drops = Drops()
        while works:
            try:
                self._pass(works)
            except ConnectionLost as error:
                if error.side is not Side.SOURCE:
                    self._aftermath.lost()
                # Where there is but one folder, another attempt of the account is worth more.
                at_folder = self._looking and self._several and drops.met(error)
                losses = 0 if at_folder else 1 if _copied(works) else losses + 1
                if losses >= LOSSES:
                    self._abandon(done + works, error)
                    raise
                works = _anew(works)
                done += [work for work in works if self._set_aside(work, drops)]
                works = [work for work in works if work not in done]
                continue
            except Stopped:
                raise
            except SyncError as error:
                self._abandon(done + works, error)
                raise
            resyncs += 1
            done += [work for work in works if not self._due(work, resyncs)]
            works = _anew([work for work in works if work not in done])
        try:
            self._clearing.run(done)
        except RunError as error:
            self._abandon(done, error)
            raise
        return [conclude(work.tally, self._sides.source) for work in done]

    def _work(self, pair: FolderPair, created: frozenset[str], rest: Rest | None) -> Work:
        tally = Tally(pair, self._progress, created=pair.destination.name in created)
        return Work(pair, tally, rest)

    def _set_aside(self, work: Work, drops: Drops) -> bool:
        """Whether the line breaks at this folder each time: then all that it is said to hold is
        failed."""
        pair = work.pair
        ours, theirs = (Side.SOURCE, pair.source.name), (Side.DESTINATION, pair.destination.name)
        error = drops.aside.get(ours) or drops.aside.get(theirs)
        if error is not None:
            counted = self._statuses.get(pair.source.name)
            work.tally.found = counted.messages if counted else 0
            work.tally.count(Outcome.FAILED, work.tally.found)
            work.tally.fail_open(error)
        return error is not None

    def _due(self, work: Work, resyncs: int) -> bool:
        """Whether it needs another pass, and still gets one."""
        if work.again and resyncs >= RESYNCS:
            work.tally.fail_open(_unstable(work))
        return work.again and work.tally.error is None

    def _abandon(self, works: list[Work], error: SyncError) -> None:
        for work in works:
            if work.tally.error is None and not work.tally.verified:
                abandon(work.tally, error)
            else:
                conclude(work.tally, None)

    def _pass(self, works: list[Work]) -> None:
        sides, options = self._sides, self._options
        self._looking = True
        look(works, sides, self._ledger, options, statuses=self._statuses)
        self._looking = False
        _each(works, self._plan)
        _each(self._refiler.begin(works), self._plan_whole)
        self._once.choose(works)
        self._refiler.run(works)
        spare(works, options, sides.destination.append_limit)
        if options.dry_run:
            _each(works, rehearse)
            _each(works, name_judged)
        else:
            copier = Copier(self._aftermath, self._ledger, options=options, stop=self._stop)
            copier.run([work for work in works if work.under_way])
            self._look_again([w for w in works if w.under_way and w.tally.counts[Outcome.VANISHED]])
            _each(works, lambda work: finish(work, sides.destination))
            self._prove([work for work in works if work.under_way])
            for work in works:
                if work.under_way:
                    remember(work, self._ledger, work.to_prove.there)
        self._once.confirm()
        for work in works:
            tally = work.tally
            sound = work.under_way and not tally.open and not tally.unproven
            sound = sound and tally.reservation is None
            sound = sound and tally.report().balanced
            tally.verified = sound and tally.held is None
            if sound and tally.held is not None:
                self.held.add(work.pair.destination.name)
            looked_for = tally.chosen or options.dry_run
            if tally.verified and not looked_for and may_rest(work):
                lay_to_rest(work, self._ledger, options)

    def _plan(self, work: Work) -> None:
        """That much would have to be removed is believed only of whole listings."""
        sides, ledger, options = self._sides, self._ledger, self._options
        if not plan_work(work, sides, ledger, options, aftermath=self._aftermath):
            self._plan_whole(work)

    def _plan_whole(self, work: Work) -> None:
        sides, options = self._sides, self._options
        look_at_all(work, sides, options)
        if work.under_way:
            self._plan(work)

    def _prove(self, works: list[Work]) -> None:
        options = self._options
        whole = options.proof.reads
        if any(whole or work.wrote or work.believed or to_read_again(work) for work in works):
            self._progress.verifying()
            prove_copies(works, self._sides, self._ledger, self.learnt, options=options)
        for work in works:
            name_wrong(work)
            name_redated(work)
            name_judged(work)
        keep(works, self._ledger)

    def _look_again(self, works: list[Work]) -> None:
        """Messages have vanished: if the source lists now what it did not list before, or what it
        said was gone, its first listing was no truth to build on."""
        found = listings(self._sides.source, [work.pair.source for work in works])
        for work, listing in zip(works, found, strict=True):
            if isinstance(listing, FolderError):
                work.tally.fail_open(listing)
                continue
            old = set(work.tally.listed.uids) - work.vanished
            if work.part:
                old.update(uid for uid in work.known.pairs if uid not in work.vanished)
            now = set(listing.messages.uids)
            if any(uid < work.ours.status.uidnext for uid in now - old):
                work.repeat()


def _anew(works: list[Work]) -> list[Work]:
    """The same folders from the start; what was told of them is taken back. All of a folder is
    listed whose first listing was not to be built on."""
    for work in works:
        work.tally.withdraw()
    return [Work(w.pair, w.tally.anew(), None if w.again else w.rest) for w in works]


def _each(works: list[Work], action: Callable[[Work], None]) -> None:
    """For the folders under way. What stops one of them costs the others nothing."""
    for work in works:
        if not work.under_way:
            continue
        try:
            action(work)
        except FolderChanged as changed:
            work.repeat(changed)
        except FolderError as error:
            work.tally.fail_open(error)


def _unstable(work: Work) -> FolderError:
    """It was listed anew again and again, for this reason at last."""
    why = work.why
    if why is None or isinstance(why, UidValidityChanged):
        return FolderError(Code.UIDVALIDITY_UNSTABLE if why else Code.FOLDER_UNSTABLE)
    return FolderError(why.code, why.server_words, side=why.side, where=why.where)


def _copied(works: list[Work]) -> bool:
    """By this pass: what an earlier one has copied does not count again and again."""
    return any(work.copied for work in works)
