"""Nothing is left of a bench: neither in memory nor among the processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.ground import MEMORY, PREFIX, clear_leftovers
from bench.stopwatch import ROOT
from bench.workers import Watch


@pytest.mark.parametrize(
    ("number", "said_before"), [(signal.SIGINT, "first copy"), (signal.SIGTERM, "large:")]
)
def test_an_interrupted_bench_leaves_nothing(number: signal.Signals, said_before: str) -> None:
    """Ctrl-C while tools are measured, SIGTERM while mail is made: servers end, mail is removed."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench", "--case", "large"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as bench:
        assert bench.stdout is not None
        while line := bench.stdout.readline():
            if said_before in line:
                bench.send_signal(number)
                break
        _, said = bench.communicate()
    assert bench.returncode == 128 + number
    assert said == "interrupted; nothing is left behind\n"
    assert list(MEMORY.glob(f"{PREFIX}{bench.pid}-*")) == []
    assert _mentioning(f"{PREFIX}{bench.pid}-") == []


def test_what_a_killed_bench_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """By the number of a process that is no more; a bench that runs now is left alone."""
    with subprocess.Popen(["true"]) as ended:
        pass
    for number in (ended.pid, 1):
        (tmp_path / f"{PREFIX}{number}-x" / "mail").mkdir(parents=True)
    clear_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}1-x"]


def test_workers_are_measured_with_their_jobs() -> None:
    """A process that forks: processor time and memory of both."""
    script = (
        "import os, sys, time\n"
        "sys.stdin.readline()\n"
        "pid = os.fork()\n"
        "if not pid:\n"
        "    held = bytearray(100_000_000)\n"
        "    while time.process_time() < 1.5: pass\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "print('done', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        with Watch([worker.pid]) as watch:
            worker.stdin.write("go\n")
            worker.stdin.flush()
            assert worker.stdout.readline() == "done\n"
            assert watch.idle()
            assert watch.cpu() >= 0.2
            assert 100_000_000 < watch.memory < 200_000_000
        worker.stdin.close()


def _mentioning(text: str) -> list[str]:
    """Command lines of processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [line for line in lines if text in line]
