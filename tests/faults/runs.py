"""Runs of the engine, each in a process of its own that may be killed, and how they ended."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sync.report import Verdict
from tests.faults.nursery import Order

ROOT = Path(__file__).resolve().parents[2]
HANG_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `answer` is empty when it was killed."""

    answer: dict[str, Any]
    killed: bool
    hung: bool
    log: str

    @property
    def verdict(self) -> str:
        return str(self.answer.get("verdict", ""))

    @property
    def green(self) -> bool:
        return self.verdict == Verdict.VERIFIED

    @property
    def sound(self) -> bool:
        """It came to an end that a person can read."""
        return not self.hung and bool(self.answer)

    def total(self, name: str) -> int:
        return sum(int(folder[name]) for folder in self.answer.get("folders", ()))

    def __str__(self) -> str:
        ending = "hung" if self.hung else "killed" if self.killed else json.dumps(self.answer)
        return f"{ending} {self.log}"


@dataclass(slots=True)
class Nursery:
    """The process that forks the runs. `victim` is set to the pid of the run under way."""

    log: Path
    victim: int = 0
    born: threading.Event = field(default_factory=threading.Event)
    _process: subprocess.Popen[bytes] | None = None
    _lines: list[str] = field(default_factory=list)
    _rest: bytes = b""

    def start(self) -> None:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def stop(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def kill(self) -> None:
        """SIGKILL for the run under way, as soon as its pid is known."""
        assert self.born.wait(HANG_SECONDS)
        # A client does not wait for the answer to LOGOUT, and may be gone before it.
        with suppress(ProcessLookupError):
            os.kill(self.victim, signal.SIGKILL)

    def run(self, order: Order, patience: float) -> Ended:
        """One run, which has hung when it takes more than `patience` seconds."""
        assert self._process is not None
        assert self._process.stdin is not None
        self.born.clear()
        begun = self.log.stat().st_size
        self._process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = {}
        hung = False
        deadline = time.monotonic() + patience
        while True:
            line = self._line(deadline)
            if line.startswith("pid "):
                self.victim = int(line[4:])
                self.born.set()
            elif line.startswith("end "):
                killed = os.WIFSIGNALED(int(line[4:]))
                log = self.log.read_text()[begun:]
                return Ended(answer, killed and not hung, hung, log)
            elif line:
                answer = json.loads(line)
            else:
                hung, deadline = True, deadline + HANG_SECONDS
                self.kill()

    def _line(self, deadline: float) -> str:
        """The next line; '' when there is none in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        while b"\n" not in self._rest:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self._process.stdout], [], [], left)[0]:
                return ""
            data = os.read(self._process.stdout.fileno(), 65536)
            assert data, f"the nursery has ended: {self.log.read_text()}"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()
