"""The proxy lets through what it should, and a run through it is a run like any other."""

from __future__ import annotations

from sync.errors import Side
from tests.faults.mailbox import MESSAGES
from tests.faults.stage import Stage
from tests.faults.wire import Lines, Phase, Responses


def test_commands_and_literals_are_told_apart() -> None:
    """A line inside a message is no command, however the bytes are cut."""
    sent = b'm1 APPEND "x" {6+}\r\nm2 X\r\n\r\nm3 NOOP\r\n'
    lines = Lines()
    pieces = [piece for byte in sent for piece in lines.feed(bytes([byte]))]
    assert [last for piece, last in pieces if last] == [True, True]
    assert b"".join(piece for piece, _ in pieces) == sent


def test_a_response_is_whole_with_its_literals() -> None:
    """One FETCH with two literals is one response."""
    told = b"* 1 FETCH (A {3}\r\nabc B {2}\r\n\r\n)\r\nm1 OK done\r\n"
    assert Responses().feed(told) == [told[:-12], b"m1 OK done\r\n"]


def test_a_run_through_the_proxies(stage: Stage) -> None:
    """60 messages arrive, every phase is seen, and a second run writes nothing."""
    scene = stage.scene()
    first = scene.run()
    assert first.green, first
    assert scene.difference() == []
    assert scene.held(Side.DESTINATION) == MESSAGES
    phases = {side: {c.phase for c in proxy.commands} for side, proxy in stage.proxies.items()}
    assert {Phase.LOGIN, Phase.LIST, Phase.LISTING, Phase.BODIES} <= phases[Side.SOURCE]
    assert {Phase.LOGIN, Phase.LIST, Phase.APPEND, Phase.PROOF} <= phases[Side.DESTINATION]
    second = scene.run()
    assert second.green, second
    assert not scene.writes()
