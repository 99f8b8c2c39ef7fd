"""Reader over IMAP: EXAMINE and BODY.PEEK[] only, so that nothing at the server changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from imap import folders as folder_commands
from imap import listing
from imap.changes import changes_of_many
from imap.fetch import BodyStream
from imap.identities import identities
from imap.selection import at_folder
from imap.session import Session
from imap.trial import Trial, try_folder
from sync.errors import FolderBusy, FolderError
from sync.listing import Changes, Listing
from sync.model import (
    Asked,
    Capabilities,
    Fetched,
    Folder,
    FolderList,
    FolderStatus,
    Identity,
    Since,
    Unreadable,
    Vanished,
    Wanted,
)


class ImapSource:
    """sync.ports.Reader. Connects when it is first needed, or by `connect`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def connect(self) -> None:
        """Connect and log in now, if that is not done yet."""
        with self._session.line():
            pass

    @property
    def capabilities(self) -> Capabilities:
        """What the server offers after login; nothing before the first connection."""
        return self._session.capabilities

    def folders(self) -> FolderList:
        with self._session.line() as dialogue:
            try:
                return folder_commands.list_folders(dialogue)
            except FolderBusy as busy:
                self._session.await_turn(busy.suggested_wait)
                return folder_commands.list_folders(dialogue)

    def status(self, folders: Sequence[Folder]) -> Mapping[str, FolderStatus | FolderError]:
        with self._session.line() as dialogue:
            return folder_commands.folder_status(dialogue, folders)

    def try_out(self, folder: Folder, *, filled: bool, only_last: bool = False) -> Trial:
        """Whether it can be opened and read (imap.trial). What was refused for now is asked for
        once more."""
        with self._session.line() as dialogue:
            self._session.selected = None
            tried = try_folder(dialogue, folder, filled=filled, only_last=only_last)
            if isinstance(tried.refused, FolderBusy):
                self._session.await_turn(tried.refused.suggested_wait)
                tried = try_folder(dialogue, folder, filled=filled, only_last=only_last)
            return tried

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        with self._session.line() as dialogue:
            yield from listing.list_many(self._session, dialogue, asked)

    def changes(self, asked: Sequence[Since]) -> Iterator[Changes | Listing | FolderError]:
        with self._session.line() as dialogue:
            yield from changes_of_many(self._session, dialogue, asked)

    def identities(self, folder: Folder, uids: Sequence[int]) -> Mapping[int, Identity]:
        if not uids:
            return {}
        with self._session.line() as dialogue, at_folder(folder.name):
            self._session.open(dialogue, folder)
            return identities(self._session, dialogue, folder, uids)

    def bodies(
        self, wanted: Sequence[Wanted]
    ) -> Iterator[tuple[Wanted, Fetched | Vanished | Unreadable]]:
        return BodyStream(self._session, wanted).run()

    def close(self) -> None:
        self._session.close()
