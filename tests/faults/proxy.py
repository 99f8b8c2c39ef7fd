"""A proxy between a client and a real server, which sees every command and every response.

What it does with them is a Script's. Each direction of each connection has a thread of its own.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from tests.faults.wire import Command, Lines, Phase, Responses, phase_of

_AT_ONCE = struct.pack("ii", 1, 0)
IDLE_SECONDS = 20


class Ending(StrEnum):
    RESET = "reset"
    CLOSE = "close"
    HALF_CLOSE = "half-close"
    """The server's direction ends, and the client's stays open."""


class Cut(Exception):
    """Raised by a script: the connection ends here, after these last bytes for either end."""

    def __init__(self, ending: Ending, *, to_client: bytes = b"", to_server: bytes = b"") -> None:
        super().__init__(ending)
        self.ending = ending
        self.to_client = to_client
        self.to_server = to_server


class Script:
    """Lets everything through. Its methods are never called by two threads at a time."""

    def command(self, command: Command) -> None:
        """The first line of a command has come, and the server has not seen it. May raise Cut."""

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        """What the client gets in place of this response to `command`, the oldest one under way;
        None when there is none. May raise Cut."""
        yield response


@dataclass(slots=True, eq=False)
class _Link:
    """One connection."""

    client: socket.socket
    server: socket.socket
    pending: deque[Command] = field(default_factory=deque)
    greeted: bool = False
    ways: int = 2

    def end(self, ending: Ending) -> None:
        if ending is Ending.RESET:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        if ending is not Ending.HALF_CLOSE:
            # A thread may be waiting in recv: closing alone would not wake it.
            _shut(self.client, socket.SHUT_RD)
            self.client.close()
        else:
            _shut(self.client, socket.SHUT_WR)
        _shut(self.server, socket.SHUT_WR)

    def left(self) -> None:
        """One of its two threads has ended; the second one puts out the light."""
        self.ways -= 1
        if not self.ways:
            self.client.close()
            self.server.close()


class Proxy:
    """Listens on `port` until `close`. `commands` are those since `reset`."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.reset(Script())
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self, script: Script) -> None:
        """From now on this script, and a new count of commands."""
        self.script = script
        self.commands: list[Command] = []
        self._appended = False

    def wait_idle(self) -> None:
        """Until every connection has ended on both ends: what the server was told is done."""
        for thread in self._threads:
            thread.join(IDLE_SECONDS)
            assert not thread.is_alive(), "a connection does not end"
        self._threads.clear()

    def close(self) -> None:
        _shut(self._listener, socket.SHUT_RDWR)
        self._listener.close()

    def names(self) -> list[str]:
        return [command.name for command in self.commands]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            link = _Link(client, socket.create_connection(("127.0.0.1", self._target)))
            for end in (link.client, link.server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for way in (self._upward, self._downward):
                thread = threading.Thread(target=self._carry, args=(way, link), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, way: Callable[[_Link], None], link: _Link) -> None:
        way(link)
        with self._lock:
            link.left()

    def _upward(self, link: _Link) -> None:
        """From the client to the server."""
        lines, begun = Lines(), False
        command: Command | None = None
        while data := _receive(link.client):
            for piece, last in lines.feed(data):
                if not begun:
                    command = self._begin(link, piece)
                    if command is None:
                        return
                begun = not last
                assert command is not None
                if not command.swallowed:
                    _send(link.server, piece)
                elif last:
                    _send(link.server, command.tag + b" NOOP\r\n")
        _shut(link.server, socket.SHUT_WR)

    def _begin(self, link: _Link, line: bytes) -> Command | None:
        """One more command, or None when the connection ends with it."""
        with self._lock:
            phase = phase_of(line, appended=self._appended)
            command = Command(len(self.commands) + 1, line, phase)
            self.commands.append(command)
            self._appended = self._appended or phase is Phase.APPEND
            link.pending.append(command)
            try:
                self.script.command(command)
            except Cut as cut:
                _send(link.server, cut.to_server)
                _send(link.client, cut.to_client)
                link.end(cut.ending)
                return None
        return command

    def _downward(self, link: _Link) -> None:
        """From the server to the client; to the server's end, though the client may be gone."""
        responses = Responses()
        cut = False
        while data := _receive(link.server):
            for response in responses.feed(data):
                cut = cut or not self._pass_on(link, response)
        if not cut:
            link.end(Ending.CLOSE)

    def _pass_on(self, link: _Link, response: bytes) -> bool:
        """Whether the connection goes on."""
        current = link.pending[0] if link.pending else None
        for command in tuple(link.pending):
            if response.startswith(command.tag + b" "):
                current = command
                link.pending.remove(command)
        if not link.greeted:
            link.greeted = True
            current = Command(0, b"", Phase.GREETING)
        try:
            with self._lock:
                for piece in self.script.response(current, response):
                    _send(link.client, piece)
        except Cut as cut:
            _send(link.client, cut.to_client)
            _send(link.server, cut.to_server)
            link.end(cut.ending)
            return False
        return True


def _receive(end: socket.socket) -> bytes:
    """The next bytes; none when the connection is over."""
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> None:
    """To an end that may be gone."""
    with contextlib.suppress(OSError):
        end.sendall(data)


def _shut(end: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(how)
