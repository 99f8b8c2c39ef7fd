"""The columns of a line of the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Trail:
    """What outlives the person and the migration that the line speaks of."""

    at: Mapped[datetime] = mapped_column(default=_now, index=True)
    user_id: Mapped[int | None]
    user_email: Mapped[str] = mapped_column(String(254), default="")
    user_role: Mapped[str] = mapped_column(String(16), default="", server_default="")
    user_organization_id: Mapped[int | None]
    """As they were then."""
    address: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """From where: a network address, or a shell."""
    kind: Mapped[str] = mapped_column(String(40))
    """One of store.history_kinds.KINDS."""
    note: Mapped[str] = mapped_column(Text, default="")
    times: Mapped[int] = mapped_column(default=1, server_default="1")
    """How often, where the same is one line."""
    last_at: Mapped[datetime | None]
    """When for the last time, where it was more than once."""
