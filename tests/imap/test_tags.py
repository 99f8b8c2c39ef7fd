"""Answers that belong to no command."""

from __future__ import annotations

import time

import pytest

from sync.errors import Code, ConnectionLost
from tests.imap.conftest import Scene
from tests.imap.scripted import Talk
from tests.imap.test_append import batch, outgoing, script_of, send


def test_an_answer_with_another_tag_ends_the_line(scene: Scene) -> None:
    """Nobody waits for the right one until the time is over."""

    def confused(talk: Talk) -> None:
        batch(talk)
        talk.say(b"x17 OK [APPENDUID 7 5] done")

    destination = scene.destination(script_of(confused))
    begun = time.monotonic()
    with pytest.raises(ConnectionLost) as caught:
        send(destination, outgoing(0))
    assert caught.value.code is Code.PROTOCOL
    assert time.monotonic() - begun < 2
