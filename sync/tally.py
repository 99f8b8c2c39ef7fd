"""Counting one folder while it is worked on; found stays the sum of the five outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sync.errors import Code, SyncError
from sync.folders import FolderPair
from sync.model import MessageMeta
from sync.ports import Progress
from sync.report import FolderReport, MessageNote, Outcome

NOTES_PER_FOLDER = 1000
"""More exceptions than this are counted, and no longer named one by one."""


@dataclass(slots=True)
class Tally:
    """The counters of one folder. `listed` are its messages, `open` those without an outcome."""

    pair: FolderPair
    progress: Progress
    found: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    listed: dict[int, MessageMeta] = field(default_factory=dict)
    open: dict[int, MessageMeta] = field(default_factory=dict)
    size_copied: int = 0
    flags_changed: int = 0
    removed: int = 0
    created: bool = False
    verified: bool = False
    notes: list[MessageNote] = field(default_factory=list)
    unnamed: int = 0
    error: SyncError | None = None

    def expect(self, metas: Sequence[MessageMeta]) -> None:
        self.found = len(metas)
        self.listed = {meta.uid: meta for meta in metas}
        self.open = dict(self.listed)

    def count(self, outcome: Outcome, messages: int = 1, size: int = 0) -> None:
        self.counts[outcome] += messages
        if outcome is Outcome.COPIED:
            self.size_copied += size
        self.progress.moved(outcome, messages, size)

    def settle(self, uid: int, outcome: Outcome, size: int = 0) -> None:
        """An open message got its outcome. A uid that is not open is left as it is."""
        if self.open.pop(uid, None) is not None:
            self.count(outcome, 1, size)

    def fail(self, meta: MessageMeta, error: SyncError) -> None:
        self.settle(meta.uid, Outcome.FAILED)
        self.note(meta, Outcome.FAILED, error.code, error.server_words)

    def fail_open(self, error: SyncError) -> None:
        """Whatever stopped the folder has stopped these."""
        self.error = error
        for meta in tuple(self.open.values()):
            self.fail(meta, error)

    def recount(self, uids: Iterable[int], *, was: Outcome, now: Outcome) -> None:
        """The proof found that these have another outcome than was counted."""
        number = sum(1 for _ in uids)
        self.counts[was] -= number
        self.progress.moved(was, -number, 0)
        self.count(now, number)

    def note(self, meta: MessageMeta, outcome: Outcome, code: Code, server_words: str = "") -> None:
        if len(self.notes) == NOTES_PER_FOLDER:
            self.unnamed += 1
            return
        self.notes.append(
            MessageNote(
                folder=self.pair.source.name,
                uid=meta.uid,
                outcome=outcome,
                code=code,
                server_words=server_words,
                date=meta.internaldate,
                size=meta.size,
            )
        )

    def withdraw(self) -> None:
        """The folder will be counted anew: take back what was told."""
        for outcome, number in self.counts.items():
            if number:
                size = -self.size_copied if outcome is Outcome.COPIED else 0
                self.progress.moved(outcome, -number, size)

    def report(self) -> FolderReport:
        return FolderReport(
            source=self.pair.source.name,
            destination=self.pair.destination.name,
            found=self.found,
            **{str(outcome): number for outcome, number in self.counts.items()},
            size_copied=self.size_copied,
            flags_changed=self.flags_changed,
            removed=self.removed,
            created=self.created,
            verified=self.verified,
            error=self.error.code if self.error else None,
            server_words=self.error.server_words if self.error else "",
        )
