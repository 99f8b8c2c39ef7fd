"""Ctrl-C and SIGTERM: the first asks for a clean end, the second ends at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from sync.errors import Stopped, StopReason

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """sync.ports.Stop, asked for by a signal."""

    def __init__(self) -> None:
        self._wanted = threading.Event()

    def listen(self) -> None:
        """Signals that are ignored, as nohup and the background of a shell have it, stay so."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._caught)

    def reason(self) -> StopReason | None:
        return StopReason.STOP if self._wanted.is_set() else None

    def wait(self, seconds: float) -> None:
        """Raises Stopped when the end is asked for meanwhile."""
        if self._wanted.wait(seconds):
            raise Stopped(StopReason.STOP)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        # A ledger is whole at every moment: nothing is lost by an end at once.
        if self._wanted.is_set():
            raise KeyboardInterrupt
        self._wanted.set()
