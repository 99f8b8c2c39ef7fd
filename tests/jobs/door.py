"""A source that lets so many in at a time, or refuses a login now and then; all else it passes on
to a real server. It counts."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Door:
    """`limit` connections; one more is answered with `refusal` to its login. `every`: each so
    manieth login is refused, whatever else. `greets` False: it only hangs up instead. `slow`: the
    seconds until whoever is let in hears of it."""

    def __init__(
        self,
        behind: int,
        *,
        limit: int = 1000,
        every: int = 0,
        refusal: str = "",
        greets: bool = True,
        slow: float = 0.7,
    ) -> None:
        self.limit = limit
        self.most = 0
        self.refused = 0
        self.served = 0
        self._behind = behind
        self._every = every
        self._refusal = refusal.encode()
        self._greets = greets
        self._slow = slow
        self._inside = 0
        self._logins = itertools.count(1)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._meet, args=(line,), daemon=True).start()

    def _meet(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            with self._lock:
                number = next(self._logins)
                full = self._inside >= self.limit or (self._every and number % self._every == 0)
                self.refused += bool(full)
                self._inside += not full
                self.most = max(self.most, self._inside)
                self.served += not full
            if full:
                self._refuse(line)
                return
            try:
                threading.Event().wait(self._slow)
                self._pass_on(line)
            finally:
                with self._lock:
                    self._inside -= 1

    def _refuse(self, line: socket.socket) -> None:
        if not self._greets:
            return
        stream = line.makefile("rwb", buffering=0)
        stream.write(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        while command := stream.readline():
            tag, _, verb = command.partition(b" ")
            said = self._refusal if verb.upper().startswith(b"LOGIN") else b"OK done"
            stream.write(tag + b" " + said + b"\r\n")

    def _pass_on(self, line: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._behind)) as behind:
            back = threading.Thread(target=_pump, args=(behind, line), daemon=True)
            back.start()
            _pump(line, behind)
            back.join(10)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@contextmanager
def door(behind: int, **manners: object) -> Iterator[Door]:
    opened = Door(behind, **manners)  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()
