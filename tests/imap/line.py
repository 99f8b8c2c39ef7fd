"""A line to a real server that counts what passes, and may be slow."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = 1024
_HELD = 4096
"""What the kernel may hold of what is on its way to the client: more would pass unseen."""


@dataclass(frozen=True, slots=True)
class Passed:
    """`up` is from the client to the server."""

    at: float
    data: bytes
    up: bool


class Line:
    """A proxy before one port. `bytes_per_second` is the most in each direction, 0 for no limit."""

    def __init__(self, target: int, bytes_per_second: int = 0) -> None:
        self.passed: list[Passed] = []
        self.cut_after = 0
        """End the connection when so many bytes have passed; once."""
        self._target = target
        self._rate = bytes_per_second
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def count(self, *, up: bool | None = None) -> int:
        return sum(len(one.data) for one in self.passed if up in (None, one.up))

    def said(self) -> bytes:
        """Everything that the client has sent."""
        return b"".join(one.data for one in self.passed if one.up)

    def most_in(self, seconds: float) -> int:
        """The most bytes, both directions together, in any such stretch of time."""
        stamps = sorted((one.at, len(one.data)) for one in self.passed)
        most = within = first = 0
        for at, size in stamps:
            within += size
            while stamps[first][0] <= at - seconds:
                within -= stamps[first][1]
                first += 1
            most = max(most, within)
        return most

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._ends += [client, server]
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD)
            for origin, end, up in ((client, server, True), (server, client, False)):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass, args=(origin, end, up), daemon=True).start()

    def _pass(self, origin: socket.socket, end: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError):
            for piece in self._pieces(origin):
                end.sendall(piece)
                self.passed.append(Passed(time.monotonic(), piece, up))
                if 0 < self.cut_after < self.count():
                    self.cut_after = 0
                    break
        for one in (origin, end):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _pieces(self, origin: socket.socket) -> Iterator[bytes]:
        due = time.monotonic()
        while data := origin.recv(16 * _PIECE):
            for start in range(0, len(data), _PIECE):
                yield data[start : start + _PIECE]
            if self._rate:
                due = max(due, time.monotonic() - 0.05) + len(data) / self._rate
                time.sleep(max(due - time.monotonic(), 0))
