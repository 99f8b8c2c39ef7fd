"""Programs run one after the other, each with its time, its processor time and its memory.

A process's peak memory counts what it was before its `exec`: the memory of the one that started it.
So programs are started by a process of their own that holds next to nothing (`stopwatch_child.py`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Sample:
    """One program, once: seconds, seconds of processor, bytes at its peak."""

    wall: float
    cpu: float
    memory: int
    status: int = 0
    """What it exited with; below zero the signal that ended it."""
    output: str = field(default="", repr=False)
    ended: bool = False
    """It took longer than it was given."""


class Stopwatch:
    """Ends with `close`, and with it the program that runs."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("stopwatch_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            # Ctrl-C reaches the bench alone, which ends the rest.
            start_new_session=True,
        )

    def run(
        self, command: Sequence[str], environ: Mapping[str, str], log: Path, patience: float = 300.0
    ) -> Sample:
        """`log` takes what the program says, and is read back into the sample. A program that
        takes longer than `patience` seconds is killed."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        environment = {"PATH": os.environ.get("PATH", os.defpath), **environ}
        log.parent.mkdir(parents=True, exist_ok=True)
        order = [list(command), environment, str(log), patience]
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        wall, cpu, memory, status = json.loads(self._child.stdout.readline())
        said = log.read_text(errors="replace")
        return Sample(wall, cpu, memory, status, said, ended=status < 0 and wall >= patience)

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                stream.close()
