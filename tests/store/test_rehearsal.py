"""A dry run before the first start: what it leaves open, on both databases."""

from __future__ import annotations

import pytest

from store import control, drafts, reports, scheduling
from store.engine import Store
from store.states import MigrationState
from store.tables import FolderRow, Migration, now
from tests.store.world import add_migration


def _rehearsed(store: Store, domain: str = "one.test") -> int:
    """A migration of which a dry run has ended, that would have removed something."""
    with store.write() as session:
        migration = add_migration(session, domain=domain, mode="all", loop=True)
        run = control.start(session, migration.id, None, rehearse=True)
        assert (run.dry_run, migration.next_start_at, migration.loop_from) == (True, None, None)
        one = run.account_runs[0]
        counters = dict.fromkeys(("found", "copied", "present", "skipped", "failed", "vanished",
                                  "size_copied", "flags_changed", "removed"), 0)  # fmt: skip
        session.add(
            FolderRow(
                account_run_id=one.id, source="INBOX", destination="INBOX", created=False,
                verified=False, duplicates_removed=2, deleted_at_source=1, **counters,
            )
        )  # fmt: skip
        one.removed = 7
        run.state = migration.state = MigrationState.COMPLETE
        return migration.id


def test_a_rehearsal_needs_no_confirmation_and_a_start_does(store: Store) -> None:
    """Its numbers hold until other options are chosen; the steps are closed by the real start."""
    number = _rehearsed(store)
    with store.write() as session:
        migration = session.get_one(Migration, number)
        plan = reports.last_plan(session, number)
        assert plan is not None
        assert (plan.removed, plan.duplicates_removed, plan.deleted_at_source) == (7, 2, 1)
        assert plan.holds_for(migration)
        with pytest.raises(control.NotStartable, match="confirm that first"):
            control.start(session, number, None)
        assert drafts.steps_open(session, migration)
        migration.removal_confirmed = True
        migration.options = {"once": True}
        assert not plan.holds_for(migration)
        control.start(session, number, None)
        migration.state = MigrationState.COMPLETE
        assert not drafts.steps_open(session, migration)


def test_what_was_only_rehearsed_can_be_planned_and_discarded(store: Store) -> None:
    """With its dry runs and their reports; what has really run is kept."""
    number = _rehearsed(store)
    with store.write() as session:
        migration = session.get_one(Migration, number)
        migration.removal_confirmed, migration.start_at = True, now()
        scheduling.plan(session, number, None)
        assert migration.state == MigrationState.SCHEDULED
        drafts.remove(session, migration)
    with store.read() as session:
        assert session.get(Migration, number) is None
        assert session.query(FolderRow).count() == 0
    other = _rehearsed(store, "two.test")
    with store.write() as session:
        migration = session.get_one(Migration, other)
        migration.removal_confirmed = True
        control.start(session, other, None)
        migration.state = MigrationState.SCHEDULED
        with pytest.raises(ValueError, match="kept"):
            drafts.remove(session, migration)
