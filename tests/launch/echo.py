"""A source that repeats the password in its refusal, in some form; when it does not refuse, it is
the Dovecot behind it."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import quote

FORMS: Mapping[str, Callable[[str, str], str]] = {
    "clear": lambda _user, secret: secret,
    "quoted": lambda _user, secret: secret.replace("\\", "\\\\").replace('"', '\\"'),
    "base64": lambda _user, secret: base64.b64encode(secret.encode()).decode(),
    "plain": lambda user, secret: base64.b64encode(f"\0{user}\0{secret}".encode()).decode(),
    "hex": lambda _user, secret: secret.encode().hex(),
    "upper": lambda _user, secret: secret.upper(),
    "url": lambda _user, secret: quote(secret, safe=""),
    "json": lambda _user, secret: json.dumps(secret),
}
GROUPS = {
    "text": ("clear", "quoted", "json", "url"),
    "coded": ("base64", "plain"),
    "other": ("hex", "upper"),
}
"""Several forms in one refusal."""
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')


class Echo:
    """`refuses`: from now on. In which group of forms it repeats the password, the username begins
    with. `login_only`: it offers no AUTHENTICATE."""

    def __init__(self, behind: int, *, login_only: bool = False) -> None:
        self.refuses = True
        self.refused: list[str] = []
        self._behind = behind
        self._login_only = login_only
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line, suppress(OSError), socket.create_connection(("127.0.0.1", self._behind)) as far:
            back = threading.Thread(target=self._pump, args=(far, line), daemon=True)
            back.start()
            self._listen(line, far)
            back.join(10)

    def _listen(self, line: socket.socket, behind: socket.socket) -> None:
        with line.makefile("rb", buffering=0) as stream:
            while command := stream.readline():
                verb = command.split(b" ", 2)[1].strip().upper() if b" " in command else b""
                if self.refuses and verb in (b"LOGIN", b"AUTHENTICATE"):
                    self._refuse(line, stream, command)
                    continue
                behind.sendall(command)
                if verb in (b"LOGIN", b"AUTHENTICATE"):
                    break
            while data := line.recv(65536):
                behind.sendall(data)
        behind.shutdown(socket.SHUT_WR)

    def _refuse(self, line: socket.socket, stream: socket.SocketIO, command: bytes) -> None:
        user, secret = _login(command, stream, line)
        forms = GROUPS.get(user.partition("-")[0], ("clear",))
        self.refused += forms
        told = " or ".join(FORMS[form](user, secret) for form in forms)
        said = f"[AUTHENTICATIONFAILED] never, {user}: {told} is wrong"
        line.sendall(command.split(b" ", 1)[0] + b" NO " + said.encode() + b"\r\n")

    def _pump(self, behind: socket.socket, line: socket.socket) -> None:
        with suppress(OSError):
            while data := behind.recv(65536):
                if self._login_only:
                    data = re.sub(rb" AUTH=\S+?(?=[\] \r])", b"", data)
                line.sendall(data)
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


def _login(command: bytes, stream: socket.SocketIO, line: socket.socket) -> tuple[str, str]:
    """User and password of a LOGIN, with literals or without, or of an AUTHENTICATE PLAIN."""
    words: list[bytes] = []
    rest = command.split(b" ", 1)[1]
    while literal := _LITERAL.search(rest):
        words += _words(rest[: literal.start()])
        if not literal[2]:
            line.sendall(b"+ go on\r\n")
        words.append(_exactly(stream, int(literal[1])))
        rest = stream.readline()
    words += _words(rest)
    if words[0].upper() == b"AUTHENTICATE":
        words = base64.b64decode(words[2]).split(b"\0")
    return words[1].decode(), words[2].decode()


def _words(text: bytes) -> list[bytes]:
    found = _WORD.findall(text.strip())
    return [re.sub(rb"\\(.)", rb"\1", quoted) if quoted else plain for quoted, plain in found]


def _exactly(stream: socket.SocketIO, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += stream.read(size - len(data)) or b""
    return data
