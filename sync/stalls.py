"""One message after the other breaks the source's line: are the messages at fault, or the source?

    so many in a row     what is read next
    PROBE                the folder's other end; its second time, the folder is left
    more                 another folder
    STALLED              nothing: the source has stalled

Thus a few unreadable messages side by side cost themselves, a larger piece of a folder costs what
lies within it, and a source that gives nothing is not asked for every message in turn. What can be
read is read by each run, wherever it lies.
"""

from __future__ import annotations

from sync.batch import Waiting
from sync.errors import ConnectionLost, FolderError, Side, Stalled
from sync.model import Unreadable
from sync.work import Work

PROBE = 3
STALLED = 6


class Stalls:
    """Different messages without one that was read whole between them."""

    def __init__(self) -> None:
        self._row = 0
        self._last: tuple[Work, int, ConnectionLost] | None = None
        self._turned: set[Work] = set()

    def read(self) -> None:
        """A message was read whole."""
        self._row = 0

    def unreadable(self, work: Work, answer: Unreadable) -> None:
        """Counts when the line broke at it, each time."""
        if isinstance(lost := answer.error.__cause__, ConnectionLost):
            self.broken_at(work, answer.uid, lost)

    def broken_at(self, work: Work, uid: int, lost: ConnectionLost) -> None:
        self._row += 1
        self._last = (work, uid, lost)

    def divert(self, waiting: Waiting) -> None:
        """Order what waits anew, if need be. Raises Stalled."""
        if self._last is None:
            return
        (work, uid, lost), self._last = self._last, None
        name = work.pair.source.name
        if self._row >= STALLED:
            raise Stalled(lost, name, uid)
        if self._row < PROBE:
            return
        if self._row > PROBE:
            waiting.postpone(work)
        elif work not in self._turned:
            self._turned.add(work)
            waiting.turn(work)
        else:
            error = FolderError(lost.code, lost.server_words, side=Side.SOURCE, where=name)
            work.tally.fail_open(error)
