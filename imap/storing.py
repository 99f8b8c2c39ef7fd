"""UID STORE and UID EXPUNGE on the open folder: what is refused for one message is done for the
others."""

from __future__ import annotations

from collections.abc import Sequence

from imap.dialogue import Answer, Dialogue, Take
from imap.halves import Verb, ask_all
from imap.parse import Parts
from imap.presence import present
from imap.session import Session
from sync.model import Folder

ADD_DELETED = b"+FLAGS.SILENT (\\Deleted)"
TAKE_DELETED = b"-FLAGS.SILENT (\\Deleted)"


class Storing:
    """On the folder that the session has open."""

    def __init__(self, session: Session, dialogue: Dialogue, folder: Folder) -> None:
        self._session = session
        self._dialogue = dialogue
        self._folder = folder

    def store(self, uids: Sequence[int], change: bytes) -> dict[int, Answer]:
        """Those for which it was refused."""
        return self._ask(uids, b"UID STORE", change)

    def expunge(self, uids: Sequence[int]) -> dict[int, Answer]:
        """Those for which it was refused."""
        return self._ask(uids, b"UID EXPUNGE")

    def replace(self, uids: Sequence[int], attempts: Sequence[list[bytes]]) -> int:
        """Make the flags of these exactly the first of the attempts that the server takes for each;
        how many have got some."""
        left = list(uids)
        for flags in attempts:
            left = list(self.store(left, b"FLAGS.SILENT (" + b" ".join(flags) + b")"))
            if not left:
                break
        refused = frozenset(left)
        return len(self.present([uid for uid in uids if uid not in refused]))

    def remove(self, uids: Sequence[int]) -> int:
        """How many are gone. Raises FolderError when none may be marked."""
        before = self.present(uids)
        refused = self.store(uids, ADD_DELETED)
        marked = [uid for uid in uids if uid not in refused]
        if refused and not marked:
            raise self._dialogue.refusal(refused[next(iter(refused))], self._folder.name)
        if self.expunge(marked):
            self.store(sorted(self.present(marked)), TAKE_DELETED)
        return len(before - self.present(uids))

    def present(self, uids: Sequence[int]) -> set[int]:
        return present(self._session, self._dialogue, self._folder, uids)

    def _ask(self, uids: Sequence[int], verb: bytes, *more: bytes) -> dict[int, Answer]:
        asked = Verb(
            send=lambda text: self._dialogue.send(verb, text, *more),
            hear=lambda tag: self._dialogue.answer(tag, self._take),
            news=self._take,
            writing=True,
        )
        return ask_all(self._session, self._dialogue, self._folder, uids, asked)

    @property
    def _take(self) -> Take:
        selected = self._session.selected
        return selected.take if selected is not None else _pass_over


def _pass_over(_: Parts) -> bool:
    return True
