"""What a person may do with a migration."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from store import control
from store.control import NotStartable
from store.engine import Store
from store.finishing import Reason, fail_account_run, finish_account_run, leave_account_run
from store.states import AccountRunState, AccountState, IllegalMove, MigrationState
from store.tables import Account, AccountRun, History, Migration, Role, Run, User
from sync.report import FolderReport, MailboxReport, Verdict
from tests.store.world import account_run, add_migration, begun, claim_runs, started

DONE = MailboxReport((FolderReport("INBOX", "INBOX", verified=True),), Verdict.VERIFIED)


def states(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(AccountRun.state).order_by(AccountRun.id)))


def migration_state(store: Store, migration_id: int) -> tuple[str, str]:
    with store.read() as session:
        run = control.last_run(session, migration_id)
        assert run is not None
        return session.get_one(Migration, migration_id).state, run.state


def end_all(store: Store) -> None:
    for claim in claim_runs(store):
        with store.write() as session:
            assert finish_account_run(session, claim.id, claim.token, DONE)


def test_start_makes_run_1_with_every_account(store: Store) -> None:
    """And the history says who began it."""
    with store.write() as session:
        user = User(email="r@example.test", password_hash="x", role=Role.RESELLER)
        session.add(user)
        migration = add_migration(session, accounts=3)
        run = control.start(session, migration.id, user)
        assert (run.number, run.started_by) == (1, user.id)
    assert states(store) == ["pending"] * 3
    with store.read() as session:
        line = session.scalars(select(History)).one()
        assert (line.kind, line.note, line.user_email) == ("started", "Run 1.", "r@example.test")


@pytest.mark.parametrize("state", [AccountState.NEW, AccountState.CHECKING, AccountState.BLOCKED])
def test_start_is_refused_while_a_row_is_not_ready(store: Store, state: AccountState) -> None:
    """The refusal names the rows (K8), and nothing has been started."""
    with store.write() as session:
        migration = add_migration(session, accounts=3)
        migration.accounts[1].state = state
        with pytest.raises(NotStartable) as refused:
            control.start(session, migration.id, None)
        assert refused.value.blocked_ids == (migration.accounts[1].id,)
        assert refused.value.reasons[0].startswith("1 account is ")
    assert states(store) == []


@pytest.mark.parametrize(
    ("columns", "accounts", "word"),
    [
        ({}, 0, "no accounts"),
        ({"mode": "all"}, 1, "confirm"),
    ],
)
def test_start_is_refused_with_the_reason(
    store: Store, columns: dict[str, str], accounts: int, word: str
) -> None:
    """No accounts; removal at the destination not confirmed."""
    with store.write() as session:
        migration = add_migration(session, accounts=accounts, **columns)
        with pytest.raises(NotStartable, match=word):
            control.start(session, migration.id, None)


def test_a_dry_run_in_mode_all_needs_no_confirmation(store: Store) -> None:
    """It removes nothing; it is how one sees what would be removed."""
    started(store, mode="all", dry_run=True)
    assert states(store) == ["pending"]


def test_a_migration_that_runs_is_not_started_twice(store: Store) -> None:
    """Nor is a paused one: that is resumed."""
    migration_id = started(store)
    with store.write() as session:
        with pytest.raises(IllegalMove):
            control.start(session, migration_id, None)
        control.pause(session, migration_id, None)
        with pytest.raises(IllegalMove):
            control.start(session, migration_id, None)


def test_a_migration_is_complete_when_its_last_account_has_ended(store: Store) -> None:
    """And may be started again, as run 2."""
    migration_id = started(store, accounts=2, threads=1)
    end_all(store)
    assert migration_state(store, migration_id) == ("running", "running")
    end_all(store)
    assert migration_state(store, migration_id) == ("complete", "complete")
    with store.write() as session:
        assert control.start(session, migration_id, None).number == 2
    assert migration_state(store, migration_id) == ("running", "running")


def test_pause_lets_nothing_begin_and_resume_goes_on(store: Store) -> None:
    """The account that runs leaves by itself, and waits with the others."""
    migration_id = started(store, accounts=2, threads=1)
    (claim,) = claim_runs(store)
    with store.write() as session:
        control.pause(session, migration_id, None)
    assert states(store) == ["running", "paused"]
    with store.write() as session:
        assert leave_account_run(session, claim.id, claim.token)
    assert states(store) == ["paused", "paused"]
    assert claim_runs(store) == []
    with store.write() as session:
        control.resume(session, migration_id, None)
    assert states(store) == ["pending", "pending"]
    assert [again.id for again in claim_runs(store)] == [claim.id]


def test_an_account_that_leaves_after_the_resume_waits_instead_of_resting(store: Store) -> None:
    """A quick pause and resume strands nobody."""
    migration_id = started(store)
    (claim,) = claim_runs(store)
    with store.write() as session:
        control.pause(session, migration_id, None)
        control.resume(session, migration_id, None)
        leave_account_run(session, claim.id, claim.token)
    assert states(store) == ["pending"]


def test_stop_ends_what_waits_and_what_leaves(store: Store) -> None:
    """Also from a pause; a restart is a new run."""
    migration_id = started(store, accounts=2, threads=1)
    (claim,) = claim_runs(store)
    with store.write() as session:
        control.pause(session, migration_id, None)
        control.stop(session, migration_id, None)
        leave_account_run(session, claim.id, claim.token)
    assert states(store) == ["stopped", "stopped"]
    assert migration_state(store, migration_id) == ("stopped", "stopped")
    with store.write() as session:
        assert control.start(session, migration_id, None).number == 2


@pytest.mark.parametrize("verb", [control.stop, control.pause, control.resume])
def test_a_draft_can_be_neither_stopped_nor_paused_nor_resumed(store: Store, verb) -> None:  # type: ignore[no-untyped-def]
    """An illegal move raises and changes nothing."""
    with store.write() as session:
        migration = add_migration(session)
        with pytest.raises(IllegalMove):
            verb(session, migration.id, None)
        assert migration.state == MigrationState.DRAFT


def test_failed_accounts_are_tried_again_in_the_same_run(store: Store) -> None:
    """A complete migration runs again for them alone, with fresh attempts."""
    migration_id = started(store, accounts=2)
    failed, done = claim_runs(store)
    with store.write() as session:
        finish_account_run(session, done.id, done.token, DONE)
        fail_account_run(session, failed.id, failed.token, Reason("quota", "full"))
        session.execute(update(AccountRun).values(attempts=5))
    assert migration_state(store, migration_id) == ("complete", "complete")
    with store.write() as session:
        assert control.retry_failed(session, migration_id, None) == 1
    assert states(store) == ["pending", "complete"]
    again = account_run(store, failed.id)
    assert (again.attempts, again.error) == (0, "")
    assert migration_state(store, migration_id) == ("running", "running")
    with store.read() as session:
        assert len(session.scalars(select(Run)).all()) == 1


def test_accounts_with_failed_messages_are_tried_again_too(store: Store) -> None:
    """Complete with skips, because the destination refused a message."""
    claim = begun(store)
    refused = FolderReport("INBOX", "INBOX", found=1, failed=1, verified=True)
    with store.write() as session:
        report = MailboxReport((refused,), Verdict.EXCEPTIONS)
        finish_account_run(session, claim.id, claim.token, report)
        migration_id = session.scalars(select(Migration.id)).one()
    assert states(store) == [AccountRunState.SKIPS]
    with store.write() as session:
        assert control.retry_failed(session, migration_id, None) == 1


def test_a_failed_account_that_is_blocked_now_is_named(store: Store) -> None:
    """It has to be mended first."""
    claim = begun(store)
    with store.write() as session:
        fail_account_run(session, claim.id, claim.token, Reason("quota", "full"))
        account = session.scalars(select(Account)).one()
        account.state = AccountState.BLOCKED
        session.flush()
        with pytest.raises(NotStartable, match="mend") as refused:
            control.retry_failed(session, account.migration_id, None)
    assert refused.value.blocked_ids == (account.id,)
