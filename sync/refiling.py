"""Messages that the destination holds in some other folder are put into the source's folders there,
by MOVE or COPY at the destination: no body is brought over.

    look      what is to be copied is looked for in the destination's folders: by size, then by
              identity, and by content where that leaves a doubt
    file      folder by folder in sets, each behind an intent; first all copies, then all moves
    account   what was filed is present; the rest stays to be copied, or is named and left out

What a destination has filed keeps its internal date, which the proof compares as that of a copy.
Its flags are made the source's when the folder is finished, in mode NEW at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sync.aftermath import Aftermath
from sync.errors import (
    AccountError,
    Code,
    ConnectionLost,
    FolderChanged,
    FolderError,
    Side,
    Stopped,
)
from sync.intent import FolderKey, Intent, Pair
from sync.messages import Messages
from sync.model import FlagChange, Folder
from sync.options import Mode, Refiling, SyncOptions
from sync.ports import Ledger, Stop
from sync.refiling_batch import Batch, Told, Unfiled, arrived_flags
from sync.refiling_search import Search
from sync.refiling_stock import needed_in_place, places, take_stock
from sync.refiling_values import Filed
from sync.report import Outcome
from sync.twins import Sides
from sync.work import Work


def check_refiling(options: SyncOptions) -> None:
    """Raises AccountError: mode ALL would remove from the archive what is not refiled. People are
    told so before they start (parameters.contradictions)."""
    if options.refiling is not Refiling.NO and options.mode is Mode.ALL:
        raise AccountError(Code.OPTIONS_REFUSED, "refiling in mode all", side=Side.DESTINATION)


class Refiler:
    """For one run. `resting` are the folders that need no work, by destination name; without a key
    they keep all that they hold."""

    def __init__(
        self,
        aftermath: Aftermath,
        ledger: Ledger,
        *,
        options: SyncOptions,
        stop: Stop,
        resting: Mapping[str, FolderKey | None],
    ) -> None:
        self._aftermath = aftermath
        self._sides = aftermath.sides
        self._ledger = ledger
        self._options = options
        self._stop = stop
        self._resting = resting
        self._told: dict[str, Told] = {}
        """By source name; it outlasts a pass that breaks."""
        self._homes: set[str] = set()
        """Destination names of all folders that had a pass."""
        self._folders: list[Folder] = []

    def begin(self, works: Sequence[Work]) -> list[Work]:
        """A pass begins. The answer are works that have to be known whole and are known in part.
        Where there is nothing to look for it is empty, and so is what `run` does."""
        self._folders = []
        self._homes.update(work.pair.destination.name for work in works)
        if self._options.refiling is Refiling.NO or not any(map(_wanted, works)):
            return []
        self._folders = places(self._sides.destination, self._options.refile_from)
        names = {folder.name for folder in self._folders}
        known_in_part = (work for work in works if work.under_way and work.part is not None)
        return [work for work in known_in_part if work.pair.destination.name in names]

    def run(self, works: Sequence[Work]) -> None:
        """File what can be filed; in a dry run it is only counted. Raises what stops the account
        or more, after what was done until then is in the ledger."""
        for work in works:
            self._told.setdefault(work.pair.source.name, Told()).begin(work)
        if self._options.refiling is not Refiling.NO:
            for work in works:
                self._flag(work, tuple(arrived_flags(work)))
            unfiled = self._file_all(works) if self._folders else Unfiled()
            for work in works:
                self._conclude(work, unfiled)

    def _file_all(self, works: Sequence[Work]) -> Unfiled:
        # Of folders that have ended, nothing is known any more but that they have.
        ended: dict[str, Collection[int] | None] = dict.fromkeys(self._homes)
        needed = ended | needed_in_place(works, self._resting, self._ledger)
        sizes = {size for work in works for size in _wanted(work).sizes if size}
        stock = take_stock(self._folders, works, self._sides, sizes=sizes, needed=needed)
        moving = self._options.refiling is Refiling.MOVE
        found = Search(self._sides, works, stock, moving=moving).run()
        unfiled = Unfiled(stock.error)
        homes = {work.pair.destination.name: work for work in works}
        for batch in found:
            if not batch.work.under_way:
                continue
            if self._options.dry_run:
                self._count(batch, dict.fromkeys(batch.sources.values(), 0))
            elif (error := self._file(batch, homes.get(batch.shelf.folder.name))) is not None:
                unfiled.refuse(batch, error)
        return unfiled

    def _file(self, batch: Batch, home: Work | None) -> FolderError | None:
        """Why not all of it was filed, if the destination has said why. `home` is the work whose
        folder it is taken from."""
        if reason := self._stop.reason():
            raise Stopped(reason)
        work, pair = batch.work, batch.work.pair
        work.tally.progress.folder(pair.source.name, pair.destination.name)
        intent = Intent(tuple(batch.sources.values()), work.uidnext)
        intent = replace(intent, number=self._ledger.intend(work.key, intent))
        if home is not None and batch.moves:
            home.disturbed = True
        try:
            filed = self._sides.destination.file(batch.filing)
        except ConnectionLost:
            self._aftermath.lost()
            self._settle(batch, Filed(), intent, look=self._aftermath)
            raise
        except AccountError:
            # There was no line, or MOVE_UNSAFE: nothing was sent.
            self._ledger.settle(work.key, intent.number, ())
            raise
        except FolderError as error:
            filed = Filed(error=error)
        self._settle(batch, filed, intent, look=self._sides)
        return filed.error

    def _settle(
        self, batch: Batch, filed: Filed, intent: Intent, *, look: Sides | Aftermath
    ) -> None:
        """Find out what has come of it, and write it into the ledger: as found, since nothing was
        sent."""
        work = batch.work
        if filed.uidvalidity and filed.uidvalidity != work.key.destination_uidvalidity:
            work.again = True
            return
        there = {batch.sources[uid]: new for uid, new in filed.pairs.items()}
        work.take(batch.pairs(there))
        unsure = [meta for uid, meta in batch.metas.items() if uid not in there]
        try:
            there |= look.arrived(work, unsure, intent.uidnext)
        except FolderChanged:
            work.again = True
            return
        except FolderError as error:
            work.tally.fail_open(error)
            return
        pairs: list[Pair] = batch.pairs(there)
        work.take(pairs)
        self._flag(work, tuple(batch.flag_changes(there)))
        if pairs:
            self._ledger.record(work.key, pairs)
        self._ledger.settle(work.key, intent.number, ())
        self._count(batch, there)

    def _flag(self, work: Work, changes: Sequence[FlagChange]) -> None:
        """In NEW no later plan looks at the flags of what is there: they are set while the intent
        is open. Flags never cost a message."""
        if self._options.mode is Mode.NEW and changes:
            uidvalidity = work.key.destination_uidvalidity
            with suppress(FolderError):
                taken = self._sides.destination.set_flags(
                    work.pair.destination, uidvalidity, changes
                )
                work.tally.flags_changed += taken

    def _count(self, batch: Batch, there: Mapping[int, int]) -> None:
        """These are filed, by source uid; the new uid is 0 in a dry run."""
        batch.work.refiled.update(there)
        batch.work.tally.settle_all(there, Outcome.PRESENT)
        told = self._told[batch.work.pair.source.name]
        told.add(batch, there)
        if self._options.dry_run or self._options.mode is not Mode.NEW:
            told.flags.extend(batch.flag_changes(there))

    def _conclude(self, work: Work, unfiled: Unfiled) -> None:
        """What was not filed is copied, or named."""
        told, tally, plan = self._told[work.pair.source.name], work.tally, work.plan
        told.tell(tally)
        if plan is None or not work.under_way or not plan.copies:
            return
        copies = plan.copies
        left = [at for at, uid in enumerate(copies.uids) if uid in tally.open]
        if not self._options.copy_unfiled:
            for at in left:
                unfiled.settle(work, copies[at])
            left = []
        flags = (*plan.flags, *told.flags)
        work.plan = replace(plan, copies=copies.select(left), flags=flags)


def _wanted(work: Work) -> Messages:
    """What would have to be copied."""
    return work.plan.copies if work.plan is not None and work.under_way else Messages()
