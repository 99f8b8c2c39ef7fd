"""What the ledger speaks of: folders on both sides, intents and pairs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from sync.errors import Code
from sync.model import FolderStatus

EVERY_UID = range(1, 2**32)


@dataclass(frozen=True, slots=True)
class FolderKey:
    """A folder pair in one incarnation. A new UIDVALIDITY on either side is another key, whose
    pairs are empty: its messages are matched anew, and nothing is concluded from the old ones."""

    source: str
    source_uidvalidity: int
    destination: str
    destination_uidvalidity: int


@dataclass(frozen=True, slots=True)
class Intent:
    """These source uids are about to be sent; what the destination gets of them has a uid of at
    least `uidnext`, its UIDNEXT before the first byte was sent."""

    uids: tuple[int, ...]
    uidnext: int
    number: int = 0
    earlier: bool = False
    """Of an account run before this one, where what has arrived of it counts as copied."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One message on both sides. `size` in bytes as sent; `destination_uid` 0 where unknown."""

    source_uid: int
    destination_uid: int
    size: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a message is told from another one that has got its uid (a server restored from a
    backup gives uids twice). Numbers of 32 bits, 0 where not known: `source` and `destination` of
    size and internal date as that side lists them, `identity` of the identifying header fields."""

    source: int = 0
    destination: int = 0
    identity: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a proof has found wrong with a copy: true until another proof says otherwise."""

    code: Code
    words: str = ""
    redated: bool = False
    """Its internal date is another, too."""

    @property
    def faults(self) -> tuple[tuple[Code, str], ...]:
        """Each with its words."""
        own = (self.code, self.words)
        return (own, (Code.DATE_ALTERED, "")) if self.redated else (own,)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was refused for its own sake: by the destination, or by the source that would
    not hand it out. `limit` is the destination's APPENDLIMIT then, 0 for none; `stamp` is the
    message's as `Stamp.source`."""

    code: Code
    words: str = ""
    limit: int = 0
    stamp: int = 0


@dataclass(frozen=True, slots=True)
class RefusedName:
    """A folder name that the destination has refused, with its words."""

    destination: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Rest:
    """How both folders were when all was known to be equal: while they still are like that,
    there is nothing to do."""

    source: FolderStatus
    destination: FolderStatus


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source folder was put. A mapping once made stays."""

    destination: str
    rest: Rest | None = None
    keeping: frozenset[str] = frozenset()
    """Folders of the destination that may hold the last copies of what has left this one."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of one folder pair."""

    pairs: Mapping[int, int] = field(default_factory=dict)
    """Source uid → destination uid (0 where it could not be learnt)."""
    sent: Mapping[int, Pair] = field(default_factory=dict)
    """Those of the pairs, by source uid, that earlier attempts of this very account run have sent:
    they count as copied in its report, and are proven with the rest."""
    intents: tuple[Intent, ...] = ()
    """What was about to be sent and never settled, oldest first."""
    left: Collection[int] = frozenset()
    """Source uids that were removed from the source, or were about to be, since their copies were
    proven: those may be the last ones, and are never removed."""
    left_now: Collection[int] = frozenset()
    """Those that attempts of this very account run have removed, or were about to."""
    stamps: Mapping[int, Stamp] = field(default_factory=dict)
    """By source uid, of as many pairs as have one."""
    judgements: Mapping[int, Judgement] = field(default_factory=dict)
    """By source uid: what is wrong with a copy."""
    refused: Mapping[int, Refusal] = field(default_factory=dict)
    """By source uid: messages that have no copy, since they were refused for their own sake."""
    size: Callable[[int], int] = field(default=lambda uid: 0, compare=False)
    """By source uid: how large the message of a pair was when it was sent, 0 where not known."""
    guarded: bool = False
    """Messages have left the source under another UIDVALIDITY of this folder, or out of another
    folder with the same destination: which copies here are the last ones is not known, so that
    none may be removed."""

    @property
    def last_copies(self) -> Collection[int]:
        """Destination uids that must stay, since the source may not have their originals."""
        if self.guarded:
            return EVERY_UID
        return {there for uid in self.left if (there := self.pairs.get(uid))}
