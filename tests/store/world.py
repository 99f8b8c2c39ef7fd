"""Rows that the tests start from: an organization, a destination, a migration with accounts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from store import control, destinations
from store.claims import Claimed, claim_account_runs
from store.engine import Store
from store.expiry import take_back
from store.judge import Judge
from store.reporting_in import begin_account_run
from store.states import AccountState
from store.tables import Account, AccountRun, Domain, Migration, Organization


def add_migration(
    session: Session,
    *,
    accounts: int = 1,
    state: AccountState = AccountState.READY,
    domain: str = "example.test",
    **columns: Any,
) -> Migration:
    """A migration of its own organization and destination; mailboxes u1@domain and so on."""
    organization = Organization(
        name=f"Organization of {domain}", domains=[Domain(name=domain)] if domain else []
    )
    session.add(organization)
    session.flush()
    destination = destinations.add(
        session,
        name=f"Destination of {domain}",
        provisioner="existing",
        host="mail.example.test",
        port=993,
        security="ssl",
    )
    values = {"name": domain, "source_host": "old.example.test", "threads": 100} | columns
    migration = Migration(
        organization_id=organization.id, destination_id=destination.id, domain=domain, **values
    )
    session.add(migration)
    session.flush()
    for position in range(1, accounts + 1):
        session.add(
            Account(
                migration_id=migration.id,
                position=position,
                source_username=f"u{position}",
                mailbox=f"u{position}@{domain}",
                state=state,
            )
        )
    session.flush()
    return migration


def started(store: Store, **columns: Any) -> int:
    """A migration that runs; its id."""
    with store.write() as session:
        migration = add_migration(session, **columns)
        control.start(session, migration.id, None)
        return migration.id


def claim_runs(store: Store, *, limit: int = 1000, lease: int = 30) -> list[Claimed]:
    with store.write() as session:
        return claim_account_runs(session, limit_per_server=limit, lease_seconds=lease)


class HandClock:
    """Goes on when a test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def lapse(store: Store) -> None:
    """Every claim's heartbeat stands still, and every pause passes, for an hour of the clock's."""
    clock = HandClock()
    judge = Judge(clock)
    for clock.at in (0.0, 3600.0):
        with store.write() as session:
            take_back(session, judge)


def begun(store: Store, **columns: Any) -> Claimed:
    """The claim of one account run whose worker has begun."""
    started(store, **columns)
    (claim,) = claim_runs(store)
    with store.write() as session:
        assert begin_account_run(session, claim.id, claim.token, seconds=30)
    return claim


def account_run(store: Store, number: int) -> AccountRun:
    with store.read() as session:
        return session.get_one(AccountRun, number)
