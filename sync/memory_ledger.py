"""sync.ports.Ledger in memory: what a rehearsal needs, and what the tests kill and resume with."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.intent import FolderKey, Intent, Known, Pair, Place, RefusedName, Rest
from sync.ledger_kinds import Kind, pack_pairs
from sync.ledger_rows import (
    Row,
    fold,
    marks_of,
    pack_marks,
    pack_uids,
    settled_before,
)
from sync.remarks import RemarkingLedger, is_of_names, refused_names


@dataclass(slots=True)
class _Page:
    rows: dict[int, Row] = field(default_factory=dict)
    rest: Rest | None = None


class MemoryLedger(RemarkingLedger):
    """Holds one account's knowledge as long as the object lives, packed as a file would hold it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._pages: dict[FolderKey, _Page] = {}
        self._numbers = 0
        self._run = 1

    def begin_run(self) -> None:
        """What was sent until now belongs to an earlier run."""
        self._run += 1

    def places(self) -> Mapping[str, Place]:
        keeping: defaultdict[str, set[str]] = defaultdict(set)
        for key, page in self._pages.items():
            keeping[key.source].update([key.destination] if _has_left(page) else [])
        return {
            key.source: Place(key.destination, page.rest, frozenset(keeping[key.source]))
            for key, page in self._pages.items()
            if not is_of_names(key)
        }

    def load(self, key: FolderKey) -> Known:
        known = fold(self._page(key).rows.values(), self._run)
        return replace(known, guarded=any(map(_has_left, self._incarnations(key))))

    def intend(self, key: FolderKey, intent: Intent) -> int:
        return self._add(
            key, Kind.SENT, pack_uids(intent.uids), uidnext=intent.uidnext, settled=False
        )

    def settle(self, key: FolderKey, number: int, pairs: Sequence[Pair]) -> None:
        rows = self._page(key).rows
        at = int(self._clock())
        rows[number] = replace(rows[number], settled=True, packed=pack_pairs(pairs), at=at)

    def record(self, key: FolderKey, pairs: Collection[Pair]) -> None:
        self._add(key, Kind.FOUND, pack_pairs(pairs))

    def rest(self, key: FolderKey, rest: Rest) -> None:
        self._page(key).rest = rest

    def forget(self, key: FolderKey, uids: Sequence[int]) -> None:
        self._add(key, Kind.GONE, pack_uids(uids))

    def leave(self, key: FolderKey, uids: Sequence[int]) -> None:
        self._add(key, Kind.LEFT, pack_uids(uids))

    def settled_before(self, key: FolderKey, moment: datetime) -> Collection[int]:
        return settled_before(self._page(key).rows.values(), moment)

    def mark(self, key: FolderKey, marks: Sequence[tuple[int, bytes]]) -> None:
        self._add(key, Kind.MARKED, pack_marks(marks))

    def marks(self, key: FolderKey) -> Iterator[tuple[int, bytes]]:
        return marks_of(self._page(key).rows.values())

    def refused_names(self) -> Mapping[str, tuple[RefusedName, ...]]:
        rows = sorted(
            (row.number, key, row.packed)
            for key, page in self._pages.items()
            for row in page.rows.values()
            if row.kind == Kind.NAME
        )
        return refused_names((key.source, key.destination, packed) for _, key, packed in rows)

    def judged_elsewhere(self, key: FolderKey) -> Iterator[Known]:
        for page in self._incarnations(key):
            known = fold(page.rows.values(), self._run)
            if known.judgements:
                yield known

    def _write(self, key: FolderKey, kind: Kind, packed: bytes) -> None:
        self._add(key, kind, packed)

    def _add(
        self, key: FolderKey, kind: Kind, packed: bytes, *, uidnext: int = 0, settled: bool = True
    ) -> int:
        self._numbers += 1
        at = int(self._clock())
        row = Row(self._numbers, self._run, kind, settled, uidnext, packed, at)
        self._page(key).rows[self._numbers] = row
        return self._numbers

    def _incarnations(self, key: FolderKey) -> Iterator[_Page]:
        """The same folders under other UIDVALIDITYs, or one of them with another."""
        return (
            page
            for other, page in self._pages.items()
            if other != key and (other.source == key.source or other.destination == key.destination)
        )

    def _page(self, key: FolderKey) -> _Page:
        return self._pages.setdefault(key, _Page())


def _has_left(page: _Page) -> bool:
    return any(row.kind == Kind.LEFT for row in page.rows.values())
