"""Lines that break at a folder, since some servers die of a name or of an index each time: a folder
at which one breaks twice is set aside, and the rest goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sync.errors import Code, ConnectionLost, FolderError, Side

TWICE = 2
MOST_ASIDE = 10
"""So many set aside by one step of a run: it is not the folders that are at fault."""

Place = tuple[Side | None, str]
"""Side and folder name."""


class Drops:
    """What one step of a run has met."""

    def __init__(self) -> None:
        self._seen: Counter[Place] = Counter()
        self._aside: dict[Place, FolderError] = {}

    @property
    def aside(self) -> Mapping[Place, FolderError]:
        """Why a folder is asked for no more."""
        return self._aside

    @property
    def many(self) -> bool:
        """Whether there were too many for it to be the folders that are at fault."""
        return len(self._aside) >= MOST_ASIDE or self._seen.total() >= 3 * MOST_ASIDE

    def met(self, lost: ConnectionLost) -> bool:
        """Whether it is known at which folder the line broke, and something can be done about it:
        then it need not end the account."""
        place = lost.side, lost.folder
        if not lost.folder or lost.code is Code.THROTTLED or place in self._aside:
            return False
        if self.many:
            return False
        self._seen[place] += 1
        if self._seen[place] >= TWICE:
            words = lost.server_words or "the connection broke at this folder, twice"
            code = Code.CONNECTION_LOST
            self._aside[place] = FolderError(code, words, side=lost.side, where=lost.folder)
        return True
