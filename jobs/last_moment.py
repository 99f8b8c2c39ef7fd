"""Work that has an end, whatever the other side does: a server that sends a byte now and then, a
name that is looked up for ever, an endless answer. Nothing of it can be asked to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

from jobs.lease import end_process
from jobs.leaving import LEAVING
from store.engine import StoreError

GRACE = 2.0
"""Seconds."""
_LOOK = 0.25

log = logging.getLogger("mailhaul.check")


class LastMoment:
    """After so many seconds `end` enters what there is to say, and this process ends: a thread that
    waits for a socket can be ended in no other way. `leave` comes between the two. A worker that is
    asked to end gives the work back instead, if that has not come to its end within GRACE.

    Where the end cannot be entered the process ends all the same: the lease runs out, and the work
    is taken up again."""

    def __init__(
        self,
        seconds: float,
        end: Callable[[], None],
        *,
        give_back: Callable[[], None],
        leave: Callable[[], None],
        over: Callable[[], None] = end_process,
    ) -> None:
        self._seconds = seconds
        self._end = end
        self._give_back = give_back
        self._leave = leave
        self._over = over
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._wait, name="last-moment", daemon=True)

    def __enter__(self) -> LastMoment:
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
        """Before the work's own end is written. May be called twice."""
        self._done.set()
        self._thread.join()

    def _wait(self) -> None:
        last = self._until_last()
        if last is None:
            return
        try:
            last()
            if last == self._end:
                self._leave()
        except StoreError as error:
            log.warning("check=unanswered database=away reason=%s", type(error).__name__)
        finally:
            self._over()

    def _until_last(self) -> Callable[[], None] | None:
        """What is to be done at the last moment. None: the work has come to its own end."""
        end, asked = time.monotonic() + self._seconds, 0.0
        while not self._done.wait(_LOOK):
            now = time.monotonic()
            if now >= end:
                return self._end
            if LEAVING.is_set():
                asked = asked or now
                if now - asked >= GRACE:
                    return self._give_back
        return None
