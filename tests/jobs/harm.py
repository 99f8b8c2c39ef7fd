"""What is done to processes: stopped, woken and killed, with all that they have started."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from store.engine import Store


def children(pid: int) -> list[int]:
    """Those that live now."""
    everyone = [int(place.name) for place in Path("/proc").glob("[0-9]*")]
    return [one for one in everyone if _status(one)[1:2] == [str(pid)] and lives(one)]


def lives(pid: int) -> bool:
    """Not gone, and not a zombie."""
    return _status(pid)[:1] not in ([], ["Z"])


def _status(pid: int) -> list[str]:
    """State, parent and more; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def family(pid: int) -> list[int]:
    """It and its children, and theirs."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def send(pids: list[int], number: signal.Signals) -> None:
    """To each that still lives."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Another program holds the lock of an SQLite database: nobody else can write."""
    path = store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
