"""What a folder holds: every message's UID, size, date and flags.

A listing is held against the number of messages that the folder has (EXISTS). What is missing is
asked for again: below the uid at which a server stopped (RFC 9738), by the names that SEARCH tells,
and in halves where one message has the whole question refused. What then is still missing is
`hidden`, and no caller takes it for absent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from imap import faults
from imap.completing import Completion
from imap.dialogue import Answer, Dialogue, Take, Usual
from imap.halves import AT_ONCE, Cut, cut_short
from imap.metas import ITEMS, USUAL, Metas
from imap.names import unsendable
from imap.parse import HIGHEST_UID
from imap.selection import Opening, Selected, at_folder
from imap.session import Session
from imap.uidset import range_sets
from sync.errors import FolderBusy, FolderError
from sync.listing import Listing
from sync.model import Asked, Folder

FOLDERS_AT_ONCE = 100
"""Folders whose listings are under way: so many commands a connection holds unread."""
SETS_AT_ONCE = 32
"""And so many UID sets, which are longer."""


class _Question:
    """EXAMINE and the questions for a folder's messages, as many as may be sent at once."""

    def __init__(self, dialogue: Dialogue, asked: Asked) -> None:
        self.asked = asked
        self.unread: list[str] = []
        self.hidden = 0
        self._dialogue = dialogue
        self._unsendable = unsendable(asked.folder, dialogue.side)
        self._opening = None if self._unsendable else Opening.send(dialogue, asked.folder)
        self._sets = deque(_sets(asked) if self._opening else ())
        self.tags: deque[bytes] = deque()
        for _ in range(min(AT_ONCE, len(self._sets))):
            self._send()
        self.last = bool(self._sets)
        """There is more to ask while this folder is open: no other may be opened behind it."""
        self.selected = self._opening.selected if self._opening else Selected(b"", writable=False)
        self.metas = Metas(range(max(asked.first_uid, 1), HIGHEST_UID + 1), self.selected)
        self.refusal: Answer | None = None
        self.cut: Cut | None = None

    def _send(self) -> None:
        self.tags.append(self._dialogue.send(b"UID FETCH", self._sets.popleft(), ITEMS))

    def hear(self) -> FolderError | None:
        """Read all answers. Why the folder cannot be listed, if it cannot: what a server that
        refused to open it says of messages would be another folder's."""
        if self._opening is None:
            return self._unsendable
        folder = self.asked.folder
        with at_folder(folder.name):
            opened = self._opening.answer(self._dialogue)
            if not opened.ok:
                self._sets.clear()
            while self.tags:
                listed = fetched(self._dialogue, self.tags.popleft(), self.metas)
                if self._sets:
                    self._send()
                self._learn(listed)
        self.unread += opened.unread
        if not opened.ok:
            return folder_error(self._dialogue, opened, folder)
        if self.refusal is not None and faults.later(self.refusal.text):
            return folder_error(self._dialogue, self.refusal, folder)
        return None

    def _learn(self, listed: Answer) -> None:
        self.unread += listed.unread
        self.cut = self.cut or cut_short(listed)
        empty = self.selected.counted and not self.selected.exists
        if not listed.ok and self.cut is None and not empty:
            self.refusal = self.refusal or listed

    @property
    def whole(self) -> bool:
        return self.asked.uids is None and self.asked.first_uid <= 1

    @property
    def complete(self) -> bool:
        if self.refusal is not None or self.cut is not None:
            return False
        enough = self.selected.counted and len(self.metas.messages()) >= self.selected.exists
        return enough or not self.whole

    def complete_now(self, session: Session, *, alone: bool) -> FolderError | None:
        """While the folder is open. Why it cannot be listed, if it cannot. Asked `alone`, a part of
        a folder is made sure of too."""
        if self.complete and not (alone and self._holes):
            return None
        with at_folder(self.asked.folder.name):
            completion = Completion(session, self._dialogue, self.asked, self.metas, self.selected)
            try:
                refusal = completion.run(self.cut, self.refusal)
            except FolderError as error:
                return error
        self.unread += completion.unread
        self.hidden = completion.hidden
        return folder_error(self._dialogue, refusal, self.asked.folder) if refusal else None

    @property
    def _holes(self) -> bool:
        """Whether uids from `first_uid` on have been given out that are not listed."""
        given = max(self.selected.uidnext - self.asked.first_uid, 0)
        return self.asked.uids is None and len(self.metas.messages()) < min(
            given, self.selected.exists
        )

    @property
    def listing(self) -> Listing:
        messages, uids = self.metas.messages(), self.asked.uids
        if uids is not None:
            messages = messages.select([at for at, uid in enumerate(messages.uids) if uid in uids])
        status = self.selected.status(messages.uids[-1] if messages else 0)
        unread = (*self.unread, *self.metas.unread)
        return Listing(status, messages, self.selected.permanent_flags, self.hidden, unread)


def folder_error(dialogue: Dialogue, refused: Answer, folder: Folder) -> FolderError:
    """What the refusal means for this folder. Raises what it means for more than this folder."""
    refusal = dialogue.refusal(refused, folder.name)
    if not isinstance(refusal, FolderError):
        raise refusal
    return refusal


def _sets(asked: Asked) -> Iterator[bytes]:
    if asked.uids is None:
        yield b"%d:*" % max(asked.first_uid, 1)
    else:
        yield from range_sets(asked.uids)


def list_many(
    session: Session, dialogue: Dialogue, asked: Sequence[Asked], *, again: bool = False
) -> Iterator[Listing | FolderError]:
    """One answer for each, in the order asked, the questions sent ahead of the answers. What was
    refused for now is asked for once more, if this is not that `again`. The last folder stays
    open."""
    waiting = deque(asked)
    while waiting:
        session.selected = None
        questions = _ask(dialogue, waiting)
        heard = [question.hear() for question in questions]
        if heard[-1] is None:
            session.selected = questions[-1].selected
            heard[-1] = questions[-1].complete_now(session, alone=len(asked) == 1)
        busy = [refused for refused in heard if isinstance(refused, FolderBusy)]
        if busy and not again:
            session.await_turn(max(refused.suggested_wait for refused in busy))
        for question, refused in zip(questions, heard, strict=True):
            if isinstance(refused, FolderBusy) and not again:
                yield from list_many(session, dialogue, [question.asked], again=True)
            elif refused is not None:
                yield refused
            elif question.complete or question is questions[-1]:
                yield question.listing
            else:
                yield from list_many(session, dialogue, [question.asked])


def _ask(dialogue: Dialogue, waiting: deque[Asked]) -> list[_Question]:
    """As many questions as a connection holds unread."""
    questions: list[_Question] = []
    sets = 0
    while waiting and len(questions) < FOLDERS_AT_ONCE and sets < SETS_AT_ONCE:
        asked = waiting.popleft()
        questions.append(_Question(dialogue, asked))
        sets += len(questions[-1].tags) if asked.uids else 0
        if questions[-1].last:
            break
    return questions


def fetched(dialogue: Dialogue, tag: bytes, metas: Metas) -> Answer:
    """The answer to UID FETCH of ITEMS."""
    return answered(dialogue, tag, metas.take, (USUAL, metas.take_usual))


def answered(dialogue: Dialogue, tag: bytes, take: Take, usual: Usual) -> Answer:
    return dialogue.answer(tag, take, usual)
