"""How often, and after what pauses, servers in trouble are asked again: counted on the wire.

The nursery does not wait; it tells the pauses that the engine asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from imap.session import PAUSES
from sync.errors import Code, Side
from tests.faults.fault import BACKOFF, GROUPS, Fault
from tests.faults.injecting import TIMEOUT, Injection
from tests.faults.judging import set_the_scene
from tests.faults.mailbox import MESSAGES
from tests.faults.runs import Ended
from tests.faults.script import Cut, Ending, Script
from tests.faults.stage import Scene, Stage
from tests.faults.wire import Command, Phase

BACKOFF_SECONDS = 299.961
ASKED = [
    (side, phase, code)
    for side, phase in GROUPS
    for code in ("THROTTLED", "LIMIT", "UNAVAILABLE", "INUSE")
    if phase is not Phase.LOGIN and (phase, code) != (Phase.APPEND, "LIMIT")
]
"""LIMIT refuses the message in an APPEND (RFC 5530): too many flags. A first login is the
business of whoever begins the run."""
RECONNECTS = 3
"""For one message."""
LOGINS = 2
"""Refused ones: more may lock an account."""
_LARGE = re.compile(rb"\{\d{6}\+?\}\r\n")


def connections(scene: Scene, side: Side) -> int:
    return scene.stage.proxies[side].watch.connections


def waits(ended: Ended) -> list[float]:
    return [float(seconds) for seconds in ended.answer["waits"]]


@pytest.mark.parametrize(("side", "phase", "code"), ASKED)
def test_a_server_is_left_alone_as_long_as_it_asks(
    stage: Stage, side: Side, phase: Phase, code: str
) -> None:
    """Once is enough: the same run then copies everything."""
    scene = set_the_scene(stage, side, phase)
    refused = Injection(phase, Fault.NO, code=code, words=BACKOFF)
    ended = scene.run({side: refused})
    assert refused.injected
    assert ended.green, ended
    assert max(waits(ended)) == pytest.approx(BACKOFF_SECONDS)
    assert scene.difference() == []


class Bye(Script):
    """Says it, and hangs up, at the first command of a phase."""

    def __init__(self, phase: Phase, words: str) -> None:
        self._phase = phase
        self._words = words
        self.said = 0

    def command(self, command: Command) -> None:
        if command.phase is self._phase and not self.said:
            self.said += 1
            raise Cut(Ending.CLOSE, to_client=f"* BYE {self._words}\r\n".encode())


@pytest.mark.parametrize("words", ["[UNAVAILABLE] " + BACKOFF, "Throttled. " + BACKOFF])
@pytest.mark.parametrize(
    ("side", "phase"),
    [
        (Side.SOURCE, Phase.LIST),
        (Side.SOURCE, Phase.BODIES),
        (Side.DESTINATION, Phase.APPEND),
        (Side.DESTINATION, Phase.PROOF),
    ],
)
def test_a_good_bye_says_when_to_come_back(
    stage: Stage, side: Side, phase: Phase, words: str
) -> None:
    """The pause before the new connection is the server's."""
    scene, bye = stage.scene(), Bye(phase, words)
    ended = scene.run({side: bye})
    assert bye.said
    assert ended.green, ended
    assert max(waits(ended)) == pytest.approx(BACKOFF_SECONDS)
    assert scene.difference() == []


def test_the_pauses_grow(stage: Stage) -> None:
    """With a server that hangs up again and again and gives no hint."""
    scene = stage.scene()
    ended = scene.run({Side.SOURCE: Injection(Phase.BODIES, Fault.CLOSE, always=True)})
    grown = waits(ended)
    assert grown[: len(PAUSES) - 1] == list(PAUSES[1:])
    assert set(grown[len(PAUSES) - 1 :]) <= {PAUSES[-1]}


def test_a_server_that_throttles_on_ends_the_attempt(stage: Stage) -> None:
    """It blames no message, and the next attempt goes on."""
    scene = stage.scene()
    throttled = Injection(Phase.BODIES, Fault.NO, always=True, code="THROTTLED", words=BACKOFF)
    ended = scene.run({Side.SOURCE: throttled})
    assert ended.answer["code"] == Code.THROTTLED
    assert connections(scene, Side.SOURCE) <= 6
    assert scene.run().green
    assert scene.difference() == []


class BreaksAt(Script):
    """The line breaks at the one large message, each time: before its data or amid them."""

    def __init__(self, *, amid: bool) -> None:
        self._amid = amid
        self.broken = 0

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        if _LARGE.search(response[:300]):
            self.broken += 1
            half = response[: len(response) // 2] if self._amid else b""
            raise Cut(Ending.RESET, to_client=half)
        yield response


class BreaksAtAppend(Script):
    """The same, when the server has had the most of it."""

    def __init__(self) -> None:
        self.broken = 0

    def sent(self, data: bytes) -> None:
        if found := _LARGE.search(data):
            self.broken += 1
            raise Cut(Ending.RESET, to_server=data[: found.end() + 100])


@pytest.mark.parametrize("amid", [False, True])
def test_a_message_is_reconnected_for_three_times(stage: Stage, amid: bool) -> None:
    """Then it is set aside and named, and everything else is there."""
    scene, breaks = stage.scene(), BreaksAt(amid=amid)
    ended = scene.run({Side.SOURCE: breaks})
    assert ended.sound
    assert 1 < breaks.broken <= RECONNECTS + 1
    assert ended.total("failed") == 1
    assert scene.held(Side.DESTINATION) == MESSAGES - 1
    assert connections(scene, Side.SOURCE) <= RECONNECTS + 2
    assert scene.run().green
    assert scene.difference() == []


@pytest.mark.parametrize("name", ["stage", "bare_stage"])
def test_nor_oftener_at_the_destination(request: pytest.FixtureRequest, name: str) -> None:
    """The same for a message at which the destination breaks off."""
    stage: Stage = request.getfixturevalue(name)
    scene, breaks = stage.scene(), BreaksAtAppend()
    ended = scene.run({Side.DESTINATION: breaks})
    assert ended.sound
    assert 1 < breaks.broken <= RECONNECTS + 1
    assert ended.total("failed") == 1
    assert scene.held(Side.DESTINATION) == MESSAGES - 1
    assert connections(scene, Side.DESTINATION) <= RECONNECTS + 2
    assert scene.run().green
    assert scene.difference() == []


class RefusesLogins(Script):
    """From the nth on. Hangs up amid the copying, so that there is an nth."""

    def __init__(self, first: int, words: str) -> None:
        self._first = first
        self._words = words
        self.logins = 0
        self.refused = 0
        self._hung_up: Counter[int] = Counter()

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        if command is not None and command.phase is Phase.BODIES and self.logins < self._first:
            raise Cut(Ending.CLOSE)
        if command is not None and command.name in ("LOGIN", "AUTHENTICATE"):
            self.logins += 1
            if self.logins >= self._first:
                self.refused += 1
                yield command.tag + b" NO " + self._words.encode() + b"\r\n"
                return
        yield response


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize(
    "words", ["[AUTHENTICATIONFAILED] wrong", "Login failed", "[EXPIRED] change it", "[ALERT] no"]
)
def test_a_refused_login_is_not_tried_until_the_account_is_locked(
    stage: Stage, first: int, words: str
) -> None:
    """At the start as on the way."""
    scene, refuses = stage.scene(), RefusesLogins(first, words)
    ended = scene.run({Side.SOURCE: refuses}, timeout=TIMEOUT)
    assert ended.answer["error"] == "AuthenticationFailed"
    assert refuses.logins >= first
    assert refuses.refused <= LOGINS
    assert scene.run().green
    assert scene.difference() == []
