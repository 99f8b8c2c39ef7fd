"""What a person may do with one account of the last run, whatever becomes of the others.

    it is                        pause       resume      stop        retry
    waiting                      paused      –           stopped     –
    running                      its wish    –           its wish    –
    running, about to pause      –           stays       its wish    –
    paused                       –           waiting     stopped     –
    failed, stopped,             –           –           –           waiting
    with failed messages

A wish is read by the worker between batches; it leaves at a clean point of the ledger.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store import control
from store.completion import complete_runs
from store.control import NotStartable
from store.states import AccountRunState, AccountState, IllegalMove, MigrationState, move
from store.tables import Account, AccountRun, Migration, Run, User, now
from sync.errors import Code


class Move(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RETRY = "retry"


def legal(run: Run, one: AccountRun) -> tuple[Move, ...]:
    """The moves of this account, if `run` is the migration's last."""
    state, goes_on = AccountRunState(one.state), run.state == MigrationState.RUNNING
    if state == AccountRunState.RUNNING and one.wish == AccountRunState.STOPPED:
        return ()
    if state == AccountRunState.RUNNING and one.wish == AccountRunState.PAUSED:
        return (Move.RESUME, Move.STOP)
    if state in (AccountRunState.PENDING, AccountRunState.RUNNING):
        return (Move.PAUSE, Move.STOP) if goes_on else ()
    if state == AccountRunState.PAUSED:
        return (Move.RESUME, Move.STOP)
    ended_badly = state in (AccountRunState.FAILED, AccountRunState.STOPPED)
    return (Move.RETRY,) if ended_badly or one.failed else ()


def make(
    session: Session, migration_id: int, account_id: int, wanted: Move, *, user: User | None
) -> None:
    """Raises IllegalMove when it is not legal (any more), NotStartable for a retry of an account
    that has to be mended first, LookupError when the last run has no such account."""
    migration = control.locked(session, migration_id)
    run = control.last_run(session, migration_id)
    one = None if run is None else _locked(session, run, account_id)
    if run is None or one is None:
        raise LookupError("the last run has no such account")
    if wanted not in legal(run, one):
        raise IllegalMove(f"an account that is {one.state} cannot {wanted}")
    account = session.get_one(Account, account_id)
    if wanted == Move.RETRY:
        _retry(session, migration, run, (account, one))
    elif wanted == Move.RESUME:
        _resume(session, migration, run, one)
    else:
        _leave(one, _LEAVES[wanted])
    control.tell(session, migration, user, _TOLD[wanted], note=account.mailbox)
    session.flush()
    complete_runs(session)


def allow_removal(session: Session, migration_id: int, account_id: int, user: User | None) -> None:
    """Try an account again whose run would have removed more than half of a folder: this time it
    may. Raises as make."""
    run = control.last_run(session, migration_id)
    one = None if run is None else _locked(session, run, account_id)
    if one is None:
        raise LookupError("the last run has no such account")
    if one.error != Code.DELETION_REFUSED:
        raise IllegalMove("nothing was refused")
    folder = one.server_words
    make(session, migration_id, account_id, Move.RETRY, user=user)
    session.refresh(one)
    one.removal_allowed = True
    migration, account = control.locked(session, migration_id), session.get_one(Account, account_id)
    note = f"{account.mailbox}, {folder}." if folder else account.mailbox
    control.tell(session, migration, user, "removal allowed", note=note)
    session.flush()


_LEAVES = {Move.PAUSE: AccountRunState.PAUSED, Move.STOP: AccountRunState.STOPPED}
_TOLD = {
    Move.PAUSE: "account paused",
    Move.RESUME: "account resumed",
    Move.STOP: "account stopped",
    Move.RETRY: "account retried",
}


def _leave(one: AccountRun, to: AccountRunState) -> None:
    one.wish = to
    if one.state == AccountRunState.RUNNING:
        return
    one.state = move(AccountRunState(one.state), to)
    if to == AccountRunState.STOPPED:
        one.completed_at = now()


def _resume(session: Session, migration: Migration, run: Run, one: AccountRun) -> None:
    """In a migration that is paused it goes on alone: the others are paused by themselves."""
    if run.state == MigrationState.PAUSED:
        others = update(AccountRun).where(
            AccountRun.run_id == run.id, AccountRun.state == AccountRunState.RUNNING
        )
        session.execute(others.values(wish=AccountRunState.PAUSED))
        migration.state = run.state = MigrationState.RUNNING
    one.wish = ""
    if one.state == AccountRunState.PAUSED:
        one.state = move(AccountRunState.PAUSED, AccountRunState.PENDING)


def _retry(
    session: Session, migration: Migration, run: Run, whom: tuple[Account, AccountRun]
) -> None:
    account, one = whom
    if account.state != AccountState.READY:
        raise NotStartable([f"{account.mailbox} is not ready: mend it first."], [account.id])
    control.reopen(session, migration, run, [one.id])


def _locked(session: Session, run: Run, account_id: int) -> AccountRun | None:
    """A worker may be about to end it: what is read here stays so until the commit."""
    query = select(AccountRun).where(
        AccountRun.run_id == run.id, AccountRun.account_id == account_id
    )
    fresh = query.with_for_update().execution_options(populate_existing=True)
    return session.scalars(fresh).one_or_none()
