"""What a person chose for a migration, with its limits. The source of truth for forms and store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

STOP_SECONDS = 5
LEAST_BATCH = 64 * 1024
FASTEST = 125_000_000


class Mode(StrEnum):
    """F2. `ALL` makes the destination exactly the source and so removes what is not there."""

    ALL = "all"
    FLAGS_AND_NEW = "flags and new"
    NEW = "new"


class Security(StrEnum):
    TLS = "ssl"
    STARTTLS = "starttls"
    NONE = "none"


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
    allow_removal: bool = False
    """Mode ALL may remove more than half of a folder that an earlier run filled."""

    @property
    def paced_batch_size(self) -> int:
        """The batch's size where a limit of speed makes it smaller: a stop waits for the end of a
        batch, and that shall not take long."""
        if not self.bytes_per_second:
            return self.batch_size
        return min(self.batch_size, max(self.bytes_per_second * STOP_SECONDS, LEAST_BATCH))
