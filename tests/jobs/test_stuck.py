"""Nothing that dies, stops or goes away takes a run with it: all accounts end, nothing is lost and
nothing doubled."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest
from rq import Queue

from jobs.queue import RUN_TASK, connect
from tests.jobs.conftest import OwnRedis, wait_until
from tests.jobs.harm import family, lives, locked, send
from tests.jobs.haul import Haul
from tests.store.postgresql import PostgreSQL

Spawn = Callable[..., "subprocess.Popen[bytes]"]

MANY, SIZE = 4_000, 10_000
"""Messages, and their bytes: some seconds of work."""


def at_work(spawn: Spawn, haul: Haul) -> subprocess.Popen[bytes]:
    """A clock and one worker, with messages on their way; the worker."""
    spawn("jobs.clock")
    worker = spawn("jobs.worker", "runs")
    wait_until(haul.on_its_way, "messages are on their way")
    return worker


def ended_well(haul: Haul, seconds: float = 60) -> None:
    wait_until(lambda: haul.state() == "complete", "the migration is complete", seconds)
    assert set(haul.states()) == {"complete"}
    assert haul.differences() == []


def test_a_stopped_worker_sends_nothing_when_it_is_woken(
    make: Callable[..., Haul], spawn: Spawn
) -> None:
    """SIGSTOP amid a batch, longer than the lease. When it wakes another has done the work, and it
    cannot ask whose it is: nothing is sent twice all the same."""
    haul = make(messages=(400,), size=100_000)
    haul.start()
    stopped = family(at_work(spawn, haul).pid)
    send(stopped, signal.SIGSTOP)
    assert len(stopped) == 2
    assert haul.states() == ["running"]
    spawn("jobs.worker", "runs")
    try:
        ended_well(haul)
        with locked(haul.services.store):
            send(stopped, signal.SIGCONT)
            time.sleep(3)
    finally:
        send(stopped, signal.SIGCONT)
    assert not lives(stopped[1])
    assert haul.differences() == []
    (run,) = haul.runs()
    assert run.token > 1
    assert (run.found, run.copied) == (403, 403)


def test_a_redis_that_is_away_costs_time_only(
    make: Callable[..., Haul], spawn: Spawn, redis: OwnRedis
) -> None:
    """Killed while one account runs and others wait; when it is back it is empty."""
    haul = make(messages=(MANY, 10, 10), size=SIZE, threads=2)
    haul.start()
    at_work(spawn, haul)
    redis.stop(signal.SIGKILL)
    wait_until(lambda: haul.states()[0] == "complete", "what runs comes to its end without it", 60)
    redis.start()
    redis.client.flushall()
    ended_well(haul)
    assert haul.runs()[0].token == 1


def test_a_locked_database_costs_time_only(make: Callable[..., Haul], spawn: Spawn) -> None:
    """For longer than a lease: the worker has ended by itself when it comes back."""
    haul = make(messages=(MANY, 10), size=SIZE, threads=2)
    haul.start()
    worker = at_work(spawn, haul)
    horses = family(worker.pid)[1:]
    with locked(haul.services.store):
        wait_until(lambda: not any(map(lives, horses)), "the work-horse ends with its lease", 20)
    ended_well(haul)
    assert haul.runs()[0].token == 2


@pytest.fixture
def postgresql(environment: dict[str, str]) -> Iterator[PostgreSQL]:
    """Where the installation keeps its tables."""
    server = PostgreSQL()
    server.start()
    environment["DATABASE_URL"] = server.url("postgres")
    yield server
    server.stop()


def test_a_database_server_that_is_away_costs_time_only(
    postgresql: PostgreSQL, make: Callable[..., Haul], spawn: Spawn
) -> None:
    """PostgreSQL crashes amid a batch, is away for longer than a lease, and comes back."""
    haul = make(messages=(MANY, 10), size=SIZE, threads=2)
    haul.start()
    horses = family(at_work(spawn, haul).pid)[1:]
    postgresql.halt()
    try:
        wait_until(lambda: not any(map(lives, horses)), "the work-horse ends with its lease", 20)
    finally:
        postgresql.resume()
    ended_well(haul)


def test_a_power_cut_costs_time_only(
    make: Callable[..., Haul], spawn: Spawn, redis: OwnRedis
) -> None:
    """All processes at once, Redis among them; started anew, all accounts end."""
    haul = make(messages=(MANY, MANY, 10), size=SIZE, threads=2)
    haul.start()
    clock = spawn("jobs.clock")
    workers = [spawn("jobs.worker", "runs") for _ in range(2)]
    wait_until(haul.on_its_way, "messages are on their way")
    send([one for worker in (*workers, clock) for one in family(worker.pid)], signal.SIGKILL)
    redis.stop(signal.SIGKILL)
    assert "running" in haul.states()
    redis.start()
    for words in (("jobs.clock",), ("jobs.worker", "runs"), ("jobs.worker", "runs")):
        spawn(*words)
    ended_well(haul)
    assert [run.copied for run in haul.runs()] == [MANY + 3, MANY + 3, 13]


def test_a_call_that_comes_again_is_not_followed(make: Callable[..., Haul], spawn: Spawn) -> None:
    """A Redis that was put back to an earlier state calls for work that is being done."""
    haul = make(messages=(MANY,), size=SIZE)
    spawn("jobs.worker", "again")
    wait_until(lambda: haul.services.bell.workers("again"), "there is somebody to call")
    haul.start()
    at_work(spawn, haul)
    (run,) = haul.runs()
    queue = Queue("again", connection=connect(haul.services.settings.redis_url), serializer="json")
    job = queue.enqueue(RUN_TASK, args=(run.id, run.token))
    wait_until(lambda: job.get_status(refresh=True) == "finished", "the call is answered", 20)
    assert haul.states() == ["running"]
    ended_well(haul)
    assert haul.runs()[0].copied == MANY + 3
