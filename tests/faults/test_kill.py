"""The process is killed, at every command on both sides and every write of its ledger.

Some points of each row are tried here; `python -m tests.faults.every` tries all of them.
"""

from __future__ import annotations

import pytest

from sync.errors import Side
from tests.faults.killing import Moment, kill_at_commands, kill_at_writes
from tests.faults.points import kill_at_points
from tests.faults.program import kill_the_program
from tests.faults.stage import Stage

ROWS = [
    (Side.SOURCE, Moment.BEFORE, 1),
    (Side.SOURCE, Moment.WITHIN, 2),
    (Side.SOURCE, Moment.AFTER, 3),
    (Side.DESTINATION, Moment.BEFORE, 2),
    (Side.DESTINATION, Moment.WITHIN, 3),
    (Side.DESTINATION, Moment.AFTER, 1),
]
STEP = 6
BARE_STEP = 19


@pytest.mark.parametrize(("side", "moment", "first"), ROWS)
def test_killed_at_a_command(stage: Stage, side: Side, moment: Moment, first: int) -> None:
    """After one resume nothing is lost or doubled, and a third run writes nothing."""
    tried = kill_at_commands(stage, side, moment, points=(first, STEP))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 3


@pytest.mark.parametrize(("side", "moment", "first"), ROWS[3:])
def test_killed_where_nothing_is_told_of_the_copy(
    bare_stage: Stage, side: Side, moment: Moment, first: int
) -> None:
    """The same with one APPEND a message, at a destination that offers no UIDPLUS."""
    tried = kill_at_commands(bare_stage, side, moment, points=(first * 5, BARE_STEP))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 3


def test_killed_at_a_write_of_the_ledger(stage: Stage) -> None:
    """The same just before or just after its writes."""
    tried = kill_at_writes(stage, points=(1, 3))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 3


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_points_of_a_large_mailbox(stage: Stage, seed: int) -> None:
    """The same at commands, at bytes of either direction and at writes of the ledger."""
    tried = kill_at_points(stage, seed, 6)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 3


def test_the_program_is_killed_and_started_again_at_once(stage: Stage) -> None:
    """With nothing between it and the servers, nothing is lost or doubled."""
    tried = kill_the_program(stage, 3, 2)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed == 2
