"""A mail server that never ends what it says, and never falls silent either."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENDLESS = {
    "bytes": b"* LIST (" + b"\\a" * 1000,
    "lines": b'* OK still here\r\n* LIST (\\HasNoChildren) "/" more\r\n' * 500,
}
"""What is said to LIST, over and over."""


class TrickleServer:
    """Greets and lets everybody in; then says `endless` piece by piece, for ever."""

    def __init__(self, endless: bytes, *, piece: int = 1) -> None:
        self._endless = endless
        self._piece = piece
        self._end = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, suppress(OSError), line.makefile("rwb", buffering=0) as stream:
            stream.write(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
            while command := stream.readline():
                tag, _, verb = command.partition(b" ")
                if verb.upper().startswith((b"LIST", b"LSUB")):
                    self._trickle(line)
                stream.write(tag + b" OK done\r\n")

    def _trickle(self, line: socket.socket) -> None:
        at = 0
        while not self._end.wait(0.2):
            line.sendall((self._endless * 2)[at : at + self._piece])
            at = (at + self._piece) % len(self._endless)

    def close(self) -> None:
        self._end.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@contextmanager
def trickling(kind: str) -> Iterator[TrickleServer]:
    server = TrickleServer(ENDLESS[kind], piece=1 if kind == "bytes" else 2000)
    try:
        yield server
    finally:
        server.close()
