"""Commands and answers on one connection, as many under way as one likes.

Commands are sent with `send`, without waiting; `answer` reads up to the tagged line of one of
them. While any is under way (`outstanding`) the connection belongs to whoever sent it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from imap import faults
from imap.parse import LITERAL, Parts
from imap.received import Groups
from imap.wire import Wire
from sync.errors import AccountError, Code, ConnectionLost, FolderError, Side
from sync.model import Capabilities

LONGEST_LITERAL = 1024 * 1024
"""Of what is no message: names, header fields."""
LITERAL_MINUS = 4096
"""RFC 7888: the longest literal that LITERAL- sends without asking."""
MOST_RESPONSES = 200_000
_PLAIN = re.compile(rb"[\x20-\x7e]*\Z")
_STATUS = re.compile(rb"(OK|NO|BAD)(?: (.*))?\Z", re.I | re.S)

Take = Callable[[Parts], None]
Usual = tuple[re.Pattern[bytes], Callable[[Groups], None]]
"""What most lines of an answer look like, and who takes them without a look at their tokens."""


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument that goes out with its length ahead."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is OK, NO or BAD; `text` is what follows it, response code included."""

    status: bytes
    text: bytes
    untagged: tuple[Parts, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status == b"OK"


def astring(text: bytes) -> bytes | Literal:
    """An argument in quotes, or as a literal when it has bytes that quotes cannot hold."""
    if not _PLAIN.match(text):
        return Literal(text)
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


class Dialogue:
    """One connection, logged in or about to be. `capabilities` are those of after the login."""

    def __init__(self, wire: Wire, capabilities: Capabilities) -> None:
        self.wire = wire
        self.capabilities = capabilities
        self.outstanding = 0
        self.opened = False
        """A folder has been opened on this connection: it is too late for ENABLE (RFC 5161)."""
        self.qresync = False
        """QRESYNC is enabled (RFC 7162)."""
        self._last = 0

    @property
    def side(self) -> Side:
        return self.wire.side

    @property
    def host(self) -> str:
        return self.wire.host

    @property
    def usable(self) -> bool:
        """Whether the next command may be sent."""
        return not self.wire.closed and not self.outstanding

    def next_tag(self) -> bytes:
        self._last += 1
        return b"m%d" % self._last

    def send(self, *words: bytes | Literal) -> bytes:
        """Send one command soon, words parted by spaces; its tag. Waits only for a literal that
        the server has to agree to first."""
        for word in words:
            text = word.data if isinstance(word, Literal) else word
            if b"\0" in text or (
                not isinstance(word, Literal) and (b"\r" in text or b"\n" in text)
            ):
                raise AccountError(Code.BAD_ARGUMENT, side=self.side, where=self.host)
        tag = self.next_tag()
        self.outstanding += 1
        self.wire.write(tag)
        for word in words:
            if isinstance(word, Literal):
                self._send_literal(word.data)
            else:
                self.wire.write(b" " + word)
        self.wire.write(b"\r\n")
        return tag

    def needs_consent(self, size: int) -> bool:
        """Whether a literal of this size has to wait for the server's '+'."""
        offered = self.capabilities
        return not (offered.literal_plus or (offered.literal_minus and size <= LITERAL_MINUS))

    def announce(self, size: int) -> bytes:
        return b"{%d}\r\n" % size if self.needs_consent(size) else b"{%d+}\r\n" % size

    def _send_literal(self, data: bytes) -> None:
        self.wire.write(b" " + self.announce(len(data)))
        if self.needs_consent(len(data)):
            self.wire.flush()
            while not (line := self.line()).startswith(b"+"):
                if not line.startswith(b"* "):
                    raise self.wire.lost(ValueError("literal refused"))
        self.wire.write(data)

    def ask(self, *words: bytes | Literal) -> Answer:
        """Send one command and wait for its answer."""
        return self.answer(self.send(*words))

    def answer(self, tag: bytes, take: Take | None = None, usual: Usual | None = None) -> Answer:
        """The answer to the command `tag`, which must be the oldest under way. Untagged responses
        go to `take`, or into the answer."""
        self.wire.flush()
        kept: list[Parts] = []
        while True:
            if usual is not None:
                self.wire.take_all(*usual)
            line = self.line()
            if not line.startswith(b"* "):
                status = self.tagged(line, tag)
                return Answer(status[0], status[1], tuple(kept))
            parts = self.rest(line)
            if take is not None:
                take(parts)
            elif len(kept) < MOST_RESPONSES:
                kept.append(parts)

    def line(self) -> bytes:
        """The next line without its end. BYE ends the conversation."""
        line = self.wire.readline().rstrip(b"\r\n")
        if line[:6].upper() == b"* BYE " or line.upper() == b"* BYE":
            self.wire.farewell = line[6:] or b"BYE"
            raise self.wire.lost(ConnectionError())
        return line

    def rest(self, line: bytes) -> Parts:
        """An untagged response whole, without its '* ', its literals read."""
        parts = [line[2:]]
        size = 0
        while parts[-1].endswith(b"}") and (announced := LITERAL.search(parts[-1])):
            size += int(announced[1])
            if size > LONGEST_LITERAL:
                raise self.wire.lost(ValueError("literal too long"))
            parts += [self.wire.read(int(announced[1])), self.line()]
        return tuple(parts)

    def tagged(self, line: bytes, tag: bytes) -> tuple[bytes, bytes]:
        """Status and text of the tagged line, which has to be that of `tag`."""
        found, _, rest = line.partition(b" ")
        status = _STATUS.match(rest)
        if found != tag or status is None:
            raise self.wire.lost(ValueError("unexpected line"))
        self.outstanding -= 1
        return status[1].upper(), status[2] or b""

    def refusal(self, answer: Answer, folder: str) -> ConnectionLost | FolderError:
        """What NO or BAD to a command about a folder means."""
        if faults.throttled(answer.text):
            self.wire.close()
            return faults.throttle_failure(answer.text, self.side, self.host)
        return faults.folder_failure(answer.text, self.side, folder)

    def close(self) -> None:
        """Say good-bye without waiting for an answer. Never raises."""
        if self.usable:
            with contextlib.suppress(AccountError):
                self.wire.write(self.next_tag() + b" LOGOUT\r\n")
                self.wire.flush()
                self.wire.part()
        self.wire.close()
