"""sync.ports.SourceDeleter over a memory server, as it is over IMAP."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sync.errors import Code, FolderError, UidValidityChanged
from sync.leaving import DELETED, MARKED, deleted
from sync.memory import MemoryServer
from sync.memory_folder import MemoryMessage
from sync.model import Folder, Marked


class MemoryDeleter:
    """Steps that may break are those of the server: 'store', 'stored', 'expunge', 'expunged'."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    def able(self) -> bool:
        return self._server.uidplus

    def mark(
        self, folder: Folder, uidvalidity: int, uids: Sequence[int], *, ours: Collection[int]
    ) -> Marked:
        messages = self._messages(folder, uidvalidity)
        there = [uid for uid in uids if uid in messages]
        foreign = {uid for uid in there if deleted(messages[uid].flags) and uid not in ours}
        for uid in there:
            if uid not in foreign:
                self._server.before("store")
                flags = messages[uid].flags | {"\\Deleted"}
                messages[uid] = replace(messages[uid], flags=flags)
                self._server.writes.append("STORE")
        self._server.before("stored")
        return Marked(frozenset(there) - foreign, dict.fromkeys(foreign, MARKED))

    def expunge(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> Mapping[int, str]:
        messages = self._messages(folder, uidvalidity)
        for uid in uids:
            self._server.before("expunge")
            messages.pop(uid, None)
            self._server.writes.append("EXPUNGE")
        self._server.before("expunged")
        return {}

    def unmark(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> None:
        messages = self._messages(folder, uidvalidity)
        for uid in uids:
            self._server.before("store")
            if uid in messages:
                flags = frozenset(f for f in messages[uid].flags if f.lower() != DELETED)
                messages[uid] = replace(messages[uid], flags=flags)
                self._server.writes.append("STORE")

    def close(self) -> None:
        """Nothing is held open."""

    def _messages(self, folder: Folder, uidvalidity: int) -> dict[int, MemoryMessage]:
        content = self._server.content.get(folder.name)
        if content is None:
            raise FolderError(Code.FOLDER_MISSING, where=folder.name)
        if content.uidvalidity != uidvalidity:
            raise UidValidityChanged(Code.UIDVALIDITY_CHANGED, where=folder.name)
        return content.messages
