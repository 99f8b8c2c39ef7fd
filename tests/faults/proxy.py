"""A proxy between a client and a real server, which sees every command and every response.

What it does with them is a Script's. Each direction of each connection has a thread of its own.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tests.faults.ends import End, TlsEnd, shut
from tests.faults.script import Cut, Ending, Script
from tests.faults.wire import Command, Lines, Phase, Responses, hider, phase_of

IDLE_SECONDS = 60


@dataclass(slots=True)
class Watch:
    """One run, as the proxy sees it. A connection belongs to the run in which it began."""

    script: Script
    commands: list[Command] = field(default_factory=list)
    appended: bool = False
    connections: int = 0
    sent: int = 0
    told: int = 0
    """Bytes of the client, and of the server."""


@dataclass(slots=True, eq=False)
class _Link:
    """One connection."""

    client: End
    server: End
    watch: Watch
    pending: deque[Command] = field(default_factory=deque)
    held: bytearray = field(default_factory=bytearray)
    greeted: bool = False
    ways: int = 2

    @property
    def script(self) -> Script:
        return self.watch.script

    def cut(self, cut: Cut) -> None:
        """The server's end is left to the thread that sends to it."""
        self.server.send(cut.to_server)
        self.client.send(cut.to_client)
        self.client.end(cut.ending)

    def up(self, piece: bytes) -> None:
        if self.script.holds:
            self.held += piece
        else:
            self.server.send(piece)

    def left(self) -> None:
        """One of its two threads has ended; the second one puts out the light."""
        self.ways -= 1
        if not self.ways:
            self.client.close()
            self.server.close()


class Proxy:
    """Listens on `port` until `close`, with `tls` under TLS; it speaks clear text to the server.

    `without` are capabilities that the server does not seem to have."""

    def __init__(
        self, target: int, *, tls: ssl.SSLContext | None = None, without: Collection[str] = ()
    ) -> None:
        self._target = target
        self._tls = tls
        self._hide = hider(without)
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.watch = Watch(Script())
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self, script: Script) -> None:
        """From now on this script, and a new count of everything."""
        self.watch = Watch(script)

    def wait_idle(self) -> None:
        """Until every connection has ended on both ends: what the server was told is done."""
        for thread in self._threads:
            thread.join(IDLE_SECONDS)
            assert not thread.is_alive(), "a connection does not end"
        self._threads.clear()

    def close(self) -> None:
        shut(self._listener, socket.SHUT_RDWR)
        self._listener.close()

    @property
    def commands(self) -> list[Command]:
        return self.watch.commands

    def names(self) -> list[str]:
        return [command.name for command in self.commands]

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            client = TlsEnd(sock, self._tls) if self._tls else End(sock)
            server = End(socket.create_connection(("127.0.0.1", self._target)))
            link = _Link(client, server, self.watch)
            link.watch.connections += 1
            for way in (self._upward, self._downward):
                thread = threading.Thread(target=self._carry, args=(way, link), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, way: Callable[[_Link], None], link: _Link) -> None:
        way(link)
        with self._lock:
            link.left()

    def _upward(self, link: _Link) -> None:
        """From the client to the server, and what was held when the client is gone."""
        try:
            self._take(link)
        except Cut as cut:
            link.cut(cut)
        if link.held:
            for part in link.script.late(bytes(link.held)):
                link.server.send(part)
        link.server.finish()

    def _take(self, link: _Link) -> None:
        """All that the client sends. Raises the script's Cut."""
        lines, begun = Lines(), False
        command: Command | None = None
        while data := link.client.receive():
            data, cut = self._sent(link, data)
            for piece, last in lines.feed(data):
                if not begun:
                    command = self._begin(link, piece)
                begun = not last
                assert command is not None
                if not command.swallowed:
                    link.up(piece)
                elif last:
                    link.up(command.tag + b" NOOP\r\n")
                if last:
                    with self._lock:
                        link.script.whole(command)
            if cut is not None:
                link.up(lines.rest)
                raise cut

    def _sent(self, link: _Link, data: bytes) -> tuple[bytes, Cut | None]:
        """What of these bytes is taken, and how the connection ends after them."""
        with self._lock:
            try:
                link.script.sent(data)
            except Cut as cut:
                return cut.to_server, Cut(cut.ending)
            finally:
                link.watch.sent += len(data)
        return data, None

    def _begin(self, link: _Link, line: bytes) -> Command:
        """One more command."""
        watch = link.watch
        with self._lock:
            phase = phase_of(line, appended=watch.appended)
            command = Command(len(watch.commands) + 1, line, phase)
            watch.commands.append(command)
            watch.appended = watch.appended or phase is Phase.APPEND
            link.pending.append(command)
            watch.script.command(command)
        return command

    def _downward(self, link: _Link) -> None:
        """From the server to the client; to the server's end, though the client may be gone."""
        try:
            self._tell(link)
        except Cut as cut:
            link.cut(cut)
            while link.server.receive():
                pass
        else:
            link.client.end(Ending.CLOSE)

    def _tell(self, link: _Link) -> None:
        """All that the server sends. Raises the script's Cut."""
        responses = Responses()
        while data := link.server.receive():
            data, cut = self._told(link, data)
            for response in responses.feed(data):
                self._pass_on(link, response)
            if cut is not None:
                link.client.send(responses.rest)
                raise cut

    def _told(self, link: _Link, data: bytes) -> tuple[bytes, Cut | None]:
        with self._lock:
            try:
                link.script.told(data)
            except Cut as cut:
                return cut.to_client, Cut(cut.ending)
            finally:
                link.watch.told += len(data)
        return data, None

    def _pass_on(self, link: _Link, response: bytes) -> None:
        with self._lock:
            current = link.pending[0] if link.pending else None
            for command in tuple(link.pending):
                if response.startswith(command.tag + b" "):
                    current = command
                    link.pending.remove(command)
            if not link.greeted:
                link.greeted = True
                current = Command(0, b"", Phase.GREETING)
            for piece in link.script.response(current, self._hide(response)):
                link.client.send(piece)
