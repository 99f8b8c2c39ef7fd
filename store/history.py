"""Who did what, and when: the audit trail and the history of a migration."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.tables import History, User


def record(
    session: Session,
    *,
    kind: str,
    note: str = "",
    organization_id: int | None = None,
    migration_id: int | None = None,
    user: User | None = None,
) -> None:
    """Add a line. `kind` is a short word (started, stopped); `note` never holds a password.

    The user's address is kept beside the id: the line outlives the user."""
    session.add(
        History(
            kind=kind,
            note=note,
            organization_id=organization_id,
            migration_id=migration_id,
            user_id=user.id if user else None,
            user_email=user.email if user else "",
        )
    )
