"""What a claim proves to live by, and what a pause is counted by (store.judge)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Double, String, text
from sqlalchemy.orm import Mapped, mapped_column


class Held:
    """Of an account run, or a mail."""

    lease: Mapped[datetime | None]
    """Until when its worker may go on, by that machine's time of day. Judged is `beat`."""
    beat: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Raised by each heartbeat: a claim whose number stands still for `lease_seconds` has
    lapsed."""
    lease_seconds: Mapped[int] = mapped_column(default=30, server_default=text("30"))
    not_before: Mapped[datetime | None]
    """A retry that has to wait; None: at once."""
    pause_seconds: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How long it has to wait, as the clock counts it; 0: until `not_before`."""


class CheckHeld:
    """The same of an account's check."""

    check_beat: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    check_lease_seconds: Mapped[int] = mapped_column(default=30, server_default=text("30"))


class Doubtful:
    """Of an open intent: since when, at the latest, its writer is dead and sends nothing. On
    store.steady.clock of the machine `doubtful_boot`."""

    doubtful_since: Mapped[float | None] = mapped_column(Double)
    doubtful_boot: Mapped[str] = mapped_column(String(64), default="", server_default="")
