"""Both sides logged in at the same time: each waits for its own server's round trips only."""

from __future__ import annotations

import threading
from collections.abc import Callable

Arrive = Callable[[], None]


def arrive(source: Arrive, destination: Arrive, *, together: bool = True) -> None:
    """Connect both, each by its own `connect`. The source's failure is told first.

    Not `together` where a limit of speed is shared: there one thread moves both lines."""
    if not together:
        source()
        destination()
        return
    arrival = _Arrival(source)
    arrival.start()
    try:
        destination()
    finally:
        arrival.join()
        if arrival.error is not None:
            raise arrival.error


class _Arrival(threading.Thread):
    def __init__(self, connect: Arrive) -> None:
        super().__init__(daemon=True)
        self._connect = connect
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._connect()
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits for it
            self.error = error
