"""`python -m jobs.clock`: the dispatcher's heart, one tick a second and one at each bell."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from redis.exceptions import RedisError

from jobs.dispatch import tick
from jobs.logs import log_quietly
from jobs.services import Services, started
from store import steady, trail
from store.aim import bind_early
from store.engine import StoreError
from store.judge import Judge

log = logging.getLogger("mailhaul.clock")

CLEARED_EVERY = 3600.0
"""Seconds."""


class TimeOfDay:
    """Whether the time of day goes on as time does. One that has jumped is not trusted for HOLD
    seconds: nothing is started by it, and one that was wrong for a moment has done no harm."""

    HOLD = 30.0
    JUMP = 2.0
    """Seconds; less is a clock that is being set right."""

    def __init__(
        self,
        told: Callable[[], float] = time.time,
        clock: Callable[[], float] = steady.clock,
    ) -> None:
        self._told, self._clock = told, clock
        self._offset = told() - clock()
        self._jumped_at = float("-inf")
        self.jumped = 0.0
        """By how many seconds, while that is not trusted; else 0."""

    def is_trusted(self) -> bool:
        offset = self._told() - self._clock()
        if abs(offset - self._offset) > self.JUMP:
            self.jumped += offset - self._offset
            self._jumped_at = self._clock()
            log.warning("time_of_day=jumped seconds=%.0f", offset - self._offset)
        self._offset = offset
        if self._clock() - self._jumped_at < self.HOLD:
            return False
        self.jumped = 0.0
        return True


class Clock:
    """Survives a Redis or a database that is away, and says so once. Several may run at once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stop = threading.Event()
        self._sql_away = False
        self._bound = False
        """Whether passwords that a version before has sealed are bound to their rows."""
        self._cleared_at = float("-inf")
        """When lines of the audit trail were last looked through for those that are too old."""
        self._judge = Judge()
        self._time = TimeOfDay()

    def run(self) -> None:
        while not self._stop.is_set():
            self._tick()
            self._wait()

    def stop(self) -> None:
        """Ends `run` within about a second."""
        self._stop.set()

    def _tick(self) -> None:
        services, trusted = self._services, self._time.is_trusted()
        try:
            if not self._bound:
                bind_early(services.store, services.sealer)
                self._bound = True
            tick(services.store, services.bell, services.settings, self._judge, starts=trusted)
            if trusted and steady.clock() - self._cleared_at > CLEARED_EVERY:
                clear_trail(services)
                self._cleared_at = steady.clock()
        except StoreError as error:
            if not self._sql_away:
                log.warning("database=away reason=%s", type(error).__name__)
            self._sql_away = True
        else:
            if self._sql_away:
                log.info("database=back")
            self._sql_away = False
            services.bell.ticked(self._time.jumped)

    def _wait(self) -> None:
        try:
            self._services.bell.wait_for_tick(1)
        except RedisError:
            self._stop.wait(1)


def clear_trail(services: Services) -> None:
    """Lines of the audit trail that are kept no longer."""
    with services.store.write() as session:
        gone = trail.forget(session, services.settings.audit_days)
    if gone:
        log.info("audit_lines=forgotten number=%d", gone)


def main() -> None:
    log_quietly()
    clock = Clock(started())

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        clock.stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    log.info("clock=started")
    clock.run()
    log.info("clock=stopped")


if __name__ == "__main__":
    main()
