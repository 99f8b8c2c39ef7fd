"""`python -m bench.delay_proxy LISTEN TARGET SECONDS`: a long line to a near server.

Every byte arrives half a round trip after it was sent, however many there are: a queue with due
times for each direction limits no bandwidth. A connection costs its own round trip before.

A round trip is counted when the client, after a pause of nearly one round trip in which it was told
something, speaks again: it has waited. A client that pipelines is silent once for many commands.
A line on stdin is answered with the count so far, which begins anew.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field

PIECE = 1 << 20
BUFFER = 4 << 20
NEARLY = 0.9


@dataclass(slots=True, eq=False)
class Way:
    """One direction: read from `origin`, due later at `target`."""

    origin: socket.socket
    target: socket.socket
    queue: deque[tuple[float, memoryview]] = field(default_factory=deque)
    ended: bool = False
    closed: bool = False

    def due(self) -> float | None:
        return self.queue[0][0] if self.queue else None


@dataclass(slots=True, eq=False)
class Connection:
    ahead: Way
    back: Way
    spoke: float = 0.0
    """When the client last sent something."""
    told: bool = False
    """Whether it has been told something since."""


class Proxy:
    def __init__(self, listen: int, target: int, round_trip: float) -> None:
        self._target = target
        self._round_trip = round_trip
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", listen), backlog=64)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._report)
        self._connections: list[Connection] = []
        self._greetings: deque[tuple[float, socket.socket]] = deque()
        self._trips = 0
        self._opened = 0
        self._running = True

    def run(self) -> None:
        while self._running:
            for key, _ in self._selector.select(self._pause()):
                key.data()
            now = time.monotonic()
            while self._greetings and self._greetings[0][0] <= now:
                self._connect(self._greetings.popleft()[1])
            for connection in tuple(self._connections):
                self._deliver(connection, now)

    def _pause(self) -> float | None:
        dues = [due for due, _ in self._greetings]
        for connection in self._connections:
            dues += [d for way in (connection.ahead, connection.back) if (d := way.due())]
        return max(min(dues) - time.monotonic(), 0) if dues else None

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        # Handshake and the way of the last packet of it: the server hears of us after 1.5 trips.
        self._greetings.append((time.monotonic() + 1.5 * self._round_trip, client))
        self._opened += 1

    def _connect(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
            end.setblocking(False)
        connection = Connection(Way(client, server), Way(server, client))
        self._connections.append(connection)
        for way in (connection.ahead, connection.back):
            self._selector.register(
                way.origin, selectors.EVENT_READ, lambda c=connection, w=way: self._read(c, w)
            )

    def _read(self, connection: Connection, way: Way) -> None:
        try:
            data = way.origin.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now = time.monotonic()
        if way is connection.ahead and data:
            waited = now - connection.spoke >= NEARLY * self._round_trip
            self._trips += waited and connection.told
            connection.spoke, connection.told = now, False
        if not data:
            self._selector.unregister(way.origin)
            way.ended = True
        way.queue.append((now + self._round_trip / 2, memoryview(data)))

    def _deliver(self, connection: Connection, now: float) -> None:
        for way in (connection.ahead, connection.back):
            while way.queue and way.queue[0][0] <= now and self._send(way):
                connection.told = connection.told or way is connection.back
        if connection.ahead.closed and connection.back.closed:
            self._connections.remove(connection)
            connection.ahead.origin.close()
            connection.back.origin.close()

    def _send(self, way: Way) -> bool:
        """Whether the first piece is gone. What does not fit is tried again in a millisecond."""
        due, data = way.queue.popleft()
        try:
            if not data:
                way.closed = True
                way.target.shutdown(socket.SHUT_WR)
                return True
            sent = way.target.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            way.queue.clear()
            way.closed = way.ended
            return False
        if sent < len(data):
            way.queue.appendleft((max(due, time.monotonic() + 0.001), data[sent:]))
            return False
        return True

    def _report(self) -> None:
        if not sys.stdin.readline():
            self._running = False
            return
        sys.stdout.write(json.dumps({"trips": self._trips, "opened": self._opened}) + "\n")
        sys.stdout.flush()
        self._trips = self._opened = 0


def main(listen: str, target: str, seconds: str) -> None:
    proxy = Proxy(int(listen), int(target), float(seconds))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    proxy.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
