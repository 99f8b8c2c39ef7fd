"""The clock ticks whatever is away, and ends when it is told to."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from jobs.queue import RUNS
from jobs.services import Services
from tests.jobs.conftest import OwnRedis, wait_until
from tests.store.world import started

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
