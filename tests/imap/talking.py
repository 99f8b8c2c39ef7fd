"""A Dialogue of our own with a scripted server, without a login."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from imap.capabilities import parse_capabilities
from imap.dialogue import Dialogue
from imap.wire import Wire
from sync.errors import Side
from tests.imap.scripted import Script, ScriptedServer


@contextmanager
def talk(script: Script, capabilities: bytes = b"IMAP4rev1") -> Iterator[Dialogue]:
    """The script has no greeting to give."""
    server = ScriptedServer(script)
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=3)
    dialogue = Dialogue(Wire(sock, Side.SOURCE, "example.test"), parse_capabilities(capabilities))
    try:
        yield dialogue
    finally:
        dialogue.wire.close()
        server.stop()
