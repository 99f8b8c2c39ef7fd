"""At most so many connections to one source server, changed while runs are under way."""

from __future__ import annotations

import pytest

from store.claims import busy_hosts, claim_checks
from store.engine import Store
from store.limits import EVERY_SERVER, Limits, limits, remove_limit, set_limit
from store.states import AccountState
from tests.store.world import add_migration, claim_runs, started


def stored(store: Store, usual: int = 10) -> Limits:
    with store.read() as session:
        return limits(session, usual)


def change(store: Store, host: str, connections: int) -> bool:
    with store.write() as session:
        return set_limit(session, host, connections)


def test_what_is_stored_wins_over_what_is_usual(store: Store) -> None:
    """A server's own value over the one for all, and that over the environment's."""
    assert stored(store) == Limits(10)
    assert change(store, EVERY_SERVER, 4)
    assert change(store, "IMAP.old.example", 2)
    assert not change(store, "imap.old.example", 2)
    found = stored(store)
    assert [found.of(host) for host in ("imap.old.example", "Imap.Old.Example", "x")] == [2, 2, 4]
    with store.write() as session:
        assert remove_limit(session, "imap.OLD.example")
        assert not remove_limit(session, "imap.old.example")
        assert remove_limit(session, EVERY_SERVER)
    assert stored(store) == Limits(10)


@pytest.mark.parametrize("connections", [-1, 0, 1001])
def test_a_limit_that_stops_or_bounds_nothing_is_refused(store: Store, connections: int) -> None:
    """None is stored."""
    with pytest.raises(ValueError, match="from 1 to 1000"):
        change(store, EVERY_SERVER, connections)
    assert stored(store) == Limits(10)


def test_a_limit_holds_across_migrations_and_from_the_next_claim_on(store: Store) -> None:
    """Two migrations and the checks share one server's; raised, more begin; lowered, none does."""
    started(store, accounts=5, domain="a.test")
    started(store, accounts=5, domain="b.test")
    change(store, "old.example.test", 3)
    assert len(claim_runs(store)) == 3
    with store.write() as session:
        add_migration(session, accounts=2, state=AccountState.NEW, domain="c.test")
        assert claim_checks(session, limit_per_server=1000, lease_seconds=30) == []
    change(store, "old.example.test", 5)
    assert len(claim_runs(store)) == 2
    change(store, "old.example.test", 1)
    assert claim_runs(store) == []
    with store.read() as session:
        assert busy_hosts(session) == {"old.example.test": 5}


def test_another_server_is_not_held_up(store: Store) -> None:
    """The value for all counts each server by itself."""
    started(store, accounts=3, domain="a.test")
    started(store, accounts=3, domain="b.test", source_host="else.example.test")
    change(store, EVERY_SERVER, 2)
    assert len(claim_runs(store)) == 4
