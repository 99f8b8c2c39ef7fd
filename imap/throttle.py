"""The limit of speed (H5): so many bytes a second on each server's line, in and out together.

A bucket that hardly holds anything: what is not used is lost, so that in any five seconds no more
than five seconds' worth passes, the first ones included, and no burst follows upon silence.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import Protocol

DEPTH = 0.04
"""Seconds that may be made up for, and that one piece lasts."""
SHARE = 0.95
"""Of the limit: with the depth, one piece and what the kernel gathers, five seconds hold no more
than five times the limit."""
LONGEST = 1.0
SHORTEST = 0.005
"""Seconds of one wait. What is overslept is made up for."""
BUFFERED = 0.1
"""Seconds of the limit that are gathered on the way: by us, and by the kernel in each direction,
which takes about twice of what it is told."""
UNBOUND = 4_000_000
"""Bytes a second from which on the kernel's own measure is small enough."""
USUAL_SEGMENT = 1460
SMALL_SEGMENT = 536
_SLOW = 16 * 1024
_LEAST_UNREAD = 1024
_LEAST_UNSENT = 4096

GENTLY = 0.1
"""Of the limit, in the beginning of a share of something larger."""

Wait = Callable[[float], None]
Clock = Callable[[], float]


class Bucket:
    """What may pass on the lines to one server; a new line goes on where the last one stood.

    Pieces of at most `piece` bytes, each taken when `delay` is 0: then no 5 s, wherever they
    begin, see more than 5 times `bytes_per_second` (of 1,000 or more)."""

    def __init__(self, bytes_per_second: float, *, clock: Clock = time.monotonic) -> None:
        self.bytes_per_second = bytes_per_second
        self.delayed = 0.0
        """Seconds that lines have waited for their turn."""
        self._clock = clock
        self._paid = clock()
        """Until when everything that was taken is paid for."""

    @property
    def piece(self) -> int:
        return max(1, int(self.bytes_per_second * DEPTH))

    def change(self, bytes_per_second: float) -> None:
        """From now on. What is owed stays the same number of bytes."""
        if bytes_per_second != self.bytes_per_second:
            owed = self.delay() * self.bytes_per_second
            self._paid = self._clock() + owed / bytes_per_second
            self.bytes_per_second = bytes_per_second

    def delay(self) -> float:
        """Seconds until something may pass."""
        return max(self._paid - self._clock(), 0.0)

    def take(self, count: int) -> None:
        """So many bytes have passed."""
        rate = self.bytes_per_second * SHARE
        self._paid = max(self._paid, self._clock() - DEPTH) + count / rate


class Line(Protocol):
    def move(self) -> float:
        """Send what is queued if it is its turn; seconds until the next turn, inf for none."""


class Throttle:
    """The limit of one account. Give it to both sides: while one waits for its turn, the other
    goes on. `wait` pauses for seconds, one at most; it may raise.

    `bytes_per_second` 0 is no limit; else it may be set to another number, not 0, by any thread,
    and holds from the next piece on. `ask` is asked for it before each piece. For the first
    `gently` seconds a tenth of it passes. Lines keep the buffers that they were opened with."""

    def __init__(
        self,
        bytes_per_second: int,
        wait: Wait,
        *,
        clock: Clock = time.monotonic,
        ask: Callable[[], int] | None = None,
        gently: float = 0.0,
    ) -> None:
        self.bytes_per_second = bytes_per_second
        self._wait = wait
        self._clock = clock
        self._ask = ask
        self._gently_until = clock() + gently
        self._lines: list[Line] = []
        self._buckets: list[Bucket] = []

    def limit(self) -> Limit | None:
        """For all lines to one server, one after the other; None without a limit."""
        if not self.bytes_per_second:
            return None
        self._buckets.append(Bucket(self._present(), clock=self._clock))
        return Limit(self, self._buckets[-1])

    def join(self, line: Line) -> None:
        self._lines.append(line)

    def leave(self, line: Line) -> None:
        with suppress(ValueError):
            self._lines.remove(line)

    def move_others(self, line: Line) -> float:
        """Move all lines but this one; seconds until the first of them moves again."""
        return min((other.move() for other in tuple(self._lines) if other is not line), default=inf)

    def await_turn(self, line: Line, bucket: Bucket) -> None:
        """Return when it is this line's turn."""
        self._obey()
        begun = self._clock()
        while (left := bucket.delay()) > 0:
            left = min(left, self.move_others(line), LONGEST)
            self._wait(max(left, SHORTEST))
            self._obey()
        bucket.delayed += self._clock() - begun

    def _obey(self) -> None:
        """The limit as it is now."""
        if self._ask is not None:
            self.bytes_per_second = self._ask()
        present = self._present()
        for bucket in self._buckets:
            bucket.change(present)

    def _present(self) -> float:
        beginning = self._clock() < self._gently_until
        return self.bytes_per_second * (GENTLY if beginning else 1.0)


@dataclass(frozen=True, slots=True)
class Limit:
    """What holds for the lines to one server."""

    throttle: Throttle
    bucket: Bucket


def gathered(bytes_per_second: int) -> int:
    """So many bytes may wait for company before they go out."""
    return max(int(bytes_per_second * BUFFERED), _LEAST_UNSENT)


def bound_buffers(sock: socket.socket, bytes_per_second: int) -> None:
    """Before it connects, keep the kernel from receiving at full speed what we read slowly, and
    from holding back what we have sent. Where it cannot be done, it is not."""
    unsent = gathered(bytes_per_second)
    _try_to_set(sock, socket.IPPROTO_TCP, "TCP_NOTSENT_LOWAT", unsent)
    if bytes_per_second < UNBOUND:
        # A receive buffer smaller than a segment, which on loopback has 64 KB, is never filled.
        segment = SMALL_SEGMENT if bytes_per_second < _SLOW else USUAL_SEGMENT
        _try_to_set(sock, socket.IPPROTO_TCP, "TCP_MAXSEG", segment)
        unread = max(int(bytes_per_second * BUFFERED), _LEAST_UNREAD)
        _try_to_set(sock, socket.SOL_SOCKET, "SO_RCVBUF", unread)


def _try_to_set(sock: socket.socket, level: int, name: str, value: int) -> None:
    with suppress(OSError, AttributeError):
        sock.setsockopt(level, getattr(socket, name), value)
