"""The data folder and the address: ours alone, or words that say who has them."""

from __future__ import annotations

import fcntl
import http.client
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotStart(Exception):
    """Why `make run` ends at once, and what to do."""


@contextmanager
def claimed(data_dir: Path) -> Iterator[None]:
    """The folder exists and no other start has it. Raises CannotStart."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "running.lock").open("a+", encoding="ascii")
    except OSError as error:
        raise CannotStart(
            f"The data folder {data_dir} cannot be used: {error.strerror}. "
            "DATA_DIR chooses another."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise CannotStart(
                f"Mailhaul runs already with the data folder {data_dir} "
                f"(process {lock.read().strip() or 'unknown'})."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def close_to_others(data_dir: Path) -> None:
    """What an older version, or a folder that was there, left readable. The key file is not among
    it: where others could read that, a person has to know. Raises CannotStart."""
    files = [*data_dir.glob("mailhaul*"), *data_dir.glob("*.lock"), *data_dir.glob("*.pem")]
    for folder in (data_dir / "logs", data_dir / "redis"):
        files += [folder, *folder.rglob("*")] if folder.is_dir() else []
    for path in files:
        _close(path)


def _close(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & 0o077 and not path.is_symlink():
            path.chmod(mode & ~0o077)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotStart(
            f"{path} may be read by other users (mode {mode:04o}), and that cannot be changed: "
            f"{error.strerror}. Run as its owner: chmod go-rwx {path}"
        ) from error


def split_address(listen: str) -> tuple[str, int]:
    """Host and port of LISTEN. Raises CannotStart."""
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise CannotStart(f"LISTEN is {listen!r}: an address and a port are needed, 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def refuse_taken(listen: str) -> None:
    """Raises CannotStart when another program has the address."""
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Cannot listen on {listen}: {error.strerror}. LISTEN chooses another address: "
                "make run LISTEN=127.0.0.1:8001"
            ) from error


def page_answers(listen: str) -> bool:
    """Whether the web server has begun to answer."""
    host, port = split_address(listen)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Connection": "close"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
