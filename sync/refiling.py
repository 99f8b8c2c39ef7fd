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
from dataclasses import replace

from sync.aftermath import Aftermath
from sync.errors import AccountError, Code, Side
from sync.intent import FolderKey
from sync.messages import Messages
from sync.model import Folder
from sync.options import Mode, Refiling, SyncOptions
from sync.ports import Ledger, Stop
from sync.refiling_batch import Told, Unfiled, arrived_flags
from sync.refiling_clerk import Clerk
from sync.refiling_search import Search
from sync.refiling_stock import needed_in_place, places, take_stock
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
        self._sides = aftermath.sides
        self._ledger = ledger
        self._options = options
        self._resting = resting
        self._clerk = Clerk(aftermath, ledger, options=options, stop=stop)
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
            self._clerk.told.setdefault(work.pair.source.name, Told()).begin(work)
        if self._options.refiling is not Refiling.NO:
            for work in works:
                self._clerk.flag(work, tuple(arrived_flags(work)))
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
                self._clerk.count(batch, dict.fromkeys(batch.sources.values(), 0))
            elif (error := self._clerk.file(batch, homes.get(batch.shelf.folder.name))) is not None:
                unfiled.refuse(batch, error)
        return unfiled

    def _conclude(self, work: Work, unfiled: Unfiled) -> None:
        """What was not filed is copied, or named."""
        told, tally, plan = self._clerk.told[work.pair.source.name], work.tally, work.plan
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
