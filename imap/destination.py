"""Destination over IMAP: what ImapSource reads, and the verbs that write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from imap import folders as folder_commands
from imap.append import append_messages
from imap.dialogue import Dialogue
from imap.names import wire_name
from imap.outgoing import wire_flags
from imap.reader import ImapSource
from imap.refiling import file_messages
from imap.selection import Selected, at_folder, check_uidvalidity
from imap.storing import Storing
from sync.errors import Code, FolderBusy, FolderError
from sync.flags import keepable, same
from sync.listing import Changes, Listing
from sync.model import Appended, Asked, FlagChange, Folder, Outgoing, Refused, Since
from sync.refiling_values import Filed, Filing

_Make = Callable[[Dialogue, Sequence[str]], Mapping[str, FolderError]]


class ImapDestination(ImapSource):
    """sync.ports.Destination."""

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        """With the PERMANENTFLAGS that writing has taught, as EXAMINE hides them."""
        for one, found in zip(asked, super().listings(asked), strict=True):
            yield found if isinstance(found, FolderError) else self._taught(one.folder, found)

    def changes(self, asked: Sequence[Since]) -> Iterator[Changes | Listing | FolderError]:
        for one, found in zip(asked, super().changes(asked), strict=True):
            if isinstance(found, Changes):
                yield replace(found, new=self._taught(one.folder, found.new))
            else:
                yield found if isinstance(found, FolderError) else self._taught(one.folder, found)

    def _taught(self, folder: Folder, found: Listing) -> Listing:
        learnt = self._session.permanent_flags.get(wire_name(folder))
        if found.permanent_flags or not learnt:
            return found
        return replace(found, permanent_flags=learnt)

    @property
    def append_limit(self) -> int:
        return self._session.capabilities.append_limit or 0

    def create(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        return self._make(folder_commands.create_folders, names)

    def subscribe(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        return self._make(folder_commands.subscribe_folders, names)

    def delete(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        with self._session.line() as dialogue:
            # Not the open one: some servers hang up on whoever has it open.
            self._session.open(dialogue, Folder("INBOX"))
        return self._make(folder_commands.delete_folders, names)

    def _make(self, command: _Make, names: Sequence[str]) -> Mapping[str, FolderError]:
        """What is refused for now is asked for once more."""
        with self._session.line() as dialogue:
            refused = dict(command(dialogue, names))
            busy = {name: e for name, e in refused.items() if isinstance(e, FolderBusy)}
            if not busy:
                return refused
            self._session.await_turn(max(error.suggested_wait for error in busy.values()))
            still = {name: error for name, error in refused.items() if name not in busy}
            return still | dict(command(dialogue, list(busy)))

    def append(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        return append_messages(self._session, messages)

    def set_flags(self, folder: Folder, uidvalidity: int, changes: Sequence[FlagChange]) -> int:
        """What the folder would not keep, now that it is known, is not asked for."""
        by_flags: defaultdict[frozenset[str], list[int]] = defaultdict(list)
        with self._session.line() as dialogue, at_folder(folder.name):
            selected = self._open_to_write(dialogue, folder, uidvalidity)
            permanent = selected.permanent_flags
            for change in () if selected.keeps_none else changes:
                if change.now is None or _differs(change.flags, change.now, permanent):
                    by_flags[change.flags].append(change.uid)
            store = Storing(self._session, dialogue, folder)
            return sum(
                store.replace(
                    uids, [wire_flags(flags, permanent, keywords=k) for k in (True, False)]
                )
                for flags, uids in by_flags.items()
            )

    def remove(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> int:
        with self._session.line() as dialogue, at_folder(folder.name):
            if not dialogue.capabilities.uidplus:
                raise FolderError(Code.REMOVAL_UNSUPPORTED, side=dialogue.side, where=folder.name)
            if not uids:
                return 0
            if not self._open_to_write(dialogue, folder, uidvalidity).keeps_deleted:
                # What it does not keep it need not obey: it says OK, and nothing is gone.
                code, words = Code.REMOVAL_UNSUPPORTED, "the server keeps no \\Deleted here"
                raise FolderError(code, words, side=dialogue.side, where=folder.name)
            return Storing(self._session, dialogue, folder).remove(uids)

    def file(self, filing: Filing) -> Filed:
        return file_messages(self._session, filing)

    def _open_to_write(self, dialogue: Dialogue, folder: Folder, uidvalidity: int) -> Selected:
        selected = self._session.open(dialogue, folder, writable=True)
        check_uidvalidity(dialogue, folder, selected.uidvalidity, uidvalidity)
        return selected


def _differs(wanted: frozenset[str], now: frozenset[str], permanent: frozenset[str]) -> bool:
    """In what the folder keeps."""
    return not same(keepable(wanted, permanent), keepable(now, permanent))
