"""What is in a folder, and what has changed in it: values whose messages stand in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.messages import Messages
from sync.model import FolderStatus, Identity
from sync.uids import UidRanges


@dataclass(frozen=True, slots=True)
class Listing:
    """The messages of one folder from a UID on, ordered by uid. Made only from a tagged OK; whether
    that answer was the whole truth, `whole` tells."""

    status: FolderStatus
    messages: Messages
    permanent_flags: frozenset[str] = frozenset()
    """PERMANENTFLAGS, '\\*' included when keywords may be made; empty when the server sent none."""
    hidden: int = 0
    """Messages that the folder has by the server's count (EXISTS) and did not show, although
    it was asked again."""
    unread: tuple[str, ...] = ()
    """Lines of the answer that could not be understood, shortened."""

    @property
    def whole(self) -> bool:
        """Whether what is not in it is not in the folder."""
        return not self.hidden and not self.unread


@dataclass(frozen=True, slots=True)
class Changes:
    """What is other than it was. Made only from tagged OKs, and only if the numbers add up."""

    new: Listing
    """The status as it is now, and the messages with a uid of at least the UIDNEXT of then."""
    changed: Messages
    """The older ones that may have other flags than then, with uid and flags only: all of them
    where the server cannot tell, none where no flags were asked for."""
    probed: Messages
    """Those of the uids asked for that are there, with size and date."""
    identities: Mapping[int, Identity]
    """Of these, as far as they were told."""
    removed: UidRanges
    """Older uids that no message has now: those of all that have gone since then, and possibly
    some that had none before."""
