"""Programs run one after the other, each with its time, its processor time and its memory.

A process's peak memory counts what it was before its `exec`: the memory of the one that started it.
So programs are started by a process of their own that holds next to nothing (`stopwatch_child.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
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
    output: str = field(default="", repr=False)


class Stopwatch:
    """Ends with `close`."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("stopwatch_child.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )

    def run(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> Sample:
        """`log` takes what the program says, and is read back into the sample."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        environment = {"PATH": os.environ.get("PATH", os.defpath), **environ}
        self._child.stdin.write(json.dumps([list(command), environment, str(log)]) + "\n")
        self._child.stdin.flush()
        wall, cpu, memory, status = json.loads(self._child.stdout.readline())
        return Sample(wall, cpu, memory, status, log.read_text(errors="replace"))

    def close(self) -> None:
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()
