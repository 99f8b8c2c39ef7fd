"""What a person may do with a migration: start, stop, pause, resume, try again.

Account runs that run now are not touched: their worker reads the run's state between batches,
leaves at a clean point of the ledger and enters the state itself. So nothing is cut in the middle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, insert, literal, select, update
from sqlalchemy.orm import Session

from store import history, notices, ownership, schedule
from store.forgetting import forget_old_runs
from store.obstacles import obstacles as obstacles
from store.states import AccountRunState, AccountState, IllegalMove, MigrationState, Phase, move
from store.tables import Account, AccountRun, Migration, Run, User, now


class NotStartable(Exception):
    """Why the migration cannot be started, in words; `blocked_ids` are the accounts in the way."""

    def __init__(self, reasons: Iterable[str], blocked_ids: Iterable[int] = ()) -> None:
        self.reasons = tuple(reasons)
        self.blocked_ids = tuple(blocked_ids)
        super().__init__(" ".join(self.reasons))


def start(session: Session, migration_id: int, user: User | None, *, rehearse: bool = False) -> Run:
    """Begin run N over all accounts. A complete or stopped migration is restarted the same way.

    With `rehearse` this run is a dry run, and needs nobody to have confirmed what it would remove.
    Raises NotStartable while an account is not ready, IllegalMove while it runs already.
    """
    migration = locked(session, migration_id)
    _moved(migration.state, MigrationState.RUNNING, paused_too=False)
    refuse_unready(session, migration, rehearse=rehearse)
    if rehearse:
        return begin_run(session, migration, user, ", a dry run", rehearse=True)
    return begin_run(session, migration, user)


def begin_run(
    session: Session,
    migration: Migration,
    user: User | None,
    note: str = "",
    *,
    rehearse: bool = False,
) -> Run:
    """The next run, over the accounts that are ready. The caller has locked the migration.

    A rehearsal is a dry run that no other run follows by itself. Raises IllegalMove while it runs
    already."""
    state = _moved(migration.state, MigrationState.RUNNING, paused_too=False)
    number = session.scalar(
        select(func.coalesce(func.max(Run.number), 0)).where(Run.migration_id == migration.id)
    )
    run = Run(
        migration_id=migration.id,
        number=(number or 0) + 1,
        mode=migration.mode,
        dry_run=migration.dry_run or rehearse,
        options=dict(migration.options),
        started_by=user.id if user else None,
    )
    session.add(run)
    session.flush()
    accounts = select(literal(run.id), Account.id).where(
        Account.migration_id == migration.id, Account.state == AccountState.READY
    )
    in_order = accounts.order_by(Account.position, Account.id)
    session.execute(insert(AccountRun).from_select(["run_id", "account_id"], in_order))
    migration.state = state
    migration.started_at = run.started_at = now()
    migration.completed_at = None
    if rehearse:
        migration.next_start_at = migration.loop_from = None
    else:
        schedule.advance(migration, run.started_at)
    if migration.loop:
        forget_old_runs(session, migration.id, run.number)
    tell(session, migration, user, "started", note=f"Run {run.number}{note}.")
    session.flush()
    notices.run_started(session, run)
    return run


def stop(session: Session, migration_id: int, user: User | None) -> None:
    """No account begins any more, those that run leave within seconds. Raises IllegalMove.

    A loop ends with it; a restart begins it again."""
    migration = locked(session, migration_id)
    migration.state = _moved(migration.state, MigrationState.STOPPED)
    migration.next_start_at = None
    migration.completed_at = now()
    run = last_run(session, migration_id)
    if run is not None:
        run.state = MigrationState.STOPPED
        run.completed_at = now()
        waiting = (AccountRunState.PENDING, AccountRunState.PAUSED)
        _move_runs(session, run, waiting, AccountRunState.STOPPED)
    tell(session, migration, user, "stopped")


def pause(session: Session, migration_id: int, user: User | None) -> None:
    """As stop, but resume goes on with the same run. Raises IllegalMove."""
    migration = locked(session, migration_id)
    migration.state = _moved(migration.state, MigrationState.PAUSED)
    run = last_run(session, migration_id)
    if run is not None:
        run.state = MigrationState.PAUSED
        _move_runs(session, run, (AccountRunState.PENDING,), AccountRunState.PAUSED)
    tell(session, migration, user, "paused")


def resume(session: Session, migration_id: int, user: User | None) -> None:
    """Also the accounts that were paused by themselves, in a run that goes on without them.

    Raises IllegalMove when nothing is paused."""
    migration = locked(session, migration_id)
    run = last_run(session, migration_id)
    whole = migration.state == MigrationState.PAUSED
    if run is None or not (whole or has_paused(session, run)):
        raise IllegalMove(f"a migration that is {migration.state} cannot be resumed")
    migration.state = run.state = MigrationState.RUNNING
    _move_runs(session, run, (AccountRunState.PAUSED,), AccountRunState.PENDING)
    unwish(session, run)
    note = "" if whole else "The accounts that were paused."
    tell(session, migration, user, "resumed", note=note)


def has_paused(session: Session, run: Run) -> bool:
    """Whether an account of this run that goes on is paused by itself, or about to be."""
    if run.state != MigrationState.RUNNING:
        return False
    rests = AccountRun.state == AccountRunState.PAUSED
    query = select(AccountRun.id).where(AccountRun.run_id == run.id, rests | _leaves_to_rest())
    return session.scalar(query.limit(1)) is not None


def unwish(session: Session, run: Run) -> None:
    """Those that were to leave for a pause of their own stay."""
    query = update(AccountRun).where(AccountRun.run_id == run.id, _leaves_to_rest())
    session.execute(query.values(wish="").execution_options(synchronize_session="fetch"))


def _leaves_to_rest() -> ColumnElement[bool]:
    return (AccountRun.state == AccountRunState.RUNNING) & (
        AccountRun.wish == AccountRunState.PAUSED
    )


def retry_failed(session: Session, migration_id: int, user: User | None) -> int:
    """The last run's failed accounts, and those with failed messages, again in the same run.

    Returns how many.

    Raises NotStartable when none has failed, or those that have are not ready yet."""
    migration = locked(session, migration_id)
    run = last_run(session, migration_id)
    failed = [] if run is None else _failed(session, run)
    ready = [run_id for run_id, _, state in failed if state == AccountState.READY]
    if run is None or not ready:
        others = [account_id for _, account_id, _ in failed]
        words = "The failed accounts are not ready: mend them first." if others else ""
        raise NotStartable([words or "No account has failed in the last run."], others)
    reopen(session, migration, run, ready)
    many = "1 failed account." if len(ready) == 1 else f"{len(ready)} failed accounts."
    tell(session, migration, user, "retried", note=many)
    return len(ready)


def reopen(session: Session, migration: Migration, run: Run, ids: list[int]) -> None:
    """These account runs of the last run, which have ended, wait again with fresh attempts.

    The run goes on with them where it is over; where it is paused they are too."""
    if migration.state not in (MigrationState.RUNNING, MigrationState.PAUSED):
        migration.state = run.state = _moved(migration.state, MigrationState.RUNNING)
        migration.completed_at = run.completed_at = None
    paused = migration.state == MigrationState.PAUSED
    _reset(session, ids, AccountRunState.PAUSED if paused else AccountRunState.PENDING)


def last_run(session: Session, migration_id: int) -> Run | None:
    query = select(Run).where(Run.migration_id == migration_id).order_by(Run.number.desc())
    return session.scalars(query.limit(1)).first()


def unready(
    session: Session, migration: Migration, *, rehearse: bool = False
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Why it cannot be started, and the accounts that are in the way. Both empty: it can."""
    without = Account.source_password_sealed.is_(None).label("without")
    query = select(Account.id, Account.state, without)
    query = query.where(Account.migration_id == migration.id)
    rows = session.execute(query.order_by(Account.position)).all()
    blocked = [row.id for row in rows if row.state == AccountState.BLOCKED]
    unchecked = [row.id for row in rows if row.state in (AccountState.NEW, AccountState.CHECKING)]
    reasons = []
    if not rows:
        reasons.append("There are no accounts yet: choose or upload some in step 2.")
    if blocked:
        reasons.append(f"{_accounts(blocked)} blocked: edit or remove each of them first.")
    wiped = migration.passwords_wiped_at
    if wiped is not None and any(row.without for row in rows if row.id in blocked):
        reasons.append(
            f"The stored passwords were removed on {wiped.day} {wiped:%B %Y}: enter them again."
        )
    if unchecked:
        reasons.append(f"{_accounts(unchecked)} still being checked: wait a moment.")
    reasons += ownership.reasons(session, migration)
    return (*reasons, *obstacles(migration, rehearse=rehearse)), tuple(blocked + unchecked)


def refuse_unready(session: Session, migration: Migration, *, rehearse: bool = False) -> None:
    reasons, in_the_way = unready(session, migration, rehearse=rehearse)
    if reasons:
        raise NotStartable(reasons, in_the_way)


def _accounts(ids: list[int]) -> str:
    return "1 account is" if len(ids) == 1 else f"{len(ids)} accounts are"


def locked(session: Session, migration_id: int) -> Migration:
    query = select(Migration).where(Migration.id == migration_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _moved(state: str, to: MigrationState, *, paused_too: bool = True) -> MigrationState:
    if state == MigrationState.PAUSED and not paused_too:
        raise IllegalMove("a paused migration is resumed, not started")
    return MigrationState(move(MigrationState(state), to))


def _move_runs(
    session: Session, run: Run, states: tuple[AccountRunState, ...], to: AccountRunState
) -> None:
    values: dict[str, Any] = {"state": to, "wish": ""}
    if to == AccountRunState.STOPPED:
        values["completed_at"] = now()
    for state in states:
        move(state, to)
    session.execute(
        update(AccountRun)
        .where(AccountRun.run_id == run.id, AccountRun.state.in_(states))
        .values(**values)
    )


def _failed(session: Session, run: Run) -> list[tuple[int, int, str]]:
    in_part = (AccountRun.state == AccountRunState.SKIPS) & (AccountRun.failed > 0)
    failed = (AccountRun.state == AccountRunState.FAILED) | in_part
    query = (
        select(AccountRun.id, Account.id, Account.state)
        .join(Account, Account.id == AccountRun.account_id)
        .where(AccountRun.run_id == run.id, failed)
    )
    return [(run_id, account_id, state) for run_id, account_id, state in session.execute(query)]


def _reset(session: Session, ids: list[int], to: AccountRunState) -> None:
    # In steps: a database takes only so many parameters in one statement.
    for first in range(0, len(ids), 500):
        session.execute(
            update(AccountRun)
            .where(AccountRun.id.in_(ids[first : first + 500]))
            .values(
                state=to,
                wish="",
                phase=Phase.WAITING,
                attempts=0,
                not_before=None,
                pause_seconds=0,
                completed_at=None,
                error="",
                server_words="",
                verdict="",
                removal_allowed=False,
                retry_refused=True,
            )
        )


def tell(
    session: Session, migration: Migration, user: User | None, kind: str, *, note: str = ""
) -> None:
    history.record(
        session,
        kind=kind,
        note=note,
        organization_id=migration.organization_id,
        migration_id=migration.id,
        user=user,
    )
