"""Keeps the product's processes alive, and ends them all when one person says so."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

from launch.children import Child

LOOK_SECONDS = 0.2
GRACE_SECONDS = 4.0
SECOND_CALL_SECONDS = 3.0


class Supervisor:
    """Children are started in the order given and stopped the other way round."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._children: list[Child] = []
        self._say = say
        self._stopping = False

    def listen(self) -> None:
        """From now on Ctrl-C and SIGTERM end `keep`. Before, they end the program as usual."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def start(self, child: Child, ready: Callable[[], bool], seconds: float = 20.0) -> bool:
        """Start one and wait until it is ready. False: it ended, took too long, or we stop."""
        child.start()
        self._children.append(child)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and child.running and not self._stopping:
            if ready():
                return True
            time.sleep(0.03)
        return False

    def add(self, child: Child) -> None:
        child.start()
        self._children.append(child)

    def keep(self) -> None:
        """Until asked to stop."""
        while not self._stopping:
            for child in self._children:
                words = child.keep()
                if words:
                    self._say(words)
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """What uses the others ends first. Nothing is left running afterwards."""
        for urgent in (True, False):
            self._end([child for child in reversed(self._children) if child.urgent is urgent])

    def _end(self, children: list[Child]) -> None:
        for child in children:
            child.signal(signal.SIGTERM)
        if not _all_end(children, SECOND_CALL_SECONDS):
            for child in children:
                child.signal(signal.SIGTERM)
        if not _all_end(children, GRACE_SECONDS):
            for child in children:
                child.signal(signal.SIGKILL)
            _all_end(children, GRACE_SECONDS)

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _all_end(children: list[Child], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    return all(child.wait(deadline - time.monotonic()) for child in children)
