"""Where a measurement takes place: two Dovecots, their mail in memory, long lines to them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.stopwatch import ROOT, Stopwatch
from launch.certificates import Authority, make_authority
from launch.dovecot import Dovecot, DovecotSpec

MEMORY = Path("/dev/shm")
PASSWORD = "Bench-Geheim-17"
ROUND_TRIP = 0.05
BARE = "mail_plugins =\nprotocol imap {\n  mail_plugins =\n}\n"
"""Without plugins, as most servers run: with COMPRESS, mbsync would be measured at deflating."""
USERS = 800
PREFIX = "mh-bench-"
"""Of the directory's name; the number of the process that made it follows."""


@dataclass(frozen=True, slots=True)
class Ground:
    directory: Path
    source: Dovecot
    destination: Dovecot
    stopwatch: Stopwatch
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(USERS)))

    @property
    def ca_file(self) -> Path:
        return self.directory / "authority.pem"

    @property
    def in_memory(self) -> bool:
        return self.directory.is_relative_to(MEMORY)

    def user(self) -> str:
        """An address that has an empty mailbox on both sides."""
        return address(next(self._numbers))


class LongLine:
    """A delaying proxy before one port of a server, as a process of its own."""

    def __init__(self, target: int, round_trip: float) -> None:
        self.port = free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.delay_proxy", *map(str, (self.port, target, round_trip))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
        self._read()

    def round_trips(self) -> int:
        """Those that were waited for since the last question."""
        assert self._process.stdin is not None
        self._process.stdin.write("count\n")
        self._process.stdin.flush()
        return int(json.loads(self._read())["trips"])

    def close(self) -> None:
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def address(number: int) -> str:
    return f"bench{number}@bench.example"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ground() -> Iterator[Ground]:
    """Two servers that hold no mailbox yet; on a memory file system where there is one."""
    place = MEMORY if MEMORY.is_dir() else Path(tempfile.gettempdir())
    clear_leftovers(place)
    directory = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place))
    with ExitStack() as ends:
        ends.callback(_clear, directory)
        directory.chmod(0o755)
        authority = make_authority("Mailhaul bench authority")
        (directory / "authority.pem").write_bytes(authority.pem)
        source, destination = (
            _server(directory / name, authority, ends) for name in ("source", "destination")
        )
        stopwatch = Stopwatch()
        ends.callback(stopwatch.close)
        yield Ground(directory, source, destination, stopwatch)


def clear_leftovers(place: Path) -> None:
    """Of a bench that was killed: its memory would be missing from this machine for ever."""
    for directory in place.glob(f"{PREFIX}*"):
        number = directory.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdecimal() and not Path(f"/proc/{number}").exists():
            _clear(directory)


def _clear(directory: Path) -> None:
    """A server's process that has not quite ended may write once more: until all is gone."""
    for _ in range(10):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.1)


def _server(directory: Path, authority: Authority, ends: ExitStack) -> Dovecot:
    server = Dovecot(DovecotSpec(directory, free_port(), free_port(), settings=BARE))
    ends.callback(server.stop)
    server.prepare(authority)
    # All before it starts: it may look at the file once a second only.
    for number in range(USERS):
        server.add_user(address(number), PASSWORD)
    server.start()
    return server
