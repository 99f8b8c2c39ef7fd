"""After a line to the destination has broken: when its silence about a message means something.

A server goes on storing what it had received before the line broke, and before our process died.
Until then a message is neither there nor lost, and sending it again would double it. No command of
IMAP asks for the end of an earlier session, so all that is left is to look again for a while, and
for as long again whenever something has come in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.model import MessageMeta
from sync.ports import Stop
from sync.twins import Sides
from sync.work import Work

_FIRST = 0.1
_LONGEST = 2.0
"""Seconds between two looks; each is twice as long as the one before."""


class Aftermath:
    """One for a run. A new one stands as after a break, `quiet` seconds after it: the process
    before may have just died."""

    def __init__(self, sides: Sides, stop: Stop, *, seconds: float, quiet: float = 0.0) -> None:
        self.sides = sides
        self._stop = stop
        self._seconds = seconds
        self._left = seconds - quiet
        self._pause = _FIRST

    def lost(self) -> None:
        """The line to the destination has broken just now."""
        self._left = self._seconds
        self._pause = _FIRST

    def arrived(
        self, work: Work, doubtful: Sequence[MessageMeta], uidnext: int
    ) -> Mapping[int, int]:
        """Source uid → destination uid of those that the destination has got, at uids from
        `uidnext` on. When it returns, the others will not arrive any more: they may be sent again.

        Raises Stopped when that is asked for while it waits."""
        found = self.sides.arrived(work, doubtful, uidnext)
        while len(found) < len(doubtful) and self._left > 0:
            self._wait()
            before, found = len(found), self.sides.arrived(work, doubtful, uidnext)
            if len(found) > before:
                # It is still storing: what has not come yet may be next.
                self._left = self._seconds
        return found

    def _wait(self) -> None:
        self._stop.wait(min(self._pause, self._left))
        self._left -= self._pause
        self._pause = min(2 * self._pause, _LONGEST)
