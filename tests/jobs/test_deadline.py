"""The kernel ends a process at its deadline, whatever state it is in."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.jobs.conftest import ROOT

PROGRAM = """
import os, signal, sys, time
from jobs.deadline import Deadline, clock
deadline = Deadline()
deadline.set(clock() + 0.3)
{}
time.sleep(0.9)
"""


def ended(line: str) -> int:
    """The status of a program with a deadline after 0.3 s that does this, and ends after 0.9 s."""
    code = PROGRAM.format(line)
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, timeout=20
    ).returncode


@pytest.mark.parametrize("line", ["pass", "os.kill(os.getpid(), signal.SIGSTOP)"])
def test_a_process_ends_at_its_deadline(line: str) -> None:
    """A stopped one without being woken: it never sends another byte."""
    assert ended(line) == -signal.SIGKILL


@pytest.mark.parametrize("line", ["deadline.clear()", "deadline.set(clock() + 60)"])
def test_a_deadline_can_be_moved(line: str) -> None:
    """Taken away, or set later: the process ends by itself."""
    assert ended(line) == 0


def test_a_deadline_that_is_past_is_now() -> None:
    """A lease that was over before it was looked at."""
    assert ended("deadline.set(clock() - 60)") == -signal.SIGKILL


def test_a_fork_has_none() -> None:
    """It is the process that holds the lease that ends."""
    assert (
        ended("pid = os.fork()\nif pid:\n    deadline.clear(); sys.exit(os.waitpid(pid, 0)[1])")
        == 0
    )
