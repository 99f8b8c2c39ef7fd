"""Which messages of the source's folders are equal: asked of the source as far as it matters."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby

from sync.columns import place
from sync.errors import ConnectionLost, FolderError, Stopped, SyncError
from sync.intent import FolderKey
from sync.likeness import Marks, content_marks, identity_marks
from sync.model import Folder, Wanted
from sync.ports import Ledger, Reader, Stop
from sync.standing import Rows

BREAKS = 2
"""After so many lost lines at one message the rest of its folder is not compared."""

AT_ONCE = 1_000
"""So many marks are written down together."""

Ask = Callable[[int, Sequence[int]], Iterator[tuple[int, bytes]]]
"""The marks of messages, by uid, of the folder with this order."""


class Comparison:
    """Of all rows, whenever it is asked for. `places` has to know, by order, the folder of each. A
    rehearsal writes nothing into the ledger."""

    def __init__(
        self, source: Reader, ledger: Ledger, rows: Rows, *, stop: Stop, dry_run: bool
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._rows = rows
        self._stop = stop
        self._dry_run = dry_run
        self.places: dict[int, tuple[Folder, FolderKey]] = {}
        self._breaks: Counter[tuple[int, int]] = Counter()
        """By order, and by how many messages had been compared before the line broke."""

    def contents(self) -> Marks:
        """The content's marks of those that are alike in all else. Raises Stopped when that is
        asked for while bodies are read."""
        rows = self._rows
        sized = rows.alike(range(len(rows)), rows.sizes.__getitem__)
        fields = self._marks(sized, self._identities)
        alike = rows.alike(fields.marked, lambda row: (rows.sizes[row], fields[row]))
        return self._marks(alike, self._bodies)

    def _marks(self, groups: Iterable[list[int]], ask: Ask) -> Marks:
        marks = Marks(array("I", sorted(chain.from_iterable(groups))))
        for order, some in groupby(marks.rows, self._rows.orders.__getitem__):
            mine = array("I", some)
            uids = array("I", map(self._rows.uids.__getitem__, mine))
            read = 0
            try:
                for uid, mark in ask(order, uids):
                    read += 1
                    if (at := place(uids, uid)) >= 0:
                        marks[mine[at]] = mark
            except FolderError:
                # What cannot be compared is not left out; if it cannot be copied, that will say so.
                continue
            except ConnectionLost:
                self._breaks[order, read] += 1
                if self._breaks[order, read] < BREAKS:
                    raise
                # It breaks at one message, and must not cost the account.
        return marks

    def _identities(self, order: int, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        return identity_marks(self._source, self.places[order][0], uids)

    def _bodies(self, order: int, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Each body is read once, and not again in a later run."""
        folder, key = self.places[order]
        unread = set(uids)
        for uid, mark in self._ledger.marks(key):
            unread.discard(uid)
            yield uid, mark
        wanted = Wanted(folder, key.source_uidvalidity, tuple(sorted(unread)))
        fresh: list[tuple[int, bytes]] = []
        try:
            for one in content_marks(self._source, wanted):
                yield one
                fresh.append(one)
                if len(fresh) == AT_ONCE:
                    self._keep(key, fresh)
                if reason := self._stop.reason():
                    raise Stopped(reason)
        except SyncError:
            self._keep(key, fresh)
            raise
        self._keep(key, fresh)

    def _keep(self, key: FolderKey, fresh: list[tuple[int, bytes]]) -> None:
        if fresh and not self._dry_run:
            self._ledger.mark(key, fresh)
        fresh.clear()
