"""Two questions to two servers at the same time: each waits for its own round trips only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def both(
    source: Callable[[], A], destination: Callable[[], B], *, together: bool = True
) -> tuple[A, B]:
    """What both answer. The source's failure is told first.

    Not `together` where a limit of speed is shared: there one thread moves both lines."""
    if not together:
        return source(), destination()
    asking = _Asking(source)
    asking.start()
    try:
        told = destination()
    finally:
        asking.join()
        if asking.error is not None:
            raise asking.error
    return asking.answers[0], told


class _Asking(threading.Thread, Generic[A]):
    def __init__(self, ask: Callable[[], A]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self.answers: list[A] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.answers.append(self._ask())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for it
            self.error = error
