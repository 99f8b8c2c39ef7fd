"""APPEND where a server limits how many messages one command has, or tells fewer than it was
given; and folders whose names it does not want."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.errors import Code, FolderError
from sync.model import Appended, Folder, MessageRef, Outgoing
from tests.imap.conftest import Scene
from tests.imap.scripted import BARE, FULL, Talk
from tests.imap.test_append import DATE, batch, outgoing, script_of, send, took

UMLAUT = Folder("Entwürfe", wire_name="Entwürfe".encode())


@pytest.mark.parametrize(
    ("limits", "most"),
    [("SAVELIMIT=3", 3), ("MESSAGELIMIT=4", 4), ("MESSAGELIMIT=2 SAVELIMIT=5", 2)],
)
def test_a_batch_is_as_large_as_the_server_allows(scene: Scene, limits: str, most: int) -> None:
    """Both limits of RFC 9738 are those of one APPEND, too."""
    sizes: list[int] = []

    def answer(talk: Talk) -> None:
        while sum(sizes) < 10:
            tag, heads = batch(talk)
            first = sum(sizes) + 1
            sizes.append(len(heads))
            talk.say(tag + b" OK [APPENDUID 9 %d:%d] done" % (first, first + len(heads) - 1))

    destination = scene.destination(script_of(answer, offers=f"{FULL} {limits}"))
    outcomes = send(destination, *map(outgoing, range(10)))
    assert outcomes == [Appended(n, MessageRef(9, n + 1)) for n in range(10)]
    assert max(sizes) == most
    assert len(sizes) == -(-10 // most)


def test_what_is_too_much_at_once_goes_alone(scene: Scene) -> None:
    """A limit that was not told beforehand costs no message."""
    sizes: list[int] = []

    def answer(talk: Talk) -> None:
        for _ in range(4):
            tag, heads = batch(talk)
            sizes.append(len(heads))
            much = len(heads) > 2
            talk.say(tag + (b" NO [MESSAGELIMIT 2] too many" if much else b" OK done"))

    destination = scene.destination(script_of(answer))
    first = send(destination, *map(outgoing, range(3)))
    assert first == [Appended(n, None) for n in range(3)]
    assert sizes == [3, 1, 1, 1]


@pytest.mark.parametrize(
    "text",
    [
        b"[MESSAGELIMIT 2 5] only so many",
        b"[APPENDUID 9 5:6] fewer",
        b"[APPENDUID 9 5,6,6] one twice",
        b"[APPENDUID 9 5:8] more",
        b"[APPENDUID 9 4294967295:4294967297] too large",
        b"[APPENDUID 9 0:2] nought",
        b"[APPENDUID 4294967296 5:7] another number",
    ],
)
def test_an_ok_that_does_not_name_each_message_names_none(scene: Scene, text: bytes) -> None:
    """Whoever asked looks for them: one that was left out must not pass for stored."""

    def answer(talk: Talk) -> None:
        tag, _ = batch(talk)
        talk.say(tag + b" OK " + text)

    destination = scene.destination(script_of(answer))
    assert send(destination, *map(outgoing, range(3))) == [Appended(n, None) for n in range(3)]


@pytest.mark.parametrize("offers", [BARE, f"{BARE} MULTIAPPEND"])
def test_a_name_that_is_refused_is_the_answer(scene: Scene, offers: str) -> None:
    """Without LITERAL+ a name may be refused before it is sent: nothing of it is sent then, and
    the line lives on."""

    def answer(talk: Talk) -> None:
        if offers == BARE:
            tag, command = talk.expect(b"SELECT")
            took(talk, command)
            talk.say(tag + b" OK [UIDVALIDITY 9] open")
        tag, command = talk.expect(b"APPEND {9}")
        talk.say(tag + b" NO [TRYCREATE] no such name")
        talk.line()

    destination = scene.destination(script_of(answer, offers=offers))
    messages = [replace(outgoing(n), folder=UMLAUT) for n in range(2)]
    with pytest.raises(FolderError) as refused:
        send(destination, *messages)
    assert refused.value.where == UMLAUT.name
    assert b"Entw" not in scene.heard[-1]


def test_a_name_that_nobody_can_send_costs_its_folder(scene: Scene) -> None:
    """NUL has no place in a command: not a byte of it goes out, and no password is blamed."""
    evil = Folder("nul\0", wire_name=b"nul\0")

    def answer(talk: Talk) -> None:
        tag, _ = batch(talk)
        talk.say(tag + b" OK [APPENDUID 9 1] done")
        talk.line()

    destination = scene.destination(script_of(answer))
    message = Outgoing(evil, 0, 4, DATE, frozenset(), iter([b"body"]))
    with pytest.raises(FolderError) as refused:
        send(destination, message)
    assert (refused.value.code, refused.value.where) == (Code.FOLDER_REFUSED, evil.name)
    assert send(destination, outgoing(1)) == [Appended(1, MessageRef(9, 1))]


def test_a_long_name_is_asked_for_where_others_are_not(scene: Scene) -> None:
    """LITERAL- takes up to 4,096 bytes without asking; the answers of what is under way come
    before the consent to the rest."""
    long = Folder("x", wire_name="ü".encode() * 2100)

    def answer(talk: Talk) -> None:
        first, _ = batch(talk)
        second, command = talk.expect(b"APPEND {4200}")
        talk.say(b"* OK wait", first + b" OK [APPENDUID 9 1] done")
        rest = took(talk, command)
        while rest:
            rest = took(talk, rest)
        talk.say(second + b" OK [APPENDUID 9 2] done")

    offers = "IMAP4rev1 LITERAL- UIDPLUS MULTIAPPEND"
    destination = scene.destination(script_of(answer, offers=offers))
    outcomes = send(destination, outgoing(0), replace(outgoing(1), folder=long))
    assert outcomes == [Appended(0, MessageRef(9, 1)), Appended(1, MessageRef(9, 2))]
