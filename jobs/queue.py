"""The names of the tasks, and the bell that calls workers. Carries ids only; SQL is the truth."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError

CHECKS = "checks"
RUNS = "runs"
APART = "checks apart"
BESIDE = "checks beside"
"""Checks that were claimed for workers that only check, and for those that copy, too. What is
short, and a check that was claimed before any worker has signed on, is for all of them: CHECKS."""

CHECK_TASK = "jobs.tasks.check"
RUN_TASK = "jobs.tasks.run_account"
LIST_TASK = "jobs.tasks.list_mailboxes"
NOTICE_TASK = "jobs.tasks.send_notice"

SERIALIZER = "json"
"""Never pickle: whoever could write to Redis could then run code here."""

CLOCK_KEY = "mailhaul:clock"
"""The clock's mark: it lasts for so many seconds after the last tick, and tells its age by that."""
CLOCK_KEPT_SECONDS = 86_400

_TICKS = "mailhaul:ticks"
_NO_LIMIT = -1
_KEPT_SECONDS = 60

log = logging.getLogger("mailhaul.bell")


def connect(redis_url: str) -> Redis:
    """One connection pool, with times so short that a web request does not hang on Redis."""
    return Redis.from_url(redis_url, socket_connect_timeout=2, socket_timeout=10)


def lines_of(queues: Sequence[str]) -> list[str]:
    """What a worker of these queues listens to, the most urgent first. Of one that copies and
    checks, checks hold no more than what is left to them (jobs.dispatch)."""
    lines = []
    for name in queues:
        more = [BESIDE if RUNS in queues else APART] if name == CHECKS else []
        lines += [name, *more]
    return lines


class Bell:
    """Calls a worker for what SQL already says. A bell that cannot ring breaks nothing.

    Each method returns False when Redis did not take the call; the clock then finds the work in
    SQL. Ringing twice for the same claim is one call: a job's id is made from id and token.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = connect(redis_url)
        self._was_away = False

    def check(self, account_id: int, token: int, queue: str = CHECKS) -> bool:
        return self._ring(queue, CHECK_TASK, f"check-{account_id}-{token}", (account_id, token))

    def run(self, account_run_id: int, token: int) -> bool:
        arguments = (account_run_id, token)
        return self._ring(RUNS, RUN_TASK, f"run-{account_run_id}-{token}", arguments)

    def notice(self, mail_id: int, token: int) -> bool:
        return self._ring(CHECKS, NOTICE_TASK, f"notice-{mail_id}-{token}", (mail_id, token))

    def list_mailboxes(self, destination_id: int, domain: str) -> bool:
        """The answer appears in store.tables.MailboxList."""
        return self._ring(CHECKS, LIST_TASK, None, (destination_id, domain))

    def tick(self) -> bool:
        """Wake the clock: there is something new in SQL. Without it the clock sees it in 1 s."""
        try:
            self._redis.lpush(_TICKS, 1)
            self._redis.ltrim(_TICKS, 0, 0)
        except RedisError as error:
            return self._away(error)
        return self._back()

    def wait_for_tick(self, seconds: int) -> bool:
        """Whether a tick came within so many seconds. Raises RedisError."""
        return self._redis.blpop([_TICKS], timeout=seconds) is not None

    def ticked(self, jumped: float = 0.0) -> bool:
        """The clock's sign of life: its time of day, and by how much that has just jumped."""
        try:
            said = json.dumps({"at": time.time(), "jumped": jumped})
            self._redis.set(CLOCK_KEY, said, ex=CLOCK_KEPT_SECONDS)
        except RedisError as error:
            return self._away(error)
        return self._back()

    def alive(self) -> bool:
        try:
            self._redis.ping()
        except RedisError as error:
            return self._away(error)
        return self._back()

    def workers(self, queue: str) -> int:
        """How many workers have signed on to this queue, on all machines; 0 when unknown."""
        try:
            return int(self._redis.scard(f"rq:workers:{queue}"))
        except RedisError as error:
            self._away(error)
            return 0

    def close(self) -> None:
        self._redis.close()

    def _ring(self, queue: str, task: str, job_id: str | None, arguments: tuple[Any, ...]) -> bool:
        try:
            Queue(queue, connection=self._redis, serializer=SERIALIZER).enqueue(
                task,
                args=arguments,
                job_id=job_id,
                unique=job_id is not None,
                job_timeout=_NO_LIMIT,
                result_ttl=_KEPT_SECONDS,
                failure_ttl=_KEPT_SECONDS,
            )
        except DuplicateJobError:
            return True
        except RedisError as error:
            return self._away(error)
        return self._back()

    def _away(self, error: RedisError) -> bool:
        if not self._was_away:
            log.warning("redis=away reason=%s", type(error).__name__)
        self._was_away = True
        return False

    def _back(self) -> bool:
        if self._was_away:
            log.info("redis=back")
        self._was_away = False
        return True
