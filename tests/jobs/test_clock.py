"""The clock ticks whatever is away, and ends when it is told to."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from jobs.clock import TimeOfDay
from jobs.queue import RUNS
from jobs.services import Services
from tests.jobs.conftest import OwnRedis, wait_until
from tests.store.world import HandClock, started

Spawn = Callable[..., "subprocess.Popen[bytes]"]


def rung(redis: OwnRedis) -> int:
    return int(redis.client.llen(f"rq:queue:{RUNS}"))


def test_the_clock_calls_workers_for_what_is_due(
    services: Services, redis: OwnRedis, spawn: Spawn
) -> None:
    """And ends cleanly within seconds of SIGTERM."""
    clock = spawn("jobs.clock")
    started(services.store)
    wait_until(lambda: rung(redis) == 1, "a worker is called", 10)
    clock.send_signal(signal.SIGTERM)
    assert clock.wait(10) == 0


def test_the_clock_outlives_redis(services: Services, redis: OwnRedis, spawn: Spawn) -> None:
    """Work that came while Redis was away is called for when it is back."""
    clock = spawn("jobs.clock")
    wait_until(lambda: rung(redis) == 0 and clock.poll() is None, "the clock runs", 10)
    redis.stop()
    started(services.store)
    redis.start()
    wait_until(lambda: rung(redis) == 1, "a worker is called", 10)
    assert clock.poll() is None


def test_the_clock_outlives_the_database(services: Services, redis: OwnRedis, spawn: Spawn) -> None:
    """A database that cannot be opened for a while costs only that while."""
    started(services.store)
    services.store.dispose()
    database = Path(services.settings.database_url.removeprefix("sqlite:///"))
    away = database.with_name("away")
    database.rename(away)
    database.mkdir()
    clock = spawn("jobs.clock")
    with suppress(subprocess.TimeoutExpired):
        clock.wait(3)
    assert clock.poll() is None
    assert rung(redis) == 0
    database.rmdir()
    away.rename(database)
    wait_until(lambda: rung(redis) == 1, "a worker is called", 10)


@pytest.mark.parametrize("seconds", [86_400.0, 3600.0, -3600.0, -86_400.0])
def test_a_time_of_day_that_jumped_is_not_trusted_for_a_while(seconds: float) -> None:
    """Nor is the one to which it jumps back. What goes on as time does is trusted."""
    clock, told = HandClock(), HandClock()
    told.at = 1_700_000_000.0
    time_of_day = TimeOfDay(told, clock)

    def later(passed: float, jump: float = 0.0) -> bool:
        clock.at += passed
        told.at += passed + jump
        return time_of_day.is_trusted()

    assert later(5)
    assert later(86_400)
    assert not later(1, jump=seconds)
    assert time_of_day.jumped == seconds
    assert not later(25)
    assert not later(1, jump=-seconds)
    assert not later(29)
    assert later(2)
    assert time_of_day.jumped == 0
