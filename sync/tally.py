"""Counting one folder while it is worked on; found stays the sum of the five outcomes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress

from sync.choice import LeftOut
from sync.errors import CHOSEN, Code, FolderError, SyncError
from sync.folders import FolderPair
from sync.intent import Pair
from sync.messages import Messages
from sync.model import MessageMeta
from sync.ports import Progress
from sync.report import FolderReport, MessageNote, Outcome

NOTES_PER_FOLDER = 1000
"""More exceptions than this are counted, and no longer named one by one; of the messages that were
left out as it was chosen, so many more are named."""


class Open:
    """The messages of a listing that have no outcome yet."""

    __slots__ = ("_count", "_marks", "_messages")

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._marks = bytearray(b"\1") * len(messages)
        self._count = len(messages)

    def close(self, uid: int) -> bool:
        """Whether it was open until now."""
        at = self._messages.position(uid)
        if at < 0 or not self._marks[at]:
            return False
        self._marks[at] = 0
        self._count -= 1
        return True

    def __contains__(self, uid: int) -> bool:
        at = self._messages.position(uid)
        return at >= 0 and bool(self._marks[at])

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        """By uid. They may be closed meanwhile."""
        return compress(self._messages.uids, self._marks)


@dataclass(slots=True)
class Tally:
    """The counters of one folder. `listed` are its messages, `open` those without an outcome."""

    pair: FolderPair
    progress: Progress
    found: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    listed: Messages = field(default_factory=Messages)
    open: Open = field(default_factory=lambda: Open(Messages()))
    size_copied: int = 0
    refiled: int = 0
    bodies_spared: int = 0
    size_spared: int = 0
    flags_changed: int = 0
    removed: int = 0
    duplicates_removed: int = 0
    read_back: int = 0
    size_read_back: int = 0
    altered: int = 0
    deleted_at_source: int = 0
    unproven: int = 0
    """Messages whose copy is not what the source has, or cannot be read."""
    created: bool = False
    verified: bool = False
    notes: list[MessageNote] = field(default_factory=list)
    """The exceptions."""
    chosen: list[MessageNote] = field(default_factory=list)
    """Skipped, as somebody asked for it."""
    unnamed: int = 0
    error: SyncError | None = None
    held: SyncError | None = None
    """Why something was not removed or not flagged, which costs the folder nothing but its rest."""
    reservation: FolderError | None = None
    """Why the folder cannot be verified, although it is worked on."""
    hidden: int = 0
    """Messages that the source has and did not show; they are counted as failed."""

    def expect(self, messages: Messages) -> None:
        self.found = len(messages)
        self.listed = messages
        self.open = Open(messages)

    def hide(self, messages: int, error: FolderError) -> None:
        """The source has so many more than it showed: they are found, and failed."""
        self.hidden += messages
        self.found += messages
        self.count(Outcome.FAILED, messages)
        self.reserve(error)
        self.unnamed += messages - 1

    def reserve(self, error: FolderError) -> None:
        """Name why this folder will not be verified."""
        self.reservation = self.reservation or error
        self.note(MessageMeta(0, 0), Outcome.FAILED, error.code, error.server_words)

    def pass_over(self, messages: int, sent: Collection[Pair]) -> None:
        """So many more are there that need not be listed; these of them were sent by an earlier
        attempt of this run."""
        self.found += messages
        if sent:
            self.count(Outcome.COPIED, len(sent), sum(pair.size for pair in sent))
        if messages > len(sent):
            self.count(Outcome.PRESENT, messages - len(sent))

    def count(self, outcome: Outcome, messages: int = 1, size: int = 0) -> None:
        self.counts[outcome] += messages
        if outcome is Outcome.COPIED:
            self.size_copied += size
        self.progress.moved(outcome, messages, size)

    def settle(self, uid: int, outcome: Outcome, size: int = 0) -> None:
        """An open message got its outcome. A uid that is not open is left as it is."""
        if self.open.close(uid):
            self.count(outcome, 1, size)

    def settle_all(self, uids: Iterable[int], outcome: Outcome) -> None:
        """The same for many, told as one."""
        closed = sum(1 for uid in uids if self.open.close(uid))
        if closed:
            self.count(outcome, closed)

    def settle_copied(self, pairs: Iterable[Pair]) -> None:
        """The same for these, and for their bytes."""
        size = closed = 0
        for pair in pairs:
            if self.open.close(pair.source_uid):
                closed += 1
                size += pair.size
        if closed:
            self.count(Outcome.COPIED, closed, size)

    def fail(self, meta: MessageMeta, error: SyncError) -> None:
        self.settle(meta.uid, Outcome.FAILED)
        self.note(meta, Outcome.FAILED, error.code, error.server_words)

    def fail_open(self, error: SyncError) -> None:
        """Whatever stopped the folder has stopped these."""
        self.error = error
        left = list(self.open)
        self.settle_all(left, Outcome.FAILED)
        for uid in left:
            self.name(uid, Outcome.FAILED, error.code, error.server_words)

    def leave_out(self, what: LeftOut) -> None:
        self.settle_all(what.messages.uids, Outcome.SKIPPED)
        for meta in what.messages[: NOTES_PER_FOLDER - len(self.chosen)]:
            self.note(meta, Outcome.SKIPPED, what.code)

    @property
    def exceptions(self) -> int:
        return len(self.notes) + self.unnamed

    def recount(self, uids: Iterable[int], *, was: Outcome, now: Outcome) -> None:
        """The proof found that these have another outcome than was counted."""
        number = sum(1 for _ in uids)
        self.counts[was] -= number
        self.progress.moved(was, -number, 0)
        self.count(now, number)

    def size(self, uid: int) -> int:
        """Of a listed message, in bytes; 0 of another one."""
        meta = self.listed.get(uid)
        return meta.size if meta else 0

    def name(self, uid: int, outcome: Outcome, code: Code, server_words: str = "") -> None:
        """Note the listed message with this uid."""
        meta = self.listed.get(uid) if len(self.notes) < NOTES_PER_FOLDER else None
        self.note(meta or MessageMeta(uid, 0), outcome, code, server_words)

    def note(self, meta: MessageMeta, outcome: Outcome, code: Code, server_words: str = "") -> None:
        notes = self.chosen if code in CHOSEN else self.notes
        if len(notes) == NOTES_PER_FOLDER:
            self.unnamed += notes is self.notes
            return
        folder, date, size = self.pair.source.name, meta.internaldate, meta.size
        note = MessageNote(folder, meta.uid, outcome, code, server_words, date=date, size=size)
        notes.append(note)

    def withdraw(self) -> None:
        """The folder will be counted anew: take back what was told."""
        for outcome, number in self.counts.items():
            if number:
                size = -self.size_copied if outcome is Outcome.COPIED else 0
                self.progress.moved(outcome, -number, size)

    def anew(self) -> Tally:
        """For another pass: what was made and removed by this one stays so."""
        fresh = Tally(self.pair, self.progress, created=self.created, removed=self.removed)
        fresh.duplicates_removed = self.duplicates_removed
        return fresh

    def report(self) -> FolderReport:
        error = self.error or self.reservation or self.held
        return FolderReport(
            source=self.pair.source.name,
            destination=self.pair.destination.name,
            found=self.found,
            copied=self.counts[Outcome.COPIED],
            present=self.counts[Outcome.PRESENT],
            skipped=self.counts[Outcome.SKIPPED],
            failed=self.counts[Outcome.FAILED],
            vanished=self.counts[Outcome.VANISHED],
            size_copied=self.size_copied,
            refiled=self.refiled,
            bodies_spared=self.bodies_spared,
            size_spared=self.size_spared,
            flags_changed=self.flags_changed,
            removed=self.removed,
            duplicates_removed=self.duplicates_removed,
            created=self.created,
            verified=self.verified,
            error=error.code if error else None,
            server_words=error.server_words if error else "",
            read_back=self.read_back,
            size_read_back=self.size_read_back,
            altered=self.altered,
            deleted_at_source=self.deleted_at_source,
        )
