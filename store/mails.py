"""The outbox: who may send which mail, and what became of it. As claims of account runs.

    waiting and due, nobody's    → claimed: a lease and a higher number
    lease over (store.expiry)    → due again at once; after nine attempts failed

A mail is handed to the server under its claim, and entered as sent by the same. What a worker
handed over just before it died may therefore be sent twice; it is never sent not at all. Both
copies carry one Message-ID, so that most mail programs show one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from store.beats import beat, paused
from store.beats import is_due as is_over
from store.claims import Claimed
from store.states import MailState, move
from store.tables import Notice, NoticeMail, now

ATTEMPTS = 9

_LOST = "The worker that sent it ended without an answer, again and again."


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail that is to be sent: to whom, and what it says."""

    id: int
    recipient: str
    attempts: int
    kind: str
    facts: dict[str, Any]
    created_at: datetime


def is_due(session: Session) -> bool:
    return session.scalars(select(NoticeMail.id).where(_due()).limit(1)).first() is not None


def claim(session: Session, *, lease_seconds: int, capacity: int) -> list[Claimed]:
    """The oldest mails that are due, while fewer than `capacity` are being sent."""
    _give_up(session)
    sending = (NoticeMail.state == MailState.WAITING) & NoticeMail.lease.is_not(None)
    free = capacity - (session.scalar(select(func.count(NoticeMail.id)).where(sending)) or 0)
    if free <= 0:
        return []
    query = select(NoticeMail.id).where(_due()).order_by(NoticeMail.id).limit(free)
    return [
        Claimed(mail_id, _raised(session, mail_id, lease_seconds))
        for mail_id in session.scalars(query.with_for_update(skip_locked=True)).all()
    ]


def begin(session: Session, mail_id: int, token: int, *, seconds: int) -> Letter | None:
    """None: the claim is over, there is nothing to send."""
    values = {"attempts": NoticeMail.attempts + 1, **beat(NoticeMail, seconds)}
    if not _write(session, mail_id, token, values):
        return None
    mail = session.get_one(NoticeMail, mail_id, populate_existing=True)
    notice = session.get_one(Notice, mail.notice_id)
    return Letter(
        id=mail.id,
        recipient=mail.recipient,
        attempts=mail.attempts,
        kind=notice.kind,
        facts=notice.facts,
        created_at=notice.created_at,
    )


def extend(session: Session, mail_id: int, token: int, *, seconds: int) -> bool:
    """False: it is somebody else's now."""
    return _write(session, mail_id, token, beat(NoticeMail, seconds))


def sent(session: Session, mail_id: int, token: int) -> bool:
    ended = _end(MailState.SENT)
    return _write(session, mail_id, token, ended | {"error": "", "server_words": ""})


def not_sent(
    session: Session,
    mail_id: int,
    token: int,
    *,
    error: str,
    server_words: str,
    again: timedelta | None,
) -> bool:
    """`again`: not before so much time has passed; None: it is given up."""
    said = {"error": error, "server_words": server_words}
    waits = {"lease": None, **paused(0 if again is None else again.total_seconds())}
    return _write(session, mail_id, token, said | (waits if again else _end(MailState.FAILED)))


def leave_unsent(session: Session, error: str) -> None:
    """All that waits, because this installation sends no mail."""
    values = _end(MailState.UNSENT) | {"error": error}
    session.execute(update(NoticeMail).where(_due()).values(**values))


def _due() -> ColumnElement[bool]:
    waits = (NoticeMail.state == MailState.WAITING) & NoticeMail.lease.is_(None)
    return waits & is_over(NoticeMail)


def _raised(session: Session, mail_id: int, lease_seconds: int) -> int:
    raised = update(NoticeMail).where(NoticeMail.id == mail_id)
    values = raised.values(token=NoticeMail.token + 1, **beat(NoticeMail, lease_seconds))
    return session.execute(values.returning(NoticeMail.token)).scalar_one()


def _give_up(session: Session) -> None:
    worn = _due() & (NoticeMail.attempts >= ATTEMPTS)
    values = _end(MailState.FAILED) | {"error": _LOST}
    session.execute(update(NoticeMail).where(worn).values(**values))


def _end(state: MailState) -> dict[str, Any]:
    return {"state": move(MailState.WAITING, state), "lease": None, "ended_at": now()}


def _write(session: Session, mail_id: int, token: int, values: dict[str, Any]) -> bool:
    ours = (
        (NoticeMail.id == mail_id)
        & (NoticeMail.token == token)
        & (NoticeMail.state == MailState.WAITING)
    )
    result: Any = session.execute(
        update(NoticeMail).where(ours).values(**values).execution_options(synchronize_session=False)
    )
    return bool(result.rowcount == 1)
