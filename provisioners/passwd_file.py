"""A passwd-file on disk: read without a lock, changed under one, replaced in one step.

One user a line, `address:{SCHEME}hash:…`. Lines that are no users (comments, blank ones) and the
users of others are kept byte for byte.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES
from pathlib import Path

from provisioners.base import ProvisionError

_CLOCK_TICK = 0.02
"""Seconds that a file's date may lag behind the clock."""


_TO_ESCAPE = re.compile(r"(['\"\\])")
_ESCAPED = re.compile(r"\\(.)")


class PasswdFile:
    """Readers see the file before or after a change, never half of one."""

    def __init__(self, path: Path) -> None:
        self._path = Path(os.path.realpath(path))
        self.path = path

    def addresses(self) -> frozenset[str]:
        """All users, in lower case as Dovecot looks them up. Raises ProvisionError."""
        return frozenset(_user(line) for line in self._read().splitlines()) - {""}

    def refuse_unwritable(self) -> None:
        """Raises ProvisionError where `add` could not replace the file, or not keep its owner."""
        directory = self._path.parent
        try:
            owner = self._path.stat().st_uid
        except OSError as error:
            raise _unusable("read", error) from error
        lock = _lock_of(self._path)
        denied = next(
            (
                place
                for place, right in ((directory, os.W_OK | os.X_OK), (lock, os.R_OK | os.W_OK))
                if place.exists() and not os.access(place, right)
            ),
            None,
        )
        if denied is None and os.geteuid() not in (0, owner):
            denied = self._path
        if denied is not None:
            raise _unusable("written", PermissionError(EACCES, os.strerror(EACCES), str(denied)))

    def add(self, address: str, hashed: str) -> bool:
        """Add a user unless there is one. Whether it was added. Raises ProvisionError."""
        try:
            with self._locked():
                content = self._read()
                if any(_user(line) == address for line in content.splitlines()):
                    return False
                gap = b"\n" if content and not content.endswith(b"\n") else b""
                self._replace(content + gap + f"{_written(address)}:{hashed}::::::\n".encode())
                return True
        except OSError as error:
            raise _unusable("written", error) from error

    def wait_until_noticed(self) -> None:
        """Dovecot looks at the file's date once a second of the clock at most: until that second
        is over, a login may still be refused."""
        try:
            changed = int(self._path.stat().st_ctime + _CLOCK_TICK)
        except OSError as error:
            raise _unusable("read", error) from error
        left = changed + 1 + _CLOCK_TICK - time.time()
        if 0 < left <= 1 + _CLOCK_TICK:
            time.sleep(left)

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise _unusable("read", error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The lock is a file of its own, since the users file is replaced under it."""
        number = os.open(_lock_of(self._path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            yield
        finally:
            os.close(number)

    def _replace(self, content: bytes) -> None:
        """Owner and mode stay, since Dovecot's own user has to read the new file too."""
        before = self._path.stat()
        number, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        try:
            with os.fdopen(number, "wb") as file:
                os.fchown(number, before.st_uid, before.st_gid)
                os.fchmod(number, before.st_mode & 0o7777)
                file.write(content)
                file.flush()
                os.fsync(number)
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise
        self._sync_directory()

    def _sync_directory(self) -> None:
        number = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _user(line: bytes) -> str:
    """The user of one line; '' when it has none. splitlines() of bytes knows CR and LF only."""
    name = line.partition(b":")[0].strip()
    if not name or name.startswith(b"#") or b":" not in line:
        return ""
    return _ESCAPED.sub(r"\1", name.decode("utf-8", errors="replace")).lower()


def _written(user: str) -> str:
    """Dovecot 2.3 looks for `o\\'brien`, not `o'brien`: it escapes what it puts into
    username_format."""
    return _TO_ESCAPE.sub(r"\\\1", user)


def _unusable(verb: str, error: OSError) -> ProvisionError:
    return ProvisionError(
        f"The destination's list of mailboxes could not be {verb}. "
        "The administrator has to look at the users file and its directory.",
        f"{error.strerror}: {error.filename}" if error.filename else str(error),
        retry=True,
    )
