"""Removing from the source what is proven to be at the destination (H10, M6).

For some messages of a folder at a time, each step done before the next:

    compare    both sides are read, unless this run has done so: only equal bytes go on
    leave      the ledger knows from now on that their copies may be the last ones
    mark       \\Deleted at the source, but not where somebody else has set it
    confirm    the copies are still at the destination, and not \\Deleted: if source and destination
               are one mailbox, our own mark is seen here
    expunge    UID EXPUNGE of exactly these

Killed in between, a message is on both sides, or proven to be at the destination. Whoever comes
next finds the mark, knows by the ledger whose it is, and goes on, or takes it back. Nothing that
goes wrong here costs a copy or the run: what could not be removed is named.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain

from sync.errors import AccountError, Code, ConnectionLost, Stopped
from sync.leaving import due, our_marks
from sync.options import SourceDeletion, SyncOptions
from sync.ports import Ledger, SourceDeleter, Stop
from sync.report import Outcome
from sync.source_removal import Removal
from sync.twins import Sides
from sync.work import Work

AT_ONCE = 1_000
"""So many messages bear our mark at a time."""
LOSSES = 3
"""So many lost lines in a row end it for this run."""


class Clearing:
    """Works on folders after their copies are proven. Without a deleter it only counts."""

    def __init__(
        self,
        sides: Sides,
        ledger: Ledger,
        deleter: SourceDeleter | None,
        *,
        options: SyncOptions,
        stop: Stop,
        now: datetime | None = None,
    ) -> None:
        wanted = options.source_deletion is not SourceDeletion.NEVER
        if wanted and deleter is None and not options.dry_run:
            raise ValueError("deletion in the source was asked for, and nothing given to do it")
        self._sides = sides
        self._ledger = ledger
        self._deleter = deleter
        self._options = options
        self._stop = stop
        self._now = now or datetime.now(UTC)
        self._wanted = wanted
        self._given_up: AccountError | None = None
        """Why nothing more can be removed in this run."""

    def run(self, works: Sequence[Work]) -> None:
        """Raises Stopped, and RunError for a ledger that cannot be used."""
        for work in works if self._wanted else ():
            if work.under_way:
                self._clear(work)
                work.tally.verified = work.tally.verified and not work.tally.unproven

    def _clear(self, work: Work) -> None:
        options, key = self._options, work.key
        found = due(
            work,
            self._candidates(work),
            options,
            now=self._now,
            settled=lambda moment: self._ledger.settled_before(key, moment),
        )
        if options.dry_run or self._deleter is None:
            work.tally.deleted_at_source += len(found.pairs)
            return
        for uid, words in found.staying.items():
            work.tally.name(uid, Outcome.PRESENT, Code.NOT_DELETED, words)
        if found.pairs or our_marks(work):
            self._empty(work, found.pairs, self._deleter)

    def _candidates(self, work: Work) -> Iterator[tuple[int, int]]:
        """What the ledger knows to be copied; in a dry run what it would know."""
        if not self._options.dry_run:
            return iter(self._ledger.load(work.key).pairs.items())
        plan = work.plan
        pairs = dict(work.known.pairs) | (dict(plan.recorded.there) if plan else {})
        copies = ((uid, 1) for uid in (plan.copies.uids if plan else ()))
        return chain(pairs.items(), (one for one in copies if one[0] not in pairs))

    def _empty(self, work: Work, pairs: Mapping[int, int], deleter: SourceDeleter) -> None:
        """Some at a time, each once more after a lost line."""
        removal = Removal(work, self._sides, self._ledger, deleter)
        waiting, losses = array("I", pairs), 0
        while waiting and self._given_up is None:
            if reason := self._stop.reason():
                raise Stopped(reason)
            try:
                if not deleter.able():
                    work.tally.name(0, Outcome.PRESENT, Code.DELETION_UNSAFE)
                    return
                removal.run({uid: pairs[uid] for uid in waiting[:AT_ONCE]})
                waiting, losses = waiting[AT_ONCE:], 0
            except AccountError as error:
                losses += 1
                if losses >= LOSSES or not isinstance(error, ConnectionLost):
                    self._given_up = error
        if self._given_up is not None:
            words = self._given_up.server_words or str(self._given_up.code)
            removal.keep(waiting, words)
        else:
            marks = [uid for uid in our_marks(work) if uid not in removal.tried]
            self._take_back(work, marks, deleter)

    def _take_back(self, work: Work, uids: Sequence[int], deleter: SourceDeleter) -> None:
        """Marks of an earlier attempt, of what is not to be removed any more."""
        if not uids:
            return
        try:
            deleter.unmark(work.pair.source, work.key.source_uidvalidity, uids)
        except AccountError as error:
            self._given_up = error
