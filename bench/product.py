"""An installation of the product, as `make run` starts it, and accounts through its workers.

Database, Redis, clock and four workers are up and idle, the rows are checked. The time runs from
the start of the migration to the end of the last account.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import select

from bench.ground import PASSWORD, Ground
from bench.stopwatch import ROOT, Sample
from bench.workers import Watch
from jobs.queue import connect
from jobs.services import Services
from launch.children import Child
from launch.redis_server import redis_server
from launch.supervisor import Supervisor
from settings import Settings
from store import control, destinations
from store.schema import upgrade
from store.seal import password_context
from store.tables import Account, AccountRun, Domain, Migration, Organization
from sync.options import Security

WORKERS = 4
LONGEST = 120.0

Pairs = Sequence[tuple[str, str]]
"""Source user and destination user."""


class Unfinished(Exception):
    """The accounts did not end as they should; what the workers said."""


@dataclass(frozen=True, slots=True)
class Product:
    ground: Ground
    services: Services
    workers: tuple[int, ...]
    logs: Path

    def copy(self, pairs: Pairs) -> Sample:
        """One migration of all pairs. Processor and memory are those of the workers and their jobs.
        Raises Unfinished."""
        number = _rows(self, pairs)
        with Watch(self.workers) as watch:
            begun = datetime.now(UTC)
            with self.services.store.write() as session:
                control.start(session, number, None)
            self.services.bell.tick()
            _wait(lambda: _state(self, number) == "complete", self.logs)
            _wait(watch.idle, self.logs)
            wall = (_last(self, number) - begun).total_seconds()
            return Sample(wall, watch.cpu(), watch.memory)


@contextmanager
def installed(ground: Ground) -> Iterator[Product]:
    """Up and idle."""
    directory = ground.directory / "product"
    redis = redis_server(directory)
    environ = _environ(ground, directory, redis.url)
    settings = Settings.from_env(environ)
    supervisor = Supervisor(lambda _: None)
    logs = directory / "logs"
    with ExitStack() as ends:
        ends.callback(supervisor.stop)
        supervisor.start(Child("redis", redis.command(), logs / "redis.log"), redis.answers)
        upgrade(settings.database_url)
        services = Services.build(settings)
        ends.callback(services.close)
        environ |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        jobs = [_job(logs, "clock", environ, "jobs.clock")]
        jobs += [
            _job(logs, f"worker{number}", environ, "jobs.worker", "runs", "checks")
            for number in range(WORKERS)
        ]
        for job in jobs:
            supervisor.add(job)
        queue = connect(redis.url)
        ends.callback(queue.close)
        _wait(lambda: queue.scard("rq:workers") >= WORKERS, logs)
        workers = tuple(job.pid for job in jobs[1:] if job.pid)
        yield Product(ground, services, workers, logs)


def _job(logs: Path, name: str, environ: dict[str, str], *words: str) -> Child:
    return Child(name, (sys.executable, "-m", *words), logs / f"{name}.log", environ, True)


def _environ(ground: Ground, directory: Path, redis_url: str) -> dict[str, str]:
    ports = (ground.source.spec.port, ground.destination.spec.port)
    return {
        "DATA_DIR": str(directory),
        "REDIS_URL": redis_url,
        "SECRET_KEYS": Fernet.generate_key().decode(),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
        "ALLOWED_PORTS": " ".join(str(port) for port in ports),
        "CA_FILE": str(ground.ca_file),
    }


def _state(product: Product, number: int) -> str:
    with product.services.store.read() as session:
        return str(session.get_one(Migration, number).state)


def _last(product: Product, number: int) -> datetime:
    """When the last account was complete. Raises Unfinished when one is anything else."""
    with product.services.store.read() as session:
        query = select(AccountRun).join(Account).where(Account.migration_id == number)
        runs = session.scalars(query).all()
        if {run.state for run in runs} != {"complete"}:
            raise Unfinished("; ".join(f"{run.state} {run.error}" for run in runs))
        last: datetime = max(run.completed_at for run in runs if run.completed_at)
    return last.replace(tzinfo=UTC)


def _rows(product: Product, pairs: Pairs) -> int:
    """A migration whose rows are checked. Its mailboxes are there already."""
    ground, seal = product.ground, product.services.sealer.seal
    name = f"crowd{time.monotonic_ns()}.example"
    with product.services.store.write() as session:
        organization = Organization(name=name, domains=[Domain(name=name)])
        session.add(organization)
        session.flush()
        place = destinations.add(
            session,
            name=name,
            provisioner="existing",
            host="127.0.0.1",
            port=ground.destination.spec.port,
            security=Security.NONE,
        )
        migration = Migration(
            organization_id=organization.id,
            destination_id=place.id,
            domain=name,
            name=name,
            source_host="127.0.0.1",
            source_port=ground.source.spec.port,
            source_security=Security.NONE,
            threads=WORKERS,
        )
        session.add(migration)
        session.flush()
        contexts = [password_context(migration.id, side) for side in ("source", "mailbox")]
        for position, (source, mailbox) in enumerate(pairs, 1):
            session.add(
                Account(
                    migration_id=migration.id,
                    position=position,
                    source_username=source,
                    source_password_sealed=seal(PASSWORD, contexts[0]),
                    mailbox=mailbox,
                    mailbox_password_sealed=seal(PASSWORD, contexts[1]),
                    state="ready",
                )
            )
    return migration.id


def _wait(condition: Callable[[], object], logs: Path) -> None:
    deadline = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > deadline:
            said = "\n".join(log.read_text(errors="replace")[-500:] for log in logs.glob("*.log"))
            raise Unfinished(said)
        time.sleep(0.02)
