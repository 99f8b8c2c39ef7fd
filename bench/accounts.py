"""20 accounts through the product's own workers, as `make run` starts them; and by the peers.

Ours: database, Redis, clock and four workers are up and idle, the rows are checked. The time runs
from the start of the migration to the end of the last account. The peers: four processes at a time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import select

from bench.compare import Damage, damage, read_mailbox
from bench.corpus import Recipe, write_mailbox
from bench.ground import PASSWORD, Ground
from bench.stopwatch import ROOT
from bench.tools import Task, Tool, command, environment
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

NUMBER = 20
AT_A_TIME = 4
ROUNDS = 3
RECIPE = Recipe("crowd", 200, 4_000_000, spread=1.0, folders=("INBOX", "Sent", "Archiv/2024"))
LONGEST = 120.0
BOUND = (
    "The processor: an account keeps one of the four workers for some 0.4 s, four at a time on two"
    " cores beside two servers; about 0.1 s passes between two accounts of one worker."
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """All accounts by one tool, once."""

    tool: Tool
    seconds: float
    damage: Damage
    bound: str = BOUND


class Unfinished(Exception):
    """The accounts did not end as they should; what the workers said."""


def measure_crowds(ground: Ground, tools: list[Tool]) -> Iterator[Crowd]:
    """Each tool once a round."""
    users = [ground.user() for _ in range(NUMBER)]
    for user in users:
        write_mailbox(ground.source.maildir(user), RECIPE)
    with _installation(ground) as product:
        for _ in range(ROUNDS):
            for tool in tools:
                if tool is not Tool.LIMIT:
                    yield _crowd(product, tool, users)


Pairs = list[tuple[str, str]]
"""Source user and destination user."""


def _crowd(product: _Product, tool: Tool, users: list[str]) -> Crowd:
    ground = product.ground
    pairs = [(user, ground.user()) for user in users]
    ours = tool is Tool.OURS
    seconds = _ours(product, pairs) if ours else _theirs(ground, tool, pairs)
    harm = Damage()
    for source, destination in pairs:
        maildir = ground.destination.maildir(destination)
        harm += damage(read_mailbox(ground.source.maildir(source)), read_mailbox(maildir))
        shutil.rmtree(maildir.parent)
    return Crowd(tool, seconds, harm)


def _theirs(ground: Ground, tool: Tool, pairs: Pairs) -> float:
    ports = (ground.source.spec.port, ground.destination.spec.port)
    state = ground.directory / "state"

    def run(pair: tuple[str, str]) -> None:
        task = Task(ground, *pair, ports, state / f"{tool.name}-{pair[1]}")
        words = command(tool, task)
        environ = {"PATH": os.environ["PATH"], **environment(tool)}
        subprocess.run(words, env=environ, check=True, capture_output=True)

    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(run, pairs))
    return time.perf_counter() - begun


@dataclass(frozen=True, slots=True)
class _Product:
    ground: Ground
    services: Services
    logs: Path


@contextmanager
def _installation(ground: Ground) -> Iterator[_Product]:
    """Database, Redis, clock and workers, up and idle."""
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
        environ["PATH"] = os.environ["PATH"]
        environ["PYTHONPATH"] = str(ROOT)
        jobs = [("jobs.clock",), *[("jobs.worker", "runs", "checks")] * AT_A_TIME]
        for number, words in enumerate(jobs):
            line = (sys.executable, "-m", *words)
            supervisor.add(Child(f"job{number}", line, logs / f"{number}.log", environ, True))
        queue = connect(redis.url)
        _wait(lambda: queue.scard("rq:workers") >= AT_A_TIME, logs)
        yield _Product(ground, services, logs)


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


def _ours(product: _Product, pairs: Pairs) -> float:
    store = product.services.store
    number = _rows(product, pairs)
    begun = datetime.now(UTC)
    with store.write() as session:
        control.start(session, number, None)
    product.services.bell.tick()

    def ended() -> bool:
        with store.read() as session:
            return session.get_one(Migration, number).state == "complete"

    _wait(ended, product.logs)
    with store.read() as session:
        query = select(AccountRun).join(Account).where(Account.migration_id == number)
        runs = session.scalars(query).all()
        if {run.state for run in runs} != {"complete"}:
            raise Unfinished("; ".join(f"{run.state} {run.error}" for run in runs))
        last: datetime = max(run.completed_at for run in runs if run.completed_at)
    return (last.replace(tzinfo=UTC) - begun).total_seconds()


def _rows(product: _Product, pairs: Pairs) -> int:
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
            threads=AT_A_TIME,
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
