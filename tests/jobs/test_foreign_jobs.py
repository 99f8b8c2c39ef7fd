"""Whoever can write to Redis does not choose what a worker runs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rq import Callback, Queue

from jobs.queue import CHECK_TASK, CHECKS, connect
from jobs.services import Services
from jobs.worker import NAMES, TASKS
from tests.jobs.conftest import wait_until

Spawn = Callable[..., "subprocess.Popen[bytes]"]


def test_the_names_are_those_of_the_tasks() -> None:
    """A task that is added is one that a worker takes."""
    assert {f"{task.__module__}.{task.__name__}" for task in TASKS} == NAMES


@pytest.mark.parametrize(
    ("function", "more"),
    [
        ("os.system", {}),
        ("subprocess.check_output", {}),
        ("jobs.tasks.services", {}),
        ("builtins.eval", {}),
        (CHECK_TASK, {"kwargs": {"account_id": 1}}),
        (CHECK_TASK, {"on_failure": Callback("os.system")}),
        (CHECK_TASK, {"on_success": Callback("os.system")}),
        (CHECK_TASK, {"on_stopped": Callback("os.system")}),
    ],
)
def test_a_worker_refuses_what_is_not_one_of_its_tasks(
    services: Services, spawn: Spawn, tmp_path: Path, function: str, more: dict[str, Any]
) -> None:
    """It leaves no trace in Redis, the worker lives, and the next call is taken."""
    redis = connect(services.settings.redis_url)
    queue = Queue(CHECKS, connection=redis, serializer="json")
    mark = tmp_path / "mark"
    foreign = queue.enqueue(function, args=(f"touch {mark}",), **more)
    ours = queue.enqueue(CHECK_TASK, args=(4711, 1), result_ttl=60, failure_ttl=60)
    worker = spawn("jobs.worker", CHECKS)
    wait_until(lambda: ours.get_status(refresh=True) in ("finished", "failed"), "ours is taken")
    assert not redis.exists(foreign.key)
    assert not mark.exists()
    assert worker.poll() is None
