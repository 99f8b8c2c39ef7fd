"""The ports: what the heart asks of the two sides, of the ledger, and of those who watch.

A Reader has no verb that writes. A Source is a Reader; a Destination is a Reader and a Writer.
All methods may raise ConnectionLost; the next call after that connects anew, waiting as long as
the server asked for. All may raise AuthenticationFailed and ConnectFailed for that reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sync.errors import FolderError, StopReason
from sync.intent import (
    FolderKey,
    Intent,
    Judgement,
    Known,
    Pair,
    Place,
    Refusal,
    RefusedName,
    Rest,
    Stamp,
)
from sync.listing import Changes, Listing
from sync.model import (
    Appended,
    Asked,
    Fetched,
    FlagChange,
    Folder,
    FolderList,
    FolderStatus,
    Identity,
    Marked,
    Outgoing,
    Refused,
    Since,
    Unreadable,
    Vanished,
    Wanted,
)
from sync.refiling_values import Filed, Filing
from sync.report import FolderReport, MessageNote, Outcome


class Reader(Protocol):
    """One mailbox, read without a trace: EXAMINE and BODY.PEEK[] only."""

    def folders(self) -> FolderList:
        """Every folder of the personal namespace, in the server's order."""
        ...

    def status(self, folders: Sequence[Folder]) -> Mapping[str, FolderStatus | FolderError]:
        """By folder name; asked for all folders at once where the server can. Raises only for
        what stops the account: a folder that cannot be opened is a value."""
        ...

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        """One answer for each, in the order asked, the questions sent ahead of the answers. A
        folder that cannot be opened is a value."""
        ...

    def changes(self, asked: Sequence[Since]) -> Iterator[Changes | Listing | FolderError]:
        """Likewise. The whole listing is the answer wherever the changes cannot be told for
        certain: a folder made anew, numbers that do not add up, a server that does not say."""
        ...

    def identities(self, folder: Folder, uids: Sequence[int]) -> Mapping[int, Identity]:
        """The identifying header fields. A uid that is gone is absent from the answer, and so is
        one whose header the server does not hand out."""
        ...

    def bodies(
        self, wanted: Sequence[Wanted]
    ) -> Iterator[tuple[Wanted, Fetched | Vanished | Unreadable]]:
        """One answer for each uid, folder after folder as asked, within one in any order; the
        questions are sent ahead of the answers. Streamed: the next answer may be asked for only
        when the chunks of the one before are used up. Raises UidValidityChanged (`where` names
        the folder) when a folder is not the one that was listed, ConnectionLost when the line
        breaks inside a body."""
        ...

    def close(self) -> None:
        """Log out and close. Never raises; may be called twice."""
        ...


Source = Reader


class Writer(Protocol):
    @property
    def append_limit(self) -> int:
        """The largest message that the server said it takes (APPENDLIMIT, RFC 7889) when it was
        last connected; 0 if it did not say."""
        ...

    def create(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        """Make the folders, parents first as given; one that exists already is no error.
        The answer holds those that were refused."""
        ...

    def subscribe(self, names: Sequence[str]) -> Mapping[str, FolderError]: ...

    def delete(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        """Remove the folders, and their subscriptions, in this order, with whatever is in them.
        One that is not there is no error. The answer holds those that were refused."""
        ...

    def append(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        """Send the messages one after the other, as they come from the iterable.

        One outcome for each message, in order, possibly later than the next message is asked for.
        If the iterable or a body's chunks raise, the message that was cut is not stored, the
        outcomes that are certain are yielded, and then the same exception is raised. FolderError
        (`where` names the folder) stops likewise. ConnectionLost leaves the messages without an
        outcome in doubt.
        """
        ...

    def set_flags(self, folder: Folder, uidvalidity: int, changes: Sequence[FlagChange]) -> int:
        """How many changes the server took. Raises UidValidityChanged before changing anything."""
        ...

    def remove(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> int:
        """Remove exactly these messages by UID EXPUNGE (RFC 4315). Raises FolderError with
        REMOVAL_UNSUPPORTED on a server without UIDPLUS, which could only expunge more than these;
        for none at all too, so that a server can be asked for that alone."""
        ...


class Filer(Protocol):
    def file(self, filing: Filing) -> Filed:
        """Put messages of one folder into another, by MOVE (RFC 6851) or COPY; with flags and
        internal date as they are. Where neither MOVE nor UIDPLUS is offered nothing is moved, and
        AccountError with MOVE_UNSAFE is raised. A move may end as a copy, never as a loss.

        What the server refuses is in the answer; FolderError and UidValidityChanged are raised
        before anything is done. ConnectionLost leaves all of it in doubt."""
        ...


class Destination(Reader, Writer, Filer, Protocol):
    pass


class SourceDeleter(Protocol):
    """What writes to the source (law 2), on a connection of its own: nothing but \\Deleted, and
    UID EXPUNGE of what it has marked so itself. All verbs raise UidValidityChanged before they
    change anything, and FolderError for a folder that cannot be opened."""

    def able(self) -> bool:
        """Whether the server removes exactly what it is told (UIDPLUS, RFC 4315)."""
        ...

    def mark(
        self, folder: Folder, uidvalidity: int, uids: Sequence[int], *, ours: Collection[int]
    ) -> Marked:
        """Set \\Deleted, but where somebody else has set it: `ours` were marked by us before."""
        ...

    def expunge(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> Mapping[int, str]:
        """Remove exactly these, which are marked. Those that are still there, with the server's
        words; their mark is taken back."""
        ...

    def unmark(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> None:
        """Take \\Deleted back."""
        ...

    def close(self) -> None:
        """Log out and close. Never raises; may be called twice."""
        ...


class Leaving(Protocol):
    """What the ledger knows of messages that are removed from the source."""

    def leave(self, key: FolderKey, uids: Sequence[int]) -> None:
        """Written durably before the first of these is removed from the source: whatever becomes
        of that, their copies may be the last ones from now on. Raises Stopped(FENCED)."""
        ...

    def settled_before(self, key: FolderKey, moment: datetime) -> Collection[int]:
        """Source uids that were known to be copied at `moment`, and are still."""
        ...


class Marking(Protocol):
    """What the ledger knows of contents that were read to compare them."""

    def mark(self, key: FolderKey, marks: Sequence[tuple[int, bytes]]) -> None:
        """By source uid 16 bytes that are equal for equal contents only. May raise
        Stopped(FENCED)."""
        ...

    def marks(self, key: FolderKey) -> Iterator[tuple[int, bytes]]:
        """All of them; of two for one uid the later counts."""
        ...


class Remarking(Protocol):
    """What the ledger knows of messages and folder names beside the pairs; `load` tells it. All
    may raise Stopped(FENCED)."""

    def stamp(self, key: FolderKey, stamps: Mapping[int, Stamp]) -> None:
        """By source uid; a later one takes the place of an earlier one."""
        ...

    def judge(self, key: FolderKey, judged: Mapping[int, Judgement | None]) -> None:
        """By source uid: what a proof found wrong with a copy, None for nothing any more."""
        ...

    def judged_elsewhere(self, key: FolderKey) -> Iterator[Known]:
        """What is known of either folder under other keys, as far as something was found wrong
        there: under another UIDVALIDITY, say, under which the same copies may have been proven."""
        ...

    def refuse(self, key: FolderKey, refused: Mapping[int, Refusal | None]) -> None:
        """By source uid; None for one that is refused no longer. A pair ends a refusal, too."""
        ...

    def refuse_name(self, source: str, refused: RefusedName) -> None:
        """The destination would not make this folder for the source's folder of that name."""
        ...

    def refused_names(self) -> Mapping[str, tuple[RefusedName, ...]]:
        """By source folder name, each destination name once, with the latest words."""
        ...


class Ledger(Leaving, Marking, Remarking, Protocol):
    """What is known to be copied for one account. Survives the process at every step."""

    def places(self) -> Mapping[str, Place]:
        """By source folder name, as last used."""
        ...

    def load(self, key: FolderKey) -> Known:
        """Everything that is known of one folder pair."""
        ...

    def intend(self, key: FolderKey, intent: Intent) -> int:
        """Written durably before the first byte is sent. Returns the intent's number.
        Raises Stopped(FENCED) when this worker no longer owns the account."""
        ...

    def settle(self, key: FolderKey, number: int, pairs: Sequence[Pair]) -> None:
        """What became of an intent: these were copied, the rest was not. Closes the intent."""
        ...

    def record(self, key: FolderKey, pairs: Collection[Pair]) -> None:
        """Pairs that were found present, without having been sent."""
        ...

    def rest(self, key: FolderKey, rest: Rest) -> None:
        """Both folders are equal, and were like this."""
        ...

    def forget(self, key: FolderKey, uids: Sequence[int]) -> None:
        """Source uids whose copy is gone from the destination."""
        ...


class Progress(Protocol):
    """Told what happens, often; must be cheap and must not raise."""

    def planned(self, messages: int, size: int) -> None:
        """How much this run has found at the source in all, in messages and bytes."""
        ...

    def folder(self, source: str, destination: str) -> None:
        """Work on this folder begins."""
        ...

    def moved(self, outcome: Outcome, messages: int, size: int) -> None: ...

    def note(self, note: MessageNote) -> None: ...

    def verifying(self) -> None:
        """The copies of some folders are compared with what the destination lists now."""
        ...

    def folder_done(self, report: FolderReport) -> None: ...


class Stop(Protocol):
    def reason(self) -> StopReason | None:
        """Asked between batches; None means go on."""
        ...

    def wait(self, seconds: float) -> None:
        """Pause for so long. Raises Stopped as soon as a stop is asked for."""
        ...
