"""A real Redis, a database, and real workers as processes of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from redis import Redis

from jobs.services import Services
from launch.dovecot import Dovecot
from launch.redis_server import RedisServer, redis_server
from settings import Settings
from store.file import path_of
from store.schema import upgrade
from tests.jobs.haul import Haul, make_haul

ROOT = Path(__file__).parents[2]


class OwnRedis:
    """May be stopped and started again in a test."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def start(self) -> None:
        self.process = subprocess.Popen(self.server.command(), stdout=subprocess.DEVNULL)
        wait_until(self.server.answers, "Redis answers")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(10)
            self.process = None


def wait_until(condition: Callable[[], object], claim: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {claim}"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def redis_process() -> Iterator[OwnRedis]:
    directory = Path(tempfile.mkdtemp(prefix="mh-redis-"))
    redis = OwnRedis(redis_server(directory))
    redis.start()
    yield redis
    redis.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def redis(redis_process: OwnRedis) -> Iterator[OwnRedis]:
    """Empty, and running again at the end if the test has stopped it."""
    redis_process.client.flushall()
    yield redis_process
    if redis_process.process is None:
        redis_process.start()


@pytest.fixture
def environment(redis: OwnRedis, tmp_path: Path, ca_file: str) -> dict[str, str]:
    """What an installation's environment says."""
    return {
        "DATA_DIR": str(tmp_path / "var"),
        "REDIS_URL": redis.url,
        "SECRET_KEYS": Fernet.generate_key().decode(),
        "LEASE_SECONDS": "5",
        "RUN_WORKERS": "2",
        "CHECK_WORKERS": "2",
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "CA_FILE": ca_file,
    }


@pytest.fixture
def make_services(
    environment: dict[str, str], sqlite_template: Path
) -> Iterator[Callable[..., Services]]:
    """Services of an installation with all tables; keywords are more of its environment."""
    made: list[Services] = []

    def make(**more: str) -> Services:
        environment.update(more)
        settings = Settings.from_env(environment)
        database = path_of(settings.database_url)
        if database is None:
            upgrade(settings.database_url)
        elif not database.exists():
            database.parent.mkdir(exist_ok=True)
            shutil.copy(sqlite_template, database)
        made.append(Services.build(settings))
        return made[-1]

    yield make
    for services in made:
        services.close()


@pytest.fixture
def services(make_services: Callable[..., Services]) -> Services:
    return make_services()


@pytest.fixture
def spawn(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `python -m` of these words in the installation's environment."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        processes.append(
            subprocess.Popen(
                [sys.executable, "-W", "error", "-m", *words],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **environment},
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def destination(make_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """konsoleH's separator and prefix. Disks are not what is tested here."""
    return make_dovecot(separator=".", prefix="INBOX.", settings="mail_fsync = never")


@pytest.fixture
def make(
    make_services: Callable[..., Services], source_server: Dovecot, destination: Dovecot
) -> Callable[..., Haul]:
    ports = f"{source_server.spec.tls_port} {destination.spec.tls_port}"
    services = make_services(ALLOWED_PORTS=ports)

    def haul(**columns: object) -> Haul:
        return make_haul(services, source_server, destination, **columns)  # type: ignore[arg-type]

    return haul
