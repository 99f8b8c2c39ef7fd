"""What was given to another organization is of no use to the old one, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from store import control, ownership, people
from store.control import NotStartable
from store.due import start_due
from store.engine import Store
from store.people import PeopleError
from store.states import AccountState
from store.tables import Account, Domain, Migration, Organization, now
from tests.store.world import add_migration


def give_away(session: Session, name: str) -> None:
    other = Organization(name=f"new owner of {name}")
    session.add(other)
    session.flush()
    session.query(Domain).filter_by(name=name).one().organization_id = other.id


def close(session: Session, migration: Migration) -> None:
    other = Organization(name="another")
    session.add(other)
    session.flush()
    assert migration.destination is not None
    migration.destination.organization_id = other.id


def test_nothing_starts_in_a_domain_of_somebody_else(store: Store) -> None:
    """A start says why, and names the domain."""
    with store.write() as session:
        migration = add_migration(session, accounts=2)
        give_away(session, "example.test")
        with pytest.raises(NotStartable, match=r"example\.test does not belong"):
            control.start(session, migration.id, None)


def test_nothing_starts_at_a_destination_of_somebody_else(store: Store) -> None:
    """One that is open to all stays open."""
    with store.write() as session:
        migration = add_migration(session)
        assert ownership.reasons(session, migration) == []
        close(session, migration)
        with pytest.raises(NotStartable, match="not open to this organization"):
            control.start(session, migration.id, None)
        assert "not open" in ownership.fault(session, migration.accounts[0])
        assert not ownership.lists(session, migration)


@pytest.mark.parametrize("mailbox", ["u2@second.test", "U2@SECOND.test", "u2@bücher.test"])
def test_a_loop_goes_on_without_the_mailboxes_that_were_given_away(
    store: Store, mailbox: str
) -> None:
    """They are blocked with a reason; the next run is over the others."""
    domain = people.clean_domain(mailbox.rpartition("@")[2])
    with store.write() as session:
        migration = add_migration(session, accounts=2, loop=True)
        session.add(Domain(name=domain, organization_id=migration.organization_id))
        second = migration.accounts[1]
        second.mailbox, number = mailbox, migration.id
        assert control.start(session, number, None).number == 1
        session.flush()
    with store.write() as session:
        migration = session.get_one(Migration, number)
        migration.state, migration.next_start_at = "complete", now() - timedelta(seconds=1)
        give_away(session, domain)
    with store.write() as session:
        run = start_due(session, number)
        assert run is not None
        assert [one.account.mailbox for one in run.account_runs] == ["u1@example.test"]
        blocked = session.query(Account).filter_by(state=AccountState.BLOCKED).one()
        assert blocked.mailbox == mailbox
        assert domain in blocked.findings[0].words


def test_a_loop_waits_while_all_is_somebody_elses(store: Store) -> None:
    """Neither by its domain nor by its destination a run begins."""
    with store.write() as session:
        migration = add_migration(session, loop=True, next_start_at=now(), state="complete")
        close(session, migration)
        assert start_due(session, migration.id) is None
        migration = add_migration(
            session, domain="b.test", loop=True, next_start_at=now(), state="complete"
        )
        give_away(session, "b.test")
        assert start_due(session, migration.id) is None


def test_a_domain_is_not_taken_away_from_accounts(store: Store) -> None:
    """Also where no migration has it as its own, but a row has a mailbox there."""
    with store.write() as session:
        migration = add_migration(session, accounts=1)
        owner = migration.organization_id
        first = session.query(Domain).filter_by(name="example.test").one()
        second = people.add_domain(session, owner, "second.test")
        migration.accounts[0].mailbox = "info@Second.Test"
        session.flush()
        with pytest.raises(PeopleError, match="1 account is brought to second"):
            people.remove_domain(session, owner, second.id)
        with pytest.raises(PeopleError, match="used by a migration"):
            people.remove_domain(session, owner, first.id)
        migration.accounts[0].mailbox = "info@example.test"
        session.flush()
        assert people.remove_domain(session, owner, second.id) == "second.test"
