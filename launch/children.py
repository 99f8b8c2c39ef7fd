"""One process that the supervisor keeps alive."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Child:
    """How to start it. It is told to end when we die, however we die.

    `urgent` children get a second SIGTERM when the first was not enough: a worker that finishes
    its job on the first gives it up on the second.
    """

    name: str
    command: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    urgent: bool = False
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _failures: int = 0
    _not_before: float = 0.0

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environ),
                # Ctrl-C reaches the supervisor alone, which stops the rest in the right order.
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),
            )
        self._started = time.monotonic()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        return self._process.poll() if self._process else None

    def keep(self) -> str:
        """Start it again when it has ended and its pause is over. Words when it has just ended.

        The pause doubles with each end that follows soon on a start.
        """
        if self.running:
            return ""
        now = time.monotonic()
        if self._process is not None:
            words = f"{self.name} ended with status {self.exit_status}; see {self.log}"
            lived = now - self._started
            self._failures = 0 if lived > HEALTHY_SECONDS else self._failures + 1
            pause = 0.0 if not self._failures else 0.25 * 2.0**self._failures
            self._not_before = now + min(pause, LONGEST_PAUSE)
            self._process = None
            return words
        if now >= self._not_before:
            self.start()
        return ""

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return False
        return True


def _end_with(parent: int) -> Callable[[], None]:
    def arrange() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return arrange
