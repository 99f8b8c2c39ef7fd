"""`python -m bench.limit FILE`: what the servers and the kernel allow, with no engine between.

Everything is fetched into nothing on one connection, while a stream of MULTIAPPEND that was made
before is sent on another, by bare sockets in one thread. FILE is JSON: the fields of `Order`. Its
output is JSON too: seconds and seconds of processor, without making the stream.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PIECE = 1 << 18
COMMAND_MESSAGES = 500
COMMAND_SIZE = 32 << 20
_NAMES = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "D": "\\Draft"}


class LimitError(Exception):
    """A server refused something; its words."""


@dataclass(frozen=True, slots=True)
class Order:
    maildir: str
    source_port: int
    destination_port: int
    source_login: tuple[str, str]
    destination_login: tuple[str, str]
    tls: bool


@dataclass(slots=True, eq=False)
class End:
    """One connection: what is still to be sent, and the last of what was told."""

    sock: socket.socket
    out: memoryview
    tail: bytes = b""
    open: bool = True

    def speak(self) -> None:
        with suppress(BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            while self.out:
                self.out = self.out[self.sock.send(self.out[:PIECE]) :]

    def listen(self, scratch: memoryview) -> None:
        with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while count := self.sock.recv_into(scratch):
                self.tail = (self.tail + bytes(scratch[max(count - 4096, 0) : count]))[-4096:]
            self.open = False


def main(file: str) -> None:
    order = Order(**json.loads(Path(file).read_text(encoding="utf-8")))
    fetches = _fetches(Path(order.maildir))
    appends = _appends(Path(order.maildir))
    begun, used = time.perf_counter(), time.process_time()
    source = _connect(order.source_port, order.source_login, fetches, order.tls)
    destination = _connect(order.destination_port, order.destination_login, appends, order.tls)
    _pump((source, destination))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    for end in (source, destination):
        if b" NO " in end.tail or b" BAD " in end.tail:
            raise LimitError(end.tail.decode("latin-1"))
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu}) + "\n")


def _connect(port: int, login: tuple[str, str], commands: bytes, tls: bool) -> End:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = context.wrap_socket(sock)
    sock.recv(4096)
    sock.sendall(f'l LOGIN "{login[0]}" "{login[1]}"\r\n'.encode())
    sock.recv(4096)
    sock.setblocking(False)
    return End(sock, memoryview(commands))


def _pump(ends: tuple[End, ...]) -> None:
    selector = selectors.DefaultSelector()
    scratch = memoryview(bytearray(PIECE))
    wanted = dict.fromkeys(ends, 0)
    both = selectors.EVENT_READ | selectors.EVENT_WRITE
    while any(end.open for end in ends):
        for end in ends:
            events = (both if end.out else selectors.EVENT_READ) if end.open else 0
            if events != wanted[end]:
                if wanted[end]:
                    selector.unregister(end.sock)
                if events:
                    selector.register(end.sock, events, end)
                wanted[end] = events
        for key, events in selector.select(30):
            if events & selectors.EVENT_READ:
                key.data.listen(scratch)
            if events & selectors.EVENT_WRITE:
                key.data.speak()


def folders(maildir: Path) -> Iterator[tuple[bytes, Path]]:
    """The quoted name on the wire, and where it lies."""
    yield b'"INBOX"', maildir
    for path in sorted(maildir.glob(".*")):
        name = path.name[1:].replace(".", "/")
        yield b'"' + name.replace("\\", "\\\\").replace('"', '\\"').encode("ascii") + b'"', path


def _fetches(maildir: Path) -> bytes:
    parts = []
    for name, _ in folders(maildir):
        parts.append(b"e EXAMINE %s\r\n" % name)
        parts.append(b"f UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])\r\n")
    return b"".join([*parts, b"z LOGOUT\r\n"])


def _appends(maildir: Path) -> bytes:
    stream = bytearray()
    for name, directory in folders(maildir):
        if name != b'"INBOX"':
            stream += b"c CREATE %s\r\n" % name
        count = size = 0
        for file in sorted((directory / "cur").iterdir()):
            body = file.read_bytes().replace(b"\n", b"\r\n")
            if count == 0:
                stream += b"a APPEND %s" % name
            stream += b" (%s) %s {%d+}\r\n" % (_flags(file.name), _date(file), len(body))
            stream += body
            count, size = count + 1, size + len(body)
            if count >= COMMAND_MESSAGES or size >= COMMAND_SIZE:
                stream += b"\r\n"
                count = size = 0
        if count:
            stream += b"\r\n"
    stream += b"z LOGOUT\r\n"
    return bytes(stream)


def _flags(name: str) -> bytes:
    letters = name.partition(":2,")[2]
    return " ".join(_NAMES[letter] for letter in letters if letter in _NAMES).encode()


def _date(file: Path) -> bytes:
    moment = time.gmtime(file.stat().st_mtime)
    return time.strftime('"%d-%b-%Y %H:%M:%S +0000"', moment).encode()


if __name__ == "__main__":
    main(sys.argv[1])
