"""Argon2, a few at a time: each hash costs 64 MB and a processor, and strangers ask for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Busy(Exception):
    """More passwords are being checked than this process has room for: ask again in a moment."""


class Turns:
    """So many at a time; a few more wait, and not for long."""

    def __init__(self, places: int, waiting: int, seconds: float) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(places)
        self._queue = threading.BoundedSemaphore(places + waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises Busy."""
        if not self._queue.acquire(blocking=False):
            raise Busy
        try:
            if not self._places.acquire(timeout=self._seconds):
                raise Busy
            try:
                yield
            finally:
                self._places.release()
        finally:
            self._queue.release()


_hasher = PasswordHasher()
_strangers = Turns(2, 2, 3.0)
_known = Turns(1, 2, 10.0)
"""For whom we know: a place of their own, which no stranger takes."""


def hashed(password: str) -> str:
    """Raises Busy."""
    with _known.one():
        return _hasher.hash(password)


def matches(password_hash: str, password: str, *, known: bool = False) -> bool:
    """Raises Busy."""
    with (_known if known else _strangers).one():
        try:
            return _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
