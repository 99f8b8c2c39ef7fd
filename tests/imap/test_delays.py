"""What the network's own habits cost: a server's small segments, and our late acknowledgements."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable

import pytest

from imap import Login, Server, open_destination
from sync.model import Appended, Fetched, Folder, Wanted
from sync.options import Security
from tests.imap.conftest import Scene
from tests.imap.policy import policy_for
from tests.imap.scripted import BARE, Talk
from tests.imap.test_append import outgoing, took

MESSAGES = 40
QUICK = 0.010
"""Seconds a message. Each acknowledgement that is put off costs 0.040."""


def storing(offers: str) -> Callable[[Talk], None]:
    """Answers each message by itself, as most servers do, and then asks for the next: two small
    segments, of which the kernel holds back the second until the first is acknowledged."""

    def script(talk: Talk) -> None:
        talk.welcome(offers)
        if "MULTIAPPEND" not in offers:
            talk.answer(b"SELECT", b"* OK [UIDVALIDITY 7] valid")
        for _ in range(MESSAGES):
            tag, command = talk.expect(b"APPEND")
            while command := took(talk, command):
                pass
            talk.say(b"* 1 EXISTS")
            talk.say(tag + b" OK done")

    return script


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("size", [500, 20_000])
def test_a_literal_that_is_asked_for_does_not_wait_for_the_kernel(
    scene: Scene,
    server_context: Callable[[], ssl.SSLContext],
    ca_file: str,
    *,
    size: int,
    secure: bool,
) -> None:
    """A message to a server without LITERAL+ costs what the server takes, not 40 ms besides."""
    script = storing(BARE)

    def secured(talk: Talk) -> None:
        talk.start_tls(server_context())
        script(talk)

    port = scene.serve(secured if secure else script).port
    destination = open_destination(
        Server("localhost", port, Security.TLS if secure else Security.NONE),
        Login("me", "secret"),
        policy_for(port, ca_file=ca_file),
    )
    destination.connect()
    begun = time.monotonic()
    outcomes = list(destination.append(outgoing(n, b"x" * size) for n in range(MESSAGES)))
    taken = time.monotonic() - begun
    destination.close()
    assert all(isinstance(outcome, Appended) for outcome in outcomes)
    assert taken / MESSAGES < QUICK


def test_folder_names_that_are_asked_for_do_not_wait_either(scene: Scene) -> None:
    """Nor does a command whose argument is a literal."""
    folders = [Folder(f"ü{number}", wire_name=f"ü{number}".encode()) for number in range(MESSAGES)]

    def script(talk: Talk) -> None:
        talk.welcome(BARE)
        for folder in folders:
            tag, command = talk.expect(b"STATUS")
            took(talk, command)
            talk.say(b'* STATUS "%b" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)' % folder.wire_name)
            talk.say(tag + b" OK done")

    source = scene.source(script)
    source.connect()
    begun = time.monotonic()
    source.status(folders)
    taken = time.monotonic() - begun
    assert taken / MESSAGES < QUICK


def test_a_body_in_two_pieces_does_not_wait(scene: Scene) -> None:
    """Nor does a small message whose size, text and end a server writes one by one."""
    body = b"x" * 500

    def script(talk: Talk) -> None:
        talk.welcome(BARE)
        talk.open_folder(MESSAGES)
        tag, _ = talk.expect(b"UID FETCH")
        for uid in range(1, MESSAGES + 1):
            talk.say(b'* %d FETCH (UID %d FLAGS () INTERNALDATE "" BODY[] {500}' % (uid, uid))
            talk.raw(body)
            talk.say(b")")
        talk.say(tag + b" OK done")

    source = scene.source(script)
    source.connect()
    begun = time.monotonic()
    wanted = Wanted(Folder("INBOX"), 7, tuple(range(1, MESSAGES + 1)))
    for _, answer in source.bodies([wanted]):
        assert isinstance(answer, Fetched)
        assert b"".join(answer.chunks) == body
    assert (time.monotonic() - begun) / MESSAGES < QUICK
