"""The bell: calls once for each claim, carries ids only, and breaks nothing when it cannot ring."""

from __future__ import annotations

import json
import zlib

import pytest
from redis.exceptions import RedisError

from jobs.queue import CHECKS, RUNS, Bell
from tests.jobs.conftest import OwnRedis


@pytest.fixture
def bell(redis: OwnRedis) -> Bell:
    return Bell(redis.url)


def test_a_call_carries_ids_only(bell: Bell, redis: OwnRedis) -> None:
    """The job in Redis is JSON with two numbers: nothing to execute, nothing to steal."""
    assert bell.run(7, 3)
    assert bell.check(8, 4)
    data = redis.client.hget("rq:job:run-7-3", "data")
    assert data is not None
    assert json.loads(zlib.decompress(data)) == ["jobs.tasks.run_account", None, [7, 3], {}]
    assert redis.client.lrange(f"rq:queue:{RUNS}", 0, -1) == [b"run-7-3"]
    assert redis.client.lrange(f"rq:queue:{CHECKS}", 0, -1) == [b"check-8-4"]


def test_ringing_twice_for_one_claim_is_one_call(bell: Bell, redis: OwnRedis) -> None:
    """A new claim has a new number, and so a call of its own."""
    assert [bell.run(7, 3), bell.run(7, 3), bell.run(7, 4)] == [True, True, True]
    assert redis.client.llen(f"rq:queue:{RUNS}") == 2


def test_a_tick_wakes_whoever_waits_for_one(bell: Bell) -> None:
    """Many ticks before anyone listens are one."""
    assert [bell.tick(), bell.tick()] == [True, True]
    assert bell.wait_for_tick(1) is True
    assert bell.wait_for_tick(1) is False


def test_a_redis_that_is_away_is_told_and_breaks_nothing(bell: Bell, redis: OwnRedis) -> None:
    """Every call returns False at once, and True again when Redis is back."""
    assert bell.alive()
    redis.stop()
    calls = (bell.alive, bell.tick, lambda: bell.run(1, 1), lambda: bell.list_mailboxes(1, "x"))
    assert [call() for call in calls] == [False] * 4
    assert bell.workers(RUNS) == 0
    with pytest.raises(RedisError):
        bell.wait_for_tick(1)
    redis.start()
    assert [call() for call in calls] == [True] * 4
