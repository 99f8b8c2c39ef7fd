"""What a folder holds: every message's UID, size, date and flags, and identifying headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from imap.dialogue import Answer, Dialogue
from imap.parse import Parts, Token, attributes, number
from imap.received import Groups
from imap.selection import Opening, Selected
from imap.uidset import uid_sets
from sync.errors import FolderError
from sync.messages import Gathered
from sync.model import Folder, Identity, Listing

_ITEMS = b"(UID FLAGS INTERNALDATE RFC822.SIZE)"
_USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()\r\n]*)\) INTERNALDATE \"([^\"\r\n]{0,40})\""
    rb" RFC822\.SIZE (\d{1,19})(?: MODSEQ \(\d+\))?\)\r\n"
)
_FETCH = re.compile(rb"\d+ FETCH \(", re.I)
_HEADERS = b"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT)]"
_FIELDS = {b"message-id": 0, b"date": 1, b"from": 2, b"subject": 3}
AT_ONCE = 8
"""UID sets under way."""
FOLDERS_AT_ONCE = 100
"""Folders whose listings are under way: so many commands a connection holds unread."""


class _Metas:
    """Collects what FETCH responses say of messages. Equal flags are kept once."""

    def __init__(self, first_uid: int, selected: Selected) -> None:
        self._gathered = Gathered()
        self.messages = self._gathered.messages
        self._first = first_uid
        self._selected = selected
        self._flags: dict[bytes, frozenset[str]] = {}

    def take_usual(self, fields: Groups) -> None:
        uid, flags, date, size = fields
        self._add(int(uid), int(size), date, self._known(flags))

    def take(self, parts: Parts) -> None:
        if _FETCH.match(parts[0]):
            self._take_odd(attributes(parts))
        else:
            self._selected.take(parts)

    def _take_odd(self, items: dict[bytes, Token]) -> None:
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

    def take_bare(self, uid: int) -> None:
        self._add(uid, 0, b"", frozenset())

    def _add(self, uid: int, size: int, date: bytes, flags: frozenset[str]) -> None:
        if uid >= self._first:
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
    """EXAMINE and the question for a folder's messages, sent in one write."""

    def __init__(self, dialogue: Dialogue, folder: Folder, first_uid: int = 1) -> None:
        self.folder = folder
        self._dialogue = dialogue
        self._opening = Opening.send(dialogue, folder)
        self._first_uid = first_uid
        self._tag = dialogue.send(b"UID FETCH %d:*" % first_uid, _ITEMS)
        self.selected = self._opening.selected
        self.metas = _Metas(first_uid, self.selected)

    def hear(self) -> FolderError | None:
        """Read both answers. Why the folder cannot be listed, if it cannot: what a server that
        refused to open it says of messages would be another folder's."""
        dialogue, metas, selected = self._dialogue, self.metas, self.selected
        opened = self._opening.answer(dialogue)
        listed = _answer(dialogue, self._tag, metas)
        if opened.ok and (listed.ok or not selected.exists):
            return None
        refusal = dialogue.refusal(listed if opened.ok else opened, self.folder.name)
        if not isinstance(refusal, FolderError):
            raise refusal
        return refusal

    @property
    def complete(self) -> bool:
        return self._first_uid > 1 or len(self.metas.messages()) >= self.selected.exists

    @property
    def listing(self) -> Listing:
        messages = self.metas.messages()
        status = self.selected.status(messages.uids[-1] if messages else 0)
        return Listing(status, messages, self.selected.permanent_flags)


def list_messages(dialogue: Dialogue, folder: Folder, first_uid: int) -> tuple[Listing, Selected]:
    """EXAMINE and the listing in one write. Raises FolderError when the folder cannot be opened
    or its listing is refused."""
    question = _Question(dialogue, folder, first_uid)
    if (refused := question.hear()) is not None:
        raise refused
    if not question.complete:
        _complete(dialogue, question.metas)
    return question.listing, question.selected


def list_many(dialogue: Dialogue, folders: Sequence[Folder]) -> Iterator[Listing | FolderError]:
    """The same for many folders, the questions sent ahead of the answers."""
    for start in range(0, len(folders), FOLDERS_AT_ONCE):
        asked = [_Question(dialogue, folder) for folder in folders[start : start + FOLDERS_AT_ONCE]]
        heard = [question.hear() for question in asked]
        for question, refused in zip(asked, heard, strict=True):
            if refused is not None:
                yield refused
            elif question.complete:
                yield question.listing
            else:
                yield _again(dialogue, question.folder)


def _again(dialogue: Dialogue, folder: Folder) -> Listing | FolderError:
    """One by itself: what it left out can be asked for only while it is open."""
    try:
        return list_messages(dialogue, folder, 1)[0]
    except FolderError as error:
        return error


def _complete(dialogue: Dialogue, metas: _Metas) -> None:
    """A server that says OK and leaves messages out is asked for them by name; what it still
    does not describe is listed without size and date, so that nobody takes it for absent."""
    uids = _search(dialogue.ask(b"UID SEARCH ALL"))
    listed = metas.messages()
    missing = [uid for uid in uids if listed.position(uid) < 0]
    for text, _ in uid_sets(missing):
        _answer(dialogue, dialogue.send(b"UID FETCH", text, _ITEMS), metas)
    listed = metas.messages()
    for uid in [uid for uid in missing if listed.position(uid) < 0]:
        metas.take_bare(uid)


def _answer(dialogue: Dialogue, tag: bytes, metas: _Metas) -> Answer:
    try:
        return dialogue.answer(tag, metas.take, (_USUAL, metas.take_usual))
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
        if _FETCH.match(parts[0]):
            found.add(number(attributes(parts).get(b"UID")))

    for text, _ in uid_sets(uids):
        dialogue.answer(dialogue.send(b"UID FETCH", text, b"(UID)"), take)
    return found & set(uids)


def identities(dialogue: Dialogue, uids: Sequence[int]) -> dict[int, Identity]:
    """Of the open folder."""
    found: dict[int, Identity] = {}

    def take(parts: Parts) -> None:
        items = attributes(parts) if _FETCH.match(parts[0]) else {}
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
