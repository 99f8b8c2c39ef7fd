"""A line to the destination is lost, and the server stores for seconds what it had received.

Nobody waits for the server before the engine goes on, or is started again.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.errors import Side
from sync.options import SyncOptions
from tests.faults.killing import resume
from tests.faults.late import SECONDS, Late
from tests.faults.script import Ending
from tests.faults.stage import Stage

SETTLE = 2 * SECONDS
"""Enough for a MULTIAPPEND, which is stored all at once or not at all."""
IMPATIENT = SECONDS / 2
"""Enough where something is stored all the time."""

LATE = {
    "stage": Late(2, 4),
    "mute_stage": Late(2, 2, ending=Ending.CLOSE),
    "single_stage": Late(2, 4, ending=Ending.CLOSE),
    "bare_stage": Late(2, 4),
}
"""Which APPENDs come late, by what the destination offers: one for each folder, or a message."""


@pytest.mark.parametrize("name", LATE)
def test_stored_late_in_the_same_run(request: pytest.FixtureRequest, name: str) -> None:
    """The process lives and looks until what it sent is there: nothing is sent twice."""
    stage: Stage = request.getfixturevalue(name)
    scene, late = stage.scene(), replace(LATE[name])
    ended = scene.run({Side.DESTINATION: late}, rest=False, settle_seconds=SETTLE)
    assert ended.green, ended
    assert list(resume(scene)) == []
    assert late.delivered


@pytest.mark.parametrize("name", LATE)
def test_stored_late_in_the_next_run(request: pytest.FixtureRequest, name: str) -> None:
    """The process is killed and started again at once: nothing is lost or doubled."""
    stage: Stage = request.getfixturevalue(name)
    scene, late = stage.scene(), replace(LATE[name], kill=stage.nursery.kill)
    ended = scene.run({Side.DESTINATION: late}, rest=False)
    assert ended.killed, ended
    assert list(resume(scene, settle_seconds=SETTLE)) == []
    assert late.delivered


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("name", ["single_stage", "bare_stage"])
def test_stored_longer_than_is_waited(
    request: pytest.FixtureRequest, name: str, alive: bool
) -> None:
    """What comes in between, message by message, makes the engine wait as long again."""
    stage: Stage = request.getfixturevalue(name)
    scene = stage.scene()
    late = Late(13, 24, kill=None if alive else stage.nursery.kill)
    ended = scene.run({Side.DESTINATION: late}, rest=False, settle_seconds=IMPATIENT)
    assert ended.green if alive else ended.killed, ended
    assert list(resume(scene, settle_seconds=IMPATIENT)) == []


def test_waited_for_as_long_as_by_default(stage: Stage) -> None:
    """The same as for the next run above, with nothing set."""
    scene = stage.scene()
    late = Late(2, 4, kill=stage.nursery.kill)
    assert scene.run({Side.DESTINATION: late}, rest=False).killed
    assert list(resume(scene, settle_seconds=SyncOptions().settle_seconds)) == []
    assert late.delivered
