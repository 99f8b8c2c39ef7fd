"""The process is killed while the destination puts its own messages into other folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sync.errors import Side
from sync.options import Refiling
from tests.faults.killing import Kill, Moment, Tried
from tests.faults.mailbox import MESSAGES, write_journal
from tests.faults.runs import Ended
from tests.faults.stage import Scene, Stage

MOVE = {"refiling": Refiling.MOVE, "refile_from": "INBOX.Journal"}
COMMANDS = (33, 50)
"""From the first to the last of them the destination files."""
STEP = 8
ROWS = [(Moment.BEFORE, 0), (Moment.WITHIN, 1), (Moment.AFTER, 2)]


def kill_at(
    stage: Stage, attempt: Callable[[Scene, int], Ended], points: range, *, left: bool = False
) -> Tried:
    """`left`: the archive may keep what is in its place, too."""
    tried = Tried()
    for number in points:
        scene = stage.scene()
        write_journal(scene.maildir(Side.SOURCE), scene.maildir(Side.DESTINATION))
        ended = attempt(scene, number)
        tried.killed += ended.killed
        found = complaints(scene, left=left)
        tried.complaints += tuple(f"{number}: {complaint}" for complaint in found)
        scene.discard()
    return tried


def complaints(scene: Scene, *, left: bool) -> Iterator[str]:
    """What is not so, in words."""
    resumed = scene.run(**MOVE)
    if not resumed.green:
        yield f"resumed: {resumed}"
    yield from (said for said in scene.difference() if not said.startswith("too many in .Journal"))
    held = scene.held(Side.DESTINATION)
    if held < MESSAGES or (held > MESSAGES and not left):
        yield f"{held} messages"
    again = scene.run(**MOVE)
    if not again.green or scene.writes():
        yield f"again: {dict(scene.writes())} {again}"


def at_commands(stage: Stage, moment: Moment) -> Callable[[Scene, int], Ended]:
    def attempt(scene: Scene, number: int) -> Ended:
        return scene.run({Side.DESTINATION: Kill(moment, number, stage.nursery.kill)}, **MOVE)

    return attempt


@pytest.mark.parametrize(("moment", "first"), ROWS)
def test_killed_at_a_command(stage: Stage, moment: Moment, first: int) -> None:
    """After one resume each message stands once, where the source has it."""
    points = range(COMMANDS[0] + first, COMMANDS[1], STEP)
    tried = kill_at(stage, at_commands(stage, moment), points)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed == len(points)


@pytest.mark.parametrize(("moment", "first"), ROWS[1:])
def test_killed_where_a_move_is_a_copy(copying_stage: Stage, moment: Moment, first: int) -> None:
    """At a destination without MOVE: nothing is lost, and nothing is doubled in its folder."""
    points = range(COMMANDS[0] + first, COMMANDS[1], STEP)
    tried = kill_at(copying_stage, at_commands(copying_stage, moment), points, left=True)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed == len(points)


def test_killed_where_no_new_uid_is_told(mute_stage: Stage) -> None:
    """At a destination with MOVE, and without UIDPLUS."""
    points = range(COMMANDS[0] + 1, COMMANDS[1], STEP)
    tried = kill_at(mute_stage, at_commands(mute_stage, Moment.AFTER), points)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed == len(points)


def test_killed_at_a_write_of_the_ledger(stage: Stage) -> None:
    """Just before or just after it."""

    def attempt(scene: Scene, number: int) -> Ended:
        return scene.run(dies_at=number, **MOVE)

    tried = kill_at(stage, attempt, range(10, 44, 17))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed == 2
