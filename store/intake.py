"""What the steps tell about a migration's rows as a whole, before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.tables import Account, FindingRow

_NOT_EMPTY = ("mailbox_not_empty", "mailbox_not_empty_removal")


@dataclass(frozen=True, slots=True)
class LineFault:
    """One fault of the uploaded file; its row is `account_id`, blocked until it is edited."""

    account_id: int
    line: int | None
    column: str
    value: str
    words: str
    hint: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A destination mailbox that is not empty; `words` say how many messages it holds."""

    mailbox: str
    words: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """What the checks have found so far. `size` in bytes."""

    messages: int
    size: int
    existing: int
    to_be_made: int


def taken(session: Session, migration_id: int) -> frozenset[str]:
    """The mailboxes that have a row already, in lower case."""
    query = select(Account.mailbox).where(Account.migration_id == migration_id)
    return frozenset(name.lower() for name in session.scalars(query))


def line_faults(session: Session, migration_id: int, *, limit: int) -> Sequence[LineFault]:
    """Of the rows that could not be read, everything that is wrong with their lines."""
    query = (
        select(Account.id, Account.line, Account.reading_fault)
        .where(Account.migration_id == migration_id, Account.reading_fault.is_not(None))
        .order_by(Account.position)
        .limit(limit)
    )
    return [
        LineFault(account_id, line, *_said(one))
        for account_id, line, fault in session.execute(query)
        for one in (fault or {}).get("all") or [fault or {}]
    ]


def not_empty(session: Session, migration_id: int, *, limit: int) -> tuple[list[Filled], int]:
    """The destination mailboxes that hold messages already, and how many of them there are."""
    query = (
        select(Account.mailbox, FindingRow.words)
        .join(FindingRow, FindingRow.account_id == Account.id)
        .where(Account.migration_id == migration_id, FindingRow.code.in_(_NOT_EMPTY))
        .order_by(Account.position)
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return [Filled(*row) for row in session.execute(query.limit(limit))], total


def amounts(session: Session, migration_id: int) -> Amounts:
    query = select(
        func.coalesce(func.sum(Account.source_messages), 0),
        func.coalesce(func.sum(Account.source_size), 0),
        func.count(Account.id).filter(Account.mailbox_exists.is_(True)),
        func.count(Account.id).filter(Account.mailbox_exists.is_(False)),
    ).where(Account.migration_id == migration_id)
    return Amounts(*(int(value) for value in session.execute(query).one()))


def _said(fault: dict[str, Any]) -> tuple[str, str, str, str]:
    column, value, words, hint = (
        str(fault.get(key, "")) for key in ("column", "value", "words", "hint")
    )
    return column, value, words, hint
