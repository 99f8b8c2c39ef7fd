"""A folder costs itself: names that are refused or cannot be sent, and where the line breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imap import ImapDestination
from sync.errors import Code, ConnectionLost, FolderError
from sync.model import Asked, Folder, FolderStatus, Wanted
from tests.imap.conftest import Scene
from tests.imap.scripted import FULL, Script, Talk

NUL = Folder("a\0b", wire_name=b"a\0b")
WORK = Folder("Work", wire_name=b"Work")


def refusing(refused: Callable[[bytes], bool], patience: int = 4) -> Script:
    """A server that hangs up after so many refusals in a row."""

    def script(talk: Talk) -> None:
        talk.welcome()
        row = 0
        while True:
            tag, _, command = talk.line().partition(b" ")
            no = command != b"NOOP" and (command.startswith(b"LIST") or refused(command))
            row = row + 1 if no and not command.startswith(b"LIST") else 0
            if row >= patience:
                talk.say(b"* BYE too many protocol violations")
                return
            listed = command.startswith(b"LIST")
            talk.say(tag + (b" OK" if listed or not no else b" NO [CANNOT] not this name"))

    return script


@pytest.mark.parametrize("verb", ["create", "subscribe"])
def test_names_that_are_refused_do_not_end_the_line(scene: Scene, verb: str) -> None:
    """Forty of them in a row, to a server that bears three; the others are done."""
    names = [f"bad{n}" for n in range(40)] + [f"good{n}" for n in range(40)]

    destination = scene.destination(refusing(lambda command: b"bad" in command))
    refused = getattr(destination, verb)(names)
    assert set(refused) == set(names[:40])
    assert "not this name" in refused["bad0"].server_words


def test_names_that_are_made_cost_few_round_trips(scene: Scene) -> None:
    """Ten under way at a time."""

    def script(talk: Talk) -> None:
        talk.welcome()
        tags = [talk.line().split()[0] for _ in range(10)]
        talk.say(*(tag + b" OK" for tag in tags))
        while True:
            talk.say(talk.line().split()[0] + b" OK")

    assert scene.destination(script).create([f"f{n}" for n in range(40)]) == {}


def breaking(verb: bytes, name: bytes, offers: str = FULL) -> Script:
    """A server that hangs up at this command for this folder."""

    def script(talk: Talk) -> None:
        talk.welcome(offers)
        while True:
            tag, _, command = talk.line().partition(b" ")
            if command.startswith(verb) and name in command:
                return
            if command.startswith((b"EXAMINE", b"SELECT")):
                talk.say(b"* 1 EXISTS", b"* OK [UIDVALIDITY 7] x", b"* OK [UIDNEXT 2] x")
            if command.startswith(b"UID FETCH 1:*"):
                talk.say(b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "" RFC822.SIZE 5)')
            if command.startswith(b"STATUS"):
                told = b"* STATUS %s (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 7)"
                talk.say(told % command.split()[1])
            talk.say(tag + b" OK")

    return script


def _bodies(destination: ImapDestination, name: str) -> None:
    for _ in destination.bodies([Wanted(Folder(n), 7, (1,)) for n in (name,)]):
        pass


@pytest.mark.parametrize(
    ("verb", "call"),
    [
        (b"CREATE", lambda d: d.create(["one", "two", "bad", "three"])),
        (b"SUBSCRIBE", lambda d: d.subscribe(["one", "two", "bad", "three"])),
        (b"STATUS", lambda d: d.status([Folder(n) for n in ("one", "bad", "two")])),
        (b"EXAMINE", lambda d: list(d.listings([Asked(Folder(n)) for n in ("one", "bad", "z")]))),
        (b"EXAMINE", lambda d: d.identities(Folder("bad"), [1])),
        (b"EXAMINE", lambda d: _bodies(d, "bad")),
        (b"SELECT", lambda d: d.set_flags(Folder("bad"), 7, [])),
        (b"SELECT", lambda d: d.remove(Folder("bad"), 7, [1])),
    ],
)
def test_a_line_that_breaks_says_at_which_folder(
    scene: Scene, verb: bytes, call: Callable[[ImapDestination], object]
) -> None:
    """Whatever was asked of it: who calls can set the folder aside."""
    script = breaking(verb, b"bad")
    destination = scene.destination(script, script, script)
    with pytest.raises(ConnectionLost) as caught:
        call(destination)
    assert caught.value.folder == "bad"


@pytest.mark.parametrize("kept", [b"()", b"(\\Seen $Known)"])
def test_a_folder_that_keeps_no_mark_is_not_asked_to_remove(scene: Scene, kept: bytes) -> None:
    """It may say OK to STORE and EXPUNGE, and have removed nothing, in each run."""

    def script(talk: Talk) -> None:
        talk.welcome()
        told = b"* OK [PERMANENTFLAGS %b] so it is" % kept
        talk.answer(b"SELECT", b"* 1 EXISTS", b"* OK [UIDVALIDITY 7] x", told)

    with pytest.raises(FolderError) as caught:
        scene.destination(script).remove(WORK, 7, [1])
    assert caught.value.code is Code.REMOVAL_UNSUPPORTED


def test_a_name_that_cannot_be_sent_costs_its_folder(scene: Scene) -> None:
    """NUL in a name, which a server may list by a literal: every other folder is done, and no
    password is blamed."""
    destination = scene.destination(breaking(b"never", b""))
    status = destination.status([NUL, WORK])
    assert isinstance(status[NUL.name], FolderError)
    assert "NUL" in status[NUL.name].server_words
    assert isinstance(status["Work"], FolderStatus)
    nul, work = destination.listings([Asked(NUL), Asked(WORK)])
    assert isinstance(nul, FolderError)
    assert not isinstance(work, FolderError)
    work, nul = destination.listings([Asked(WORK), Asked(NUL)])
    assert isinstance(nul, FolderError)
    assert not isinstance(work, FolderError)
    for call in (
        lambda: destination.identities(NUL, [1]),
        lambda: list(destination.bodies([Wanted(NUL, 7, (1,))])),
        lambda: destination.remove(NUL, 7, [1]),
    ):
        with pytest.raises(FolderError) as caught:
            call()
        assert caught.value.where == NUL.name
    assert destination.status([WORK])["Work"]


@pytest.mark.parametrize(
    "spelled", [b'"W&APY-rk"', b"W&APY-rk", b"{8}\r\nW&APY-rk", b'"W\xc3\xb6rk"', b"W\xc3\xb6rk"]
)
def test_a_status_is_told_of_its_folder(scene: Scene, spelled: bytes) -> None:
    """However the server spells the name, and in whatever order it answers."""
    told = b" (MESSAGES %d UIDNEXT 9 UIDVALIDITY 7)"

    def script(talk: Talk) -> None:
        talk.welcome()
        first, second = (talk.line().split()[0] for _ in range(2))
        talk.say(b"* STATUS inbox" + told % 2, b"* STATUS " + spelled + told % 3)
        talk.say(first + b" OK", second + b" OK")
        talk.line()

    folders = [Folder("W\u00f6rk", wire_name=b"W&APY-rk"), Folder("INBOX", wire_name=b"INBOX")]
    found = scene.destination(script).status(folders)
    messages = {name: one.messages for name, one in found.items() if isinstance(one, FolderStatus)}
    assert messages == {"W\u00f6rk": 3, "INBOX": 2}


def test_a_status_that_got_lost_is_asked_for_alone(scene: Scene) -> None:
    """OK, and no line: once more. Of another folder's line nothing is concluded."""
    told = b" (MESSAGES %d UIDNEXT 9 UIDVALIDITY 7)"

    def script(talk: Talk) -> None:
        talk.welcome()
        first, second = (talk.line().split()[0] for _ in range(2))
        talk.say(b"* STATUS B" + told % 2, first + b" OK", second + b" OK")
        talk.answer(b'STATUS "A"', b"* STATUS A" + told % 1)
        talk.line()

    found = scene.destination(script).status([Folder("A"), Folder("B")])
    assert {n: one.messages for n, one in found.items() if isinstance(one, FolderStatus)} == {
        "A": 1,
        "B": 2,
    }


def test_a_list_that_stops_early_is_not_whole(scene: Scene) -> None:
    """A server with limits of its own has more folders than it lists."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.answer(b"LIST", b'* LIST () "/" INBOX', status=b"OK [MESSAGELIMIT 1] partial")
        talk.answer(b"LSUB")
        talk.line()

    assert scene.source(script).folders().unread
