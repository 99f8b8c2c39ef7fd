"""A worker proves that it lives by extending its lease, and ends when the work is not its own."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType

from store.engine import StoreError

_PR_SET_PDEATHSIG = 1
FENCED_EXIT = 70

log = logging.getLogger("mailhaul.lease")


def die_with(parent: int) -> None:
    """This process is killed when its parent dies: nobody would watch over it any more."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the line above.
    if os.getppid() != parent:
        os._exit(FENCED_EXIT)


def end_process() -> None:
    """At once, without clean-up: whatever would still be written is another worker's now."""
    os._exit(FENCED_EXIT)


class Heartbeat:
    """Extends a lease each third of its time, in a thread of its own.

    `extend` returns False when the work belongs to somebody else: then `lost` is called. It is
    also called when the database could not be asked for a whole lease, since somebody else may
    have taken the work over by then."""

    def __init__(
        self, extend: Callable[[], bool], seconds: float, lost: Callable[[], None] = end_process
    ) -> None:
        self._extend = extend
        self._seconds = seconds
        self._lost = lost
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Before the work's end is written: after it the lease is nobody's. May be called twice."""
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        held_until = time.monotonic() + self._seconds
        while not self._done.wait(self._seconds / 3):
            asked = time.monotonic()
            try:
                ours = self._extend()
            except StoreError as error:
                log.warning("lease=unknown reason=%s", type(error).__name__)
                ours = asked < held_until
            else:
                held_until = asked + self._seconds
            if not ours and not self._done.is_set():
                log.warning("lease=lost")
                self._lost()
                return
