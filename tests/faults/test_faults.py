"""Every fault on the wire, on both sides, in every phase.

Each happens once here; `python -m tests.faults.every` has them happen each time, too.
"""

from __future__ import annotations

import pytest

from sync.errors import Side
from tests.faults.fault import GROUPS, NO_CODES, Fault, quick_cases
from tests.faults.injecting import Injection
from tests.faults.judging import try_fault
from tests.faults.stage import Stage
from tests.faults.wire import Phase

STEP = 7


@pytest.mark.parametrize(("side", "phase", "fault"), quick_cases())
def test_fault(stage: Stage, side: Side, phase: Phase, fault: Fault) -> None:
    """The run ends; green only if all mail is there; nothing is doubled; the next run is whole."""
    wrong = try_fault(stage, side, Injection(phase, fault))
    assert not wrong, wrong


@pytest.mark.parametrize(("side", "phase"), GROUPS)
def test_no_with_a_code(stage: Stage, side: Side, phase: Phase) -> None:
    """The same for a NO with some of the response codes, others in each phase."""
    first = GROUPS.index((side, phase)) % STEP
    for code in NO_CODES[first::STEP]:
        wrong = try_fault(stage, side, Injection(phase, Fault.NO, code=code))
        assert not wrong, f"{code}: {wrong}"
