"""The nouns of both sides, in the words of RFC 9051. Values only, without behaviour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync.errors import MessageError
from sync.uids import UidRanges


class SpecialUse(StrEnum):
    """RFC 6154, section 2; INBOX has no attribute there and needs none."""

    ALL = "\\All"
    ARCHIVE = "\\Archive"
    DRAFTS = "\\Drafts"
    FLAGGED = "\\Flagged"
    JUNK = "\\Junk"
    SENT = "\\Sent"
    TRASH = "\\Trash"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The personal namespace (RFC 2342): `prefix` as the server gives it, '' or 'INBOX.'."""

    prefix: str = ""
    delimiter: str = "/"


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder as LIST shows it.

    `name` is Unicode, whole, with prefix and delimiters; `wire_name` holds the very bytes that the
    server listed, which select it again even if they are not canonical modified UTF-7.
    `delimiter` None means a flat name (LIST answered NIL).
    """

    name: str
    delimiter: str | None = "/"
    wire_name: bytes = b""
    special_use: SpecialUse | None = None
    selectable: bool = True
    subscribed: bool = False


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """STATUS of one folder. `highestmodseq` 0: no CONDSTORE. `size` in bytes, None: unknown."""

    uidvalidity: int
    uidnext: int
    messages: int
    highestmodseq: int = 0
    size: int | None = None
    uidnext_told: bool = field(default=False, compare=False)
    """The server said UIDNEXT itself; else it follows from the highest uid."""


@dataclass(frozen=True, slots=True)
class FolderList:
    """`statuses` by folder name where the server told them in the same breath (RFC 5819)."""

    namespace: Namespace
    folders: tuple[Folder, ...]
    statuses: Mapping[str, FolderStatus] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    """Names of other users' and shared folders, which are not among `folders`."""
    unread: tuple[str, ...] = ()
    """Lines of the answer that could not be understood, shortened: they may have named folders."""
    foreign_statuses: Mapping[str, FolderStatus] = field(default_factory=dict)
    """Of `foreign`, where the server told them in the same breath."""
    namespace_told: bool = True
    """The server has said what it offers to say of its namespace."""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A UID never travels without its UIDVALIDITY (RFC 9051, section 2.3.1.1)."""

    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class MessageMeta:
    """What a listing knows of one message, without its body.

    `size` is RFC822.SIZE in bytes, which some servers get wrong: the literal decides.
    `internaldate` is the server's own text ('17-Jul-1996 02:44:25 -0700'), '' when it sent none.
    `flags` are as the server spells them, without \\Recent.
    """

    uid: int
    size: int
    internaldate: str = ""
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """The header fields by which a copy made elsewhere is known again, unfolded and stripped."""

    message_id: str = ""
    date: str = ""
    sender: str = ""
    subject: str = ""
    header: bytes = field(default=b"", compare=False)
    """A digest of the whole header as this server gives it, b'' where not known."""
    shown: str = field(default="", compare=False)
    """The subject for people, where it has bytes that are not ASCII."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Messages of one folder that are asked for, as it was when it was listed. Those that were
    refused before are asked for first, and `alone`."""

    folder: Folder
    uidvalidity: int
    uids: tuple[int, ...]
    alone: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One body on its way. `size` is the literal's own length; `chunks` must be used up
    before the next message is asked for."""

    meta: MessageMeta
    size: int
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Vanished:
    """The message was expunged by someone else since it was listed. No error."""

    uid: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The server has the message and will not give it; asking again did not help. The error's cause
    is a ConnectionLost where that was the answer each time."""

    uid: int
    error: MessageError


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for the destination: `size` bytes from `chunks`, exactly.

    `number` is the caller's, to know the outcome by. `internaldate` '' lets the server choose."""

    folder: Folder
    number: int
    size: int
    internaldate: str
    flags: frozenset[str]
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Appended:
    """The destination has it. `destination` is None without UIDPLUS (RFC 4315)."""

    number: int
    destination: MessageRef | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The destination said no to this message, and only to this one."""

    number: int
    error: MessageError


@dataclass(frozen=True, slots=True)
class FlagChange:
    """Make the flags of the destination's message `uid` exactly `flags`."""

    uid: int
    flags: frozenset[str]
    now: frozenset[str] | None = None
    """Those that it has, where known."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of messages of the source that were to be marked \\Deleted; what is in none of
    the two is not there any more."""

    uids: frozenset[int]
    """They bear our mark."""
    kept: Mapping[int, str] = field(default_factory=dict)
    """They were left as they are; with the reason."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server offers after login, as data."""

    literal_plus: bool = False
    literal_minus: bool = False
    uidplus: bool = False
    multiappend: bool = False
    condstore: bool = False
    qresync: bool = False
    list_status: bool = False
    special_use: bool = False
    namespace: bool = False
    compress: bool = False
    append_limit: int | None = None
    message_limit: int | None = None
    """MESSAGELIMIT (RFC 9738): one command is about so many messages at most."""
    save_limit: int | None = None
    """SAVELIMIT: one command stores so many at most."""
    names: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Asked:
    """Messages of one folder that are to be listed: those with uid >= `first_uid`, or exactly
    `uids`, as far as they are there."""

    folder: Folder
    first_uid: int = 1
    uids: UidRanges | None = None


class WhichFlags(StrEnum):
    """Of messages that are there already."""

    NONE = "none"
    CHANGED = "changed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Since:
    """What has changed in one folder, since it was like `status`?"""

    folder: Folder
    status: FolderStatus
    flags: WhichFlags = WhichFlags.CHANGED
    probe: tuple[int, ...] = ()
    """Older uids whose size, date and identity are asked for, too: do they mean what they meant?"""
