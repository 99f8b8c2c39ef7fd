"""The folders of both sides of each account, as its last check found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.tables import Account, AccountRun, Base
from sync.model import Folder, FolderList, FolderStatus, Namespace, SpecialUse


class FolderLists(Base):
    __tablename__ = "folder_lists"
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    source: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    destination: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """None: nobody could log in, or the mailbox has to be made."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One account whose source has been listed. `destination` None: not known."""

    account_id: int
    mailbox: str
    source: FolderList
    destination: FolderList | None


def keep(
    session: Session,
    account_id: int,
    source: FolderList | None,
    destination: FolderList | None,
) -> None:
    """In place of what an earlier check found. Statuses keep messages and size alone."""
    session.execute(delete(FolderLists).where(FolderLists.account_id == account_id))
    if source is not None or destination is not None:
        session.add(
            FolderLists(
                account_id=account_id,
                source=source and _packed(source),
                destination=destination and _packed(destination),
            )
        )


def seen(
    session: Session, migration_id: int, *, only: int | None = None, limit: int
) -> Sequence[Seen]:
    """Of the migration's accounts, in their order, those whose source has been listed; `only` one
    of them."""
    query = (
        select(FolderLists, Account.mailbox)
        .join(Account, Account.id == FolderLists.account_id)
        .where(Account.migration_id == migration_id, FolderLists.source.is_not(None))
        .order_by(Account.position, Account.id)
        .limit(limit)
    )
    if only is not None:
        query = query.where(Account.id == only)
    return [
        Seen(row.account_id, mailbox, _opened(row.source or {}), _opened_or_none(row.destination))
        for row, mailbox in session.execute(query)
    ]


def mailboxes(session: Session, migration_id: int) -> Sequence[tuple[int, str]]:
    """The accounts whose source has been listed: id and mailbox, in their order."""
    query = (
        select(Account.id, Account.mailbox)
        .join(FolderLists, Account.id == FolderLists.account_id)
        .where(Account.migration_id == migration_id, FolderLists.source.is_not(None))
        .order_by(Account.position, Account.id)
    )
    return [(account_id, mailbox) for account_id, mailbox in session.execute(query)]


def messages(session: Session, account_run_id: int) -> dict[str, int]:
    """How many messages the check has seen in each folder of this account's source."""
    query = select(FolderLists.source).join(
        AccountRun, AccountRun.account_id == FolderLists.account_id
    )
    stored = session.scalar(query.where(AccountRun.id == account_run_id))
    return {row[0]: row[5] for row in (stored or {}).get("folders", ()) if row[5] is not None}


def source_of(session: Session, account_id: int) -> FolderList | None:
    """None: the source has not been listed."""
    query = select(FolderLists.source).where(FolderLists.account_id == account_id)
    return _opened_or_none(session.scalar(query))


def waiting(session: Session, migration_id: int) -> int:
    """How many accounts have no list of their source's folders."""
    listed = select(FolderLists.account_id).where(FolderLists.source.is_not(None))
    query = select(func.count()).where(
        Account.migration_id == migration_id, Account.id.not_in(listed)
    )
    return session.scalar(query) or 0


def _packed(listed: FolderList) -> dict[str, Any]:
    rows = []
    for folder in listed.folders:
        status = listed.statuses.get(folder.name)
        counted = (None, None) if status is None else (status.messages, status.size)
        marks = (folder.selectable, folder.subscribed)
        rows.append((folder.name, folder.delimiter, folder.special_use, *marks, *counted))
    space = listed.namespace
    return {"prefix": space.prefix, "delimiter": space.delimiter, "folders": rows}


def _opened_or_none(stored: dict[str, Any] | None) -> FolderList | None:
    return None if stored is None else _opened(stored)


def _opened(stored: dict[str, Any]) -> FolderList:
    folders, statuses = [], {}
    for name, delimiter, use, selectable, subscribed, messages, size in stored["folders"]:
        folders.append(
            Folder(
                name,
                delimiter,
                special_use=SpecialUse(use) if use else None,
                selectable=selectable,
                subscribed=subscribed,
            )
        )
        if messages is not None:
            statuses[name] = FolderStatus(0, 0, messages, size=size)
    space = Namespace(stored["prefix"], stored["delimiter"])
    return FolderList(space, tuple(folders), statuses)
