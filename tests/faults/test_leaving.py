"""The process is killed while messages leave the source, at its commands and its ledger's writes.

Some points of each row are tried here; `python -m tests.faults.every` tries all of them.
"""

from __future__ import annotations

import pytest

from sync.errors import Side
from tests.faults.killing import Moment
from tests.faults.leaving import kill_at_writes_while_leaving, kill_while_leaving
from tests.faults.stage import Stage

ROWS = [
    (Side.SOURCE, Moment.BEFORE, 2),
    (Side.SOURCE, Moment.WITHIN, 4),
    (Side.SOURCE, Moment.AFTER, 6),
    (Side.DESTINATION, Moment.AFTER, 3),
]
STEP = 16


@pytest.mark.parametrize(("side", "moment", "first"), ROWS)
def test_killed_at_a_command(stage: Stage, side: Side, moment: Moment, first: int) -> None:
    """No message is absent on both sides; the run after it empties the source, and a run in mode
    ALL after that takes nothing from the destination."""
    tried = kill_while_leaving(stage, side, moment, points=(first, STEP))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 1


def test_killed_while_all_is_still_to_be_copied(stage: Stage) -> None:
    """The same in a run that copies first."""
    tried = kill_while_leaving(stage, Side.SOURCE, Moment.AFTER, points=(9, 2 * STEP), copied=False)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 1


def test_killed_at_a_write_of_the_ledger(stage: Stage) -> None:
    """The same just before and just after its writes."""
    tried = kill_at_writes_while_leaving(stage, points=(1, 9))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 1
