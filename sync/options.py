"""What a person chose for a migration, with its limits. The source of truth for forms and store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

STOP_SECONDS = 5
LEAST_BATCH = 64 * 1024
FASTEST = 125_000_000


class Contradiction(ValueError):
    """Two options that must not be chosen together; its text says why, for a person."""


class Mode(StrEnum):
    """F2. `ALL` makes the destination exactly the source and so removes what is not there."""

    ALL = "all"
    FLAGS_AND_NEW = "flags and new"
    NEW = "new"


class Security(StrEnum):
    TLS = "ssl"
    STARTTLS = "starttls"
    NONE = "none"


class Pattern(Protocol):
    """A regular expression, compiled; the heart does not know by what."""

    def search(self, text: str, /) -> object | None:
        """Something, if it occurs anywhere in the text."""
        ...


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """Which folders of the source (H7), and where they go (H12). Names are the source's, whole."""

    folders: frozenset[str] = frozenset()
    trees: tuple[str, ...] = ()
    """Only these folders, and only these with all inside them; both empty: all."""
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    """Of these the ones that match an `include`, if there is one, and no `exclude`."""
    only_subscribed: bool = False
    skip_empty: bool = False
    """Folders without a message are not made."""
    automap: bool = True
    """By special use and by the usual names; without it by the very name alone."""
    places: tuple[tuple[str, str], ...] = ()
    """Source name → destination name, whole, as a person chose them: before all else."""


@dataclass(frozen=True, slots=True)
class MessageChoice:
    """Which messages are newly copied; what is at the destination already stays in step (H4).
    Ages in days, by internal date; 0 and None for no limit. Sizes in bytes."""

    max_age_days: int = 0
    min_age_days: int = 0
    since: date | None = None
    max_size: int = 0
    min_size: int = 0
    once: bool = False
    """What stands in several folders is copied into the first one only (H13)."""


class SourceDeletion(StrEnum):
    """M6: when a message that is proven to be at the destination is removed from the source."""

    NEVER = "never"
    SYNCED = "once synchronized"
    SYNCED_LONGER = "if synchronized longer ago than"
    OLDER = "if older than"


class ProofLevel(StrEnum):
    """B3: how far each copy is compared with its source."""

    COUNTS = "counts"
    METADATA = "metadata"
    CONTENT = "content"
    """What this run has copied is read on both sides."""
    EVERYTHING = "everything"
    """And so is all else that is known to be on both sides, also in folders in which nothing has
    changed."""

    @property
    def reads(self) -> bool:
        """Whether copies are read back, more than has to be in any case."""
        return self in (ProofLevel.CONTENT, ProofLevel.EVERYTHING)


class Refiling(StrEnum):
    """M14: what the destination holds in some other folder is put into the source's folders there,
    without its body being brought over again."""

    NO = "no"
    MOVE = "move"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """Everything that changes what one account run does. Sizes in bytes, times in seconds."""

    mode: Mode = Mode.FLAGS_AND_NEW
    dry_run: bool = False
    subfolder: str = ""
    """The folder of the destination that everything is put below; empty: each folder in its own
    place (H3)."""
    subscribe: bool = True
    """Folders that are subscribed at the source are subscribed at the destination."""
    batch_messages: int = 500
    batch_size: int = 16 * 1024 * 1024
    """A batch is closed by whichever limit is met first; one larger message is a batch alone."""
    settle_seconds: float = 10.0
    """So long a destination may still be storing what a broken line has brought it. Nothing that
    may be among that is sent again before."""
    quiet_seconds: float = 0.0
    """So long ago at least the last attempt has sent its last byte: it counts as waited for."""
    bytes_per_second: int = 0
    """What may pass on the line to each server, in and out together; up to 125,000,000, 0 for no
    limit (H5)."""
    subscribe_all: bool = False
    """All folders are subscribed at the destination (H14)."""
    folders: FolderChoice = field(default_factory=FolderChoice)
    messages: MessageChoice = field(default_factory=MessageChoice)
    source_deletion: SourceDeletion = SourceDeletion.NEVER
    source_deletion_days: int = 0
    """N of the two that ask for an age, by the time of copying or by internal date."""
    delete_duplicates: bool = False
    """At the destination, messages equal byte for byte to another of the same folder, of which the
    source has no copy of its own (H9)."""
    proof: ProofLevel = ProofLevel.METADATA
    proof_sample: int = 0
    """With CONTENT so many messages of a folder are read back, evenly spread: first of what this
    run has copied, and where that is fewer, of what was present. 0: all that this run has copied.
    Folders in which nothing has changed are not read."""
    proof_first: int = 20
    """Whatever the proof: so many copies in folders that were empty are read back, to learn what
    the destination makes of them; and so many of what was found there by what is listed."""
    refiling: Refiling = Refiling.NO
    refile_from: str = ""
    """The one folder of the destination that is looked through; empty: all of them."""
    copy_unfiled: bool = True
    """With refiling: what the destination has nowhere is copied; else it is only reported."""
    as_of: datetime | None = None
    """The moment, with its zone, that ages are counted from; None: when the run begins."""
    only_folders: bool = False
    """Folders are made and subscribed, and no message is looked at."""
    remove_folders: bool = True
    """Mode ALL removes folders, too, that no folder of the source goes to."""
    allow_removal: bool = False
    """Mode ALL may remove more than half of a folder that an earlier run filled."""
    resend_failed: bool = False
    """Messages whose copies have failed their proof are sent anew. Those copies stay, and are
    named."""
    retry_refused: bool = False
    """What an earlier run was refused for its own sake is sent again, though nothing has changed,
    and folder names are asked for again."""

    def __post_init__(self) -> None:
        """Raises Contradiction."""
        if self.source_deletion is SourceDeletion.NEVER:
            return
        if self.mode is Mode.ALL:
            raise Contradiction(
                "Deletion in the source cannot go together with the mode that removes from the "
                "destination what the source has not: it would remove the last copy."
            )
        if self.source_deletion_days < 0:
            raise Contradiction("An age in days cannot be less than 0.")

    @property
    def together(self) -> bool:
        """Whether both sides may be asked at the same time: a limit of speed is one for both."""
        return not self.bytes_per_second

    @property
    def paced_batch_size(self) -> int:
        """The batch's size where a limit of speed makes it smaller: a stop waits for the end of a
        batch, and that shall not take long."""
        if not self.bytes_per_second:
            return self.batch_size
        return min(self.batch_size, max(self.bytes_per_second * STOP_SECONDS, LEAST_BATCH))
