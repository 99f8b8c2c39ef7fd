"""What people are told by mail. Written in the transaction in which it happens, sent by jobs.

    started    a run has begun; of a loop only the first
    finished   a run is over, with its numbers; of a loop only when it ended otherwise than the last
    failed     the same where accounts failed, with their reasons: one mail and not two
    action     accounts that need a person: gathered for a minute, one mail in 15 minutes at most
    test       a person wants to see whether mails arrive

For a migration of which nobody is told, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, selectinload

from store import notice_facts
from store.notice_facts import Facts
from store.tables import AccountRun, Migration, Notice, NoticeEvent, NoticeMail, Run, now
from sync.errors import Code

GATHERED = timedelta(seconds=60)
APART = timedelta(minutes=15)
NEWS_AGAIN = timedelta(days=1)
"""After so long the same trouble of the same account is told once more."""

NEEDS_A_PERSON = frozenset(
    {
        Code.QUOTA,
        Code.LOGIN_REFUSED,
        Code.LOGIN_HELD,
        Code.LOGIN_DISABLED,
        Code.MAILBOX_MISSING,
        Code.DELETION_REFUSED,
        Code.REMOVAL_UNSUPPORTED,
    }
)


class Kind(StrEnum):
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    ACTION = "action"
    TEST = "test"


def run_started(session: Session, run: Run) -> None:
    migration = session.get_one(Migration, run.migration_id)
    if recipients(migration) and not _is_repeat(migration, run):
        facts = notice_facts.of_start(session, migration, run)
        _write(session, migration, Kind.STARTED, facts, run=run)


def run_finished(session: Session, run: Run) -> None:
    """Also tells of the accounts that need a person and are not told yet."""
    migration = session.get_one(Migration, run.migration_id)
    if not recipients(migration):
        return
    facts = notice_facts.of_end(session, migration, run)
    if _is_repeat(migration, run) and _is_no_news(session, migration, facts):
        return
    kind = Kind.FAILED if facts["totals"]["failed_accounts"] else Kind.FINISHED
    notice = _write(session, migration, kind, facts, run=run)
    untold = (NoticeEvent.migration_id == migration.id) & NoticeEvent.notice_id.is_(None)
    session.execute(update(NoticeEvent).where(untold).values(notice_id=notice.id))


def account_failed(session: Session, account_run_id: int, reason: Mapping[str, Any]) -> None:
    """`reason` has error, error_side and server_words. Remembered when a person has to help."""
    code = reason.get("error")
    if code not in NEEDS_A_PERSON:
        return
    account_run = session.get_one(AccountRun, account_run_id)
    run = session.get_one(Run, account_run.run_id)
    migration = session.get_one(Migration, run.migration_id)
    if recipients(migration) and not _is_known(session, account_run.account_id, str(code)):
        session.add(
            NoticeEvent(
                migration_id=migration.id,
                account_run_id=account_run.id,
                account_id=account_run.account_id,
                code=code,
                side=reason.get("error_side", ""),
                server_words=reason.get("server_words", ""),
            )
        )


def test(session: Session, migration: Migration, to: Iterable[str], asked_by: str) -> Notice:
    facts = notice_facts.about(migration) | {"by": asked_by}
    return _write(session, migration, Kind.TEST, facts, to=to)


def gather(session: Session) -> None:
    """Write the action notices whose moment has come."""
    for migration_id in session.scalars(_ripe()).all():
        untold = (NoticeEvent.migration_id == migration_id) & NoticeEvent.notice_id.is_(None)
        query = select(NoticeEvent).where(untold).order_by(NoticeEvent.id)
        # Another clock may be at the same events: who comes second finds none.
        own = query.with_for_update(skip_locked=True).options(selectinload(NoticeEvent.account))
        events = list(session.scalars(own))
        if events:
            migration = session.get_one(Migration, migration_id)
            facts = notice_facts.of_events(session, migration, events)
            notice = _write(session, migration, Kind.ACTION, facts)
            for event in events:
                event.notice_id = notice.id


def is_ripe(session: Session) -> bool:
    """Whether gather would write something."""
    return session.scalars(_ripe().limit(1)).first() is not None


def last_test(session: Session, migration_id: int) -> Notice | None:
    query = select(Notice).where(Notice.migration_id == migration_id, Notice.kind == Kind.TEST)
    last = query.order_by(Notice.id.desc()).limit(1)
    return session.scalars(last.options(selectinload(Notice.mails))).first()


def tests_since(session: Session, organization_id: int, since: datetime) -> int:
    """How many tests people of this organization have asked for."""
    query = (
        select(func.count(Notice.id))
        .join(Migration, Migration.id == Notice.migration_id)
        .where(Migration.organization_id == organization_id)
        .where(Notice.kind == Kind.TEST, Notice.created_at > since)
    )
    return session.scalar(query) or 0


def listed(session: Session, migration_id: int, *, limit: int) -> tuple[Sequence[NoticeMail], int]:
    """The newest mails first, with their notices, and how many there are in all."""
    query = (
        select(NoticeMail)
        .join(Notice, Notice.id == NoticeMail.notice_id)
        .where(Notice.migration_id == migration_id)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    newest = query.order_by(Notice.id.desc(), NoticeMail.id).limit(limit)
    return session.scalars(newest.options(selectinload(NoticeMail.notice))).all(), total


def recipients(migration: Migration) -> tuple[str, ...]:
    """The addresses of step 3, each once."""
    parts = (part.strip() for part in migration.notify.split(";"))
    return tuple(dict.fromkeys(part for part in parts if part))


def _ripe() -> Any:
    last = (
        select(Notice.id)
        .where(Notice.migration_id == NoticeEvent.migration_id, Notice.kind == Kind.ACTION)
        .where(Notice.created_at.between(now() - APART, now()))
    )
    return (
        select(NoticeEvent.migration_id)
        .where(NoticeEvent.notice_id.is_(None), ~last.exists())
        .group_by(NoticeEvent.migration_id)
        .having((func.min(NoticeEvent.at) <= now() - GATHERED) | (func.max(NoticeEvent.at) > now()))
    )


def _is_repeat(migration: Migration, run: Run) -> bool:
    """A later run of a loop, which nobody has started by hand."""
    return migration.loop and run.started_by is None and run.number > 1


def _is_no_news(session: Session, migration: Migration, facts: Facts) -> bool:
    ends = (Kind.FINISHED, Kind.FAILED)
    query = select(Notice).where(Notice.migration_id == migration.id, Notice.kind.in_(ends))
    last = session.scalars(query.order_by(Notice.id.desc()).limit(1)).first()
    return last is not None and notice_facts.same_end(last.facts, facts)


def _is_known(session: Session, account_id: int, code: str) -> bool:
    told = exists().where(
        NoticeEvent.account_id == account_id,
        NoticeEvent.code == code,
        NoticeEvent.at.between(now() - NEWS_AGAIN, now()),
    )
    return bool(session.scalar(select(told)))


def _write(
    session: Session,
    migration: Migration,
    kind: Kind,
    facts: Facts,
    *,
    run: Run | None = None,
    to: Iterable[str] | None = None,
) -> Notice:
    addresses = recipients(migration) if to is None else tuple(to)
    run_id = None if run is None else run.id
    notice = Notice(migration_id=migration.id, run_id=run_id, kind=kind, facts=facts)
    notice.mails = [NoticeMail(recipient=address) for address in addresses]
    session.add(notice)
    session.flush()
    return notice
