"""A migration between two real Dovecots, with mail on disk."""

from __future__ import annotations

import base64
import itertools
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from jobs.services import Services
from launch.dovecot import Dovecot, run_as
from store import control, destinations
from store.seal import password_context
from store.tables import Account, AccountRun, Domain, LedgerBatch, Migration, Organization
from sync.options import Security
from tests.journey.maildir import difference

PASSWORD = "Quelle;geheim-17"
MAILBOX_PASSWORD = "Ziel;Geheim-2026!"

_numbers = itertools.count(1)


def fill(maildir: Path, messages: int, *, folder: str = "", size: int = 500) -> None:
    """Messages on disk, each with a body, date and flags of its own. Bodies are as good as random:
    a line that is compressed would bring others faster than its limit of speed says."""
    for part in ("cur", "new", "tmp"):
        (maildir / folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(messages):
        head = f"Message-ID: <{folder}{number}@old.test>\nSubject: no {number}\n\n"
        path = maildir / folder / "cur" / f"17{number:08}.M{number}P1.test:2,{'SF'[number % 2]}"
        body = base64.b64encode(random.Random(number).randbytes(size * 3 // 4))
        path.write_bytes((head + "x" * 70 + "\n").encode() + body + b"\n")
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    user = run_as()
    for place in (maildir.parent, *maildir.parent.rglob("*")):
        os.chown(place, user.pw_uid, user.pw_gid)


@dataclass(frozen=True, slots=True)
class Haul:
    services: Services
    source: Dovecot
    destination: Dovecot
    migration_id: int
    addresses: tuple[str, ...]

    def start(self) -> None:
        with self.services.store.write() as session:
            control.start(session, self.migration_id, None)
        self.services.bell.tick()

    def act(self, verb: Callable[..., object]) -> None:
        with self.services.store.write() as session:
            verb(session, self.migration_id, None)
        self.services.bell.tick()

    def account_states(self) -> list[str]:
        with self.services.store.read() as session:
            query = select(Account.state).where(Account.migration_id == self.migration_id)
            return list(session.scalars(query.order_by(Account.position)))

    def runs(self) -> Sequence[AccountRun]:
        with self.services.store.read() as session:
            return session.scalars(select(AccountRun).order_by(AccountRun.id)).all()

    def states(self) -> list[str]:
        return [run.state for run in self.runs()]

    def on_its_way(self) -> bool:
        """Whether the ledger has a settled batch: sooner than the counters tell."""
        with self.services.store.read() as session:
            return session.scalar(select(LedgerBatch.id).where(LedgerBatch.settled)) is not None

    def state(self) -> str:
        with self.services.store.read() as session:
            return session.get_one(Migration, self.migration_id).state

    def differences(self) -> list[str]:
        return [
            line
            for address in self.addresses
            for line in difference(self.source.maildir(address), self.destination.maildir(address))
        ]


def make_haul(
    services: Services,
    source: Dovecot,
    destination: Dovecot,
    *,
    messages: Sequence[int] = (20,),
    size: int = 500,
    state: str = "ready",
    **columns: object,
) -> Haul:
    """One account for each number of messages; `state` new lets them be checked first."""
    domain = f"haul{next(_numbers)}.test"
    addresses = tuple(f"u{place}@{domain}" for place in range(1, len(messages) + 1))
    for address, number in zip(addresses, messages, strict=True):
        source.add_user(address, PASSWORD)
        fill(source.maildir(address), number, size=size)
        fill(source.maildir(address), 3, folder=".Projekte.Alt")
    with services.store.write() as session:
        organization = Organization(name=domain, domains=[Domain(name=domain)])
        session.add(organization)
        session.flush()
        place = destinations.add(
            session,
            name=domain,
            provisioner="dovecot-passwd",
            config={"users_file": str(destination.spec.users_file)},
            host="localhost",
            port=destination.spec.tls_port,
            security=Security.TLS,
        )
        migration = Migration(
            organization_id=organization.id,
            destination_id=place.id,
            domain=domain,
            **{"name": domain, "source_host": "localhost", "source_port": source.spec.tls_port}
            | columns,
        )
        session.add(migration)
        session.flush()
        seal, number = services.sealer.seal, migration.id
        for position, address in enumerate(addresses, 1):
            session.add(
                Account(
                    migration_id=number,
                    position=position,
                    source_username=address,
                    source_password_sealed=seal(PASSWORD, password_context(number, "source")),
                    mailbox=address,
                    mailbox_password_sealed=seal(
                        MAILBOX_PASSWORD, password_context(number, "mailbox")
                    ),
                    state=state,
                )
            )
    return Haul(services, source, destination, number, addresses)
