"""What becomes of work whose worker is gone, and of what waits for its time.

Only the clock judges, by what it has seen itself (store.judge): the time of day of another machine,
or of another moment, is not believed.

A claim that no worker ever began costs no attempt: it only waited in a queue that was lost. One
that was begun five times without an answer is ended, so that it cannot kill workers for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, update
from sqlalchemy.orm import Session

from store.doubt import mark_doubtful
from store.judge import Judge, Mark
from store.recount import recounted
from store.states import AccountRunState, AccountState, MailState, MigrationState, Phase, move
from store.tables import Account, AccountRun, FindingRow, NoticeMail, now
from store.wishes import BACK_TO, is_wanted
from sync.errors import Code

ATTEMPTS = 5

_LOST = "The worker ended without an answer, five times."

_AT_A_TIME = 200
"""The rest a second later: SQLite bounds the depth of a condition."""

_RUNS = select(AccountRun.id, AccountRun.token, AccountRun.beat, AccountRun.lease_seconds).where(
    AccountRun.state == AccountRunState.RUNNING
)
_CHECKS = select(
    Account.id, Account.check_token, Account.check_beat, Account.check_lease_seconds
).where(Account.state == AccountState.CHECKING)
_MAILS = select(NoticeMail.id, NoticeMail.token, NoticeMail.beat, NoticeMail.lease_seconds).where(
    NoticeMail.state == MailState.WAITING, NoticeMail.lease.is_not(None)
)


def take_back(session: Session, judge: Judge) -> None:
    """The claims whose heartbeat has stood still for their lease, and the pauses that are over."""
    _expire_checks(session, _lapsed(session, judge, "check", _CHECKS))
    _expire_account_runs(session, _lapsed(session, judge, "run", _RUNS))
    mails = _lapsed(session, judge, "mail", _MAILS)
    _set(session, NoticeMail, _still(mails, NoticeMail.token, NoticeMail.beat), lease=None)
    _end_pauses(session, judge, AccountRun, AccountRunState.PENDING)
    _end_pauses(session, judge, NoticeMail, MailState.WAITING)


def lapsed_seconds(session: Session, judge: Judge) -> float:
    """For how long the longest of them has lapsed; 0: none has."""
    kinds = (("check", _CHECKS), ("run", _RUNS))
    return max((judge.over(kind, _read(session, query)) for kind, query in kinds), default=0.0)


def _lapsed(session: Session, judge: Judge, kind: str, query: Any) -> list[Mark]:
    return judge.stood_still(kind, _read(session, query))


def _read(session: Session, query: Any) -> Callable[[], list[Mark]]:
    def read() -> list[Mark]:
        return [Mark(row[0], (row[1], row[2]), row[3]) for row in session.execute(query)]

    return read


def _still(marks: list[Mark], token: Any, beat: Any) -> ColumnElement[bool]:
    """These, but for one whose heartbeat has come meanwhile."""
    row = token.class_.id
    same = [
        and_(row == mark.id, token == mark.sign[0], beat == mark.sign[1])
        for mark in marks[:_AT_A_TIME]
    ]
    return or_(false(), *same)


def _expire_checks(session: Session, lapsed: list[Mark]) -> None:
    """New again, or blocked after five attempts."""
    if not lapsed:
        return
    gone = _still(lapsed, Account.check_token, Account.check_beat)
    gone &= Account.state == AccountState.CHECKING
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


def _expire_account_runs(session: Session, lapsed: list[Mark]) -> None:
    """Back to where they are wanted."""
    if not lapsed:
        return
    gone = _still(lapsed, AccountRun.token, AccountRun.beat)
    gone &= AccountRun.state == AccountRunState.RUNNING
    lost = list(session.scalars(select(AccountRun.id).where(gone).with_for_update()))
    for number in lost:
        mark_doubtful(session, number)
        _set(session, AccountRun, AccountRun.id == number, **recounted(session, number))
    gone = AccountRun.id.in_(lost) & (AccountRun.state == AccountRunState.RUNNING)
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


def _end_pauses(session: Session, judge: Judge, table: Any, state: str) -> None:
    """Counted by the clock: `not_before` was written by whoever's clock, and is only shown."""
    waits = (table.state == state) & (table.pause_seconds > 0)
    query = select(table.id, table.token, table.attempts, table.pause_seconds).where(waits)
    over = [mark.id for mark in judge.stood_still(table.__tablename__, _read(session, query))]
    if over:
        _set(session, table, table.id.in_(over) & waits, not_before=None, pause_seconds=0)


def _set(session: Session, table: Any, where: ColumnElement[bool], **values: Any) -> None:
    session.execute(
        update(table).where(where).values(**values).execution_options(synchronize_session=False)
    )
