"""Sessions that were signed out of: the cookie alone goes on saying that it is good."""

from __future__ import annotations

import hashlib
import time

from sqlalchemy import BigInteger, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.tables import Base


class EndedLogin(Base):
    """A session that somebody has signed out of before its time; kept until then."""

    __tablename__ = "ended_login"
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of the number in the cookie."""
    until: Mapped[int] = mapped_column(BigInteger)


def end(session: Session, number: str, until: int) -> None:
    """`until` is when the session would have ended by itself, in seconds since 1970."""
    session.execute(delete(EndedLogin).where(EndedLogin.until < int(time.time())))
    if not is_over(session, number):
        session.add(EndedLogin(token=_token(number), until=until))


def is_over(session: Session, number: str) -> bool:
    known = select(EndedLogin.until).where(EndedLogin.token == _token(number))
    return session.scalar(known) is not None


def _token(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()
