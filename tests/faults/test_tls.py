"""Faults under TLS, and in it: the proxy holds the servers' keys.

The end of a TLS stream without its farewell, a damaged record and bytes beside the records are the
line's end, never the end of what was being told.
"""

from __future__ import annotations

import pytest

from sync.errors import Side
from tests.faults.fault import Fault, TlsFault
from tests.faults.injecting import Injection
from tests.faults.judging import try_fault
from tests.faults.killing import Kill, Moment, resume
from tests.faults.stage import Stage
from tests.faults.wire import Phase

FAULTS: tuple[Fault | TlsFault, ...] = (
    *TlsFault,
    Fault.RESET,
    Fault.CLOSE,
    Fault.STALL,
    Fault.DRIP,
    Fault.SHORT,
    Fault.GARBAGE,
)
PLACES = [
    (Side.SOURCE, Phase.GREETING),
    (Side.SOURCE, Phase.LISTING),
    (Side.SOURCE, Phase.BODIES),
    (Side.DESTINATION, Phase.LOGIN),
    (Side.DESTINATION, Phase.APPEND),
    (Side.DESTINATION, Phase.PROOF),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("side", "phase"), PLACES)
def test_fault_under_tls(
    tls_stage: Stage, side: Side, phase: Phase, fault: Fault | TlsFault
) -> None:
    """The run ends; green only if all mail is there; nothing is doubled; the next run is whole."""
    wrong = try_fault(tls_stage, side, Injection(phase, fault))
    assert not wrong, wrong


@pytest.mark.parametrize("moment", Moment)
def test_killed_under_tls(tls_stage: Stage, moment: Moment) -> None:
    """Amid the copying; resumed once, nothing is lost or doubled."""
    scene = tls_stage.scene()
    kill = Kill(moment, 30, tls_stage.nursery.kill)
    assert scene.run({Side.DESTINATION: kill}).killed
    assert list(resume(scene)) == []
