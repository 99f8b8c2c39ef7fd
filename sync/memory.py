"""MemoryServer: Source and Destination without a network.

It keeps the contract of sync.ports as a real server does, and lets a test break it: `before` is
called with the name of each step ('append', 'appended', 'body', …) and may raise, or change the
mailbox under the reader's hands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.parser import BytesHeaderParser

from sync.errors import Code, FolderError, UidValidityChanged
from sync.journal import Journal, Telling
from sync.messages import Messages
from sync.model import (
    Appended,
    Asked,
    Changes,
    Fetched,
    FlagChange,
    Folder,
    FolderList,
    FolderStatus,
    Identity,
    Listing,
    MessageMeta,
    MessageRef,
    Namespace,
    Outgoing,
    Refused,
    Since,
    SpecialUse,
    Unreadable,
    Vanished,
    Wanted,
    WhichFlags,
)
from sync.uids import UidRanges

CHUNK = 64 * 1024
_PERMANENT = frozenset({"\\*", "\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted"})


@dataclass(slots=True)
class MemoryMessage:
    body: bytes
    internaldate: str = ""
    flags: frozenset[str] = frozenset()


@dataclass(slots=True)
class MemoryFolder:
    uidvalidity: int
    uidnext: int = 1
    messages: dict[int, MemoryMessage] = field(default_factory=dict)
    special_use: SpecialUse | None = None
    subscribed: bool = False

    journal: Journal = field(default_factory=Journal)

    @property
    def modseq(self) -> int:
        """Another number whenever messages or flags are others, as HIGHESTMODSEQ (RFC 7162)."""
        self.journal.look({uid: message.flags for uid, message in self.messages.items()})
        return self.journal.highest

    def add(self, message: MemoryMessage) -> int:
        uid = self.uidnext
        self.messages[uid] = message
        self.uidnext += 1
        return uid


class MemoryServer:
    """One mailbox. `uidplus` False hides the new uids of appended messages (RFC 4315)."""

    telling = Telling.QRESYNC

    def __init__(
        self,
        namespace: Namespace | None = None,
        *,
        uidplus: bool = True,
        before: Callable[[str], None] | None = None,
    ) -> None:
        self.namespace = namespace or Namespace()
        self.uidplus = uidplus
        self.before = before or (lambda step: None)
        self.content: dict[str, MemoryFolder] = {"INBOX": MemoryFolder(1)}
        self.writes: list[str] = []
        """Every command that changed something, for tests that count."""
        self._uidvalidity = 1

    def make_folder(self, name: str) -> MemoryFolder:
        self._uidvalidity += 1
        return self.content.setdefault(name, MemoryFolder(self._uidvalidity))

    def folders(self) -> FolderList:
        self.before("list")
        delimiter = self.namespace.delimiter
        return FolderList(
            self.namespace,
            tuple(
                Folder(
                    name,
                    delimiter,
                    special_use=folder.special_use,
                    subscribed=folder.subscribed,
                )
                for name, folder in sorted(self.content.items())
            ),
        )

    def status(self, folders: Sequence[Folder]) -> Mapping[str, FolderStatus | FolderError]:
        self.before("status")
        return {
            folder.name: self._status(self.content[folder.name])
            if folder.name in self.content
            else FolderError(Code.FOLDER_MISSING, where=folder.name)
            for folder in folders
        }

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        for one in asked:
            self.before("messages")
            try:
                yield self._listing(one)
            except FolderError as error:
                yield error

    def _listing(self, asked: Asked) -> Listing:
        content, uids = self._open(asked.folder), asked.uids
        some = Messages.of(
            _meta(uid, message)
            for uid, message in content.messages.items()
            if (uid >= asked.first_uid if uids is None else uid in uids)
        )
        return Listing(self._status(content), some, _PERMANENT)

    def changes(self, asked: Sequence[Since]) -> Iterator[Changes | Listing | FolderError]:
        for since in asked:
            self.before("changes")
            try:
                yield self._changes(self._open(since.folder), since)
            except FolderError as error:
                yield error

    def _changes(self, content: MemoryFolder, since: Since) -> Changes | Listing:
        then, now, journal = since.status, self._status(content), content.journal
        older = [uid for uid in content.messages if uid < then.uidnext]
        gone = then.messages - len(older)
        if then.uidvalidity != now.uidvalidity or then.uidnext > now.uidnext or gone < 0:
            return self._listing(Asked(since.folder))
        removed, changed = UidRanges(), older
        by_modseq = since.flags is WhichFlags.CHANGED and min(then.highestmodseq, now.highestmodseq)
        if by_modseq:
            changed = [uid for uid in journal.changed(by_modseq) if uid < then.uidnext]
        if gone and by_modseq and self.telling is Telling.QRESYNC:
            removed = journal.gone(by_modseq).below(then.uidnext)
        elif gone:
            removed = UidRanges.of(older).missing(then.uidnext)
        if since.flags is WhichFlags.NONE:
            changed = []
        metas = [MessageMeta(uid, 0, "", content.messages[uid].flags) for uid in changed]
        new = self._listing(Asked(since.folder, then.uidnext))
        return Changes(new, Messages.of(metas), removed)

    def identities(self, folder: Folder, uids: Sequence[int]) -> Mapping[int, Identity]:
        self.before("identities")
        messages = self._open(folder).messages
        return {uid: _identity(messages[uid].body) for uid in uids if uid in messages}

    def bodies(
        self, wanted: Sequence[Wanted]
    ) -> Iterator[tuple[Wanted, Fetched | Vanished | Unreadable]]:
        for one in wanted:
            content = self._open(one.folder, one.uidvalidity)
            for uid in one.uids:
                yield one, self._body(content, uid)

    def _body(self, content: MemoryFolder, uid: int) -> Fetched | Vanished:
        self.before("body")
        message = content.messages.get(uid)
        if message is None:
            return Vanished(uid)
        return Fetched(_meta(uid, message), len(message.body), self._chunks(message.body))

    def close(self) -> None:
        """Nothing is held open."""

    def create(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        for name in names:
            self.before("create")
            self.writes.append("CREATE")
            self.make_folder(name)
        return {}

    def subscribe(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        self.before("subscribe")
        for name in names:
            self.writes.append("SUBSCRIBE")
            self.content[name].subscribed = True
        return {}

    def append(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        for outgoing in messages:
            self.before("append")
            body = b"".join(outgoing.chunks)
            content = self._open(outgoing.folder)
            self.writes.append("APPEND")
            uid = content.add(MemoryMessage(body, outgoing.internaldate, outgoing.flags))
            self.before("appended")
            ref = MessageRef(content.uidvalidity, uid) if self.uidplus else None
            yield Appended(outgoing.number, ref)

    def set_flags(self, folder: Folder, uidvalidity: int, changes: Sequence[FlagChange]) -> int:
        content = self._open(folder, uidvalidity)
        taken = 0
        for change in changes:
            self.before("store")
            if change.uid in content.messages:
                self.writes.append("STORE")
                message = content.messages[change.uid]
                content.messages[change.uid] = replace(message, flags=change.flags)
                taken += 1
        return taken

    def remove(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> int:
        if not self.uidplus:
            raise FolderError(Code.DELETION_REFUSED, where=folder.name)
        content = self._open(folder, uidvalidity)
        self.before("expunge")
        self.writes.append("EXPUNGE")
        return sum(1 for uid in uids if content.messages.pop(uid, None) is not None)

    def _open(self, folder: Folder, uidvalidity: int | None = None) -> MemoryFolder:
        content = self.content.get(folder.name)
        if content is None:
            raise FolderError(Code.FOLDER_MISSING, where=folder.name)
        if uidvalidity is not None and content.uidvalidity != uidvalidity:
            raise UidValidityChanged(Code.UIDVALIDITY_CHANGED, where=folder.name)
        return content

    def _status(self, folder: MemoryFolder) -> FolderStatus:
        size = sum(len(message.body) for message in folder.messages.values())
        modseq = 0 if self.telling is Telling.NOTHING else folder.modseq
        return FolderStatus(folder.uidvalidity, folder.uidnext, len(folder.messages), modseq, size)

    def _chunks(self, body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), CHUNK):
            self.before("chunk")
            yield body[start : start + CHUNK]


def _meta(uid: int, message: MemoryMessage) -> MessageMeta:
    return MessageMeta(uid, len(message.body), message.internaldate, message.flags)


def _identity(body: bytes) -> Identity:
    header = BytesHeaderParser().parsebytes(body.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n")
    fields = (
        " ".join(str(header.get(name, "")).split())
        for name in ("Message-ID", "Date", "From", "Subject")
    )
    return Identity(*fields)
