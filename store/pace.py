"""How many connections a source server takes by its own showing: learned while it refuses.

    a refusal that passes        one place fewer than talk to it then: the refused one was too many
    a while without one          one place more, again and again, up to the operator's limit
    one place was too many       the while is twice as long, from FIRST_WHILE to LAST_WHILE

A refusal where there should be room may come from a connection that has just ended and is still
counted by the server: only a second one within DOUBT takes another place away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.limits import Limits
from store.tables import Base, now

FIRST_WHILE, LAST_WHILE = 15, 240
DOUBT = 5.0
LONGEST_CHECK_PAUSE = 600.0
"""Seconds."""


class ServerPace(Base):
    """A source server has refused a connection for the time being. `places`: what fitted then."""

    __tablename__ = "server_pace"
    host: Mapped[str] = mapped_column(String(255), primary_key=True)
    places: Mapped[int]
    refused_at: Mapped[datetime]
    raised_after: Mapped[int]
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A server takes fewer connections than the operator allows: `places` now, and again all of
    `allowed` at `until` if it refuses none before."""

    host: str
    places: int
    allowed: int
    refused_at: datetime
    until: datetime


def learned(session: Session, allowed: Limits) -> tuple[Learned, ...]:
    """By the server's name; of those that take fewer now."""
    rows = sorted(_rows(session), key=lambda row: row.host)
    return tuple(
        Learned(
            row.host,
            present,
            most,
            row.refused_at,
            row.refused_at + timedelta(seconds=row.raised_after * (most - row.places)),
        )
        for row in rows
        if (present := _present(row)) is not None and present < (most := allowed.of(row.host))
    )


def paced(session: Session, allowed: Limits) -> Limits:
    """The operator's limits, and what servers have been learned to take while that is less."""
    learned = dict(allowed.exceptions)
    for row in _rows(session):
        learned[row.host] = min(allowed.of(row.host), _present(row) or allowed.of(row.host))
    return Limits(allowed.usual, learned)


def lower(session: Session, host: str, living: int) -> None:
    """A server has refused one of `living` checks and account runs that talk to it."""
    fits, row = max(1, living - 1), session.get(ServerPace, host)
    if row is None:
        values = {"places": fits, "refused_at": now(), "raised_after": FIRST_WHILE}
        session.add(ServerPace(host=host, **values))
        return
    present, since = _present(row), (now() - row.refused_at).total_seconds()
    tried = present is not None and row.places < living <= present
    row.raised_after = min(2 * row.raised_after, LAST_WHILE) if tried else FIRST_WHILE
    if present is None or tried:
        row.places = fits
    elif living > present or 0 <= since <= DOUBT:
        row.places = min(present, fits)
    else:
        row.places = present
    row.refused_at = now()


def _rows(session: Session) -> Sequence[ServerPace]:
    return session.scalars(select(ServerPace)).all()


def _present(row: ServerPace) -> int | None:
    """Places by now. None: a clock that was ahead has said so, and nothing is known."""
    since = (now() - row.refused_at).total_seconds()
    return None if since < -DOUBT else row.places + int(max(since, 0.0) // row.raised_after)
