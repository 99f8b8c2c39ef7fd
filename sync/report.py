"""What became of a mailbox: the numbers of each folder, the exceptions by name, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sync.errors import Code


class Outcome(StrEnum):
    """found = the sum of the five, always."""

    COPIED = "copied"
    PRESENT = "present"
    SKIPPED = "skipped"
    FAILED = "failed"
    VANISHED = "vanished"


class Verdict(StrEnum):
    VERIFIED = "verified"
    EXCEPTIONS = "verified with named exceptions"
    NOT_VERIFIED = "not verified"
    DRY_RUN = "dry run"
    FOLDERS_ONLY = "folders only"
    """No message was looked at."""


class Omission(StrEnum):
    """Why a folder of the source was not looked at."""

    NOT_NAMED = "not named"
    NOT_SUBSCRIBED = "not subscribed"
    NOT_INCLUDED = "not included"
    EXCLUDED = "excluded"
    EMPTY = "empty"
    FOREIGN = "other users"
    MISSING = "missing"
    """It was asked for by name, and is not there."""


@dataclass(frozen=True, slots=True)
class Omitted:
    """A folder of the source that was not looked at. `messages` None: they were not counted."""

    name: str
    reason: Omission
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class MessageNote:
    """One message that needs a word: skipped, failed, altered. Its size is in bytes."""

    folder: str
    uid: int
    outcome: Outcome
    code: Code
    server_words: str = ""
    subject: str = ""
    date: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class FolderReport:
    """One source folder. In a dry run `copied` is what would be copied."""

    source: str
    destination: str
    found: int = 0
    copied: int = 0
    present: int = 0
    skipped: int = 0
    failed: int = 0
    vanished: int = 0
    size_copied: int = 0
    refiled: int = 0
    """Those of `present` that the destination held in another folder, until this run."""
    bodies_spared: int = 0
    size_spared: int = 0
    """Those of them of which no body was read at the source, and their bytes."""
    flags_changed: int = 0
    removed: int = 0
    created: bool = False
    folder_removed: bool = False
    """The folder itself, at the destination: no folder of the source goes there, so that `source`
    is ''."""
    verified: bool = False
    error: Code | None = None
    server_words: str = ""
    read_back: int = 0
    size_read_back: int = 0
    """So many messages were read on both sides and compared byte for byte, and their bytes, as the
    source lists them."""
    altered: int = 0
    """Of these, and of copies of another size, so many differ as servers alter what they store."""
    duplicates_removed: int = 0
    """At the destination, beside the `removed`."""
    deleted_at_source: int = 0
    """In a dry run: so many would be removed from the source if their copies prove equal."""

    @property
    def balanced(self) -> bool:
        parts = self.copied + self.present + self.skipped + self.failed + self.vanished
        return self.found == parts


@dataclass(frozen=True, slots=True)
class MailboxReport:
    folders: tuple[FolderReport, ...]
    verdict: Verdict
    left_out: tuple[str, ...] = ()
    """Folders of the source that were not looked at: somebody chose so, or they are others'."""
    missing: tuple[str, ...] = ()
    """Folders that were asked for by name, and that the source has not."""
    omitted: tuple[Omitted, ...] = ()
    """Those that were left out and those that are missing, with why and how much is in them."""
    exceptions: int = 0
    """Messages that are named as such; one that was left out as it was chosen is none."""

    def total(self, field: str) -> int:
        """The sum of one counter of FolderReport over all folders."""
        return sum(int(getattr(folder, field)) for folder in self.folders)
