"""MemoryServer: Source and Destination without a network.

It keeps the contract of sync.ports as a real server does, and lets a test break it: `before` is
called with the name of each step ('append', 'appended', 'body', …) and may raise, or change the
mailbox under the reader's hands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sync.errors import Code, FolderError, UidValidityChanged
from sync.header_fields import identity
from sync.journal import Telling
from sync.listing import Changes, Listing
from sync.memory_folder import MemoryFolder, MemoryMessage, put_into
from sync.model import (
    Appended,
    Asked,
    Fetched,
    FlagChange,
    Folder,
    FolderList,
    FolderStatus,
    Identity,
    MessageRef,
    Namespace,
    Outgoing,
    Refused,
    Since,
    Unreadable,
    Vanished,
    Wanted,
)
from sync.refiling_values import Filed, Filing

CHUNK = 64 * 1024


class MemoryServer:
    """One mailbox. `uidplus` False hides the new uids of appended messages (RFC 4315)."""

    telling = Telling.QRESYNC
    append_limit = 0

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
        content = sorted(self.content.items())
        return FolderList(self.namespace, tuple(_listed(self, *item) for item in content))

    def status(self, folders: Sequence[Folder]) -> Mapping[str, FolderStatus | FolderError]:
        self.before("status")
        return {
            folder.name: self.content[folder.name].status(self.telling)
            if folder.name in self.content
            else FolderError(Code.FOLDER_MISSING, where=folder.name)
            for folder in folders
        }

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        for one in asked:
            self.before("messages")
            try:
                yield self._open(one.folder).listing(one, self.telling)
            except FolderError as error:
                yield error

    def changes(self, asked: Sequence[Since]) -> Iterator[Changes | Listing | FolderError]:
        for since in asked:
            self.before("changes")
            try:
                yield self._open(since.folder).changes(since, self.telling)
            except FolderError as error:
                yield error

    def identities(self, folder: Folder, uids: Sequence[int]) -> Mapping[int, Identity]:
        self.before("identities")
        messages = self._open(folder).messages
        return {uid: identity(messages[uid].body) for uid in uids if uid in messages}

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
        return Fetched(message.meta(uid), len(message.body), _chunks(self, message.body))

    def close(self) -> None:
        """Nothing is held open."""

    def create(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        for name in names:
            self.before("create")
            self.writes.append("CREATE")
            self.make_folder(name)
        return {}

    def delete(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        for name in names:
            self.before("delete")
            self.writes.append("DELETE")
            self.content.pop(name, None)
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
            raise FolderError(Code.REMOVAL_UNSUPPORTED, where=folder.name)
        if not uids:
            return 0
        content = self._open(folder, uidvalidity)
        self.before("expunge")
        self.writes.append("EXPUNGE")
        return sum(1 for uid in uids if content.messages.pop(uid, None) is not None)

    def file(self, filing: Filing) -> Filed:
        origin = self._open(filing.origin, filing.uidvalidity)
        return _file(self, origin, filing)

    def _open(self, folder: Folder, uidvalidity: int | None = None) -> MemoryFolder:
        content = self.content.get(folder.name)
        if content is None:
            raise FolderError(Code.FOLDER_MISSING, where=folder.name)
        if uidvalidity is not None and content.uidvalidity != uidvalidity:
            raise UidValidityChanged(Code.UIDVALIDITY_CHANGED, where=folder.name)
        return content


def _listed(server: MemoryServer, name: str, content: MemoryFolder) -> Folder:
    delimiter, special_use = server.namespace.delimiter, content.special_use
    return Folder(name, delimiter, special_use=special_use, subscribed=content.subscribed)


def _chunks(server: MemoryServer, body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK):
        server.before("chunk")
        yield body[start : start + CHUNK]


def _file(server: MemoryServer, origin: MemoryFolder, filing: Filing) -> Filed:
    server.before("file")
    target = server.content.get(filing.target.name)
    if target is None:
        return Filed(error=FolderError(Code.FOLDER_MISSING, where=filing.target.name))
    server.writes.append("MOVE" if filing.moves else "COPY")
    there = put_into(target, origin, filing.uids, moves=filing.moves)
    server.before("filed")
    return Filed(there, target.uidvalidity) if server.uidplus and there else Filed()
