"""What a memory server remembers of changes, as a server with CONDSTORE and QRESYNC does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.uids import UidRanges


class Telling(StrEnum):
    """How much of what has changed a server can tell (RFC 7162)."""

    NOTHING = "nothing"
    CONDSTORE = "flags"
    QRESYNC = "flags and removals"


@dataclass(slots=True)
class Journal:
    """When each message or its flags have last changed, as far as anybody has looked."""

    highest: int = 1
    _changed: dict[int, int] = field(default_factory=dict)
    _gone: dict[int, int] = field(default_factory=dict)
    _seen: dict[int, frozenset[str]] = field(default_factory=dict)

    def look(self, now: Mapping[int, frozenset[str]]) -> None:
        """The folder's messages and their flags at this moment."""
        for uid in [uid for uid in self._seen if uid not in now]:
            self.highest += 1
            self._gone[uid] = self.highest
            del self._changed[uid]
        for uid in [uid for uid, flags in now.items() if self._seen.get(uid) != flags]:
            self.highest += 1
            self._changed[uid] = self.highest
        self._seen = dict(now)

    def changed(self, since: int) -> list[int]:
        """The uids of messages that have come or got other flags after this number."""
        return [uid for uid, number in self._changed.items() if number > since]

    def gone(self, since: int) -> UidRanges:
        return UidRanges.of(uid for uid, number in self._gone.items() if number > since)
