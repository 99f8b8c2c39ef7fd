"""A model server on loopback: each connection a thread of this process, the truth in memory."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from tests.hostile.commands import Commands
from tests.hostile.manners import Manners
from tests.hostile.model import Account
from tests.hostile.parsing import LITERAL, Word, words
from tests.hostile.trouble import Act, Troubles

WRITING = {
    "APPEND",
    "CREATE",
    "DELETE",
    "RENAME",
    "UID STORE",
    "UID EXPUNGE",
    "EXPUNGE",
    "UID COPY",
}
WRITING |= {"UID MOVE", "STORE", "COPY", "MOVE", "CLOSE"}

MOST_FLOOD = 256 * 1024 * 1024

Trace = Callable[[str], None]


class Gone(Exception):
    """This connection is over."""


class Line:
    """One connection's socket: lines and literals in, what is said out when it is waited for."""

    def __init__(self, sock: socket.socket, trace: Trace | None, pieces: bool) -> None:
        self.sock = sock
        self._in = bytearray()
        self._out = bytearray()
        self._trace = trace
        self._pieces = pieces

    def readline(self) -> bytes:
        while (end := self._in.find(b"\n")) < 0:
            self._more()
        line = bytes(self._in[:end]).rstrip(b"\r")
        del self._in[: end + 1]
        self.show("C", line)
        return line

    def read(self, size: int) -> bytes:
        while len(self._in) < size:
            self._more()
        data = bytes(self._in[:size])
        del self._in[:size]
        return data

    def write(self, data: bytes) -> None:
        self.show("S", data.removesuffix(b"\r\n"))
        self._out += data
        if len(self._out) > 256 * 1024:
            self.flush()

    def flush(self) -> None:
        out, self._out = bytes(self._out), bytearray()
        try:
            if self._pieces and len(out) < 4000:
                for at in range(0, len(out), 37):
                    self.sock.sendall(out[at : at + 37])
            elif out:
                self.sock.sendall(out)
        except OSError as error:
            raise Gone from error

    def raw(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def _more(self) -> None:
        self.flush()
        try:
            data = self.sock.recv(256 * 1024)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self._in += data

    def show(self, who: str, data: bytes) -> None:
        if self._trace is not None:
            self._trace(f"{who}: {data[:300]!r}{'…' if len(data) > 300 else ''}")


class ModelServer:
    """Truth, manners and troubles behind one port."""

    def __init__(
        self,
        account: Account,
        manners: Manners,
        troubles: Troubles,
        *,
        name: str,
        may_write: bool,
        trace: Trace | None = None,
    ) -> None:
        self.account = account
        self.manners = manners
        self.troubles = troubles
        self.name = name
        self.may_write = may_write
        self.failures: list[str] = []
        """What went wrong in the model itself."""
        self._trace = trace
        self._open: list[socket.socket] = []
        self._logins = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open = [one for one in self._open if one.fileno() >= 0] + [sock]
            threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock: socket.socket) -> None:
        trace = self._trace and (lambda text: self._trace(f"{self.name} {text}"))  # type: ignore[misc]
        line = Line(sock, trace, self.manners.told_in_pieces)
        try:
            Talk(self, line).run()
        except Gone:
            line.show("-", b"closed")
        except Exception as error:
            self.failures.append(repr(error))
            raise
        finally:
            with contextlib.suppress(OSError):
                sock.close()

    def begin_login(self) -> int:
        """A new login ends what the logins before it had under way: nothing they have received is
        stored any more."""
        self._logins += 1
        return self._logins

    def is_current(self, login: int) -> bool:
        return login == self._logins

    def hang_up(self) -> None:
        """End all connections, so that whoever waits for one does not any more."""
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.hang_up()
        self._thread.join(5)


class Talk:
    """One connection, from greeting to end."""

    def __init__(self, server: ModelServer, line: Line) -> None:
        self.server = server
        self.line = line
        self.login = 0
        self.commands = Commands(server.account, server.manners)

    def run(self) -> None:
        self.line.write(self.server.troubles.greeting() + b"\r\n")
        while True:
            first = self.line.readline()
            tag, _, rest = first.partition(b" ")
            verb = rest.partition(b" ")[0].decode("latin-1").upper()
            parts = self._parts(tag, verb, rest)
            if parts is None:
                continue
            tokens = words(parts)
            if verb == "UID" and len(tokens) > 1 and isinstance(tokens[1], bytes):
                verb = f"UID {tokens[1].decode('latin-1').upper()}"
                tokens = tokens[1:]
            if verb == "LOGOUT":
                self.line.write(b"* BYE bye\r\n" + tag + b" OK bye\r\n")
                self.line.flush()
                raise Gone
            if self.login and not self.server.is_current(self.login):
                raise Gone
            with self.server.account.lock:
                self._answer(tag, verb, tokens[1:])

    def _parts(self, tag: bytes, verb: str, rest: bytes) -> list[bytes] | None:
        """The command with its literals; None if one of them was refused."""
        parts = [rest]
        while announced := LITERAL.search(parts[-1]):
            size, plus = int(announced[1]), announced[2]
            refusal = self.server.troubles.literal(verb, size, asked=not plus)
            if refusal is not None:
                return self._refuse(tag, refusal, size if plus else 0)
            if not plus:
                self.line.write(b"+ go on\r\n")
            parts += [self.line.read(size), self.line.readline()]
        return parts

    def _refuse(self, tag: bytes, refusal: bytes, size: int) -> None:
        if refusal == b"":
            raise Gone
        rest = b""
        while size:
            self.line.read(size)
            rest = self.line.readline()
            more = LITERAL.search(rest)
            size = int(more[1]) if more else 0
        self.line.write(tag + b" " + refusal + b"\r\n")

    def _answer(self, tag: bytes, verb: str, args: list[Word]) -> None:
        server, troubles = self.server, self.server.troubles
        if verb in WRITING:
            server.account.writes.append(verb)
        if verb == "LOGIN":
            self._log_in(tag)
            return
        act = troubles.before(verb, args, self.commands)
        if act.reply is None and not act.close:
            act.reply = self.commands.run(verb, args)
            troubles.after(verb, args, act, self.commands)
        self._say(tag, act)

    def _log_in(self, tag: bytes) -> None:
        refusal = self.server.troubles.login()
        if refusal:
            self.line.write(tag + b" " + refusal + b"\r\n")
            return
        self.login = self.server.begin_login()
        names = b" ".join(sorted(n.encode() for n in self.server.troubles.capabilities()))
        self.line.write(tag + b" OK [CAPABILITY " + names + b"] in\r\n")

    def _flood(self, text: bytes) -> None:
        """Up to a measure that a careless client would hold in memory."""
        for _ in range(MOST_FLOOD // len(text)):
            self.line.raw(text)
        raise Gone

    def _say(self, tag: bytes, act: Act) -> None:
        reply = act.reply
        told = b""
        if act.flood:
            self._flood(act.flood)
        if reply is not None:
            told = b"".join(said.data + b"\r\n" for said in reply.lines)
            told += (act.tag or tag) + b" " + self.server.manners.word(reply.status)
            told += b" " + reply.text + b"\r\n"
        if act.silent:
            return
        if act.cut is not None:
            told = told[: int(len(told) * act.cut)]
        self.line.write(told + act.farewell)
        if act.close:
            self.line.flush()
            raise Gone
