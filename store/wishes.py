"""What is wanted of an account run: of its whole run, or of it alone.

    run        wish        wanted
    stopped    any         stopped (complete is the same: there is no place to go back to)
    any        stopped     stopped
    paused     any         paused
    running    paused      paused
    running    –           running

A worker reads it between batches, and where the account goes when it is left follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from store.ledger import owned
from store.states import AccountRunState, MigrationState
from store.tables import AccountRun, Run

BACK_TO: Mapping[MigrationState, AccountRunState] = {
    MigrationState.RUNNING: AccountRunState.PENDING,
    MigrationState.PAUSED: AccountRunState.PAUSED,
    MigrationState.STOPPED: AccountRunState.STOPPED,
}
"""Where an account run that was left goes, by what is wanted of it."""


def wanted(session: Session, account_run_id: int, token: int) -> MigrationState | None:
    """RUNNING, PAUSED or STOPPED. None: the account run is not ours any more."""
    query = select(_wanted()).select_from(AccountRun).join(Run, Run.id == AccountRun.run_id)
    state = session.scalar(query.where(owned(account_run_id, token)))
    return None if state is None else MigrationState(state)


def is_wanted(state: MigrationState) -> ColumnElement[bool]:
    """The condition on AccountRun that this is wanted of it."""
    return select(Run.id).where(Run.id == AccountRun.run_id, _wanted() == state).exists()


def _wanted() -> ColumnElement[str]:
    over = Run.state.in_((MigrationState.STOPPED, MigrationState.COMPLETE))
    stopped = or_(over, AccountRun.wish == AccountRunState.STOPPED)
    paused = or_(Run.state == MigrationState.PAUSED, AccountRun.wish == AccountRunState.PAUSED)
    return case(
        (stopped, MigrationState.STOPPED.value),
        (paused, MigrationState.PAUSED.value),
        else_=MigrationState.RUNNING.value,
    )
