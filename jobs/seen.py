"""Who is at work, as Redis tells it: workers by queue, calls that wait, the clock's last tick."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.retry import Retry

from jobs.queue import CHECKS, CLOCK_KEPT_SECONDS, CLOCK_KEY, RUNS

FRESH_SECONDS = 120
"""What a worker has entered lasts for no longer than this; it says something every 45 seconds."""
APART_SECONDS = 60.0
"""Times of day that differ by less are one time."""

_PATIENCE_SECONDS = 1.0
_PROBE_KEY = "mailhaul:probe"


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """`workers` have given a sign of life lately; `waiting` are calls that none has taken."""

    workers: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """`clock` is the age of the last tick in seconds; None: none for a day. `apart`: by how much
    the time of day of the clock, or of a worker, is ahead of ours, where that is more than
    APART_SECONDS. `jumped`: by how much the clock's own has just jumped. `refuses`: why Redis
    stores nothing, in words."""

    clock: float | None = None
    apart: float = 0.0
    jumped: float = 0.0
    refuses: str = ""
    queues: Mapping[str, QueueSeen] = field(
        default_factory=lambda: {RUNS: QueueSeen(), CHECKS: QueueSeen()}
    )


_NO_TLS = "Redis does not begin TLS there, which rediss:// in REDIS_URL asks for"
_CUT = "Redis ends the connection; where it wants TLS, REDIS_URL has to begin with rediss://"
_REFUSALS = (
    ("OOM", "Redis is out of memory and stores nothing: raise its maxmemory, or make room"),
    ("MISCONF", "Redis cannot write to its disk and stores nothing"),
    ("READONLY", "Redis is a replica here and stores nothing"),
    ("NOPERM", "Redis does not allow this user to store anything"),
    ("max number of clients", "Redis has no connection left"),
    ("LOADING", "Redis is still reading its data"),
    ("certificate", "Redis' certificate is not trusted"),
    ("handshake", _NO_TLS),
    ("WRONG_VERSION_NUMBER", _NO_TLS),
    ("reset by peer", _CUT),
    ("closed by server", _CUT),
    ("DB index", "Redis has no database of the number that REDIS_URL names"),
)


def _words(error: RedisError) -> str:
    """Why Redis does not do it, where it is known; else nothing."""
    if isinstance(error, AuthenticationError):
        return "Redis refuses the login: its password is missing in REDIS_URL, or is another"
    said = f"{error} {error.__cause__ or ''} {error.__context__ or ''}".lower()
    if isinstance(error, OutOfMemoryError):
        return _REFUSALS[0][1]
    if isinstance(error, ReadOnlyError):
        return _REFUSALS[2][1]
    return next((words for sign, words in _REFUSALS if sign.lower() in said), "")


class Lookout:
    """Asks Redis over a connection of its own, and not for long."""

    def __init__(self, redis_url: str) -> None:
        self.why = ""
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=_PATIENCE_SECONDS,
            socket_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def look(self) -> Seen | None:
        """None: Redis does not answer; `why` says in words what is known of it."""
        self.why = ""
        try:
            refuses = self._refuses()
            clock = self._clock()
            at, jumped = self._told_by_clock()
            ahead = [] if clock is None or at is None else [at - (time.time() - clock)]
            queues = {name: self._queue(name, ahead) for name in (RUNS, CHECKS)}
            apart = max(ahead, key=abs, default=0.0)
            apart = apart if abs(apart) > APART_SECONDS else 0.0
            return Seen(clock, apart, jumped, refuses, queues)
        except RedisError as error:
            self.why = _words(error)
            return None

    def _refuses(self) -> str:
        """Asked to store next to nothing for a minute. Empty: it does."""
        try:
            self._redis.set(_PROBE_KEY, 1, ex=60)
        except ResponseError as error:
            return _words(error) or "Redis stores nothing"
        return ""

    def close(self) -> None:
        self._redis.close()

    def _clock(self) -> float | None:
        """From what is left of the mark's time: no two machines' clocks are compared."""
        left = int(self._redis.pttl(CLOCK_KEY))
        age = CLOCK_KEPT_SECONDS - left / 1000
        # Less than none: Redis' own time of day was set back. The next tick tells.
        return None if left < 0 or age < -_PATIENCE_SECONDS else max(0.0, age)

    def _told_by_clock(self) -> tuple[float | None, float]:
        """Its time of day at the last tick, and by how much that had jumped."""
        told: Any = self._redis.get(CLOCK_KEY)
        try:
            said = json.loads(told or b"{}")
            return float(said["at"]), float(said["jumped"])
        except (ValueError, KeyError, TypeError):
            # Of another version.
            return None, 0.0

    def _queue(self, name: str, ahead: list[float]) -> QueueSeen:
        """What a worker has entered ends by itself: no time of day says whether it lives. How far
        those are ahead of ours is added to `ahead`."""
        with self._redis.pipeline(transaction=False) as asked:
            for key in sorted(self._redis.smembers(f"rq:workers:{name}")):
                asked.hget(key, "last_heartbeat")
                asked.ttl(key)
            said = asked.execute()
        signs = zip(said[::2], said[1::2], strict=True)
        # One without an end, which no worker of ours has left, is as old as it says.
        heard = [text for text, left in signs if text and (left > 0 or _ahead(text) == 0)]
        ahead += [_ahead(text) for text in heard]
        return QueueSeen(len(heard), int(self._redis.llen(f"rq:queue:{name}")))


def _ahead(text: bytes) -> float:
    """Of ours; a sign of life that is as old as it may be is not behind."""
    said = datetime.strptime(text.decode(), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    seconds = (said - datetime.now(UTC)).total_seconds()
    return seconds if seconds > 0 else min(0.0, seconds + FRESH_SECONDS)
