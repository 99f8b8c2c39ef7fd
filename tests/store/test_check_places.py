"""Nobody's checks keep those of others waiting, however long each of them lasts."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import select

from store.claims import Claimed, checks_beside, claim_checks
from store.engine import Store
from store.finishing import CheckEnd, finish_check
from store.states import AccountState
from store.tables import Account, Migration
from tests.store.world import add_migration


def claimed(store: Store, apart: int, beside: int = 0) -> list[Claimed]:
    with store.write() as session:
        return claim_checks(
            session, limit_per_server=1000, lease_seconds=30, capacity=apart, beside=beside
        )


def rows(store: Store, domain: str, number: int = 10, **columns: object) -> int:
    with store.write() as session:
        return add_migration(
            session, accounts=number, state=AccountState.NEW, domain=domain, **columns
        ).id


def at_work(store: Store) -> Counter[str]:
    """Checks that live, by their migrations' names."""
    query = select(Migration.name).join(Account, Account.migration_id == Migration.id)
    with store.read() as session:
        return Counter(session.scalars(query.where(Account.state == AccountState.CHECKING)))


@pytest.mark.parametrize(("places", "held"), [(1, 1), (2, 1), (3, 1), (4, 2), (7, 5), (50, 10)])
def test_one_server_leaves_places_free(store: Store, places: int, held: int) -> None:
    """The last for another organization, the one before it for another server. One place alone
    is anybody's."""
    rows(store, "slow.test")
    assert len(claimed(store, places)) == held
    assert claimed(store, places) == []


@pytest.mark.parametrize("places", [2, 3, 4, 7])
def test_another_organization_begins_at_once(store: Store, places: int) -> None:
    """However many rows a slow server has, and many servers of one organization."""
    rows(store, "slow.test", source_host="slow.example.test")
    with store.write() as session:
        for number, account in enumerate(session.scalars(select(Account))):
            account.source_host = f"s{number}.example.test"
    claimed(store, places)
    rows(store, "other.test", number=3)
    claimed(store, places)
    assert at_work(store)["other.test"] == 1


@pytest.mark.parametrize("places", [3, 4, 7])
def test_another_server_of_the_same_organization_begins_at_once(store: Store, places: int) -> None:
    """Rows of one migration with a server of their own, behind ten of a slow one."""
    rows(store, "mixed.test", number=12)
    with store.write() as session:
        for account in session.scalars(select(Account).where(Account.position > 10)):
            account.source_host = "quick.example.test"
    claimed(store, places)
    with store.read() as session:
        busy = session.scalars(select(Account).where(Account.state == AccountState.CHECKING))
        assert [one.source_host for one in busy].count("quick.example.test") == 1


def test_whoever_holds_the_fewest_is_next(store: Store) -> None:
    """An organization with two migrations gets no more places than one with one."""
    rows(store, "a.test")
    with store.write() as session:
        second = add_migration(session, accounts=10, state=AccountState.NEW, domain="a2.test")
        second.organization_id = session.scalars(select(Migration.organization_id)).first() or 0
    rows(store, "b.test", source_host="b.example.test")
    claimed(store, 8)
    found = at_work(store)
    assert found["a.test"] + found["a2.test"] == found["b.test"] == 3


def test_a_place_that_is_given_back_goes_to_the_next_row(store: Store) -> None:
    """All rows of the one come in the end, with one place each time."""
    rows(store, "alone.test", number=5)
    for _ in range(5):
        (claim,) = claimed(store, 2)
        with store.write() as session:
            assert finish_check(session, claim.id, claim.token, CheckEnd(True, []))
    assert claimed(store, 2) == []


def test_places_of_workers_that_copy_come_last(store: Store) -> None:
    """They are counted, and told apart for the one who calls."""
    rows(store, "a.test", number=3)
    rows(store, "b.test", number=3, source_host="b.example.test")
    claims = claimed(store, 2, beside=3)
    assert [claim.beside for claim in claims] == [False, False, True]
    with store.read() as session:
        assert checks_beside(session) == 1
    assert claimed(store, 2, beside=0) == []
