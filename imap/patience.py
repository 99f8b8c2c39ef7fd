"""How long a server may keep us waiting, how much it may say meanwhile, and who may end it.

    the next bytes           a timeout
    bytes amid a literal     CRAWL a second, else a timeout
    one command's answer     PATIENCE timeouts of waiting; given back by what is of use, bit by bit
    what is of no use        MOST_WASTE bytes, and no time

The time that our own limit of speed takes is not the server's. While nothing comes, and once a
second while something does, it is asked whether the end is wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sync.errors import Stopped, StopReason

SLICE = 0.5
"""Seconds of waiting after which we look up."""
PATIENCE = 5
CRAWL = 100
"""Bytes a second. What comes more slowly for a whole timeout has stalled, although no single wait
has run out."""
GIVEN_BACK = 120
"""A line of use gives back this part of a timeout."""
MOST_WASTE = 16 * 1024 * 1024
MOST_TOLD = 512 * 1024 * 1024
"""Bytes of use in the lines of one answer: a listing of two million messages."""
GRACE = 2.0
"""Seconds in which work that is to end may do so by itself, at a better place than amid a line."""
_LOOK = 1.0
_AROUND = 100
"""Bytes that a line counts beside its own, since it costs as much time."""

Heed = Callable[[], None]
"""Raises Stopped when the end has been wanted for a while."""


class Heedful:
    """For all lines of one account. `reason` is sync.ports.Stop's."""

    def __init__(self, reason: Callable[[], StopReason | None]) -> None:
        self._reason = reason
        self._asked = self._wanted = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._asked < SLICE:
            return
        self._asked = now
        reason = self._reason()
        if reason is None:
            self._wanted = 0.0
        elif not self._wanted:
            self._wanted = now
        elif now - self._wanted >= GRACE:
            raise Stopped(reason)


def heedless() -> None:
    """Nobody ever wants the end."""


class Patience:
    """Of one line. Raises TimeoutError when it is over, ValueError when it has been told too much,
    and what `heed` raises. `delayed` are the seconds in all that our own limit of speed took."""

    def __init__(self, heed: Heed = heedless, delayed: Callable[[], float] = float) -> None:
        self.timeout = 0.0
        self._heed = heed
        self._delayed = delayed
        self._since = self._looked = self._left = 0.0
        self._moved = 0
        self._crawled, self._came = 0.0, 0
        """Seconds waited amid literals, and the bytes that came of it."""
        self._wasted = self._told = 0

    def allow(self, seconds: float) -> None:
        self.timeout = seconds
        self.renew()

    def renew(self) -> None:
        """A command has been answered, or sent with none before it."""
        self._left = PATIENCE * self.timeout
        self._wasted = self._told = 0

    def begin(self) -> None:
        """A wait begins."""
        self._since, self._moved = self._now(), 0

    def idle(self, moved: int = 0) -> None:
        """The wait goes on: nothing, or not everything, has moved."""
        self._heed()
        self._moved += moved
        waited = self._now() - self._since
        if waited >= self.timeout:
            if self._moved < CRAWL * waited:
                raise TimeoutError
            self.begin()

    def end(self) -> float:
        """Bytes have come; the seconds that it took."""
        now = self._now()
        waited = now - self._since
        self._left -= waited
        if now - self._looked >= _LOOK:
            self._looked = now
            self._heed()
        if self._left < 0:
            raise TimeoutError
        return waited

    def end_amid_literal(self, count: int) -> None:
        """Likewise of so many bytes that were announced."""
        self._give_back(count / CRAWL)
        self._crawled += self.end()
        self._came += count
        if self._crawled >= self.timeout:
            if self._came < CRAWL * self._crawled:
                raise TimeoutError
            self._crawled, self._came = 0.0, 0

    def told(self, size: int, lines: int = 1) -> None:
        """Lines of use."""
        self._give_back(lines * self.timeout / GIVEN_BACK)
        self._told += size + lines * _AROUND
        if self._told > MOST_TOLD:
            raise ValueError("an answer without end")

    def wasted(self, size: int) -> None:
        """What is of no use to anybody."""
        self._wasted += size + _AROUND
        if self._wasted > MOST_WASTE:
            raise ValueError("words without end")

    def _give_back(self, seconds: float) -> None:
        self._left = min(self._left + seconds, PATIENCE * self.timeout)

    def _now(self) -> float:
        return time.monotonic() - self._delayed()
