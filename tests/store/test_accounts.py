"""The rows of a migration, on both databases."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from store import accounts, aim, control, overview
from store.accounts import NewAccount
from store.engine import Store
from store.seal import Sealer
from store.states import AccountState
from store.tables import Account, FindingRow, Migration
from tests.store.world import add_migration

FAULT = {"code": "too_few_columns", "words": "Line 3: too few.", "hint": "Add them.", "field": ""}


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([Fernet.generate_key().decode()])


@pytest.fixture
def migration_id(store: Store) -> int:
    with store.write() as session:
        return add_migration(session, accounts=0).id


def _rows(store: Store, migration_id: int) -> list[Account]:
    with store.read() as session:
        query = session.query(Account).filter_by(migration_id=migration_id)
        return query.order_by(Account.position).all()


def _ready(store: Store) -> None:
    with store.write() as session:
        readable = session.query(Account).filter(Account.reading_fault.is_(None))
        readable.update({"state": AccountState.READY})


def test_rows_are_kept_in_order_with_sealed_passwords(
    store: Store, sealer: Sealer, migration_id: int
) -> None:
    """An empty password is none; one is opened for its own migration and side only."""
    with store.write() as session:
        accounts.add(session, sealer, migration_id, [NewAccount("one", "one@x.test", "", "b")])
        accounts.add(session, sealer, migration_id, [NewAccount("two", "two@x.test", "a", "b")])
    first, second = _rows(store, migration_id)
    assert (first.position, second.position) == (1, 2)
    assert first.source_password_sealed is None
    assert second.source_password_sealed is not None
    assert second.source_password_sealed != b"a"
    with store.read() as session:
        assert aim.opened(sealer, session.get_one(Account, second.id)).source == "a"


def test_ten_thousand_rows_are_added(store: Store, sealer: Sealer, migration_id: int) -> None:
    """Sealing both passwords of each included."""
    new = [NewAccount(f"u{n}", f"u{n}@x.test", f"s{n}", f"m{n}") for n in range(10_000)]
    with store.write() as session:
        accounts.add(session, sealer, migration_id, new)
    with store.read() as session:
        found = overview.account_counts(session, [migration_id])[migration_id]
        page, total = overview.account_page(session, migration_id, attention=False, page=200)
    assert (found.waiting, total, len(page)) == (10_000, 10_000, 50)


def test_an_unreadable_line_stays_blocked_until_it_is_edited(
    store: Store, sealer: Sealer, migration_id: int
) -> None:
    """A check of all rows does not touch it; it counts as one that needs attention."""
    with store.write() as session:
        accounts.add(session, sealer, migration_id, [NewAccount("x", "", line=3, fault=FAULT)])
        assert accounts.reset_check(session, migration_id) == 0
        page, _ = overview.account_page(session, migration_id, attention=True, page=1)
        assert [finding.words for finding in page[0].findings] == ["Line 3: too few."]
        accounts.edit(session, sealer, page[0], NewAccount("x", "x@x.test", "a", "b"))
    (row,) = _rows(store, migration_id)
    assert (row.state, row.reading_fault) == ("new", None)


def test_an_edit_outruns_a_check_under_way(store: Store, sealer: Sealer, migration_id: int) -> None:
    """Its fencing number is raised, so the old check's result is refused."""
    with store.write() as session:
        (number,) = accounts.add(session, sealer, migration_id, [NewAccount("x", "x@x.test")])
        row = session.get_one(Account, number)
        row.state, row.check_token = AccountState.CHECKING, 7
        session.flush()
        accounts.edit(session, sealer, row, NewAccount("y", "x@x.test"))
    (row,) = _rows(store, migration_id)
    assert (row.state, row.check_token, row.check_lease) == ("new", 8, None)


def test_changes_reach_the_rows_that_share_something(
    store: Store, sealer: Sealer, migration_id: int
) -> None:
    """Duplicates: adding, editing and removing one row has the other checked again."""
    with store.write() as session:
        accounts.add(
            session,
            sealer,
            migration_id,
            [
                NewAccount("one", "a@x.test"),
                NewAccount("two", "b@x.test"),
                NewAccount("3", "c@y.z"),
            ],
        )
    _ready(store)
    with store.write() as session:
        accounts.add(session, sealer, migration_id, [NewAccount("four", "A@x.test")])
    assert [row.state for row in _rows(store, migration_id)] == ["new", "ready", "ready", "new"]
    _ready(store)
    with store.write() as session:
        fourth = session.get_one(Account, _rows(store, migration_id)[3].id)
        accounts.edit(session, sealer, fourth, NewAccount("four", "b@x.test"))
    assert [row.state for row in _rows(store, migration_id)] == ["new", "new", "ready", "new"]
    _ready(store)
    with store.write() as session:
        accounts.remove(session, session.get_one(Account, _rows(store, migration_id)[3].id))
    assert [row.state for row in _rows(store, migration_id)] == ["ready", "new", "ready"]


def test_rows_that_have_run_keep_their_identity(store: Store, sealer: Sealer) -> None:
    """Their passwords can be mended; they cannot be renamed or removed."""
    with store.write() as session:
        migration = add_migration(session, accounts=1)
        control.start(session, migration.id, None)
        row = migration.accounts[0]
        accounts.edit(session, sealer, row, NewAccount("other", "other@x.test", "new secret"))
        assert row.source_username == "u1"
        assert aim.opened(sealer, row).source == "new secret"
        with pytest.raises(ValueError, match="kept with its report"):
            accounts.remove(session, row)
        with pytest.raises(ValueError, match="kept with their reports"):
            accounts.replace(session, sealer, migration.id, [])


def test_replacing_leaves_nothing_of_the_old_rows(
    store: Store, sealer: Sealer, migration_id: int
) -> None:
    """Neither rows nor findings; another migration's stay."""
    with store.write() as session:
        other = add_migration(session, accounts=2, domain="other.test").id
        accounts.add(session, sealer, migration_id, [NewAccount("x", "", fault=FAULT)] * 3)
        accounts.replace(session, sealer, migration_id, [NewAccount("y", "y@x.test")])
    assert [row.source_username for row in _rows(store, migration_id)] == ["y"]
    assert len(_rows(store, other)) == 2
    with store.read() as session:
        assert session.query(FindingRow).count() == 0


def test_usernames_are_changed_and_counted(store: Store, sealer: Sealer, migration_id: int) -> None:
    """Only when something changes is everything checked again."""
    with store.write() as session:
        accounts.add(session, sealer, migration_id, [NewAccount("one", "a@x.test")])
    _ready(store)
    with store.write() as session:
        assert accounts.change_usernames(session, migration_id, str.lower) == []
        assert session.get_one(Migration, migration_id).accounts[0].state == "ready"
        assert accounts.change_usernames(session, migration_id, str.upper) == [("one", "ONE")]
    assert [(r.source_username, r.state) for r in _rows(store, migration_id)] == [("ONE", "new")]
