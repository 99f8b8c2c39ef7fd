"""Accounts of a loop whose login is refused run after run: checked before they are used again.

Servers lock an account, or a whole address, after so many wrong passwords, and a loop would go on
guessing for ever. The check is one login; if that is refused too, the account is blocked until a
person mends it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.states import AccountRunState, AccountState, move
from store.tables import Account, AccountRun, Run
from sync.errors import Code

RUNS = 2
"""So many in a row."""

_REFUSED = (Code.LOGIN_REFUSED, Code.LOGIN_DISABLED)


def check_again(session: Session, migration_id: int) -> list[str]:
    """The mailboxes that are to be checked now, and are not ready before that is done."""
    query = select(Account).where(
        Account.migration_id == migration_id, Account.state == AccountState.READY
    )
    suspects = _suspects(session, migration_id)
    found = [one for one in session.scalars(query) if one.id in suspects and _refused(session, one)]
    for account in found:
        account.state = move(AccountState.READY, AccountState.NEW)
    return [account.mailbox for account in found]


def _suspects(session: Session, migration_id: int) -> set[int]:
    """Those that the last run could not log in to."""
    last = select(Run.id).where(Run.migration_id == migration_id).order_by(Run.id.desc()).limit(1)
    query = select(AccountRun.account_id).where(
        AccountRun.run_id == last.scalar_subquery(),
        AccountRun.state == AccountRunState.FAILED,
        AccountRun.error.in_(_REFUSED),
    )
    return set(session.scalars(query))


def _refused(session: Session, account: Account) -> bool:
    """In each of the last runs, and nobody has checked it since."""
    query = (
        select(AccountRun.state, AccountRun.error, AccountRun.completed_at)
        .where(AccountRun.account_id == account.id)
        .order_by(AccountRun.id.desc())
        .limit(RUNS)
    )
    runs = session.execute(query).all()
    since = account.checked_at
    return len(runs) == RUNS and all(
        run.state == AccountRunState.FAILED
        and run.error in _REFUSED
        and (since is None or run.completed_at is None or run.completed_at > since)
        for run in runs
    )
