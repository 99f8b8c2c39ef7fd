"""`python -m tests.jobs.wrong_list`: 10,000 rows with wrong passwords, real workers and a clock,
and how many logins a real Dovecot has refused.

Takes some minutes, and so is not among the tests that run by themselves. WRONG_ROWS and
WRONG_WORKERS change the numbers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.services import Services
from tests.jobs.conftest import wait_until
from tests.jobs.haul import make_haul
from tests.jobs.test_refused_logins import (
    Logged,
    check_again,
    dovecots,
    go_on,
    put,
    source,
    target,
    wrong,
)

__all__ = ["dovecots", "source", "target"]

ROWS = int(os.environ.get("WRONG_ROWS", "10000"))
WORKERS = int(os.environ.get("WRONG_WORKERS", "4"))
BUDGET = 20
QUIET = 20.0
"""Seconds in which a worker that would go on guessing would have done so."""


def test_ten_thousand_rows(
    make_services: Callable[..., Services],
    source: Logged,
    target: Logged,
    spawn: Callable[..., subprocess.Popen[bytes]],
) -> None:
    """Twenty are refused; again as many after *go on*; and none by *check all again*."""
    ports = f"{source.server.spec.tls_port} {target.server.spec.tls_port}"
    services = make_services(ALLOWED_PORTS=ports, CHECK_WORKERS=str(WORKERS))
    haul = make_haul(services, source.server, target.server, messages=())
    put(haul, wrong(haul, ROWS))
    for _ in range(WORKERS):
        spawn("jobs.worker", "checks")
    spawn("jobs.clock")

    def settled(refused: int) -> None:
        wait_until(lambda: source.refused >= refused, f"{refused} are refused", 300)
        threading.Event().wait(QUIET)
        assert source.refused == refused
        states = haul.account_states()
        told = f"{source.refused} refused of {len(states)}: {states.count('new')} wait\n"
        sys.stdout.write(told)

    settled(BUDGET)
    check_again(haul)
    settled(BUDGET)
    assert go_on(haul) == BUDGET
    services.bell.tick()
    settled(2 * BUDGET)


if __name__ == "__main__":
    raise SystemExit(
        pytest.main(["--timeout=3600", "-s", "-v", str(Path(__file__)), *sys.argv[1:]])
    )
