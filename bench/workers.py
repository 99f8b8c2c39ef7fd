"""What several processes and those they fork use together, read from /proc while they work."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from threading import Event, Thread

_PROC = Path("/proc")
_LOOK_SECONDS = 0.05
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """From `with` on. Each of the processes has one child at a time.

    The processor's time is exact: a process's own and that of the children it has waited for. The
    memory is the sum of every process's own peak and of the largest peak among its children; pages
    that they share count for each of them, so it is more than was ever used at once.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = tuple(pids)
        self._peaks: defaultdict[int, int] = defaultdict(int)
        self._over = Event()
        self._thread = Thread(target=self._look_on)
        self._begun = 0.0

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

    def memory(self) -> int:
        return sum(_peak(pid) + self._peaks[pid] for pid in self._pids)

    def _used(self) -> float:
        return sum(map(_cpu, self._pids))

    def _look_on(self) -> None:
        """A peak is a mark that stays: only what a child adds in its last moment is missed."""
        while not self._over.wait(_LOOK_SECONDS):
            for pid in self._pids:
                for child in _children(pid):
                    self._peaks[pid] = max(self._peaks[pid], _peak(child))


def _children(pid: int) -> list[int]:
    return [int(word) for word in _read(pid, f"task/{pid}/children").split()]


def _peak(pid: int) -> int:
    found = _PEAK.search(_read(pid, "status"))
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
