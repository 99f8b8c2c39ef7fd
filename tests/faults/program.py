"""`python -m sync` between two real servers with nothing in between: killed, and started again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from threading import Timer

from launch.dovecot import Dovecot
from sync.errors import Side
from tests.faults.killing import Tried
from tests.faults.mailbox import TWICE_AS_MANY
from tests.faults.runs import HANG_SECONDS, ROOT
from tests.faults.stage import PASSWORD, Scene, Stage

BUSY_SECONDS = 0.4
"""So long after it has begun to send, or to start, it is killed at the latest."""
ASLEEP_SECONDS = 2.0


def kill_the_program(stage: Stage, seed: int, times: int) -> Tried:
    """At random moments, half of them while it starts and looks, half while it sends. Then the
    destination's process falls asleep for a while: what is on its way in the kernels and in its
    hands is on its way when the next one starts."""
    random, scene, tried = Random(seed), stage.large_scene(TWICE_AS_MANY), Tried()
    for number in range(times):
        seconds = random.uniform(0, BUSY_SECONDS)
        sending = bool(number % 2)
        sys.stdout.write(f"seed {seed}: after {seconds:.3f} s, sending {sending}\n")
        tried.killed += _killed(scene, seconds, sending=sending)
    tried.complaints = tuple(_complaints(scene))
    scene.discard()
    return tried


def _killed(scene: Scene, seconds: float, *, sending: bool) -> bool:
    """Whether it was killed, and had not ended before."""
    begun = _intents(scene.ledger)
    process = _start(scene)
    while sending and process.poll() is None and _intents(scene.ledger) == begun:
        time.sleep(0.005)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    asleep = _lull(scene.stage.servers[Side.DESTINATION]) if sending else []
    process.kill()
    Timer(ASLEEP_SECONDS, _wake, [asleep]).start()
    return process.wait() < 0


def _lull(server: Dovecot) -> list[int]:
    """Those who serve its mailboxes now fall asleep; their pids."""
    serving = []
    conf = bytes(server.spec.directory / "dovecot.conf")
    for comm in Path("/proc").glob("[0-9]*/comm"):
        # It may end while it is looked at.
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = (comm.parent / "stat").read_text().rpartition(")")[2].split()[1]
            if (
                comm.read_text() == "imap\n"
                and conf in Path(f"/proc/{parent}/cmdline").read_bytes()
            ):
                serving.append(int(comm.parent.name))
                os.kill(serving[-1], signal.SIGSTOP)
    return serving


def _wake(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _complaints(scene: Scene) -> Iterator[str]:
    if status := _start(scene).wait(10 * HANG_SECONDS):
        yield f"the last one ended with {status}"
    yield from scene.difference()
    uidnext = _uids(scene)
    if status := _start(scene).wait(HANG_SECONDS):
        yield f"one more ended with {status}"
    if _uids(scene) != uidnext:
        yield "one more has sent mail"


def _start(scene: Scene) -> subprocess.Popen[bytes]:
    servers = scene.stage.servers
    words = [sys.executable, "-m", "sync", "--state", str(scene.ledger), "--json"]
    for number, (side, user) in enumerate(
        [(Side.SOURCE, scene.source), (Side.DESTINATION, scene.destination)], 1
    ):
        words += [f"--host{number}", "127.0.0.1", f"--port{number}", str(servers[side].spec.port)]
        words += [f"--user{number}", user, f"--nossl{number}", f"--notls{number}"]
    secrets = {f"MAILHAUL_PASSWORD{number}": PASSWORD for number in (1, 2)}
    return subprocess.Popen(
        words, cwd=ROOT, env=os.environ | secrets, stdout=subprocess.DEVNULL, stderr=None
    )


def _intents(ledger: Path) -> int:
    """How many batches have been begun in all."""
    if not ledger.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM batch").fetchone()[0])
    except sqlite3.OperationalError:
        # It is just being made.
        return 0


def _uids(scene: Scene) -> dict[str, bytes]:
    """What the destination has written down of each folder's uids."""
    maildir = scene.maildir(Side.DESTINATION)
    return {str(path): path.read_bytes() for path in maildir.rglob("dovecot-uidlist")}
