"""Commands and answers on one connection, as many under way as one likes.

Commands are sent with `send`, without waiting; `answer` reads up to the tagged line of one of
them. While any is under way (`outstanding`) the connection belongs to whoever sent it.

Every untagged response is taken by whoever asked, or may come at any time, or is in the answer's
`unread`: then nobody can say that everything has been read.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from imap import faults
from imap.consent import Spelled, Withheld
from imap.parse import LITERAL, Parts, ResponseCode, response_code, words
from imap.received import Groups
from imap.responses import MOST_UNREAD, is_data, known, plain, readable, shown
from imap.wire import Wire
from sync.errors import AccountError, Code, ConnectionLost, FolderError, Side
from sync.model import Capabilities

LONGEST_LITERAL = 1024 * 1024
"""Of what is no message: names, header fields."""
LONGEST_RESPONSE = 4 * LONGEST_LITERAL
MOST_PARTS = 2000
LITERAL_MINUS = 4096
"""RFC 7888: the longest literal that LITERAL- sends without asking."""
MOST_KEPT = 64 * 1024 * 1024
"""Bytes of what one command is told by untagged responses that somebody keeps as they are."""
_KEPT_AROUND = 200
"""Bytes that each of them costs beside its own."""
_PLAIN = re.compile(rb"[\x20-\x7e]*\Z")
_BYE = re.compile(rb"[ \t]*+\*[ \t]*+BYE(?![^ \t\[])(.*)\Z", re.I | re.S)
_TAGGED = re.compile(rb"(\S++)[ \t]++(OK|NO|BAD)(?:[ \t]++(.*))?\Z", re.I | re.S)

_NOTHING = b"* OK"
T = TypeVar("T")
Take = Callable[[Parts], bool | None]
"""False: not understood. It is held against the answer, unless it may come at any time."""
Usual = tuple[re.Pattern[bytes], Callable[[Groups], None]]
"""What most lines of an answer look like, and who takes them without a look at their tokens."""


@dataclass(frozen=True, slots=True)
class Literal:
    """An argument that goes out with its length ahead."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is OK, NO or BAD; `text` is what follows it, response code included. `unread` are
    responses that nobody has understood, for people."""

    status: bytes
    text: bytes
    untagged: tuple[Parts, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status == b"OK"

    @property
    def code(self) -> ResponseCode:
        """Also an OK may have one that limits what it says (MESSAGELIMIT, RFC 9738)."""
        return response_code(self.text)


def astring(text: bytes) -> bytes | Literal:
    """An argument in quotes, or as a literal when it has bytes that quotes cannot hold."""
    if not _PLAIN.match(text):
        return Literal(text)
    return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def sayable(*words: bytes | Literal) -> bool:
    """Whether these can be sent: no line break outside of a literal, NUL nowhere."""
    return all(
        b"\0" not in word.data
        if isinstance(word, Literal)
        else not any(byte in word for byte in (b"\0", b"\r", b"\n"))
        for word in words
    )


FEW_APPENDS = 4
"""A mailbox may be full: not much is sent before the first answer."""


class Dialogue:
    """One connection, logged in or about to be. `capabilities` are those of after the login."""

    def __init__(self, wire: Wire, capabilities: Capabilities) -> None:
        self.wire = wire
        self.capabilities = capabilities
        self.outstanding = 0
        self.appends = FEW_APPENDS
        """So many may be under way, each alone: four times as many with each round trip."""
        self.opened = False
        """A folder has been opened on this connection: it is too late for ENABLE (RFC 5161)."""
        self.qresync = False
        """QRESYNC is enabled (RFC 7162)."""
        self._last = 0
        self._withheld = Withheld()
        self._unheeded: set[bytes] = set()
        """Of commands that were only mentioned, and are not answered yet."""

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

    def begin(self) -> bytes:
        """The tag of one more command."""
        if not self.outstanding:
            self.wire.renew_patience()
        self.outstanding += 1
        return self.next_tag()

    def send(self, *words: bytes | Literal) -> bytes:
        """Send one command soon, words parted by spaces; its tag. Never waits: what has to follow
        upon the server's consent goes out while answers are read."""
        if not sayable(*words):
            raise AccountError(Code.BAD_ARGUMENT, side=self.side, where=self.host)
        tag = self.begin()
        command = Spelled(tag)
        piece = tag
        for word in words:
            if not isinstance(word, Literal):
                piece += b" " + word
                continue
            piece += b" " + self.announce(len(word.data))
            if self.needs_consent(len(word.data)):
                command.pieces.append(piece)
                piece = b""
            piece += word.data
        command.pieces.append(piece + b"\r\n")
        if now := self._withheld.send(command):
            self.wire.write(now)
        return tag

    def mention(self, words: bytes) -> None:
        """Send a command whose answer makes no difference: nobody waits for it."""
        tag = self.next_tag()
        self._unheeded.add(tag)
        self.wire.write(tag + b" " + words + b"\r\n")

    def needs_consent(self, size: int) -> bool:
        """Whether a literal of this size has to wait for the server's '+'."""
        offered = self.capabilities
        return not (offered.literal_plus or (offered.literal_minus and size <= LITERAL_MINUS))

    def announce(self, size: int) -> bytes:
        return b"{%d}\r\n" % size if self.needs_consent(size) else b"{%d+}\r\n" % size

    def ask(self, *words: bytes | Literal) -> Answer:
        """Send one command and wait for its answer."""
        return self.answer(self.send(*words))

    def answer(self, tag: bytes, take: Take | None = None, usual: Usual | None = None) -> Answer:
        """The answer to the command `tag`, which must be the oldest under way. Untagged responses
        go to `take`, or into the answer."""
        self.wire.flush()
        heard = _Heard(take)
        while True:
            if usual is not None:
                self.wire.take_all(*usual)
            line = self.response()
            if line == _NOTHING:
                self.wire.wasted(len(line))
            elif line.startswith(b"* "):
                heard.take(self.rest(line))
            elif _TAGGED.match(line):
                status, text = self.tagged(line, tag)
                return Answer(status, text, tuple(heard.kept), tuple(heard.unread))
            else:
                self.wire.wasted(len(line))
                heard.take_nonsense(line)
            if heard.size > MOST_KEPT:
                raise self.wire.lost(ValueError("too long an answer"))

    def line(self) -> bytes:
        """The next line without its end. BYE ends the conversation."""
        line = self.wire.readline().rstrip(b"\r\n")
        if (bye := _BYE.match(line)) is not None:
            self.wire.farewell = bye[1].strip() or b"BYE"
            raise self.wire.lost(ConnectionError())
        return line

    def response(self) -> bytes:
        """The first line of the next response; an untagged one as everybody spells it. What waits
        for the server's consent goes out when it is given. What means nothing to anybody passes
        for a word of the server's: one line read is one line answered for."""
        line = self.line().lstrip(b" \t")
        if line.startswith(b"*"):
            return plain(line)
        if line.startswith(b"+") and self._withheld:
            self._write_on(self._withheld.consented())
            return _NOTHING
        tag = line.partition(b" ")[0]
        if tag in self._unheeded:
            self._unheeded.remove(tag)
            return _NOTHING
        return line or _NOTHING

    def rest(self, line: bytes) -> Parts:
        """An untagged response whole, without its '* ', its literals read."""
        parts = [line[2:]]
        size = 0
        while parts[-1].endswith(b"}") and (announced := LITERAL.search(parts[-1])):
            parts += [self._literal(int(announced[1])), self.line()]
            size += len(parts[-2]) + len(parts[-1])
            if size > LONGEST_RESPONSE or len(parts) > MOST_PARTS:
                raise self.wire.lost(ValueError("too long a response"))
        if is_data(parts):
            self.wire.told(len(line) + size)
        else:
            self.wire.wasted(len(line) + size)
        return tuple(parts)

    def _literal(self, size: int) -> bytes:
        """Nothing of one that is too long to be of use."""
        if size <= LONGEST_LITERAL:
            return self.wire.read(size)
        self.wire.wasted(size)
        for _ in self.wire.chunks(size):
            pass
        return b""

    def tagged(self, line: bytes, tag: bytes) -> tuple[bytes, bytes]:
        """Status and text of the tagged line, which has to be that of `tag`."""
        said = _TAGGED.match(line)
        if said is None or said[1] != tag:
            raise self.wire.lost(ValueError("unexpected line"))
        self.outstanding -= 1
        self.wire.renew_patience()
        self._write_on(self._withheld.answered(tag))
        return said[2].upper(), said[3] or b""

    def _write_on(self, data: bytes) -> None:
        if data:
            self.wire.write(data)
            self.wire.flush()

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


class _Heard:
    """The untagged responses of one answer."""

    def __init__(self, take: Take | None) -> None:
        self.kept: list[Parts] = []
        self.unread: list[str] = []
        self.size = 0
        """Bytes of what is kept."""
        self._take = take

    def take(self, parts: Parts) -> None:
        if not readable(parts):
            understood = False
        elif self._take is not None:
            understood = self._take(parts) is not False
        else:
            understood = False
            self.kept.append(parts)
            self.size += sum(map(len, parts)) + _KEPT_AROUND
        if not understood and not known(parts):
            self._keep_unread(shown, parts)

    def take_nonsense(self, line: bytes) -> None:
        """What is no response at all."""
        self._keep_unread(words, line)

    def _keep_unread(self, show: Callable[[T], str], said: T) -> None:
        if len(self.unread) < MOST_UNREAD:
            self.unread.append(show(said))
