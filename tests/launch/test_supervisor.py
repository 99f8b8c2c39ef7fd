"""Children that die come back; children that are told to end are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from launch.children import Child
from launch.supervisor import Supervisor

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True);"
    " time.sleep(600)",
)
PARENT = """
import sys, time
from pathlib import Path
from launch.children import Child
child = Child("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"), Path(sys.argv[1]))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


def until(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid: int) -> bool:
    """Whether it still runs: a dead child that nobody has asked about counts as dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    """A worker killed by the kernel is replaced, and the person is told where to look."""
    said: list[str] = []
    supervisor = Supervisor(said.append)
    child = Child("sleeper", SLEEPER, tmp_path / "sleeper.log")
    supervisor.add(child)
    first = child.pid
    assert first
    os.kill(first, signal.SIGKILL)
    assert until(lambda: not child.running)
    assert child.keep()
    assert until(lambda: not child.keep() and child.running)
    assert child.pid != first
    supervisor.stop()
    assert not child.running


def test_a_child_that_cannot_live_is_not_started_at_once_again(tmp_path: Path) -> None:
    """Each quick end doubles the pause: a broken program does not eat the machine."""
    child = Child("broken", (sys.executable, "-c", "raise SystemExit(3)"), tmp_path / "b.log")
    ends = []
    for _ in range(2):
        child.start()
        assert until(lambda: not child.running)
        words = child.keep()
        assert "status 3" in words
        assert str(tmp_path / "b.log") in words
        begun = time.monotonic()
        assert until(lambda: bool(child.keep() or child.pid))
        ends.append(time.monotonic() - begun)
        assert until(lambda: not child.running)
    assert ends[0] >= 0.4
    assert ends[1] >= 0.9


def test_a_child_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    """Ctrl-C ends everything within seconds, whatever a child thinks of it."""
    supervisor = Supervisor(lambda words: None)
    log = tmp_path / "stubborn.log"
    child = Child("stubborn", STUBBORN, log)
    assert supervisor.start(child, lambda: log.stat().st_size > 0)
    supervisor.stop()
    assert not child.running
    assert child.exit_status == -signal.SIGKILL


def test_what_uses_the_others_ends_first(tmp_path: Path) -> None:
    """Workers end while Redis still answers, so that each can sign off."""
    log = tmp_path / "order.log"
    program = (
        "import signal, sys, time\n"
        "def end(number, frame):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + ' ')\n"
        "    raise SystemExit\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print(1, flush=True)\n"
        "time.sleep(600)\n"
    )
    supervisor = Supervisor(lambda words: None)
    for name, urgent in (("redis", False), ("worker", True)):
        out = tmp_path / name
        command = (sys.executable, "-c", program, str(log), name)
        child = Child(name, command, out, urgent=urgent)
        assert supervisor.start(child, lambda out=out: out.stat().st_size > 0)  # type: ignore[misc]
    supervisor.stop()
    assert log.read_text(encoding="utf-8").split() == ["worker", "redis"]


def test_sigterm_ends_the_watch(tmp_path: Path) -> None:
    """`kill` is as good as Ctrl-C."""
    supervisor = Supervisor(lambda words: None)
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        supervisor.listen()
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        supervisor.keep()
        assert supervisor.stopping
    finally:
        for number, action in before.items():
            signal.signal(number, action)


def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """Even SIGKILL of the supervisor leaves nothing behind."""
    parent = subprocess.Popen(
        (sys.executable, "-c", PARENT, str(tmp_path / "log")),
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    assert until(lambda: not alive(child))
