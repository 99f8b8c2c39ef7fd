"""What several processes and those they fork use together, read from /proc while they work."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from threading import Event, Thread

_PROC = Path("/proc")
_LOOK_SECONDS = 0.4
"""Each look costs the machine some milliseconds a process, which is time of those looked at."""
_SHARE = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """From `with` on, over the processes and their children.

    The processor's time is exact: a process's own and that of the children it has waited for. The
    memory is what all of them held together at one moment; a page that several share counts once
    (proportional set size).
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = tuple(pids)
        self._over = Event()
        self._thread = Thread(target=self._look_on)
        self._begun = 0.0
        self.memory = 0
        """Bytes: the most that a look has seen."""

    def __enter__(self) -> Watch:
        self._begun = self._used()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def idle(self) -> bool:
        """Whether all children have ended and are waited for."""
        return not any(_children(pid) for pid in self._pids)

    def cpu(self) -> float:
        """Seconds since the beginning."""
        return self._used() - self._begun

    def _used(self) -> float:
        return sum(map(_cpu, self._pids))

    def _look_on(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            held = sum(_share(each) for pid in self._pids for each in (pid, *_children(pid)))
            self.memory = max(self.memory, held)


def _children(pid: int) -> list[int]:
    return [int(word) for word in _read(pid, f"task/{pid}/children").split()]


def _share(pid: int) -> int:
    found = _SHARE.search(_read(pid, "smaps_rollup"))
    return int(found[1]) * 1024 if found else 0


def _cpu(pid: int) -> float:
    """Own and waited-for children's, user and system: fields 14 to 17 of proc_pid_stat(5)."""
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _read(pid: int, name: str) -> str:
    """'' when the process has just ended."""
    try:
        return (_PROC / str(pid) / name).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
