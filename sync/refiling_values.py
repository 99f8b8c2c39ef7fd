"""What is asked of a destination that puts its own messages into other folders, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.errors import FolderError
from sync.model import Folder


@dataclass(frozen=True, slots=True)
class Filing:
    """These messages of `origin`, each once, are to stand in `target` too, or, if it `moves`, there
    instead. A UID never travels without its UIDVALIDITY: `uidvalidity` is the origin's."""

    origin: Folder
    uidvalidity: int
    target: Folder
    uids: tuple[int, ...]
    moves: bool


@dataclass(frozen=True, slots=True)
class Filed:
    """What came of it. A uid that is not in `pairs` may have been filed all the same, if the server
    tells no new uids (UIDPLUS, RFC 4315): then the target has to be looked at."""

    pairs: Mapping[int, int] = field(default_factory=dict)
    """The origin's uid → the target's."""
    uidvalidity: int = 0
    """The target's; 0 if no pair was told."""
    error: FolderError | None = None
    """Why some of them were refused."""
