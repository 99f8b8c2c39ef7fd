"""The numbers by which a log names what a job works on: migration, run, account. No words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from store.tables import Account, AccountRun, Notice, NoticeMail, Run


def of_account(session: Session, account_id: int) -> dict[str, int]:
    """Empty, as below, for what is not there any more."""
    query = select(Account.migration_id.label("migration"), Account.id.label("account"))
    return _named(session, query.where(Account.id == account_id))


def of_account_run(session: Session, account_run_id: int) -> dict[str, int]:
    query = select(
        Run.migration_id.label("migration"),
        Run.number.label("run"),
        AccountRun.account_id.label("account"),
    ).join(Run, Run.id == AccountRun.run_id)
    return _named(session, query.where(AccountRun.id == account_run_id))


def of_mail(session: Session, mail_id: int) -> dict[str, int]:
    query = (
        select(Notice.migration_id.label("migration"), Run.number.label("run"))
        .join(NoticeMail, NoticeMail.notice_id == Notice.id)
        .join(Run, Run.id == Notice.run_id, isouter=True)
    )
    return _named(session, query.where(NoticeMail.id == mail_id))


def _named(session: Session, query: Select[*tuple[Any, ...]]) -> dict[str, int]:
    row = session.execute(query).mappings().first()
    return {} if row is None else {name: number for name, number in row.items() if number}
