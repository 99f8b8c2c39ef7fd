"""`python -m launch`, really started, on free ports and a data folder of its own."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.house.tree import ROOT

_numbers = itertools.count(1)
START_SECONDS = 60


@dataclass
class Started:
    """One start. `screen` grows while it runs."""

    data_dir: Path
    listen: str
    environ: dict[str, str]
    popen: subprocess.Popen[str]
    screen: list[str] = field(default_factory=list)
    _welcomed: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        return "".join(self.screen)

    def read(self) -> None:
        assert self.popen.stdout
        for line in self.popen.stdout:
            self.screen.append(line)
            if "Ctrl-C" in line:
                self._welcomed.set()
        self._welcomed.set()

    def wait(self) -> None:
        """Until it has said its welcome, or has ended."""
        assert self._welcomed.wait(START_SECONDS), self.text

    def end(self, number: int = signal.SIGINT) -> int:
        """As Ctrl-C does. Returns the exit status."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(30)

    def family(self) -> set[int]:
        """All processes below it."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and (parent := _parent(entry)):
                parents[int(entry.name)] = parent
        found = {self.popen.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.popen.pid}


def _parent(entry: Path) -> int:
    try:
        stat = (entry / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(stat.rpartition(")")[2].split()[1])


@pytest.fixture(scope="module")
def launch(open_dir: Path) -> Iterator[Callable[..., Started]]:
    """Start the product; keywords are variables of the environment.

    Stopped after the file's last test: what runs on would slow down all others."""
    running: list[Started] = []

    def start(data_dir: Path | None = None, **variables: str) -> Started:
        place = data_dir or open_dir / f"var{next(_numbers)}"
        place.mkdir(exist_ok=True)
        listen = f"127.0.0.1:{free_port()}"
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "DATA_DIR": str(place),
            "LISTEN": listen,
            "RUN_WORKERS": "1",
            "CHECK_WORKERS": "1",
            "DEMO_PORTS": " ".join(str(free_port()) for _ in range(4)),
            **variables,
        }
        popen = subprocess.Popen(
            (sys.executable, "-m", "launch"),
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started = Started(place, listen, environ, popen)
        running.append(started)
        threading.Thread(target=started.read, daemon=True).start()
        started.wait()
        return started

    yield start
    for started in running:
        started.end()
        assert started.popen.stdout
        started.popen.stdout.close()
