"""Faults on the wire, each at the first place of a phase where it can be, once or each time."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator

from tests.faults.fault import OF_A_LINE, Fault, TlsFault
from tests.faults.mailbox import LARGE
from tests.faults.script import Broken, Cut, Ending, Raw, Script
from tests.faults.wire import Command, Phase

TIMEOUT = 0.6
"""Of the client's policy, for these runs."""
STALL = 0.8
"""Seconds, longer than the client's patience."""
_DRIPS = 20
_CRAWL = 0.3
"""Seconds between two bytes, shorter than the client's patience."""
_CRAWLS = 5
_SLOW_ONES = 20
"""So many responses are slow, so that a run ends at all."""
_UNSOLICITED = (
    b"* 3 EXPUNGE\r\n* 11 EXISTS\r\n* 0 RECENT\r\n* 2 FETCH (FLAGS (\\Deleted))\r\n"
    b"* 1 FETCH (FLAGS (\\Flagged \\Seen) UID 1)\r\n* OK Still here\r\n* 12 EXISTS\r\n"
)
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.I)
_UID = re.compile(rb"\bUID (\d+)")
_UIDVALIDITY = re.compile(rb"(?:UIDVALIDITY|APPENDUID) (\d+)")
_NEW_UIDS = re.compile(rb"(?<=APPENDUID )\d+ \d+")
_LACKING = 20
"""Bytes that a literal is shorter than announced."""
_UIDNEXT = re.compile(rb"\* OK \[UIDNEXT \d+\][^\r]*\r\n|(?<=[( ])UIDNEXT \d+ ?")
_BODY = re.compile(rb"BODY\[\] \{(\d+)\}\r\n")


class Injection(Script):
    """One fault in one phase. `always`: at each place, not only the first. `injected` counts."""

    def __init__(
        self,
        phase: Phase,
        fault: Fault | TlsFault,
        *,
        always: bool = False,
        code: str = "SERVERBUG",
        words: str = "refused by the proxy",
    ) -> None:
        self.injected = 0
        self.phase = phase
        self._fault = fault
        self._always = always
        status = f"NO [{code}]" if fault is Fault.NO else "BAD"
        self._refusal = f" {status} {words}\r\n".encode()
        self._refused: set[Command] = set()

    @property
    def _armed(self) -> bool:
        most = _SLOW_ONES if self._fault is Fault.CRAWL else math.inf
        return self.injected < (most if self._always else 1)

    def command(self, command: Command) -> None:
        if self._fault in (Fault.NO, Fault.BAD) and command.phase is self.phase and self._armed:
            self.injected += 1
            command.swallowed = True
            self._refused.add(command)

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        if command in self._refused:
            yield self._refuse(command, response)
        elif command is None or command.phase is not self.phase or not self._armed:
            yield response
        elif self._fault in OF_A_LINE or isinstance(self._fault, TlsFault):
            self.injected += 1
            yield from self._break(response)
        else:
            changed = self._rewrite(command, response)
            self.injected += changed != response
            yield changed

    def _refuse(self, command: Command | None, response: bytes) -> bytes:
        assert command is not None
        tagged = response.startswith(command.tag + b" ")
        return command.tag + self._refusal if tagged else response

    def _break(self, response: bytes) -> Iterator[bytes]:
        """What happens to the line, whatever is on it."""
        match self._fault:
            case Fault.RESET:
                raise Cut(Ending.RESET)
            case Fault.CLOSE:
                raise Cut(Ending.CLOSE)
            case Fault.HALF_CLOSE:
                raise Cut(Ending.HALF_CLOSE)
            case Fault.SHORT:
                raise Cut(Ending.CLOSE, to_client=response[: len(response) // 2])
            case Fault.BYE:
                raise Cut(Ending.CLOSE, to_client=b"* BYE shutting down\r\n")
            case Fault.STALL:
                time.sleep(STALL)
                raise Cut(Ending.CLOSE)
            case Fault.GARBAGE:
                yield b"\x00\xff{%& no IMAP (\r\n"
                yield response
            case TlsFault.TRUNCATE:
                raise Cut(Ending.TRUNCATE)
            case TlsFault.BESIDE:
                yield Raw(b"\x00\xff{%& no TLS (\r\n")
                yield response
            case TlsFault.BROKEN:
                yield Broken(response)
            case Fault.CRAWL:
                begun = response.find(b"}\r\n") + 3 if _BODY.search(response) else 1
                yield response[:begun]
                for place in range(begun, min(begun + _CRAWLS, len(response))):
                    time.sleep(_CRAWL)
                    yield response[place : place + 1]
                yield response[begun + _CRAWLS :]
            case Fault.DRIP:
                for place in range(min(_DRIPS, len(response))):
                    time.sleep(0.001)
                    yield response[place : place + 1]
                yield response[_DRIPS:]

    def _rewrite(self, command: Command, response: bytes) -> bytes:
        """The response with this fault in it, or as it is where it offers no place."""
        match self._fault:
            case Fault.WRONG_TAG:
                return re.sub(rb"\A" + re.escape(command.tag) + rb" ", b"zz9 ", response)
            case Fault.UIDVALIDITY:
                return _UIDVALIDITY.sub(_more, response)
            case Fault.NO_UIDNEXT:
                return _UIDNEXT.sub(b"", response)
            case Fault.UNSOLICITED:
                return _UNSOLICITED + response
            case Fault.WRONG_UID if command.phase is Phase.APPEND:
                return _NEW_UIDS.sub(_more, response)
        return self._rewrite_fetch(response) if _FETCH.match(response) else response

    def _rewrite_fetch(self, response: bytes) -> bytes:
        match self._fault:
            case Fault.MISSING_FETCH:
                return b""
            case Fault.DOUBLE_FETCH:
                return 2 * response
            case Fault.WRONG_UID:
                return _UID.sub(_more, response, count=1)
            case Fault.NIL_BODY:
                return _body(response, b"BODY[] NIL")
            case Fault.EMPTY_BODY:
                return _body(response, b"BODY[] {0}\r\n")
            case Fault.SHORT_BODY:
                return _shortened(response, 0)
            case Fault.SHORT_LARGE:
                return _shortened(response, LARGE)
        return response


def _more(found: re.Match[bytes]) -> bytes:
    """The number at its end is another one."""
    name, _, number = found[0].rpartition(b" ")
    return name + b" %d" % (int(number) + 1000)


def _shortened(response: bytes, least: int) -> bytes:
    """If its body is not less than this."""
    found = _BODY.search(response)
    if found is None or int(found[1]) < least:
        return response
    return response[:-_LACKING] + b")\r\n"


def _body(response: bytes, instead: bytes) -> bytes:
    """The body, literal and all, replaced."""
    found = _BODY.search(response)
    if found is None:
        return response
    return response[: found.start()] + instead + response[found.end() + int(found[1]) :]
