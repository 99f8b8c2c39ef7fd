"""A migration that is over can be deleted, with all that belongs to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from store import control, removal, scheduling
from store.engine import Store
from store.finishing import finish_account_run, leave_account_run
from store.ledger import SqlLedger
from store.reporting_in import News, tell
from store.states import IllegalMove
from store.tables import Base, History, Migration, now
from sync.errors import Code
from sync.intent import FolderKey, Intent, Pair
from sync.report import FolderReport, MailboxReport, MessageNote, Outcome, Verdict
from tests.store.world import account_run, add_migration, begun, claim_runs, started

DONE = MailboxReport((FolderReport("INBOX", "INBOX", verified=True),), Verdict.VERIFIED)
OWN = {"domain", "organization", "destination", "history"}
"""Tables whose rows stay."""


def rows(store: Store) -> dict[str, int]:
    with store.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def ended(store: Store, **columns: object) -> int:
    """A migration with a report, a named message, a ledger and a notice."""
    claim = begun(store, notify="r@example.test", **columns)
    one = account_run(store, claim.id)
    ledger = SqlLedger(store, one.account_id, claim.id, claim.token)
    key = FolderKey("INBOX", 1, "INBOX", 1)
    ledger.settle(key, ledger.intend(key, Intent((1,), 1)), [Pair(1, 1, 10)])
    with store.write() as session:
        note = MessageNote("INBOX", 7, Outcome.SKIPPED, Code.TOO_LARGE)
        tell(session, claim.id, claim.token, News({}, DONE.folders, [note]))
        assert finish_account_run(session, claim.id, claim.token, DONE)
        return session.scalars(select(Migration.id).order_by(Migration.id.desc())).first() or 0


def test_everything_goes_and_the_history_says_so(store: Store) -> None:
    """No row of it is left in any table, and its number is never given to another."""
    migration_id = ended(store)
    assert rows(store)["ledger_batch"] == rows(store)["notice"] - 1 == 1
    with store.write() as session:
        assert removal.remove(session, migration_id, None) == "example.test"
    assert {name for name, number in rows(store).items() if number} <= OWN | {"alembic_version"}
    with store.read() as session:
        (line,) = removal.removed(session, None, limit=10)
        assert line.note == f"example.test (#{migration_id}), accounts: 1, runs: 1."
        organization = line.organization_id
        assert removal.removed(session, (organization or 0) + 1, limit=10) == []
    with store.write() as session:
        assert add_migration(session, domain="next.test").id > migration_id


def test_the_neighbours_stay(store: Store) -> None:
    """Another migration keeps all its rows."""
    gone = ended(store)
    before = rows(store)
    kept = ended(store, domain="kept.test")
    with store.write() as session:
        removal.remove(session, gone, None)
    after = rows(store)
    for name in ("migration", "account", "account_run", "ledger_batch", "message_note", "notice"):
        assert after[name] == before[name], name
    with store.read() as session:
        assert session.get(Migration, kept) is not None


def test_nothing_that_runs_is_deleted(store: Store) -> None:
    """Nor what is paused, what a worker still leaves, or what the clock will start again."""
    migration_id = started(store)
    (claim,) = claim_runs(store)

    def refused() -> None:
        with store.write() as session, pytest.raises(IllegalMove):
            removal.remove(session, migration_id, None)

    refused()
    for act in (control.pause, control.stop):
        with store.write() as session:
            act(session, migration_id, None)
        refused()
    with store.write() as session:
        leave_account_run(session, claim.id, claim.token)
        migration = session.get_one(Migration, migration_id)
        migration.next_start_at = now() + timedelta(hours=1)
    refused()
    with store.write() as session:
        scheduling.suspend(session, migration_id, None)
        removal.remove(session, migration_id, None)
    with store.read() as session:
        assert session.scalars(select(History.kind).order_by(History.id.desc())).first() == (
            "deleted"
        )
