"""A batch filed at the destination: intent, command, what came of it, and the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sync.aftermath import Aftermath
from sync.errors import AccountError, ConnectionLost, FolderChanged, FolderError, Stopped
from sync.intent import Intent, Pair
from sync.model import FlagChange
from sync.options import Mode, SyncOptions
from sync.ports import Ledger, Stop
from sync.refiling_batch import Batch, Told
from sync.refiling_values import Filed
from sync.report import Outcome
from sync.twins import Sides
from sync.work import Work


class Clerk:
    """One for a run. `told`, by source name, outlasts a pass that breaks."""

    def __init__(
        self, aftermath: Aftermath, ledger: Ledger, *, options: SyncOptions, stop: Stop
    ) -> None:
        self.told: dict[str, Told] = {}
        self._aftermath = aftermath
        self._sides = aftermath.sides
        self._ledger = ledger
        self._options = options
        self._stop = stop

    def file(self, batch: Batch, home: Work | None) -> FolderError | None:
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
        self.flag(work, tuple(batch.flag_changes(there)))
        if pairs:
            self._ledger.record(work.key, pairs)
        self._ledger.settle(work.key, intent.number, ())
        self.count(batch, there)

    def flag(self, work: Work, changes: Sequence[FlagChange]) -> None:
        """In NEW no later plan looks at the flags of what is there: they are set while the intent
        is open. Flags never cost a message."""
        if self._options.mode is Mode.NEW and changes:
            uidvalidity = work.key.destination_uidvalidity
            with suppress(FolderError):
                taken = self._sides.destination.set_flags(
                    work.pair.destination, uidvalidity, changes
                )
                work.tally.flags_changed += taken

    def count(self, batch: Batch, there: Mapping[int, int]) -> None:
        """These are filed, by source uid; the new uid is 0 in a dry run."""
        batch.work.refiled.update(there)
        batch.work.tally.settle_all(there, Outcome.PRESENT)
        told = self.told[batch.work.pair.source.name]
        told.add(batch, there)
        if self._options.dry_run or self._options.mode is not Mode.NEW:
            told.flags.extend(batch.flag_changes(there))
