"""A source that gives no answer to some messages, or to none at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

import pytest

from sync.errors import Code, Side
from sync.stalls import STALLED
from tests.faults.injecting import TIMEOUT
from tests.faults.mailbox import FOLDERS, MESSAGES
from tests.faults.runs import Ended
from tests.faults.script import Cut, Ending, Script
from tests.faults.stage import Scene, Stage
from tests.faults.wire import Command, Phase

_UID = re.compile(rb"\* \d+ FETCH \(UID (\d+)")
_FOLDER = re.compile(rb'EXAMINE "?([^"\r\n]*?)"?(?: \(CONDSTORE\))?\r\n')
EACH = MESSAGES // len(FOLDERS)
ALL = range(1, EACH + 1)


class Silence(Script):
    """From a message of `bad` on, nothing comes on the connection any more; or its end."""

    def __init__(self, bad: Callable[[str], Collection[int]], ending: Ending | None = None) -> None:
        self._bad = bad
        self._ending = ending
        self._silent = False
        self._folder = ""

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        if command is not None and command.phase is Phase.GREETING:
            self._silent = False
        if command is not None and (opened := _FOLDER.search(command.line)):
            self._folder = opened[1].decode()
        if command is not None and command.phase is Phase.BODIES and self._hits(response):
            self._silent = True
            if self._ending is not None:
                raise Cut(self._ending)
        if not self._silent:
            yield response

    def _hits(self, response: bytes) -> bool:
        found = _UID.match(response)
        return found is not None and int(found[1]) in self._bad(self._folder)


def run(scene: Scene, silence: Silence) -> Ended:
    return scene.run({Side.SOURCE: silence}, timeout=TIMEOUT)


def connections(scene: Scene) -> int:
    return scene.stage.proxies[Side.SOURCE].watch.connections


def is_whole(scene: Scene) -> bool:
    """After one more run, with a source that answers."""
    return scene.run().green and not scene.difference()


@pytest.mark.parametrize("ending", [None, Ending.RESET])
def test_a_source_that_stalls_at_every_message(stage: Stage, ending: Ending | None) -> None:
    """The attempt ends soon, and says at which message."""
    scene = stage.scene()
    ended = run(scene, Silence(lambda _: ALL, ending))
    assert ended.sound
    assert ended.answer["error"] == "Stalled"
    assert ended.answer["code"] == (Code.CONNECTION_LOST if ending else Code.TIMED_OUT)
    assert ended.answer["side"] == Side.SOURCE
    assert ended.answer["where"] in FOLDERS
    assert ended.answer["uid"] in ALL
    assert connections(scene) <= 2 * STALLED + 5
    assert is_whole(scene)


@pytest.mark.parametrize("bad", [(4, 5, 6, 7), (9, 10, 11, 12)])
def test_messages_side_by_side(stage: Stage, bad: tuple[int, ...]) -> None:
    """They fail by name, and all others arrive."""
    scene, named = stage.scene(), len(bad)
    ended = run(scene, Silence(lambda folder: bad if folder == "Archiv" else ()))
    assert ended.sound
    assert not ended.green
    assert ended.total("failed") == named
    assert scene.held(Side.DESTINATION) == MESSAGES - named
    assert connections(scene) <= 2 * named + 5
    assert is_whole(scene)


def test_most_of_a_folder(stage: Stage) -> None:
    """It starves neither its own ends nor the other folders, and is not tried for ever."""
    bad = range(2, EACH)
    scene = stage.scene()
    ended = run(scene, Silence(lambda folder: bad if folder == "INBOX" else ()))
    assert ended.sound
    assert ended.total("failed") == len(bad)
    assert scene.held(Side.DESTINATION) == MESSAGES - len(bad)
    assert connections(scene) <= 2 * 2 * STALLED
    assert is_whole(scene)
