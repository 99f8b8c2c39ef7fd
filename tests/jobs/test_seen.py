"""Workers and the clock give signs of life, whatever becomes of Redis."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from jobs.queue import CHECKS, RUNS
from jobs.seen import Lookout, Seen
from jobs.services import Services
from tests.jobs.conftest import OwnRedis, wait_until

Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def lookout(redis: OwnRedis) -> Iterator[Lookout]:
    lookout = Lookout(redis.url)
    yield lookout
    lookout.close()


def workers(lookout: Lookout) -> dict[str, int]:
    seen = lookout.look()
    return {} if seen is None else {name: one.workers for name, one in seen.queues.items()}


def test_nobody_is_seen_where_nobody_is(lookout: Lookout, redis: OwnRedis) -> None:
    """An empty Redis knows of no one; one that is away knows nothing, and says that at once."""
    assert lookout.look() == Seen()
    redis.stop()
    assert lookout.look() is None


def test_calls_that_wait_are_counted(lookout: Lookout, services: Services) -> None:
    """By queue."""
    services.bell.run(1, 1)
    services.bell.run(2, 1)
    seen = lookout.look()
    assert seen is not None
    assert (seen.queues[RUNS].waiting, seen.queues[CHECKS].waiting) == (2, 0)


def test_the_clock_is_seen_also_after_redis_was_emptied(
    services: Services, lookout: Lookout, redis: OwnRedis, spawn: Spawn
) -> None:
    """Its mark is there again with the next tick."""
    spawn("jobs.clock")

    def ticks() -> bool:
        seen = lookout.look()
        return seen is not None and seen.clock is not None and seen.clock < 60

    wait_until(ticks, "the clock is seen")
    redis.client.flushall()
    wait_until(ticks, "the clock is seen again")


def test_workers_sign_on_again_after_redis_was_emptied(
    services: Services, lookout: Lookout, redis: OwnRedis, spawn: Spawn
) -> None:
    """With their next sign of life, which a call brings forward."""
    spawn("jobs.worker", RUNS, CHECKS)
    wait_until(lambda: workers(lookout) == {RUNS: 1, CHECKS: 1}, "the worker is seen")
    redis.client.flushall()
    assert workers(lookout) == {RUNS: 0, CHECKS: 0}
    services.bell.check(7, 7)
    wait_until(lambda: workers(lookout) == {RUNS: 1, CHECKS: 1}, "the worker is seen again")
