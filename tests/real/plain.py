"""A mailbox as Python's own imaplib sees it: the truth that the engine's word is held against.

Nothing here is the product's. Folder names stay the bytes that the server lists."""

from __future__ import annotations

import imaplib
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

imaplib._MAXLINE = 64 * 1024 * 1024  # type: ignore[attr-defined]

_LIST = re.compile(rb'\(([^)]*)\) (NIL|"(?:\\.|[^"])*") (.*)', re.DOTALL)
_ITEMS = re.compile(rb'UID (\d+)|FLAGS \(([^)]*)\)|INTERNALDATE "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as the server hands it out; `instant` in whole seconds since the epoch."""

    uid: int
    body: bytes
    flags: frozenset[bytes]
    instant: int


@dataclass(frozen=True, slots=True)
class Box:
    """One folder."""

    uidvalidity: int
    letters: tuple[Letter, ...]


class Refusal(Exception):
    """The server's NO or BAD, in its words."""


class Plain:
    """One connection, logged in."""

    def __init__(self, port: int, login: str, password: str) -> None:
        self._imap = imaplib.IMAP4("127.0.0.1", port, timeout=60)
        self._imap.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._imap.login(login, password)

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *error: object) -> None:
        self._imap.logout()

    def create(self, name: bytes) -> None:
        self._do("CREATE", quoted(name))

    def delete(self, name: bytes) -> None:
        self._do("DELETE", quoted(name))

    def copy_all(self, name: bytes, to: bytes) -> None:
        """Every message of one folder into the other, if it has any."""
        count = self.select(name)
        if count:
            self._do("COPY", b"1:*", quoted(to))

    def expunge_all(self, name: bytes) -> None:
        if self.select(name):
            self._do("STORE", b"1:*", b"+FLAGS.SILENT", b"(\\Deleted)")
            self._do("EXPUNGE")

    def select(self, name: bytes) -> int:
        """How many messages it holds."""
        answer, data = self._imap.select(quoted(name))  # type: ignore[arg-type]
        if answer != "OK":
            raise Refusal(data)
        return int(data[0] or b"0")

    def append(self, name: bytes, body: bytes, flags: bytes = b"", date: str = "") -> None:
        """These very bytes; raises Refusal."""
        self._imap.literal = body  # type: ignore[attr-defined]
        when = [f'"{date}"'.encode()] if date else []
        self._do("APPEND", quoted(name), b"(" + flags + b")", *when)

    def flag(self, number: int, flags: bytes) -> None:
        """Add flags to the message with this number in the open folder."""
        self._do("STORE", b"%d" % number, b"+FLAGS.SILENT", b"(" + flags + b")")

    def names(self) -> list[bytes]:
        """Of all folders that can be opened, as listed."""
        _, data = self._imap.list('""', '"*"')
        found = []
        for entry in data:
            if entry is None or entry == b"":
                continue
            if isinstance(entry, tuple):
                flags, name = entry[0], entry[1]
            else:
                match = _LIST.fullmatch(entry)
                assert match, entry
                flags, name = match[1], _unquoted(match[3])
            if b"\\noselect" not in flags.lower() and b"\\nonexistent" not in flags.lower():
                found.append(name)
        return found

    def boxes(self) -> dict[bytes, Box]:
        """All that the mailbox holds, by folder name."""
        return {name: self.box(name) for name in self.names()}

    def box(self, name: bytes) -> Box:
        answer, data = self._imap.select(quoted(name), readonly=True)  # type: ignore[arg-type]
        if answer != "OK":
            raise Refusal(data)
        count = int(data[0] or b"0")
        _, validity = self._imap.response("UIDVALIDITY")
        letters = tuple(self._letters()) if count else ()
        assert len(letters) == count, (name, len(letters), count)
        return Box(int(validity[0]), letters)

    def _letters(self) -> Iterator[Letter]:
        items = "(UID FLAGS INTERNALDATE BODY.PEEK[])"
        answer, data = self._imap.uid("FETCH", "1:*", items)
        assert answer == "OK", data
        for place, entry in enumerate(data):
            if isinstance(entry, tuple):
                after = data[place + 1] if place + 1 < len(data) else b""
                yield _letter(entry[0] + (after if isinstance(after, bytes) else b""), entry[1])
            elif entry and b'BODY[] ""' in entry:
                yield _letter(entry, b"")

    def _do(self, verb: str, *arguments: bytes) -> None:
        answer, data = self._imap._simple_command(verb, *arguments)  # type: ignore[attr-defined]
        if answer != "OK":
            raise Refusal(data)


def quoted(name: bytes) -> bytes:
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _letter(text: bytes, body: bytes) -> Letter:
    found: dict[int, bytes] = {}
    for match in _ITEMS.finditer(text):
        assert match.lastindex
        found[match.lastindex] = match[match.lastindex]
    return Letter(int(found[1]), body, frozenset(found.get(2, b"").split()), _instant(found[3]))


def _unquoted(text: bytes) -> bytes:
    if text.startswith(b'"'):
        return re.sub(rb"\\(.)", rb"\1", text[1:-1])
    return text


def _instant(date: bytes) -> int:
    return int(datetime.strptime(date.decode().strip(), "%d-%b-%Y %H:%M:%S %z").timestamp())


def folders(port: int, login: str, password: str = "pass") -> dict[bytes, Box]:
    """All that this mailbox holds."""
    with Plain(port, login, password) as client:
        return client.boxes()


def total(boxes: dict[bytes, Box] | Sequence[Box]) -> int:
    every = boxes.values() if isinstance(boxes, dict) else boxes
    return sum(len(box.letters) for box in every)
