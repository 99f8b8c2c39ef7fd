"""`python -m jobs.worker QUEUE [QUEUE ...]`: one RQ worker; each job gets a process of its own."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker, worker_registration
from rq.exceptions import DeserializationError
from rq.job import Job
from rq.worker import WorkerStatus

from imap.connect import trusted
from jobs import tasks
from jobs.lease import die_with
from jobs.leaving import LEAVING
from jobs.logs import log_quietly
from jobs.queue import (
    CHECK_TASK,
    LIST_TASK,
    NOTICE_TASK,
    RUN_TASK,
    SERIALIZER,
    connect,
    lines_of,
)
from jobs.services import started

_MONITORING_SECONDS = 5
_MAINTENANCE_SECONDS = 30
_SILENT_SECONDS = 60
"""An idle worker gives a sign of life somewhat sooner than this."""

log = logging.getLogger("mailhaul.worker")

TASKS = (tasks.check, tasks.run_account, tasks.list_mailboxes, tasks.send_notice)
"""Imported before the first fork, so that no job pays for it."""


NAMES = frozenset((CHECK_TASK, RUN_TASK, LIST_TASK, NOTICE_TASK))
_CALLBACKS = ("_success_callback_name", "_failure_callback_name", "_stopped_callback_name")


def is_ours(job: Job) -> bool:
    """One of our tasks, on numbers and a name, and nothing else that RQ would call by its name:
    whoever can write to Redis is not to choose what a worker runs."""
    if any(getattr(job, name) for name in _CALLBACKS):
        return False
    try:
        known = job.func_name in NAMES and job.instance is None and not job.kwargs
        return known and all(isinstance(one, int | str) for one in job.args)
    except (DeserializationError, ValueError, TypeError):
        return False


class HaulWorker(Worker):
    """RQ's forking worker. Asked to end, it asks its job to leave at the next clean point. Redis
    may be away or emptied meanwhile: the job goes on, since its lease is in SQL."""

    parent_pid = 0
    max_connection_wait_time = 5.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        if is_ours(job):
            super().execute_job(job, queue)
            return
        log.error("job=refused queue=%s reason=not_one_of_our_tasks", queue.name)
        self.connection.delete(job.key)

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        self.parent_pid = os.getpid()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        die_with(self.parent_pid)
        super().main_work_horse(job, queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Signs on again too: a Redis that was emptied would not know of us until a restart."""
        super().heartbeat(timeout, pipeline)
        worker_registration.register(self, pipeline)

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        LEAVING.clear()
        signal.signal(signal.SIGUSR1, _leave)

    def maintain_heartbeats(self, job: Job) -> None:
        try:
            super().maintain_heartbeats(job)
        except RedisError as error:
            # Raised, it would end this worker, and its work-horse with it.
            log.warning("redis=away reason=%s", type(error).__name__)

    def handle_warm_shutdown_request(self) -> None:
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.get_state() == WorkerStatus.BUSY and self.horse_pid:
            os.kill(self.horse_pid, signal.SIGUSR1)


def _leave(_number: int, _frame: FrameType | None) -> None:
    LEAVING.set()


def main(queues: list[str]) -> None:
    log_quietly()
    services = started()
    trusted(services.policy.ca_file)
    redis = connect(services.settings.redis_url)
    redis.set_retry(Retry(ExponentialBackoff(cap=2, base=0.1), retries=10))
    try:
        worker = HaulWorker(
            lines_of(queues),
            connection=redis,
            serializer=SERIALIZER,
            worker_ttl=_SILENT_SECONDS,
            job_monitoring_interval=_MONITORING_SECONDS,
            maintenance_interval=_MAINTENANCE_SECONDS,
            log_job_description=False,
        )
        worker.work(with_scheduler=False, logging_level="WARNING")
    except RedisError as error:
        # Started again by whoever watches over it.
        log.error("worker=ended redis=away reason=%s", type(error).__name__)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:] or sys.exit("Usage: python -m jobs.worker QUEUE [QUEUE ...]"))
