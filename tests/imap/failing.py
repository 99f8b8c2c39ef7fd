"""Connections that are meant to fail, and the servers at which they do."""

from __future__ import annotations

import pytest

from imap import Login, Server, open_source
from sync.errors import Side, SyncError
from sync.options import Security
from tests.imap.policy import policy_for
from tests.imap.scripted import Script, Talk


def failure(
    port: int,
    security: Security,
    *,
    ca_file: str = "",
    login: Login | None = None,
    host: str = "localhost",
) -> SyncError:
    source = open_source(
        Server(host, port, security),
        login or Login("me", "top secret"),
        policy_for(port, ca_file=ca_file, timeout=1.0),
    )
    with pytest.raises(SyncError) as caught:
        source.connect()
    source.close()
    assert caught.value.side is Side.SOURCE
    assert "secret" not in str(caught.value)
    return caught.value


def says(*lines: bytes) -> Script:
    """A server that says this and then listens."""

    def script(talk: Talk) -> None:
        talk.say(*lines)
        talk.line()

    return script


def offering(capabilities: bytes) -> Script:
    """A server that greets, tells what it offers, and then listens."""

    def script(talk: Talk) -> None:
        plain_capability(talk, capabilities)
        talk.line()

    return script


def plain_capability(talk: Talk, capabilities: bytes) -> None:
    talk.say(b"* OK hello")
    talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 " + capabilities)
