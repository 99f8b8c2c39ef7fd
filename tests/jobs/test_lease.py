"""A worker holds its work as long as it lives, and not longer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from sqlalchemy.exc import OperationalError

from jobs.lease import FENCED_EXIT, Heartbeat
from tests.jobs.conftest import ROOT, wait_until

PARENT = """
import os, sys, time
from jobs.lease import die_with
parent = os.getpid()
child = os.fork()
if child == 0:
    die_with(parent)
    print(os.getpid(), flush=True)
    time.sleep(60)
time.sleep(60)
"""


def test_the_lease_is_extended_each_third_of_its_time() -> None:
    """And no more once the work has ended."""
    beats: list[float] = []
    lost = threading.Event()

    def extend() -> bool:
        beats.append(time.monotonic())
        return True

    with Heartbeat(extend, 0.3, lost.set):
        time.sleep(0.75)
    number = len(beats)
    time.sleep(0.3)
    assert 4 <= number == len(beats) <= 7
    assert not lost.is_set()


def test_a_lost_lease_ends_the_worker_at_once() -> None:
    """Nothing more is asked after that."""
    beats: list[int] = []
    lost = threading.Event()

    def extend() -> bool:
        beats.append(1)
        return False

    with Heartbeat(extend, 0.15, lost.set):
        assert lost.wait(5)
        time.sleep(0.2)
    assert beats == [1]


def test_a_database_that_is_away_ends_the_worker_with_the_lease() -> None:
    """Not before: a short absence costs nothing."""
    lost = threading.Event()
    begun = time.monotonic()

    def extend() -> bool:
        raise OperationalError("UPDATE", {}, Exception("away"))

    with Heartbeat(extend, 0.6, lost.set):
        assert lost.wait(5)
    assert time.monotonic() - begun >= 0.6


def test_without_any_other_word_the_process_ends() -> None:
    """The default of a lost lease is an exit that runs no clean-up."""
    code = (
        "import atexit, time; from jobs.lease import Heartbeat\n"
        "atexit.register(print, 'cleaned up')\n"
        "with Heartbeat(lambda: False, 0.1): time.sleep(30)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False, timeout=20
    )
    assert ended.returncode == FENCED_EXIT
    assert ended.stdout == b""


def test_a_work_horse_dies_with_its_worker() -> None:
    """Also when the worker is killed without a chance to say so."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _lives(child), "the child is gone", 5)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z" and pid != os.getpid()
