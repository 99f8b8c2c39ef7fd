"""The answers to UID FETCH as they arrive, read literal by literal.

A small message is read whole before it is handed on; a large one is handed on while it is read.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from imap import faults
from imap.dialogue import Answer, Dialogue
from imap.metas import flag_set
from imap.parse import attributes, number
from imap.received import PIECE, Groups
from imap.selection import Opening
from imap.session import Session
from sync.errors import Code, ConnectionLost, MessageError
from sync.model import Fetched, MessageMeta, Unreadable, Vanished, Wanted

_USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()\r\n]*)\)"
    rb' INTERNALDATE "([^"\r\n]{0,40})"(?: RFC822\.SIZE \d{1,19})? BODY\[\] \{(\d{1,19})\}\r\n'
)
_CLOSE = re.compile(rb"\)\r\n")
_MORE = re.compile(rb"(?![ \t]+FETCH )(?:[ \t]+[A-Z].*)?[ \t]*\)[ \t]*\Z", re.I | re.S)
"""What may stand between a body and the end of its response."""
_BODY = re.compile(
    rb'BODY\[\][ \t]*(?:(~?\{(\d{1,19})\+?\}\Z)|(NIL)|"((?:[^"\\]|\\.)*)")', re.I | re.S
)
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.I)

Result = tuple[Wanted, Fetched | Vanished | Unreadable]


@dataclass(slots=True)
class Sought:
    """What is still waited for of one folder. `said` is why the server refused some of it, and
    `words` what it said to a message alone."""

    wanted: Wanted
    waiting: dict[int, None]
    asked_again: set[int] = field(default_factory=set)
    said: bytes = b""
    words: dict[int, bytes] = field(default_factory=dict)
    left: list[Command] = field(default_factory=list)
    """What was refused, or answered in part."""


@dataclass(slots=True)
class Command:
    """One question under way: for messages, or, with an `opening`, for their folder.

    `reached` is the last uid that came: servers answer in order."""

    tag: bytes
    sought: Sought
    uids: list[int] = field(default_factory=list)
    opening: Opening | None = None
    reached: int = 0
    answer: Answer | None = None


class Arrivals:
    """Reads answers on one connection. `in_body` while part of a body is handed out and the rest
    still on the line."""

    def __init__(self, session: Session, dialogue: Dialogue) -> None:
        self.in_body = False
        self._session = session
        self._dialogue = dialogue
        self._flags: dict[bytes, frozenset[str]] = {}

    def read(self, command: Command) -> Iterator[Result]:
        """The answers to one command."""
        dialogue, wire = self._dialogue, self._dialogue.wire
        wire.flush()
        while True:
            usual = wire.take(_USUAL)
            if usual is not None:
                meta = self._usual(usual)
                if meta.size > PIECE:
                    yield from self._large(command, meta)
                    continue
                data = wire.read(meta.size)
                self._tail()
                if result := self._whole(command, meta, data):
                    yield result
                continue
            line = dialogue.response()
            if _FETCH.match(line):
                yield from self._message(command, line)
            elif line.startswith(b"* "):
                dialogue.rest(line)
            else:
                return self._end(command, line)

    def _end(self, command: Command, line: bytes) -> None:
        dialogue = self._dialogue
        answer = Answer(*dialogue.tagged(line, command.tag))
        if not answer.ok and faults.throttled(answer.text):
            dialogue.wire.close()
            raise faults.throttle_failure(answer.text, dialogue.side, dialogue.host)
        command.answer = answer
        if not answer.ok:
            command.sought.said = answer.text

    def _usual(self, fields: Groups) -> MessageMeta:
        uid, flags, date, size = fields
        known = self._flags.get(flags)
        if known is None:
            known = self._flags[flags] = flag_set(flags.split())
        return MessageMeta(int(uid), int(size), date.decode("latin-1"), known)

    def _message(self, command: Command, line: bytes) -> Iterator[Result]:
        """Other orders, other forms."""
        body = _BODY.search(line)
        if body is None or body[3]:
            self._dialogue.rest(line)
            return
        head = line[2 : body.start()]
        if body[1] is None:
            data = re.sub(rb"\\(.)", rb"\1", body[4])
            meta = _meta(head + b")", len(data))
        else:
            size = int(body[2])
            meta = _meta(head + b")", size)
            if size > PIECE:
                large = self._large(command, meta) if meta.uid else None
                yield from large or self._spooled(command, head, size)
                return
            data = self._dialogue.wire.read(size)
            meta = _meta(head + self._tail(), size)
        if result := self._whole(command, meta, data):
            yield result

    def _whole(self, command: Command, meta: MessageMeta, data: bytes) -> Result | None:
        """A message that was read before it is handed on."""
        if not self._take(command, meta):
            return None
        wanted = command.sought.wanted
        if data:
            return wanted, Fetched(meta, len(data), iter((data,)))
        error = MessageError(Code.EMPTY_MESSAGE, side=self._session.side, where=wanted.folder.name)
        return wanted, Unreadable(meta.uid, error)

    def _large(self, command: Command, meta: MessageMeta) -> Iterator[Result]:
        """Handed on as it comes; one that nobody asked for is only got out of the way."""
        asked_for = self._take(command, meta)
        chunks = self._to_the_end(command, meta)
        if asked_for:
            self.in_body = True
            yield command.sought.wanted, Fetched(meta, meta.size, chunks)
        for _ in chunks:
            # What the reader of the body left is in the way of the next one.
            pass
        self.in_body = False

    def _spooled(self, command: Command, head: bytes, size: int) -> Iterator[Result]:
        """A large message whose UID comes behind its body: it has to be put somewhere."""
        with tempfile.TemporaryFile() as spool:
            for chunk in self._dialogue.wire.chunks(size):
                spool.write(chunk)
            meta = _meta(head + self._tail(), size)
            if self._take(command, meta):
                spool.seek(0)
                yield command.sought.wanted, Fetched(meta, size, _pieces(spool))

    def _take(self, command: Command, meta: MessageMeta) -> bool:
        """Whether this is waited for; it is no longer."""
        waiting = command.sought.waiting
        if meta.uid not in waiting:
            self._dialogue.wire.wasted(meta.size)
            return False
        self._dialogue.wire.told(0)
        del waiting[meta.uid]
        command.reached = meta.uid
        self._session.worked()
        self._session.has_read = True
        return True

    def _to_the_end(self, command: Command, meta: MessageMeta) -> Iterator[bytes]:
        """The chunks of a body, and no end of them unless its response ends as it should. Whoever
        reads them is told that the line has broken, and so is the session."""
        try:
            yield from self._dialogue.wire.chunks(meta.size)
            self._tail()
        except ConnectionLost as lost:
            self._session.strikes[command.sought.wanted.folder.name, meta.uid] += 1
            self._session.drop(lost)
            raise

    def _tail(self) -> bytes:
        """What follows a body up to the end of its response. Raises ConnectionLost when that is
        something else: then the body had another length than was announced."""
        if self._dialogue.wire.take(_CLOSE) is not None:
            return b")"
        tail = b" ".join(self._dialogue.rest(b"* " + self._dialogue.line()))
        if not _MORE.match(tail):
            raise self._dialogue.wire.lost(ValueError("a body of another length"))
        return tail


def _meta(items: bytes, size: int) -> MessageMeta:
    """From the items of a FETCH response; uid 0 when it does not tell one. Where it does not tell
    the flags it tells no date either: both are those of the listing then."""
    told = attributes((items,))
    uid, date, flags = number(told.get(b"UID")), told.get(b"INTERNALDATE"), told.get(b"FLAGS")
    if not isinstance(flags, list):
        return MessageMeta(uid, size)
    spelled = date.decode("latin-1") if isinstance(date, bytes) else ""
    return MessageMeta(uid, size, spelled, flag_set(flags))


def _pieces(spool: IO[bytes]) -> Iterator[bytes]:
    while piece := spool.read(PIECE):
        yield piece
