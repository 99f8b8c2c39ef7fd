"""Faults on the wire, each at the first place of a phase where it can be, once or each time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from enum import StrEnum

from sync.errors import Side
from tests.faults.script import Cut, Ending, Script
from tests.faults.wire import Command, Phase

TIMEOUT = 0.6
"""Of the client's policy, for these runs."""
STALL = 0.8
"""Seconds, longer than the client's patience."""
_DRIPS = 20
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.I)
_UID = re.compile(rb"\bUID (\d+)")
_UIDVALIDITY = re.compile(rb"UIDVALIDITY (\d+)")
_BODY = re.compile(rb"BODY\[\] \{(\d+)\}\r\n")


class Fault(StrEnum):
    RESET = "reset"
    CLOSE = "close"
    HALF_CLOSE = "half-close"
    STALL = "stall"
    DRIP = "one byte at a time"
    SHORT = "cut in the middle"
    GARBAGE = "garbage line"
    BYE = "BYE"
    NO = "NO"
    MISSING_FETCH = "missing FETCH"
    NIL_BODY = "NIL body"
    EMPTY_BODY = "{0} body"
    WRONG_UID = "wrong UID"
    WRONG_TAG = "wrong tag"
    UIDVALIDITY = "UIDVALIDITY change"


OF_A_LINE = (
    Fault.RESET,
    Fault.CLOSE,
    Fault.HALF_CLOSE,
    Fault.STALL,
    Fault.DRIP,
    Fault.SHORT,
    Fault.GARBAGE,
    Fault.BYE,
)
"""They need no certain response."""
OF_A_FETCH = (Fault.MISSING_FETCH, Fault.WRONG_UID)
OF_A_BODY = (Fault.NIL_BODY, Fault.EMPTY_BODY)

NO_CODES = (
    "ALERT",
    "ALREADYEXISTS",
    "AUTHENTICATIONFAILED",
    "AUTHORIZATIONFAILED",
    "CANNOT",
    "CLIENTBUG",
    "CONTACTADMIN",
    "CORRUPTION",
    "EXPIRED",
    "EXPUNGEISSUED",
    "INUSE",
    "LIMIT",
    "NONEXISTENT",
    "NOPERM",
    "OVERQUOTA",
    "PRIVACYREQUIRED",
    "SERVERBUG",
    "THROTTLED",
    "TOOBIG",
    "TRYCREATE",
    "UNAVAILABLE",
    "X-UNHEARD-OF",
)
"""Response codes of RFC 5530 and others that servers send with NO."""

_PHASES = {
    Side.SOURCE: (Phase.GREETING, Phase.LOGIN, Phase.LIST, Phase.LISTING, Phase.BODIES),
    Side.DESTINATION: (
        Phase.GREETING,
        Phase.LOGIN,
        Phase.LIST,
        Phase.LISTING,
        Phase.APPEND,
        Phase.PROOF,
    ),
}


def cases() -> list[tuple[Side, Phase, Fault]]:
    """Every fault in every phase in which there is such a thing."""
    return [
        (side, phase, fault)
        for side, phases in _PHASES.items()
        for phase in phases
        for fault in Fault
        if _possible(phase, fault)
    ]


def _possible(phase: Phase, fault: Fault) -> bool:
    if fault in OF_A_LINE:
        return True
    if fault in OF_A_BODY:
        return phase is Phase.BODIES
    if fault in OF_A_FETCH:
        return phase in (Phase.LISTING, Phase.BODIES, Phase.PROOF)
    if fault is Fault.UIDVALIDITY:
        return phase in (Phase.LISTING, Phase.PROOF)
    return phase is not Phase.GREETING


GROUPS: list[tuple[Side, Phase]] = sorted(
    {(side, phase) for side, phase, _ in cases() if phase is not Phase.GREETING}
)
"""Where there are commands to be refused."""


class Injection(Script):
    """One fault in one phase. `always`: at each place, not only the first. `injected` counts."""

    def __init__(
        self, phase: Phase, fault: Fault, *, always: bool = False, code: str = "SERVERBUG"
    ) -> None:
        self.injected = 0
        self.phase = phase
        self._fault = fault
        self._always = always
        self._refusal = f" NO [{code}] refused by the proxy\r\n".encode()
        self._refused: set[Command] = set()

    @property
    def _armed(self) -> bool:
        return self._always or not self.injected

    def command(self, command: Command) -> None:
        if self._fault is Fault.NO and command.phase is self.phase and self._armed:
            self.injected += 1
            command.swallowed = True
            self._refused.add(command)

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        if command in self._refused:
            yield self._refuse(command, response)
        elif command is None or command.phase is not self.phase or not self._armed:
            yield response
        elif self._fault in OF_A_LINE:
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
            case Fault.DRIP:
                for place in range(min(_DRIPS, len(response))):
                    time.sleep(0.001)
                    yield response[place : place + 1]
                yield response[_DRIPS:]

    def _rewrite(self, command: Command, response: bytes) -> bytes:
        """The response with this fault in it, or as it is where it offers no place."""
        if self._fault is Fault.WRONG_TAG:
            return re.sub(rb"\A" + re.escape(command.tag) + rb" ", b"zz9 ", response)
        if self._fault is Fault.UIDVALIDITY:
            return _UIDVALIDITY.sub(_more, response)
        if not _FETCH.match(response):
            return response
        match self._fault:
            case Fault.MISSING_FETCH:
                return b""
            case Fault.WRONG_UID:
                return _UID.sub(_more, response, count=1)
            case Fault.NIL_BODY:
                return _body(response, b"BODY[] NIL")
            case Fault.EMPTY_BODY:
                return _body(response, b"BODY[] {0}\r\n")
        return response


def _more(found: re.Match[bytes]) -> bytes:
    name, _, number = found[0].partition(b" ")
    return name + b" %d" % (int(number) + 1000)


def _body(response: bytes, instead: bytes) -> bytes:
    """The body, literal and all, replaced."""
    found = _BODY.search(response)
    if found is None:
        return response
    return response[: found.start()] + instead + response[found.end() + int(found[1]) :]
