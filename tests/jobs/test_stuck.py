"""Nothing that dies, stops or goes away takes a run with it: all accounts end, nothing is lost and
nothing doubled."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

from tests.jobs.conftest import wait_until
from tests.jobs.harm import family, lives, locked, send
from tests.jobs.haul import Haul

Spawn = Callable[..., "subprocess.Popen[bytes]"]


def at_work(spawn: Spawn, haul: Haul) -> subprocess.Popen[bytes]:
    """A clock and one worker, with messages on their way; the worker."""
    spawn("jobs.clock")
    worker = spawn("jobs.worker", "runs")
    wait_until(haul.on_its_way, "messages are on their way")
    return worker


def ended_well(haul: Haul, seconds: float = 60) -> None:
    wait_until(lambda: haul.state() == "complete", "the migration is complete", seconds)
    assert set(haul.states()) == {"complete"}
    assert haul.differences() == []


def test_a_stopped_worker_sends_nothing_when_it_is_woken(
    make: Callable[..., Haul], spawn: Spawn
) -> None:
    """SIGSTOP amid a batch, longer than the lease. When it wakes another has done the work, and it
    cannot ask whose it is: nothing is sent twice all the same."""
    haul = make(messages=(400,), size=100_000)
    haul.start()
    stopped = family(at_work(spawn, haul).pid)
    send(stopped, signal.SIGSTOP)
    assert len(stopped) == 2
    assert haul.states() == ["running"]
    spawn("jobs.worker", "runs")
    try:
        ended_well(haul)
        with locked(haul.services.store):
            send(stopped, signal.SIGCONT)
            time.sleep(3)
    finally:
        send(stopped, signal.SIGCONT)
    assert not lives(stopped[1])
    assert haul.differences() == []
    (run,) = haul.runs()
    assert (run.token, run.found, run.copied) == (2, 403, 403)
