"""A destination that goes on storing what it had received, after the client's line has gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.faults.script import Cut, Ending, Script
from tests.faults.wire import Command

SECONDS = 1.5
_PARTS = 25


@dataclass(slots=True)
class Late(Script):
    """From the `first` APPEND on nothing reaches the server. When the `last` one is whole the
    client is killed, or only its line is lost; then the server slowly gets what was held."""

    first: int
    last: int
    ending: Ending = Ending.RESET
    kill: Callable[[], None] | None = None
    delivered: int = field(default=0, init=False)
    """Bytes that came late."""
    holds: bool = field(default=False, init=False)
    _appends: int = field(default=0, init=False)

    def command(self, command: Command) -> None:
        if command.name == "APPEND":
            self._appends += 1
            self.holds = self.first <= self._appends <= self.last

    def whole(self, command: Command) -> None:
        if command.name == "APPEND" and self._appends == self.last:
            # What follows on another connection is let through.
            self._appends += 1
            if self.kill is not None:
                self.kill()
            raise Cut(self.ending)

    def late(self, held: bytes) -> Iterator[bytes]:
        self.holds = False
        step = len(held) // _PARTS + 1
        for start in range(0, len(held), step):
            time.sleep(SECONDS / _PARTS)
            self.delivered += len(held[start : start + step])
            yield held[start : start + step]
