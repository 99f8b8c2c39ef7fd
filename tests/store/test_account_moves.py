"""What a person may do with one account, whatever becomes of the others."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from store import account_moves, control
from store.account_moves import Move
from store.claims import Claimed
from store.control import NotStartable
from store.engine import Store
from store.finishing import Reason, fail_account_run, finish_account_run, leave_account_run
from store.states import AccountState, IllegalMove, MigrationState
from store.tables import Account, AccountRun, History, Migration
from store.wishes import wanted
from sync.errors import Code
from sync.report import FolderReport, MailboxReport, Verdict
from tests.store.world import account_run, begun, claim_runs, lapse, started

DONE = MailboxReport((FolderReport("INBOX", "INBOX", verified=True),), Verdict.VERIFIED)


def make(store: Store, migration_id: int, account_run_id: int, move: Move) -> None:
    account_id = account_run(store, account_run_id).account_id
    with store.write() as session:
        account_moves.make(session, migration_id, account_id, move, user=None)


def states(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(AccountRun.state).order_by(AccountRun.id)))


def both(store: Store, migration_id: int) -> tuple[str, str]:
    with store.read() as session:
        run = control.last_run(session, migration_id)
        assert run is not None
        return session.get_one(Migration, migration_id).state, run.state


def seen(store: Store, claim: Claimed) -> MigrationState | None:
    with store.read() as session:
        return wanted(session, claim.id, claim.token)


def leave(store: Store, claim: Claimed) -> None:
    with store.write() as session:
        assert leave_account_run(session, claim.id, claim.token)


def finish(store: Store, claim: Claimed) -> None:
    with store.write() as session:
        assert finish_account_run(session, claim.id, claim.token, DONE)


def test_one_waiting_account_is_paused_and_resumed(store: Store) -> None:
    """The others begin without it; each move has a line with the mailbox in the history."""
    migration_id = started(store, accounts=2)
    make(store, migration_id, 1, Move.PAUSE)
    assert states(store) == ["paused", "pending"]
    assert [claim.id for claim in claim_runs(store)] == [2]
    make(store, migration_id, 1, Move.RESUME)
    assert [claim.id for claim in claim_runs(store)] == [1]
    with store.read() as session:
        lines = [(line.kind, line.note) for line in session.query(History).order_by(History.id)]
    assert lines[-2:] == [
        ("account paused", "u1@example.test"),
        ("account resumed", "u1@example.test"),
    ]


@pytest.mark.parametrize(("move", "state"), [(Move.PAUSE, "paused"), (Move.STOP, "stopped")])
def test_a_running_account_leaves_by_itself(store: Store, move: Move, state: str) -> None:
    """Its worker sees the wish, the other's does not; nothing is written over its head."""
    migration_id = started(store, accounts=2)
    first, second = claim_runs(store)
    make(store, migration_id, first.id, move)
    assert states(store) == ["running", "running"]
    assert (seen(store, first), seen(store, second)) == (state, MigrationState.RUNNING)
    leave(store, first)
    assert states(store) == [state, "running"]
    finish(store, second)


def test_a_wish_that_is_withdrawn_in_time_changes_nothing(store: Store) -> None:
    """The account goes on as if nobody had asked."""
    migration_id = started(store)
    (claim,) = claim_runs(store)
    make(store, migration_id, claim.id, Move.PAUSE)
    make(store, migration_id, claim.id, Move.RESUME)
    assert seen(store, claim) == MigrationState.RUNNING


def test_a_wish_outlives_the_worker(store: Store) -> None:
    """One whose worker died is paused, not begun anew."""
    migration_id = started(store)
    (claim,) = claim_runs(store)
    make(store, migration_id, claim.id, Move.PAUSE)
    lapse(store)
    assert claim_runs(store) == []
    assert states(store) == ["paused"]


def test_a_run_of_which_only_paused_accounts_are_left_is_paused(store: Store) -> None:
    """It is not running for ever; to resume it is one click, and to resume one of them another."""
    migration_id = started(store, accounts=3)
    first, second, third = claim_runs(store)
    for claim in (first, second):
        make(store, migration_id, claim.id, Move.PAUSE)
        leave(store, claim)
    assert both(store, migration_id) == ("running", "running")
    finish(store, third)
    assert both(store, migration_id) == ("paused", "paused")
    make(store, migration_id, first.id, Move.RESUME)
    assert both(store, migration_id) == ("running", "running")
    assert states(store) == ["pending", "paused", "complete"]
    with store.write() as session:
        control.resume(session, migration_id, None)
    assert states(store) == ["pending", "pending", "complete"]
    with store.write() as session, pytest.raises(IllegalMove):
        control.resume(session, migration_id, None)


def test_one_account_goes_on_alone_in_a_paused_migration(store: Store) -> None:
    """Also past one that had not left yet when the migration was paused."""
    migration_id = started(store, accounts=3, threads=1)
    (running,) = claim_runs(store)
    with store.write() as session:
        control.pause(session, migration_id, None)
    make(store, migration_id, 2, Move.RESUME)
    assert both(store, migration_id) == ("running", "running")
    assert seen(store, running) == MigrationState.PAUSED
    leave(store, running)
    assert states(store) == ["paused", "pending", "paused"]


def test_stopped_accounts_count_as_ended(store: Store) -> None:
    """The run is complete with the others, and its line in the history says how many."""
    migration_id = started(store, accounts=2)
    make(store, migration_id, 1, Move.STOP)
    (claim,) = claim_runs(store)
    finish(store, claim)
    assert both(store, migration_id) == ("complete", "complete")
    with store.read() as session:
        line = session.scalars(select(History).order_by(History.id.desc())).first()
        assert line is not None
        assert line.note == "Run 1: 1 of 2 accounts complete, 1 stopped; 0 messages copied."


def test_a_run_whose_accounts_were_all_stopped_is_stopped(store: Store) -> None:
    """Not complete: nothing is."""
    migration_id = started(store, accounts=2)
    for number in (1, 2):
        make(store, migration_id, number, Move.STOP)
    assert both(store, migration_id) == ("stopped", "stopped")


def test_a_paused_run_ends_when_its_last_accounts_are_stopped(store: Store) -> None:
    """It waits for nobody any more."""
    migration_id = started(store, accounts=2)
    first, _ = claim_runs(store)
    finish(store, first)
    make(store, migration_id, 2, Move.PAUSE)
    leave(store, Claimed(2, account_run(store, 2).token))
    with store.write() as session:
        control.pause(session, migration_id, None)
    make(store, migration_id, 2, Move.STOP)
    assert both(store, migration_id) == ("complete", "complete")


@pytest.mark.parametrize("failed", [True, False])
def test_one_account_is_retried(store: Store, failed: bool) -> None:
    """Failed or stopped, in the same run, with fresh attempts; the migration runs again."""
    migration_id = started(store, accounts=2)
    first, second = claim_runs(store)
    finish(store, second)
    with store.write() as session:
        if failed:
            fail_account_run(session, first.id, first.token, Reason("quota", "full"))
    if not failed:
        make(store, migration_id, first.id, Move.STOP)
        leave(store, first)
        claim_runs(store)
    assert both(store, migration_id)[0] == "complete"
    make(store, migration_id, first.id, Move.RETRY)
    assert states(store) == ["pending", "complete"]
    assert both(store, migration_id) == ("running", "running")
    again = account_run(store, first.id)
    assert (again.wish, again.error, again.attempts) == ("", "", 0)
    assert again.retry_refused, "a person has asked for it"


def test_a_blocked_account_is_mended_before_it_is_retried(store: Store) -> None:
    """The refusal names it, and nothing has changed."""
    claim = begun(store)
    with store.write() as session:
        fail_account_run(session, claim.id, claim.token, Reason("quota", "full"))
        account = session.scalars(select(Account)).one()
        account.state = AccountState.BLOCKED
        session.flush()
        with pytest.raises(NotStartable, match="mend it first"):
            account_moves.make(session, account.migration_id, account.id, Move.RETRY, user=None)
    assert states(store) == ["failed"]


def test_an_illegal_move_of_an_account_raises(store: Store) -> None:
    """And an account of another migration is no account."""
    migration_id = started(store)
    (claim,) = claim_runs(store)
    finish(store, claim)
    for move in Move:
        with pytest.raises(IllegalMove):
            make(store, migration_id, claim.id, move)
    other = started(store, domain="other.test")
    with pytest.raises(LookupError):
        make(store, other, claim.id, Move.PAUSE)


@pytest.mark.parametrize(("folders", "more"), [(2, ""), (23, "; and of 3 more folders")])
def test_removals_that_wait_are_named_and_allowed_together(
    store: Store, folders: int, more: str
) -> None:
    """Whatever else failed in other folders: the reason is what a person can decide, with the
    words of all those folders, and one button lets the next attempt remove them."""
    claim = begun(store)
    failed = FolderReport("A", "A", found=1, failed=1, error=Code.FOLDER_REFUSED)
    words = [f"F{number}: 3 of 4 messages" for number in range(folders)]
    waiting = [
        FolderReport(f"F{number}", f"F{number}", error=Code.DELETION_REFUSED, server_words=said)
        for number, said in enumerate(words)
    ]
    with store.write() as session:
        report = MailboxReport((failed, *waiting), Verdict.NOT_VERIFIED)
        assert finish_account_run(session, claim.id, claim.token, report)
    one = account_run(store, claim.id)
    assert (one.state, one.error, one.error_side) == ("failed", "deletion_refused", "destination")
    assert one.server_words == "; ".join(words[:20]) + more
    with store.write() as session:
        migration_id = session.scalars(select(Migration.id)).one()
        account_moves.allow_removal(session, migration_id, one.account_id, None)
    assert account_run(store, claim.id).removal_allowed
