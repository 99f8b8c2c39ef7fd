"""A server that says what a test tells it to say: for what real ones do rarely."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

FULL = "IMAP4rev1 LITERAL+ UIDPLUS MULTIAPPEND"
BARE = "IMAP4rev1"


class Gone(Exception):
    """The client has hung up."""


class Talk:
    """One connection, from the server's end."""

    def __init__(self, sock: socket.socket, heard: list[bytes]) -> None:
        self.sock = sock
        self.heard = heard
        self.file = sock.makefile("rb")

    def say(self, *lines: bytes) -> None:
        """Lines without their ends."""
        self.raw(b"".join(line + b"\r\n" for line in lines))

    def raw(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def line(self) -> bytes:
        """One line from the client."""
        try:
            line = self.file.readline()
        except OSError as error:
            raise Gone from error
        if not line.endswith(b"\n"):
            raise Gone
        self.heard.append(line.rstrip(b"\r\n"))
        return line.rstrip(b"\r\n")

    def body(self, size: int) -> bytes:
        """A literal from the client."""
        data = self.file.read(size)
        if len(data) < size:
            raise Gone
        return data

    def expect(self, start: bytes) -> tuple[bytes, bytes]:
        """The tag and the rest of a command that has to begin so."""
        tag, _, command = self.line().partition(b" ")
        assert command.startswith(start), (start, command)
        return tag, command

    def answer(self, start: bytes, *untagged: bytes, status: bytes = b"OK done") -> bytes:
        tag, command = self.expect(start)
        self.say(*untagged, tag + b" " + status)
        return command

    def welcome(self, capabilities: str = FULL) -> None:
        """Greeting and login; `capabilities` are those of after the login."""
        self.say(b"* OK hello")
        self.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1")
        self.answer(b"LOGIN", status=b"OK [CAPABILITY " + capabilities.encode() + b"] in")

    def open_folder(self, exists: int = 1, uidvalidity: int = 7, verb: bytes = b"EXAMINE") -> None:
        self.answer(
            verb,
            b"* %d EXISTS" % exists,
            b"* OK [UIDVALIDITY %d] valid" % uidvalidity,
            b"* OK [UIDNEXT %d] next" % (exists + 1),
            b"* OK [PERMANENTFLAGS (\\Seen \\Flagged $Known)] kept",
        )

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.file.close()
        self.sock = context.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")


Script = Callable[[Talk], None]


class ScriptedServer:
    """Each connection plays the next script; a connection more than there are scripts is refused
    by silence and the end of the file."""

    def __init__(self, *scripts: Script) -> None:
        self.heard: list[bytes] = []
        """Every line of every client."""
        self.failures: list[BaseException] = []
        self.connections = 0
        self._scripts = list(scripts)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with sock:
                sock.settimeout(10)
                if self._scripts:
                    self._play(self._scripts.pop(0), sock)

    def _play(self, script: Script, sock: socket.socket) -> None:
        talk = Talk(sock, self.heard)
        try:
            script(talk)
        except (AssertionError, OSError, ValueError) as failure:
            self.failures.append(failure)
        except Gone:
            pass
        with contextlib.suppress(OSError):
            talk.file.close()
            talk.sock.close()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(12)
        assert not self.failures, self.failures
