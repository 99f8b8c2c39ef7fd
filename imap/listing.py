"""What a folder holds: every message's UID, size, date and flags, and identifying headers."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from imap.dialogue import Answer, Dialogue, Take, Usual
from imap.parse import Parts, Token, attributes, number
from imap.received import Groups
from imap.selection import Opening, Selected
from imap.session import Session
from imap.uidset import range_sets, uid_sets
from sync.errors import FolderBusy, FolderError
from sync.listing import Listing
from sync.messages import Gathered
from sync.model import Asked, Folder, Identity

ITEMS = b"(UID FLAGS INTERNALDATE RFC822.SIZE)"
_USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()\r\n]*)\) INTERNALDATE \"([^\"\r\n]{0,40})\""
    rb" RFC822\.SIZE (\d{1,19})(?: MODSEQ \(\d+\))?\)\r\n"
)
FETCH = re.compile(rb"\d+ FETCH \(", re.I)
_HEADERS = b"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT)]"
_FIELDS = {b"message-id": 0, b"date": 1, b"from": 2, b"subject": 3}
AT_ONCE = 8
"""UID sets under way."""
FOLDERS_AT_ONCE = 100
"""Folders whose listings are under way: so many commands a connection holds unread."""
SETS_AT_ONCE = 32
"""And so many UID sets, which are longer."""


class Metas:
    """Collects what FETCH responses say of messages with a uid in `wanted`. Equal flags are kept
    once."""

    def __init__(self, wanted: range, selected: Selected) -> None:
        self._gathered = Gathered()
        self.messages = self._gathered.messages
        self._wanted = wanted
        self._selected = selected
        self._flags: dict[bytes, frozenset[str]] = {}

    def take_usual(self, fields: Groups) -> None:
        uid, flags, date, size = fields
        self._add(int(uid), int(size), date, self._known(flags))

    def take_flags(self, fields: Groups) -> None:
        uid, flags = fields
        self._add(int(uid), 0, b"", self._known(flags))

    def take(self, parts: Parts) -> None:
        if FETCH.match(parts[0]):
            self.take_items(attributes(parts))
        else:
            self._selected.take(parts)

    def take_items(self, items: dict[bytes, Token]) -> None:
        """Other orders, more items; and news of a flag, which has no size and is passed over."""
        uid, date, flags = (
            number(items.get(b"UID")),
            items.get(b"INTERNALDATE"),
            items.get(b"FLAGS"),
        )
        if not uid or b"RFC822.SIZE" not in items:
            return
        named = (
            [flag for flag in flags if isinstance(flag, bytes)] if isinstance(flags, list) else []
        )
        spelled = date if isinstance(date, bytes) else b""
        self._add(uid, number(items[b"RFC822.SIZE"]), spelled, self._known(b" ".join(named)))

    def take_flags_of(self, items: dict[bytes, Token]) -> None:
        uid, flags = number(items.get(b"UID")), items.get(b"FLAGS")
        if uid and isinstance(flags, list):
            named = [flag for flag in flags if isinstance(flag, bytes)]
            self._add(uid, 0, b"", self._known(b" ".join(named)))

    def take_bare(self, uid: int) -> None:
        self._add(uid, 0, b"", frozenset())

    def _add(self, uid: int, size: int, date: bytes, flags: frozenset[str]) -> None:
        if uid in self._wanted:
            self._gathered.add(uid, size, date, flags)

    def _known(self, flags: bytes) -> frozenset[str]:
        known = self._flags.get(flags)
        if known is None:
            known = flag_set(flags.split())
            self._flags[flags] = known
        return known


def flag_set(flags: Iterable[Token]) -> frozenset[str]:
    """Flags as the server spells them, without \\Recent, which is the server's own."""
    spelled = (flag.decode("latin-1") for flag in flags if isinstance(flag, bytes))
    return frozenset(flag for flag in spelled if flag.lower() != "\\recent")


class _Question:
    """EXAMINE and the questions for a folder's messages, as many as may be sent at once."""

    def __init__(self, dialogue: Dialogue, asked: Asked) -> None:
        self.asked = asked
        self._dialogue = dialogue
        self._opening = Opening.send(dialogue, asked.folder)
        self._sets = deque(_sets(asked))
        self.tags: deque[bytes] = deque()
        for _ in range(min(AT_ONCE, len(self._sets))):
            self._send()
        self.last = bool(self._sets)
        """There is more to ask while this folder is open: no other may be opened behind it."""
        self.selected = self._opening.selected
        self.metas = Metas(range(max(asked.first_uid, 1), sys.maxsize), self.selected)

    def _send(self) -> None:
        self.tags.append(self._dialogue.send(b"UID FETCH", self._sets.popleft(), ITEMS))

    def hear(self) -> FolderError | None:
        """Read all answers. Why the folder cannot be listed, if it cannot: what a server that
        refused to open it says of messages would be another folder's."""
        opened = self._opening.answer(self._dialogue)
        if not opened.ok:
            self._sets.clear()
        refused = None if opened.ok else opened
        while self.tags:
            listed = fetched(self._dialogue, self.tags.popleft(), self.metas)
            if self._sets:
                self._send()
            if not listed.ok and self.selected.exists:
                refused = refused or listed
        return folder_error(self._dialogue, refused, self.asked.folder) if refused else None

    @property
    def complete(self) -> bool:
        whole = self.asked.uids is None and self.asked.first_uid <= 1
        return not whole or len(self.metas.messages()) >= self.selected.exists

    def complete_now(self) -> None:
        """While the folder is open."""
        if not self.complete:
            _complete(self._dialogue, self.metas)

    @property
    def listing(self) -> Listing:
        messages, uids = self.metas.messages(), self.asked.uids
        if uids is not None:
            messages = messages.select([at for at, uid in enumerate(messages.uids) if uid in uids])
        status = self.selected.status(messages.uids[-1] if messages else 0)
        return Listing(status, messages, self.selected.permanent_flags)


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
            questions[-1].complete_now()
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


def _complete(dialogue: Dialogue, metas: Metas) -> None:
    """A server that says OK and leaves messages out is asked for them by name; what it still
    does not describe is listed without size and date, so that nobody takes it for absent."""
    uids = _search(dialogue.ask(b"UID SEARCH ALL"))
    listed = metas.messages()
    missing = [uid for uid in uids if listed.position(uid) < 0]
    for text, _ in uid_sets(missing):
        fetched(dialogue, dialogue.send(b"UID FETCH", text, ITEMS), metas)
    listed = metas.messages()
    for uid in [uid for uid in missing if listed.position(uid) < 0]:
        metas.take_bare(uid)


def fetched(dialogue: Dialogue, tag: bytes, metas: Metas) -> Answer:
    """The answer to UID FETCH of ITEMS."""
    return answered(dialogue, tag, metas.take, (_USUAL, metas.take_usual))


def answered(dialogue: Dialogue, tag: bytes, take: Take, usual: Usual) -> Answer:
    try:
        return dialogue.answer(tag, take, usual)
    except OverflowError as error:
        # A uid has 32 bits (RFC 9051, section 2.3.1.1).
        raise dialogue.wire.lost(error) from error


def _search(answer: Answer) -> list[int]:
    rows = (parts[0].split() for parts in answer.untagged)
    return [number(uid) for row in rows if row and row[0].upper() == b"SEARCH" for uid in row[1:]]


def present(dialogue: Dialogue, uids: Sequence[int]) -> set[int]:
    """Which of these uids the open folder has."""
    found: set[int] = set()

    def take(parts: Parts) -> None:
        if FETCH.match(parts[0]):
            found.add(number(attributes(parts).get(b"UID")))

    for text, _ in uid_sets(uids):
        dialogue.answer(dialogue.send(b"UID FETCH", text, b"(UID)"), take)
    return found & set(uids)


def identities(dialogue: Dialogue, uids: Sequence[int]) -> dict[int, Identity]:
    """Of the open folder."""
    found: dict[int, Identity] = {}

    def take(parts: Parts) -> None:
        items = attributes(parts) if FETCH.match(parts[0]) else {}
        header = [value for name, value in items.items() if name.startswith(b"BODY[HEADER")]
        if header and (uid := number(items.get(b"UID"))):
            found[uid] = identity(header[0] if isinstance(header[0], bytes) else b"")

    wanted = [text for text, _ in uid_sets(uids)]
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for tag in [dialogue.send(b"UID FETCH", text, b"(UID " + _HEADERS + b")") for text in some]:
            dialogue.answer(tag, take)
    return {uid: found[uid] for uid in uids if uid in found}


def identity(header: bytes) -> Identity:
    """The fields unfolded and stripped; the first of each name counts."""
    values = ["", "", "", ""]
    name, lines = b"", list[bytes]()
    for line in [*header.splitlines(), b""]:
        if line[:1] in (b" ", b"\t") and name:
            lines.append(line)
            continue
        place = _FIELDS.get(name)
        if place is not None and not values[place]:
            values[place] = _text(b" ".join(lines))
        field, colon, value = line.partition(b":")
        name, lines = (field.strip().lower(), [value]) if colon else (b"", [])
    return Identity(*values)


def _text(value: bytes) -> str:
    try:
        return " ".join(value.decode().split())
    except UnicodeDecodeError:
        return " ".join(value.decode("latin-1").split())
