"""ID (RFC 2971): servers that open no folder before they know with whom they speak."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imap import Login, Server, open_source
from imap.login import NAME, VERSION
from sync.errors import Code, FolderError
from sync.model import Folder, FolderStatus
from sync.options import Security
from tests.imap.conftest import Scene
from tests.imap.policy import policy_for
from tests.imap.scripted import Script, Talk

WORK = Folder("Work", wire_name=b"Work")
SAID = b'ID ("name" "Mailhaul" "version" "%b")' % VERSION.encode()
LoggedIn = Callable[[Talk], None]


def told_at_login(talk: Talk) -> None:
    talk.welcome("IMAP4rev1 ID")


def told_on_request(talk: Talk) -> None:
    """As 163.com does it: ID is offered before the login and after it, and nothing is told with
    the login itself. ID and the question come together."""
    talk.say(b"* OK hello")
    talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 ID")
    talk.answer(b"LOGIN")
    first, said = talk.expect(b"ID")
    second, _ = talk.expect(b"CAPABILITY")
    assert said == SAID
    talk.say(b"* ID NIL", first + b" OK ID completed")
    talk.say(b"* CAPABILITY IMAP4rev1 ID", second + b" OK done")


def told_late(talk: Talk) -> None:
    """Only after the login, and on request."""
    talk.say(b"* OK hello")
    talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1")
    talk.answer(b"LOGIN")
    talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 ID")


def counting(logged_in: LoggedIn, *answers: bytes) -> Script:
    """Answers ID and STATUS when both have come: nobody waits between them."""

    def script(talk: Talk) -> None:
        logged_in(talk)
        if answers:
            tag, said = talk.expect(b"ID")
            assert said == SAID
        status, _ = talk.expect(b"STATUS")
        if answers:
            talk.say(*answers[:-1], tag + answers[-1])
        talk.say(b'* STATUS "Work" (MESSAGES 5 UIDNEXT 9 UIDVALIDITY 7)', status + b" OK done")

    return script


@pytest.mark.parametrize("logged_in", [told_at_login, told_late])
@pytest.mark.parametrize(
    "answers",
    [
        (b'* ID ("name" "Coremail")', b" OK done"),
        (b"* ID NIL", b"* OK [ALERT] welcome", b" OK done"),
        (b" NO not now",),
        (b" BAD what is that?",),
    ],
)
def test_who_we_are_is_told_without_waiting(
    scene: Scene, logged_in: LoggedIn, answers: tuple[bytes, ...]
) -> None:
    """Where ID is offered it goes ahead of the first command, in no round trip of its own, and
    whatever the server says to it, the first command has its own answer."""
    source = scene.source(counting(logged_in, *answers))
    assert source.status([WORK]) == {"Work": FolderStatus(7, 9, 5)}


def test_it_goes_along_with_the_question_for_capabilities(scene: Scene) -> None:
    """A server that tells nothing at the login is asked at the same time."""
    source = scene.source(counting(told_on_request))
    assert source.status([WORK]) == {"Work": FolderStatus(7, 9, 5)}


def test_nothing_is_told_where_it_is_not_offered(scene: Scene) -> None:
    """A server without ID would answer BAD, and count it."""
    source = scene.source(counting(lambda talk: talk.welcome("IMAP4rev1")))
    assert source.status([WORK]) == {"Work": FolderStatus(7, 9, 5)}
    assert not any(line.split()[1].startswith(b"ID") for line in scene.heard)


def test_nothing_is_told_against_somebodys_will(scene: Scene) -> None:
    """--noid: who runs it is nobody's business."""
    port = scene.serve(counting(told_at_login)).port
    source = open_source(
        Server("localhost", port, Security.NONE, identify=False),
        Login("me", "secret"),
        policy_for(port),
    )
    assert source.status([WORK]) == {"Work": FolderStatus(7, 9, 5)}
    source.close()


def test_a_server_that_wants_it_opens_its_folders(scene: Scene) -> None:
    """'Unsafe Login', it says else (163.com and its kind), to EXAMINE and to STATUS."""

    def script(talk: Talk) -> None:
        known = False
        talk.welcome("IMAP4rev1 ID UIDPLUS")
        while True:
            tag, _, command = talk.line().partition(b" ")
            known = known or command.startswith(b"ID (")
            if known:
                talk.say(b'* STATUS "Work" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7)')
            talk.say(tag + (b" OK done" if known else b" NO Unsafe Login"))

    assert isinstance(scene.source(script).status([WORK])["Work"], FolderStatus)
    port = scene.serve(script).port
    silent = open_source(
        Server("localhost", port, Security.NONE, identify=False),
        Login("me", "secret"),
        policy_for(port),
    )
    refused = silent.status([WORK])["Work"]
    silent.close()
    assert isinstance(refused, FolderError)
    assert refused.code is Code.FOLDER_REFUSED
    assert NAME == "Mailhaul"
