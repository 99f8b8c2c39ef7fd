"""A folder that keeps some flags only: what it would not keep is not sent to it in each run."""

from __future__ import annotations

import pytest

from sync.model import FlagChange, Folder
from tests.imap.conftest import Scene
from tests.imap.scripted import FULL, Script, Talk

WORK = Folder("Work", wire_name=b"Work")


def keeping(permanent: bytes) -> Script:
    def script(talk: Talk) -> None:
        talk.welcome(FULL)
        while True:
            tag, _, command = talk.line().partition(b" ")
            if command.startswith(b"SELECT"):
                talk.say(b"* 2 EXISTS", b"* OK [UIDVALIDITY 7] x", permanent)
            if command.startswith(b"UID FETCH"):
                talk.say(b"* 1 FETCH (UID 1)", b"* 2 FETCH (UID 2)")
            talk.say(tag + b" OK")

    return script


@pytest.mark.parametrize(
    ("permanent", "stored"),
    [
        (b"* OK [PERMANENTFLAGS ()] x", []),
        (b"* OK [PERMANENTFLAGS (\\Seen)] x", [b"UID STORE 2 FLAGS.SILENT (\\Seen)"]),
        (b"* OK x", [b"UID STORE 1 FLAGS.SILENT (\\Draft)", b"UID STORE 2 FLAGS.SILENT (\\Seen)"]),
    ],
)
def test_what_is_not_kept_is_not_stored(
    scene: Scene, permanent: bytes, stored: list[bytes]
) -> None:
    """EXAMINE of many servers says of all folders that nothing can be changed; which flags a folder
    keeps is known when it is open for writing."""
    changes = [
        FlagChange(1, frozenset({"\\Draft"}), frozenset()),
        FlagChange(2, frozenset({"\\Seen"}), frozenset()),
    ]
    taken = scene.destination(keeping(permanent)).set_flags(WORK, 7, changes)
    heard = [command.partition(b" ")[2] for command in scene.heard]
    assert [command for command in heard if command.startswith(b"UID STORE")] == stored
    assert taken == len(stored)
