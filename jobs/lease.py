"""A worker proves that it lives by extending its lease, and ends when the work is not its own."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import threading
from collections.abc import Callable
from types import TracebackType

from jobs.deadline import Deadline, clock
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
    have taken the work over by then. `since`, on jobs.deadline.clock, is when the lease was asked
    for: now, if nothing is said. `deadline` is set to the lease's end, and moved on with it: for
    work of which not a byte may go out after that."""

    def __init__(
        self,
        extend: Callable[[], bool],
        seconds: float,
        lost: Callable[[], None] = end_process,
        *,
        since: float | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        self._extend = extend
        self._seconds = seconds
        self._lost = lost
        self._deadline = deadline
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._held_until = 0.0
        self._held_from(clock() if since is None else since)

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
        if self._deadline is not None:
            self._deadline.clear()

    def stop(self) -> None:
        """Before the work's end is written: after it the lease is nobody's. May be called twice.
        The deadline stands until the end is written."""
        self._done.set()
        self._thread.join()

    def _held_from(self, moment: float) -> None:
        self._held_until = moment + self._seconds
        if self._deadline is not None:
            self._deadline.set(self._held_until)

    def _beat(self) -> None:
        while not self._done.wait(self._seconds / 3):
            asked = clock()
            try:
                ours = self._extend()
            except StoreError as error:
                log.warning("lease=unknown reason=%s", type(error).__name__)
                ours = clock() < self._held_until
            else:
                if ours:
                    # From before the question: the lease in the database is no shorter.
                    self._held_from(asked)
            if not ours and not self._done.is_set():
                log.warning("lease=lost")
                self._lost()
                return
