"""How many connections a server takes is learned from what it refuses, and forgotten again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.claims import claim_checks
from store.engine import Store
from store.limits import Limits
from store.pace import FIRST_WHILE, LAST_WHILE, Learned, ServerPace, learned, lower, paced
from store.states import AccountState
from store.tables import Account, FindingRow, now
from store.waiting import PATIENCE, SHORT_PATIENCE, wait_for_server
from tests.store.world import add_migration

HOST = "old.example.test"


def places(session: Session, usual: int = 20) -> int:
    return paced(session, Limits(usual)).of(HOST)


def later(session: Session, seconds: float) -> None:
    """As if the last refusal were so long ago."""
    row = session.get_one(ServerPace, HOST)
    row.refused_at = row.refused_at - timedelta(seconds=seconds)
    session.flush()


def test_places_are_lowered_while_it_refuses_and_raised_again(store: Store) -> None:
    """To what fits beside the refused one; a place more after each while; and one that was too many
    makes the while longer."""
    with store.write() as session:
        assert places(session) == 20
        for living in (4, 3, 3):
            lower(session, HOST, living)
        assert places(session) == 2
        later(session, FIRST_WHILE)
        assert places(session) == 3
        lower(session, HOST, 3)
        assert places(session) == 2
        later(session, FIRST_WHILE + 1)
        assert places(session) == 2
        later(session, FIRST_WHILE)
        assert places(session) == 3
        later(session, 1000 * LAST_WHILE)
        assert places(session) == 20
        assert paced(session, Limits(20, {HOST: 1})).of(HOST) == 1


def test_one_refusal_where_there_should_be_room_is_a_doubt(store: Store) -> None:
    """A connection that has just ended may still be counted; two in five seconds are no chance."""
    with store.write() as session:
        for living in (4, 3, 3):
            lower(session, HOST, living)
        later(session, 8)
        lower(session, HOST, 2)
        assert places(session) == 2
        lower(session, HOST, 2)
        assert places(session) == 1
        lower(session, HOST, 1)
        assert places(session) == 1


def test_what_a_clock_ahead_has_said_is_not_believed(store: Store) -> None:
    """A refusal of tomorrow holds nobody up."""
    with store.write() as session:
        lower(session, HOST, 4)
        later(session, -86_400)
        assert places(session) == 20
        lower(session, HOST, 4)
        assert places(session) == 3


def claimed(store: Store) -> tuple[int, int] | None:
    with store.write() as session:
        found = claim_checks(session, limit_per_server=20, lease_seconds=30, capacity=1)
        return (found[0].id, found[0].token) if found else None


def waits(store: Store, code: str = "too_many_connections", asked: float = 0.0) -> bool:
    found = claimed(store)
    assert found is not None
    with store.write() as session:
        findings = [FindingRow(level="warning", code=code, words="Full.")]
        return wait_for_server(session, *found, findings, code=code, source=True, asked=asked)


def moved(store: Store, seconds: float) -> None:
    """So much time passes for the one row."""
    with store.write() as session:
        row = session.scalars(select(Account)).one()
        assert row.check_not_before is not None
        assert row.check_waits_since is not None
        row.check_not_before -= timedelta(seconds=seconds)
        row.check_waits_since -= timedelta(seconds=seconds)


def row(store: Store) -> Account:
    with store.read() as session:
        found = session.scalars(select(Account)).one()
        _ = found.findings
        return found


def test_a_refused_check_waits_and_is_made_again(store: Store) -> None:
    """New again with what was found, not before a pause; after its patience it is not."""
    with store.write() as session:
        add_migration(session, state=AccountState.NEW)
    assert waits(store)
    assert (row(store).state, row(store).findings[0].words) == ("new", "Full.")
    assert claimed(store) is None
    moved(store, 2)
    assert waits(store)
    moved(store, 300)
    assert waits(store)
    left = row(store).check_not_before
    assert left is not None
    assert 50 < (left - now()).total_seconds() <= 60
    moved(store, PATIENCE)
    assert not waits(store)


def test_what_is_learned_says_since_when_and_until_when(store: Store) -> None:
    """While it is less than the operator allows, and at that time no more."""
    with store.write() as session:
        assert learned(session, Limits(6)) == ()
        lower(session, HOST, 3)
        at = session.get_one(ServerPace, HOST).refused_at
        until = at + timedelta(seconds=4 * FIRST_WHILE)
        assert learned(session, Limits(6)) == (Learned(HOST, 2, 6, at, until),)
        later(session, FIRST_WHILE)
        (one,) = learned(session, Limits(6, {HOST: 4}))
        assert (one.places, one.until) == (3, until - timedelta(seconds=3 * FIRST_WHILE))
        later(session, 3 * FIRST_WHILE)
        assert learned(session, Limits(6)) == ()


def test_a_server_that_only_hangs_up_is_waited_for_a_minute(store: Store) -> None:
    """It may be no mail server at all."""
    with store.write() as session:
        add_migration(session, state=AccountState.NEW)
    assert waits(store, "server_bye")
    moved(store, SHORT_PATIENCE + 1)
    assert not waits(store, "server_bye")


def test_what_the_server_asks_for_is_kept_to(store: Store) -> None:
    """And a time that no server may ask for is of a clock that was ahead."""
    with store.write() as session:
        add_migration(session, state=AccountState.NEW)
    assert waits(store, asked=600)
    moved(store, 590)
    assert claimed(store) is None
    moved(store, -3600)
    assert claimed(store) is not None
