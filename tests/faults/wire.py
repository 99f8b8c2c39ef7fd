"""Just enough IMAP to find the ends of commands and of responses in a stream, literals and all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n\Z")
_BODY = re.compile(rb"BODY(?:\.PEEK)?\[\]", re.I)
_CAPABILITIES = re.compile(rb"(?:\* CAPABILITY |\S+ OK \[CAPABILITY )")
_NEW_UIDS = re.compile(rb"(?<= OK )\[(?:APPEND|COPY)UID [^\]]*\] ")


class Phase(StrEnum):
    """What a command is for, as far as its name tells."""

    GREETING = "greeting"
    LOGIN = "login"
    LIST = "list"
    MAKING = "making"
    """Folders are made and subscribed."""
    LISTING = "listing"
    BODIES = "bodies"
    APPEND = "append"
    PROOF = "proof"
    """What is read at a destination after the first APPEND."""
    FLAGS = "flags"
    FILING = "filing"
    """Messages of a destination are put into other folders there."""
    OTHER = "other"


_PHASES = {
    "CAPABILITY": Phase.LOGIN,
    "LOGIN": Phase.LOGIN,
    "AUTHENTICATE": Phase.LOGIN,
    "NAMESPACE": Phase.LIST,
    "LIST": Phase.LIST,
    "LSUB": Phase.LIST,
    "STATUS": Phase.LIST,
    "CREATE": Phase.MAKING,
    "SUBSCRIBE": Phase.MAKING,
    "SELECT": Phase.LISTING,
    "EXAMINE": Phase.LISTING,
    "UID FETCH": Phase.LISTING,
    "UID SEARCH": Phase.LISTING,
    "FETCH": Phase.LISTING,
    "APPEND": Phase.APPEND,
    "UID STORE": Phase.FLAGS,
    "UID COPY": Phase.FILING,
    "UID MOVE": Phase.FILING,
}


@dataclass(slots=True, eq=False)
class Command:
    """One command of a client; `line` is its first line. `number` counts from 1."""

    number: int
    line: bytes
    phase: Phase
    swallowed: bool = False
    """The server is not to see it: a NOOP with its tag is sent in its place."""

    @property
    def tag(self) -> bytes:
        return self.line.split(b" ", 1)[0].strip()

    @property
    def name(self) -> str:
        return name_of(self.line)


def name_of(line: bytes) -> str:
    """In capitals; that of a UID command is of two words."""
    words = line.decode("latin-1").upper().split()[1:3]
    return " ".join(words) if words[:1] == ["UID"] else " ".join(words[:1])


def phase_of(line: bytes, *, appended: bool) -> Phase:
    """`appended`: an APPEND was sent before it."""
    phase = _PHASES.get(name_of(line), Phase.OTHER)
    if phase is Phase.LISTING and _BODY.search(line):
        return Phase.BODIES
    return Phase.PROOF if phase is Phase.LISTING and appended else phase


def hider(names: Collection[str]) -> Callable[[bytes], bytes]:
    """What a response looks like from a server without these capabilities. Dovecot goes on telling
    APPENDUID and COPYUID when it is configured not to offer UIDPLUS."""
    words = "|".join(re.escape(name) for name in names).encode()
    hidden = re.compile(rb" (?:" + words + rb")(?=[ \]\r])")

    def hide(response: bytes) -> bytes:
        if names and _CAPABILITIES.match(response):
            return hidden.sub(b"", response)
        return _NEW_UIDS.sub(b"", response) if "UIDPLUS" in names else response

    return hide


@dataclass(slots=True)
class Lines:
    """A stream cut into lines and literals."""

    _buffer: bytearray = field(default_factory=bytearray)
    _literal: int = 0

    @property
    def rest(self) -> bytes:
        """The beginning of a line whose end has not come."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[tuple[bytes, bool]]:
        """The pieces that are whole by now, each with whether a command or response ends with it.
        Parts of a literal are given out as they come."""
        self._buffer += data
        pieces: list[tuple[bytes, bool]] = []
        while self._buffer:
            if self._literal:
                piece = bytes(self._buffer[: self._literal])
                self._literal -= len(piece)
                pieces.append((piece, False))
            else:
                end = self._buffer.find(b"\n") + 1
                if not end:
                    break
                piece = bytes(self._buffer[:end])
                announced = _LITERAL.search(piece)
                self._literal = int(announced[1]) if announced else 0
                pieces.append((piece, announced is None))
            del self._buffer[: len(piece)]
        return pieces


@dataclass(slots=True)
class Responses:
    """A server's stream cut into whole responses."""

    _lines: Lines = field(default_factory=Lines)
    _begun: bytearray = field(default_factory=bytearray)

    @property
    def rest(self) -> bytes:
        """The beginning of a response whose end has not come."""
        return bytes(self._begun) + self._lines.rest

    def feed(self, data: bytes) -> list[bytes]:
        whole = []
        for piece, last in self._lines.feed(data):
            self._begun += piece
            if last:
                whole.append(bytes(self._begun))
                self._begun.clear()
        return whole
