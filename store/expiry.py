"""What becomes of work whose worker is gone: its lease ran out.

A claim that no worker ever began costs no attempt: it only waited in a queue that was lost. One
that was begun five times without an answer is ended, so that it cannot kill workers for ever.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from store.doubt import mark_doubtful
from store.recount import recounted
from store.states import AccountRunState, AccountState, MigrationState, Phase, move
from store.tables import Account, AccountRun, FindingRow, now
from store.wishes import BACK_TO, is_wanted
from sync.errors import Code

ATTEMPTS = 5

_LOST = "The worker ended without an answer, five times."


def expire_checks(session: Session) -> None:
    """Checks whose lease is over: new again, or blocked after five attempts."""
    gone = (Account.state == AccountState.CHECKING) & (Account.check_lease < now())
    given_up = gone & (Account.check_attempts >= ATTEMPTS)
    for account_id in list(session.scalars(select(Account.id).where(given_up))):
        session.add(
            FindingRow(
                account_id=account_id,
                level="blocking",
                code=Code.INTERNAL,
                words="This account could not be checked: our own check broke off five times.",
                hint="Tell the operator; the server's log says why. Editing the row tries again.",
            )
        )
    _set(session, Account, given_up, state=AccountState.BLOCKED, check_attempts=0)
    _set(session, Account, gone, state=move(AccountState.CHECKING, AccountState.NEW))


def expire_account_runs(session: Session) -> None:
    """Account runs whose lease is over: back to where they are wanted."""
    gone = (AccountRun.state == AccountRunState.RUNNING) & (AccountRun.lease < now())
    query = select(AccountRun.id, AccountRun.lease).where(gone)
    lost = session.execute(query.with_for_update()).all()
    if not lost:
        return
    for row in lost:
        mark_doubtful(session, row.id, row.lease)
        _set(session, AccountRun, AccountRun.id == row.id, **recounted(session, row.id))
    # These and no others: the lease of one more may end meanwhile.
    ours = AccountRun.id.in_([row.id for row in lost])
    gone = ours & (AccountRun.state == AccountRunState.RUNNING)
    _set(
        session,
        AccountRun,
        gone & (AccountRun.attempts >= ATTEMPTS) & is_wanted(MigrationState.RUNNING),
        state=AccountRunState.FAILED,
        phase=Phase.DONE,
        completed_at=now(),
        error=Code.INTERNAL,
        server_words=_LOST,
    )
    for wish, to in BACK_TO.items():
        ended = {"completed_at": now()} if to == AccountRunState.STOPPED else {}
        move(AccountRunState.RUNNING, to)
        there = gone & is_wanted(wish)
        _set(session, AccountRun, there, state=to, phase=Phase.WAITING, folder="", **ended)


def _set(session: Session, table: Any, where: ColumnElement[bool], **values: Any) -> None:
    session.execute(
        update(table).where(where).values(**values).execution_options(synchronize_session=False)
    )
