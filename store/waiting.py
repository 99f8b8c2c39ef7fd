"""Refusals that pass: a check waits and tries again, and an account run gives its place back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from store.brake import source_host
from store.claims import busy_hosts, owned_check, running_at
from store.pace import LONGEST_CHECK_PAUSE, lower
from store.states import AccountState, move
from store.tables import Account, AccountRun, FindingRow, now
from sync.errors import Code

PATIENCE = 1200.0
"""Seconds after which a check's refusals are its end; of a server that only hangs up:"""
SHORT_PATIENCE = 60.0
TURN = 2.0
"""Seconds until a login that found no place among those that may be refused is tried again."""
FIRST, LAST = 2.0, 60.0
"""Seconds until the next try: half of what it has waited, within these."""


def host_of(session: Session, account_id: int) -> str:
    """The source server of an account, as limits are counted by it."""
    joined = select(source_host()).select_from(Account).join(Account.migration)
    return str(session.scalar(joined.where(Account.id == account_id)) or "")


def refused_run(session: Session, account_run_id: int) -> int:
    """The source has refused this account run for now. How many others talk to it."""
    account_id = session.scalar(
        select(AccountRun.account_id).where(AccountRun.id == account_run_id)
    )
    host = host_of(session, account_id or 0)
    living = busy_hosts(session)[host]
    if living:
        lower(session, host, living)
    return max(0, living - 1)


def wait_for_turn(session: Session, account_id: int, token: int) -> bool:
    """Give the check back until its login has a place (store.brake); it was no attempt."""
    values: dict[str, Any] = {
        "state": move(AccountState.CHECKING, AccountState.NEW),
        "check_lease": None,
        "check_attempts": 0,
        "check_not_before": now() + timedelta(seconds=TURN),
    }
    query = update(Account).where(owned_check(account_id, token)).values(**values)
    result: Any = session.execute(query)
    return bool(result.rowcount)


def wait_for_server(
    session: Session,
    account_id: int,
    token: int,
    findings: Sequence[FindingRow],
    *,
    code: str,
    source: bool,
    asked: float,
) -> bool:
    """Give the check back until later, with what it has found so far. `source`: it was the
    source that refused. False: it has waited long enough, or is not ours any more."""
    account = session.scalars(select(Account).where(owned_check(account_id, token))).one_or_none()
    if account is None:
        return False
    host, at = host_of(session, account_id), now()
    if source:
        lower(session, host, busy_hosts(session)[host])
    since = account.check_waits_since
    since = at if since is None or since > at else since
    waited = (at - since).total_seconds()
    short = code == Code.SERVER_BYE and not running_at(session, host)
    if waited > (SHORT_PATIENCE if short else PATIENCE):
        return False
    pause = max(min(asked, LONGEST_CHECK_PAUSE), min(LAST, max(FIRST, waited / 2)))
    values: dict[str, Any] = {
        "state": move(AccountState.CHECKING, AccountState.NEW),
        "check_lease": None,
        "check_attempts": 0,
        "check_waits_since": since,
        "check_not_before": at + timedelta(seconds=pause),
    }
    session.execute(update(Account).where(Account.id == account_id).values(**values))
    session.execute(delete(FindingRow).where(FindingRow.account_id == account_id))
    for finding in findings:
        finding.account_id = account_id
        session.add(finding)
    return True
