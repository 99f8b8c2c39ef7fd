"""Whatever the times of day of worker, clock and database say, now and a moment later, no account
has two workers: nothing is lost, nothing doubled, nothing stuck."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.services import Services
from launch.dovecot import Dovecot
from store.tables import AccountRun
from tests.jobs.conftest import wait_until
from tests.jobs.haul import Haul, make_haul
from tests.jobs.time_of_day import TimeOfDay, built
from tests.store.postgresql import PostgreSQL

Spawn = Callable[..., "subprocess.Popen[bytes]"]

HOUR, DAY = 3600, 86_400
JUMPS = (DAY, -DAY, HOUR, -HOUR)
EACH = [
    tuple(jump if who == place else 0 for place in range(3)) for who in range(3) for jump in JUMPS
]
"""Of worker, clock and database, one of them."""
MIXED = [jumps for jumps in itertools.product((0, *JUMPS), repeat=3) if sum(map(bool, jumps)) > 1]
MANY, SIZE = 900, 10_000
SPEED = 400_000
"""Bytes a second: an account takes some 25 s."""


def chosen() -> list[tuple[int, ...]]:
    """One of them, since each takes a minute; all with TIMES=all."""
    if os.environ.get("TIMES") == "all":
        return [*EACH, *MIXED]
    chance = random.Random(11)
    return chance.sample([*EACH, *MIXED], 1)


@pytest.fixture(scope="module")
def library() -> Iterator[Path]:
    library = built()
    yield library
    shutil.rmtree(library.parent, ignore_errors=True)


class Installation:
    """A clock, two workers and PostgreSQL, each with a time of day of its own."""

    def __init__(self, library: Path, environment: dict[str, str]) -> None:
        names = ("worker", "clock", "database")
        self.worker, self.clock, self.database = (TimeOfDay(library, name) for name in names)
        self._environment = environment
        self._server = PostgreSQL()

    def start(self) -> None:
        with pytest.MonkeyPatch.context() as patched:
            for name, value in self.database.environment.items():
                patched.setenv(name, value)
            self._server.start()
        self._environment["DATABASE_URL"] = self._server.url("postgres")

    def stop(self) -> None:
        self._server.stop()

    def spawn(self, spawn: Spawn, place: TimeOfDay, *words: str) -> subprocess.Popen[bytes]:
        self._environment.update(place.environment)
        try:
            return spawn(*words)
        finally:
            for name in place.environment:
                del self._environment[name]

    def jump(self, jumps: tuple[int, ...]) -> None:
        for place, ahead in zip((self.worker, self.clock, self.database), jumps, strict=True):
            place.set(ahead)


@pytest.fixture
def installation(library: Path, environment: dict[str, str]) -> Iterator[Installation]:
    made = Installation(library, environment)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def haul(
    installation: Installation,
    make_services: Callable[..., Services],
    source_server: Dovecot,
    destination: Dovecot,
) -> Haul:
    ports = f"{source_server.spec.tls_port} {destination.spec.tls_port}"
    services = make_services(ALLOWED_PORTS=ports)
    options = {"bytes_per_second": SPEED}
    return make_haul(
        services, source_server, destination, messages=(MANY, MANY), size=SIZE, options=options
    )


def test_the_library_sets_the_time_of_day_alone(library: Path, spawn: Spawn) -> None:
    """What this file rests on: a process sees another time of day, and the same time pass."""
    place = TimeOfDay(library, "probe")
    place.set(DAY)
    code = "import time, datetime; print(time.time(), datetime.datetime.now().timestamp())"
    environment = {"PATH": os.environ["PATH"], **place.environment}
    said = subprocess.check_output(["python3", "-c", code], env=environment).split()
    assert [round((float(one) - time.time()) / DAY) for one in said] == [1, 1]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("jumps", chosen(), ids=str)
def test_no_time_of_day_gives_an_account_two_workers(
    installation: Installation, haul: Haul, spawn: Spawn, jumps: tuple[int, ...]
) -> None:
    """While both accounts run the times jump, and back after longer than a lease; then a worker
    is killed, and its account is taken up within seconds."""
    haul.start()
    installation.spawn(spawn, installation.clock, "jobs.clock")
    workers = [
        installation.spawn(spawn, installation.worker, "jobs.worker", "runs") for _ in range(2)
    ]
    wait_until(lambda: all(run.copied for run in haul.runs()), "both accounts run")
    installation.jump(jumps)
    time.sleep(6.5)
    tokens = [run.token for run in haul.runs()]
    assert tokens == [1, 1], "a living worker has lost its account"
    workers[0].send_signal(signal.SIGKILL)
    workers[0].wait()
    installation.spawn(spawn, installation.worker, "jobs.worker", "runs")
    wait_until(lambda: taken_up(haul.runs()), "the killed one's account is taken up", 15)
    installation.jump((0, 0, 0))
    wait_until(lambda: haul.state() == "complete", "the migration is complete", 60)
    assert set(haul.states()) == {"complete"}
    assert haul.differences() == []
    assert sorted(run.token for run in haul.runs()) == [1, 2]
    assert [run.found for run in haul.runs()] == [MANY + 3, MANY + 3]


def taken_up(runs: object) -> bool:
    assert isinstance(runs, list | tuple)
    return any(isinstance(run, AccountRun) and run.token == 2 for run in runs)
