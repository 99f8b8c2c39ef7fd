"""`python -m tests.faults.every`: a kill at every point, and every fault at each of its places.

Takes many minutes, and so is not among the tests that run by themselves: those try some of it.
"""

from __future__ import annotations

import sys

import pytest

from sync.errors import Side
from tests.faults.fault import GROUPS, NO_CODES, Fault, cases
from tests.faults.injecting import Injection
from tests.faults.judging import try_fault
from tests.faults.killing import Moment, kill_at_commands, kill_at_writes
from tests.faults.leaving import kill_at_writes_while_leaving, kill_while_leaving
from tests.faults.points import kill_at_points
from tests.faults.program import kill_the_program
from tests.faults.stage import Stage
from tests.faults.wire import Phase

SMALL = 5
"""Messages a batch: more batches, and so more intents."""

PATIENCE = 300.0
"""Seconds for a run in which every answer of a phase fails."""


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("side", Side)
def test_at_every_command(stage: Stage, side: Side, moment: Moment) -> None:
    """Each command of both sides."""
    tried = kill_at_commands(stage, side, moment, batch=SMALL)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 20


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("side", Side)
def test_at_every_command_of_a_bare_destination(
    bare_stage: Stage, side: Side, moment: Moment
) -> None:
    """Each command, with one APPEND a message."""
    tried = kill_at_commands(bare_stage, side, moment)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 20


def test_at_every_write(stage: Stage, bare_stage: Stage) -> None:
    """Just before and just after each write of the ledger, on both stages."""
    for place in (stage, bare_stage):
        tried = kill_at_writes(place, batch=SMALL)
        assert not tried.complaints, "\n".join(tried.complaints)
        assert tried.killed > 20


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("copied", [True, False])
def test_at_every_command_while_messages_leave(
    stage: Stage, side: Side, moment: Moment, copied: bool
) -> None:
    """Each command of both sides while the source is emptied."""
    tried = kill_while_leaving(stage, side, moment, points=(1, 1), copied=copied)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 20


def test_at_every_write_while_messages_leave(stage: Stage) -> None:
    """Just before and just after each write of the ledger."""
    tried = kill_at_writes_while_leaving(stage, points=(1, 1))
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 10


@pytest.mark.parametrize("seed", range(101, 109))
def test_at_random_points_of_a_large_mailbox(stage: Stage, seed: int) -> None:
    """200 of them, 25 a seed."""
    tried = kill_at_points(stage, seed, 25)
    assert not tried.complaints, "\n".join(tried.complaints)
    assert tried.killed > 20


@pytest.mark.parametrize("seed", [201, 202])
def test_the_program_itself(stage: Stage, seed: int) -> None:
    """`python -m sync`, killed 20 times and started again at once, with no proxy in between."""
    tried = kill_the_program(stage, seed, 20)
    assert not tried.complaints, "\n".join(tried.complaints)
    # The last ones may have nothing left to do.
    assert tried.killed > 15


@pytest.mark.parametrize(("side", "phase", "fault"), cases())
def test_fault_each_time(stage: Stage, side: Side, phase: Phase, fault: Fault) -> None:
    """A fault that does not go away while the run lasts."""
    wrong = try_fault(stage, side, Injection(phase, fault, always=True), patience=PATIENCE)
    assert not wrong, wrong


@pytest.mark.parametrize("code", NO_CODES)
@pytest.mark.parametrize(("side", "phase"), GROUPS)
def test_no_with_each_code(stage: Stage, side: Side, phase: Phase, code: str) -> None:
    """Each response code in each phase, once."""
    wrong = try_fault(stage, side, Injection(phase, Fault.NO, code=code))
    assert not wrong, wrong


if __name__ == "__main__":
    raise SystemExit(pytest.main(["--timeout=3600", "-n2", "-v", __file__, *sys.argv[1:]]))
