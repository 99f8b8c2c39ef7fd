"""Who is at work, as Redis tells it: workers by queue, calls that wait, the clock's last tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from jobs.queue import CHECKS, CLOCK_KEPT_SECONDS, CLOCK_KEY, RUNS

FRESH_SECONDS = 120
"""A worker that was silent for longer does not count. It says something every 45 seconds."""

_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """`workers` have given a sign of life lately; `waiting` are calls that none has taken."""

    workers: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """`clock` is the age of the last tick in seconds; None: none for a day."""

    clock: float | None = None
    queues: Mapping[str, QueueSeen] = field(
        default_factory=lambda: {RUNS: QueueSeen(), CHECKS: QueueSeen()}
    )


class Lookout:
    """Asks Redis over a connection of its own, and not for long."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=_PATIENCE_SECONDS,
            socket_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def look(self) -> Seen | None:
        """None: Redis does not answer."""
        try:
            return Seen(self._clock(), {name: self._queue(name) for name in (RUNS, CHECKS)})
        except RedisError:
            return None

    def close(self) -> None:
        self._redis.close()

    def _clock(self) -> float | None:
        """From what is left of the mark's time: no two machines' clocks are compared."""
        left = int(self._redis.pttl(CLOCK_KEY))
        return None if left < 0 else max(0.0, CLOCK_KEPT_SECONDS - left / 1000)

    def _queue(self, name: str) -> QueueSeen:
        with self._redis.pipeline(transaction=False) as asked:
            for key in sorted(self._redis.smembers(f"rq:workers:{name}")):
                asked.hget(key, "last_heartbeat")
            fresh = [text for text in asked.execute() if text and _age(text) < FRESH_SECONDS]
        return QueueSeen(len(fresh), int(self._redis.llen(f"rq:queue:{name}")))


def _age(text: bytes) -> float:
    said = datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return max(0.0, (datetime.now(UTC) - said).total_seconds())
