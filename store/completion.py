"""When a run is over: all its accounts have ended, and its migration ends with it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from store import history, notices, reports, samples
from store.states import AccountRunState, MigrationState, move
from store.tables import AccountRun, Migration, Run, now
from store.verdicts import GOOD

_UNDER_WAY = (MigrationState.RUNNING, MigrationState.PAUSED)
_OPEN = (AccountRunState.PENDING, AccountRunState.RUNNING)


def complete_runs(session: Session) -> None:
    """End every run whose account runs have all ended, and its migration with it.

    A run of which only paused accounts are left is paused: it does not run for ever."""
    query = (
        select(Run)
        .join(Migration, Migration.id == Run.migration_id)
        .where(
            Run.state.in_(_UNDER_WAY),
            ~_has(*_OPEN),
            or_(Run.state == MigrationState.RUNNING, ~_has(AccountRunState.PAUSED)),
        )
    )
    # Whoever moves a run or one of its accounts holds the migration: such a run waits a second.
    alone = query.with_for_update(of=Migration, skip_locked=True)
    for run in session.scalars(alone).all():
        session.refresh(run)
        states = _states(session, run.id)
        if run.state not in _UNDER_WAY or not states.keys().isdisjoint(_OPEN):
            continue
        if AccountRunState.PAUSED in states:
            _rest(session, run)
        else:
            _complete(session, run, states)
    session.flush()


def _has(*states: AccountRunState) -> ColumnElement[bool]:
    return exists().where(AccountRun.run_id == Run.id, AccountRun.state.in_(states))


def _states(session: Session, run_id: int) -> dict[str, int]:
    query = select(AccountRun.state, func.count()).where(AccountRun.run_id == run_id)
    return {row[0]: int(row[1]) for row in session.execute(query.group_by(AccountRun.state))}


def _rest(session: Session, run: Run) -> None:
    if run.state == MigrationState.PAUSED:
        return
    migration = session.get_one(Migration, run.migration_id, populate_existing=True)
    run.state = move(MigrationState.RUNNING, MigrationState.PAUSED)
    if migration.state == MigrationState.RUNNING:
        migration.state = MigrationState.PAUSED
    _tell(session, migration, "paused", "All accounts that are left are paused.")


def _complete(session: Session, run: Run, states: Mapping[str, int]) -> None:
    """A run all of whose accounts were stopped, one by one, has been stopped."""
    migration = session.get_one(Migration, run.migration_id, populate_existing=True)
    of_migration = migration.state == run.state
    stopped = set(states) == {AccountRunState.STOPPED}
    to = MigrationState.STOPPED if stopped else MigrationState.COMPLETE
    run.state = move(MigrationState(run.state), to)
    run.completed_at = now()
    if of_migration:
        migration.state = to
        migration.completed_at = run.completed_at
    session.flush()
    samples.take(session, run.id)
    kind = "stopped" if stopped else _kind(run, states)
    title = "Dry run" if run.dry_run else "Run"
    _tell(session, migration, kind, f"{title} {run.number}: {_numbers(session, run, states)}")
    notices.run_finished(session, run)


def _kind(run: Run, states: Mapping[str, int]) -> str:
    """A run of which an account failed has ended, and is not complete."""
    if run.dry_run:
        return "rehearsed"
    return "completed" if states.keys() <= set(GOOD) else "ended"


def _numbers(session: Session, run: Run, states: Mapping[str, int]) -> str:
    totals = reports.totals(session, run.id)
    lost = [
        f"{states[state]} {state}"
        for state in (AccountRunState.FAILED, AccountRunState.STOPPED)
        if state in states
    ]
    ended = "rehearsed" if run.dry_run else "complete"
    accounts = f"{totals.complete} of {totals.accounts} accounts {ended}"
    done = "would be copied, nothing was written" if run.dry_run else "copied"
    messages = f"{totals.copied} messages {done}"
    failed = f", {totals.failed} failed" if totals.failed else ""
    return f"{', '.join([accounts, *lost])}; {messages}{failed}."


def _tell(session: Session, migration: Migration, kind: str, note: str) -> None:
    history.record(
        session,
        kind=kind,
        note=note,
        organization_id=migration.organization_id,
        migration_id=migration.id,
    )
