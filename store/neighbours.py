"""The rows of a migration that might be the same mailbox or the same login as one of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from store.tables import Account


def neighbours(session: Session, account: Account) -> Sequence[Account]:
    """The account itself and all that might double it, by position: too many rather than too few.

    Who really doubles it is for importer.duplicates to say. Looking through ten thousand rows for
    each of ten thousand checks would take an hour; the database finds the few by their names."""
    query = select(Account).where(Account.migration_id == account.migration_id)
    local = account.mailbox.strip().partition("@")[0].lower()
    username = account.source_username.strip().lower()
    if local.isascii() and username.isascii():
        mailbox = func.lower(func.trim(Account.mailbox))
        names = [mailbox == local, mailbox.startswith(f"{local}@", autoescape=True)]
        login = func.lower(func.trim(Account.source_username)) == username
        query = query.where(or_(Account.id == account.id, *names, login))
    return session.scalars(query.order_by(Account.position)).all()
