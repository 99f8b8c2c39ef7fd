"""sync.ports.Ledger in memory: what a rehearsal needs, and what the tests kill and resume with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.intent import FolderKey, Intent, Known, Pair, Place, Rest


@dataclass(slots=True)
class _Page:
    pairs: dict[int, int] = field(default_factory=dict)
    sent: dict[int, Pair] = field(default_factory=dict)
    intents: dict[int, Intent] = field(default_factory=dict)
    rest: Rest | None = None


class MemoryLedger:
    """Holds one account's knowledge as long as the object lives."""

    def __init__(self) -> None:
        self._pages: dict[FolderKey, _Page] = {}
        self._numbers = 0

    def begin_run(self) -> None:
        """What was sent until now belongs to an earlier run."""
        for page in self._pages.values():
            page.sent.clear()

    def places(self) -> Mapping[str, Place]:
        return {key.source: Place(key.destination, page.rest) for key, page in self._pages.items()}

    def load(self, key: FolderKey) -> Known:
        page = self._page(key)
        return Known(dict(page.pairs), dict(page.sent), tuple(page.intents.values()))

    def intend(self, key: FolderKey, intent: Intent) -> int:
        self._numbers += 1
        self._page(key).intents[self._numbers] = replace(intent, number=self._numbers)
        return self._numbers

    def settle(self, key: FolderKey, number: int, pairs: Sequence[Pair]) -> None:
        page = self._page(key)
        del page.intents[number]
        page.pairs.update((pair.source_uid, pair.destination_uid) for pair in pairs)
        page.sent.update((pair.source_uid, pair) for pair in pairs)

    def record(self, key: FolderKey, pairs: Sequence[Pair]) -> None:
        self._page(key).pairs.update((pair.source_uid, pair.destination_uid) for pair in pairs)

    def rest(self, key: FolderKey, rest: Rest) -> None:
        self._page(key).rest = rest

    def forget(self, key: FolderKey, uids: Sequence[int]) -> None:
        page = self._page(key)
        for uid in uids:
            page.pairs.pop(uid, None)
            page.sent.pop(uid, None)

    def _page(self, key: FolderKey) -> _Page:
        return self._pages.setdefault(key, _Page())
