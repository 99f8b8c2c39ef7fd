"""A new draft like an old migration: its accounts, options and schedule come along (F18)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from store import accounts
from store.accounts import NewAccount
from store.aim import Passwords, opened_if_whole
from store.seal import Sealer
from store.tables import Account, Migration, now

_KEPT = ("start", "timezone", "loop", "loop_minutes", "notify", "note")


def recreate(
    session: Session, sealer: Sealer, old: Migration, draft: Migration, *, passwords: bool
) -> int:
    """Fill the draft from the old migration. Returns how many accounts it has then.

    With `passwords` the stored ones are used again, opened here and sealed for the draft; one
    that cannot be opened is left out. Raises ValueError between two organizations."""
    if old.organization_id != draft.organization_id:
        raise ValueError("accounts stay within their organization")
    for name in _KEPT:
        setattr(draft, name, getattr(old, name))
    # Options that the draft was made with are newer.
    draft.options = draft.options or dict(old.options)
    draft.start_at, draft.loop_until = _ahead(old.start_at), _ahead(old.loop_until)
    if draft.start == "at" and draft.start_at is None:
        draft.start = "manual"
    rows = session.scalars(
        select(Account).where(Account.migration_id == old.id).order_by(Account.position)
    )
    keys = sealer if passwords else None
    copies = list(_copies(keys, rows))
    return len(accounts.add(session, sealer, draft.id, copies, typed=False))


def counts(session: Session, migration: Migration) -> tuple[int, int]:
    """Its accounts, and how many of them have a password stored."""
    stored = or_(
        Account.source_password_sealed.is_not(None), Account.mailbox_password_sealed.is_not(None)
    )
    query = select(func.count()).where(Account.migration_id == migration.id)
    return session.scalar(query) or 0, session.scalar(query.where(stored)) or 0


def _copies(sealer: Sealer | None, rows: Iterable[Account]) -> Iterable[NewAccount]:
    for row in rows:
        found = None if sealer is None else opened_if_whole(sealer, row)
        passwords = found or Passwords()
        yield NewAccount(
            row.source_username,
            row.mailbox,
            passwords.source,
            passwords.mailbox,
            row.source_host,
            row.source_port,
            row.source_security,
            line=row.line,
            guessed=row.guessed_encoding,
            fault=row.reading_fault,
        )


def _ahead(at: datetime | None) -> datetime | None:
    return at if at is not None and at > now() else None
