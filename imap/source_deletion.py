"""The one thing that is ever written to a source: \\Deleted, and UID EXPUNGE of what we marked.

On a connection of its own, since the reader's opens folders by EXAMINE only. A folder that is open
here is never closed by CLOSE, which would expunge what others have marked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from imap.dialogue import Answer, Dialogue
from imap.halves import Verb, ask_on
from imap.metas import FETCH
from imap.parse import Parts, attributes, uid, words
from imap.selection import Selected, at_folder, check_uidvalidity
from imap.session import Session
from imap.storing import ADD_DELETED, TAKE_DELETED, Storing
from sync.leaving import DELETED, MARKED
from sync.model import Folder, Marked

STILL_THERE = "the server has not removed it"


class ImapSourceDeleter:
    """sync.ports.SourceDeleter."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def able(self) -> bool:
        with self._session.line() as dialogue:
            return dialogue.capabilities.uidplus

    def mark(
        self, folder: Folder, uidvalidity: int, uids: Sequence[int], *, ours: Collection[int]
    ) -> Marked:
        with self._session.line() as dialogue, at_folder(folder.name):
            storing = self._open(dialogue, folder, uidvalidity)
            marks = _Marks(self._session, dialogue, folder)
            there, unknown = marks.ask(uids), _said(marks.refused)
            kept = {uid: MARKED for uid, marked in there.items() if marked and uid not in ours}
            fresh = [uid for uid, marked in there.items() if not marked]
            refused = _said(storing.store(fresh, ADD_DELETED))
            ready = frozenset(there) - set(kept) - set(refused) - set(unknown)
            return Marked(ready, kept | refused | unknown)

    def expunge(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> Mapping[int, str]:
        with self._session.line() as dialogue, at_folder(folder.name):
            storing = self._open(dialogue, folder, uidvalidity)
            refused = _said(storing.expunge(uids))
            left = sorted(storing.present(uids))
            storing.store(left, TAKE_DELETED)
            return {uid: refused.get(uid) or STILL_THERE for uid in left}

    def unmark(self, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> None:
        with self._session.line() as dialogue, at_folder(folder.name):
            self._open(dialogue, folder, uidvalidity).store(uids, TAKE_DELETED)

    def close(self) -> None:
        self._session.close()

    def _open(self, dialogue: Dialogue, folder: Folder, uidvalidity: int) -> Storing:
        opened = self._session.open(dialogue, folder, writable=True)
        check_uidvalidity(dialogue, folder, opened.uidvalidity, uidvalidity)
        return Storing(self._session, dialogue, folder)


@dataclass(slots=True)
class _Marks:
    """Of messages of the open folder: whether they are marked \\Deleted."""

    session: Session
    dialogue: Dialogue
    folder: Folder
    refused: dict[int, Answer] = field(default_factory=dict)
    """Of these the server does not say it: they may be there."""
    _found: dict[int, bool] = field(default_factory=dict)

    def ask(self, uids: Sequence[int]) -> dict[int, bool]:
        """By uid, of those that are there. Raises FolderError where the server says it of none."""
        verb = Verb(
            send=lambda text: self.dialogue.send(b"UID FETCH", text, b"(UID FLAGS)"),
            hear=lambda tag: self.dialogue.answer(tag, self._take),
            told=self._found.__contains__,
            news=self._take,
        )
        self.refused = ask_on(self.session, self.dialogue, self.folder, uids, verb)
        if self.refused and len(self.refused) == len(set(uids)):
            # Without a list of what is there, everything would pass for gone.
            raise self.dialogue.refusal(next(iter(self.refused.values())), self.folder.name)
        wanted = frozenset(uids)
        return {one: marked for one, marked in self._found.items() if one in wanted}

    def _take(self, parts: Parts) -> bool:
        if not FETCH.match(parts[0]):
            return (self.session.selected or Selected(b"", writable=True)).take(parts)
        items = attributes(parts)
        one, flags = uid(items.get(b"UID")), items.get(b"FLAGS")
        if one and isinstance(flags, list):
            spelled = (flag.lower() for flag in flags if isinstance(flag, bytes))
            self._found[one] = DELETED.encode() in spelled
        return True


def _said(refused: Mapping[int, Answer]) -> dict[int, str]:
    return {one: words(answer.text) or STILL_THERE for one, answer in refused.items()}
