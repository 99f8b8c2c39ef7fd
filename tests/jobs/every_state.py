"""Migrations in every state, between two real Dovecots: the jobs are done in this process, so that
each can be caught where it is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from jobs.checking import check_account
from jobs.running import AccountRunJob
from jobs.services import Services
from launch.dovecot import Dovecot
from parameters.choices import Choices, to_json
from store import claims, control, due, scheduling
from store.seal import password_context
from store.tables import Account, AccountRun, Migration, now
from tests.jobs.conftest import wait_until
from tests.jobs.haul import Haul, fill, make_haul
from tests.store.world import claim_runs

SLOW = to_json(Choices(bytes_per_second=20_000))
LEASE = 600
NOTIFY = "me@example.net"


@dataclass
class States:
    """A haul for each state, by the state's name; those that are on their way hold still."""

    services: Services
    source: Dovecot
    destination: Dovecot
    hauls: dict[str, Haul] = field(default_factory=dict)

    def add(self, name: str, messages: tuple[int, ...] = (5,), **columns: object) -> Haul:
        """Checked, and ready."""
        columns = {"name": name, "notify": NOTIFY} | columns
        haul = make_haul(
            self.services, self.source, self.destination, messages=messages, state="new", **columns
        )
        self.hauls[name] = haul
        return haul

    def check_all(self) -> None:
        with self.services.store.write() as session:
            claimed = claims.claim_checks(session, limit_per_server=99, lease_seconds=LEASE)
        for one in claimed:
            check_account(self.services, one.id, one.token)

    def work(self) -> None:
        """All that can be begun, to its end, and what that makes room for."""
        while claimed := claim_runs(self.services.store, lease=LEASE):
            for one in claimed:
                AccountRunJob(self.services, one.id, one.token).run()

    def start(self, name: str) -> None:
        with self.services.store.write() as session:
            control.start(session, self.hauls[name].migration_id, None)

    def act(self, name: str, verb: Callable[..., object]) -> None:
        with self.services.store.write() as session:
            verb(session, self.hauls[name].migration_id, None)

    @contextmanager
    def on_its_way(self, name: str) -> Iterator[None]:
        """Its only account is in the middle of being copied; at the end it has come to an end."""
        self.start(name)
        (claimed,) = claim_runs(self.services.store, lease=LEASE)
        job = AccountRunJob(self.services, claimed.id, claimed.token)
        thread = threading.Thread(target=job.run)
        thread.start()
        try:
            wait_until(lambda: self._copied(claimed.id) > 0, f"{name} copies")
            yield
        finally:
            thread.join(60)

    def _copied(self, account_run_id: int) -> int:
        with self.services.store.read() as session:
            return session.get_one(AccountRun, account_run_id).copied


def every_state(states: States, look: Callable[[str], None]) -> None:
    """`look` is called with the name of each state while it lasts."""
    for name in ("draft", "scheduled", "complete", "looping"):
        states.add(name, **({"loop": True} if name == "looping" else {}))
    states.add("dry", dry_run=True)
    states.add("failed", (4, 3))
    states.add("chosen", options=to_json(Choices(exclude="Projekte", max_size=5_000)))
    states.add("exceptions")
    for name in ("chosen", "exceptions"):
        haul = states.hauls[name]
        fill(haul.source.maildir(haul.addresses[0]), 2, folder=".Large", size=20_000)
    for name in ("running", "paused", "stopped"):
        states.add(name, (60,), size=1500, options=SLOW)
    states.check_all()
    _wrong_password(states, "failed")
    for name in ("complete", "dry", "failed", "chosen", "exceptions"):
        states.start(name)
    _by_the_clock(states)
    states.work()
    with states.on_its_way("running"):
        look("running")
        states.act("running", control.stop)
    for name, verb in (("paused", control.pause), ("stopped", control.stop)):
        with states.on_its_way(name):
            states.act(name, verb)
    for name in states.hauls.keys() - {"running"}:
        look(name)


def _wrong_password(states: States, name: str) -> None:
    """Of the second account, since its check."""
    with states.services.store.write() as session:
        migration = session.get_one(Migration, states.hauls[name].migration_id)
        account: Account = migration.accounts[1]
        place = password_context(migration.id, "source")
        account.source_password_sealed = states.services.sealer.seal("another", place)


def _by_the_clock(states: States) -> None:
    with states.services.store.write() as session:
        for name, begins in (("scheduled", timedelta(hours=1)), ("looping", timedelta(0))):
            migration = session.get_one(Migration, states.hauls[name].migration_id)
            migration.start, migration.start_at = "at", now() + begins
            scheduling.plan(session, migration.id, None)
        session.flush()
        due.start_due(session, states.hauls["looping"].migration_id)
