"""Refused logins, counted before they are made: no wrong list has a server ban this installation.

    a server and user            after IN_A_ROW refusals none, until a person changes the row or
                                 goes on; a login that is taken ends the row of refusals
    a server and organization    within an hour as many as the operator allows (REFUSED_LOGINS),
                                 then the rest waits until the hour is over, or a reseller goes on

Each login takes a place in one transaction before it is made, and gives it back after the answer:
however many workers there are, those under way and those refused are never more than allowed. What
a worker that died has held is given back after UNANSWERED. Refusals that pass (store.pace) count
for nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    case,
    cast,
    delete,
    false,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.aim import Row, whole_address
from store.tables import Account, Base, DestinationServer, Migration, now

WINDOW = timedelta(hours=1)
UNANSWERED = timedelta(minutes=3)
IN_A_ROW = 2
DEFAULT_BUDGET = 20
_LOCK = 7_260_303
_MAIL_PORTS = (143, 993)


class LoginTry(Base):
    """A login that is under way (`holder`), or was refused ('')."""

    __tablename__ = "login_try"
    __table_args__ = (Index("login_try_place", "organization_id", "host"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    host: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(320))
    holder: Mapped[str] = mapped_column(String(40), default="", server_default="")
    at: Mapped[datetime] = mapped_column(default=now)
    over: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The user's next login is no guess by this one: something was changed, or it was taken."""


@dataclass(frozen=True, slots=True)
class Door:
    """Whose login it is, and where."""

    organization_id: int
    host: str
    username: str

    @classmethod
    def of(cls, organization_id: int, host: str, port: int, username: str) -> Door:
        return cls(organization_id, server(host, port), username.strip().lower()[:320])


def server(host: str, port: int) -> str:
    """Its name. 143 and 993 lead to one server, other ports to others perhaps."""
    name = host.strip().lower()
    return name if port in _MAIL_PORTS else f"{name}:{port}"


class Answer(StrEnum):
    GRANTED = "granted"
    WAIT = "wait"
    HELD = "held"


def reserve(session: Session, door: Door, holder: str, budget: int) -> Answer:
    """A place for one login. `holder` has one at a time at each door: what an earlier attempt of
    it, which has died, still holds is taken over."""
    if session.get_bind().dialect.name == "postgresql":
        # One at a time. SQLite's write lock is that already.
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    give_back(session, holder, door)
    if held(session, door):
        return Answer.HELD
    under_way = _under_way(door.organization_id, door.host)
    same = _number(session, under_way, LoginTry.username == door.username)
    everybody = _number(session, under_way)
    refused = _number(session, _counted(), *_at(door))
    if same + _number(session, *_in_a_row(door)) >= IN_A_ROW or everybody + refused >= budget:
        return Answer.WAIT
    session.add(_row(door, holder=holder))
    return Answer.GRANTED


def held(session: Session, door: Door) -> bool:
    """Whether this user was refused so often that a person has to do something."""
    return _number(session, *_in_a_row(door)) >= IN_A_ROW


def give_back(session: Session, holder: str, door: Door | None = None) -> None:
    """A login came to no answer. Without a door: whatever this holder has."""
    query = delete(LoginTry).where(LoginTry.holder == holder)
    if door is not None:
        query = query.where(*_at(door), LoginTry.username == door.username)
    session.execute(query)


def refused(session: Session, door: Door, holder: str) -> None:
    give_back(session, holder, door)
    session.add(_row(door))
    old = now() - WINDOW
    session.execute(delete(LoginTry).where(*_at(door), LoginTry.over, LoginTry.at < old))


def taken(session: Session, door: Door, holder: str) -> None:
    give_back(session, holder, door)
    _end_row(session, door)


def changed(session: Session, organization_id: int, typed: Collection[Door]) -> None:
    """The next logins here are no repeated guesses: a person has typed something."""
    for door in typed and set(_users(session, organization_id, 1)).intersection(typed):
        _end_row(session, door)


def go_on(session: Session, organization_id: int, host: str) -> int:
    """A person has looked at it. Returns how many refusals are forgotten."""
    door = Door(organization_id, host, "")
    result: Any = session.execute(delete(LoginTry).where(*_at(door), LoginTry.holder == ""))
    return int(result.rowcount)


def shut(session: Session, budget: int) -> list[tuple[int, str]]:
    """The organizations and servers whose hour is used up."""
    place = (LoginTry.organization_id, LoginTry.host)
    query = select(*place).where(_counted()).group_by(*place)
    rows = session.execute(query.having(func.count() >= budget))
    return [(row.organization_id, row.host) for row in rows]


def open_to(places: Collection[tuple[int, str]]) -> ColumnElement[bool]:
    """Of a query over accounts and their migrations: neither server is shut."""
    hosts = select(DestinationServer.id)
    closed = [
        and_(
            Migration.organization_id == organization_id,
            or_(
                source_server() == host,
                Migration.destination_id.in_(hosts.where(_place() == host)),
            ),
        )
        for organization_id, host in places
    ]
    return ~or_(false(), *closed)


def source_host() -> ColumnElement[str]:
    """The source server that an account really uses: its own, or the migration's."""
    own = func.nullif(Account.source_host, "")
    return func.lower(func.coalesce(own, Migration.source_host))


def source_server() -> ColumnElement[str]:
    """The same as `server` names it."""
    port = func.coalesce(func.nullif(Account.source_port, 0), Migration.source_port)
    return _server(source_host(), port)


def doors(row: Row, migration: Migration) -> tuple[Door, ...]:
    """Both logins of a row. A blank username at the source is the mailbox's address."""
    organization_id = migration.organization_id
    mailbox = whole_address(row.mailbox, migration.domain)
    host, port = (
        row.source_host or migration.source_host,
        row.source_port or migration.source_port,
    )
    source = Door.of(organization_id, host, port, row.source_username.strip() or mailbox)
    place = migration.destination
    if place is None:
        return (source,)
    return source, Door.of(organization_id, place.host, place.port, mailbox)


def users_held(session: Session, organization_id: int) -> Sequence[Door]:
    """The doors of an organization that wait for a person."""
    return _users(session, organization_id, IN_A_ROW)


def _users(session: Session, organization_id: int, least: int) -> Sequence[Door]:
    """Those whose last logins, so many at least, were all refused."""
    place = (LoginTry.host, LoginTry.username)
    query = select(*place).where(
        LoginTry.organization_id == organization_id, LoginTry.holder == "", ~LoginTry.over
    )
    rows = session.execute(query.group_by(*place).having(func.count() >= least))
    return [Door(organization_id, row.host, row.username) for row in rows]


def counted(session: Session, organization_id: int, host: str) -> Sequence[datetime]:
    """When the refusals of this hour were, the newest first."""
    place = _at(Door(organization_id, host, ""))
    query = select(LoginTry.at).where(_counted(), *place).order_by(LoginTry.at.desc())
    return session.scalars(query).all()


def _end_row(session: Session, door: Door) -> None:
    session.execute(update(LoginTry).where(*_in_a_row(door)).values(over=True))


def _row(door: Door, *, holder: str = "") -> LoginTry:
    place = {"organization_id": door.organization_id, "host": door.host}
    return LoginTry(**place, username=door.username, holder=holder)


def _at(door: Door) -> tuple[ColumnElement[bool], ...]:
    return LoginTry.organization_id == door.organization_id, LoginTry.host == door.host


def _in_a_row(door: Door) -> tuple[ColumnElement[bool], ...]:
    same = LoginTry.username == door.username
    return *_at(door), same, LoginTry.holder == "", ~LoginTry.over


def _counted() -> ColumnElement[bool]:
    """Refused within the hour. What a clock that was far ahead has said is not believed."""
    at = LoginTry.at
    return and_(LoginTry.holder == "", at > now() - WINDOW, at < now() + WINDOW)


def _under_way(organization_id: int, host: str) -> ColumnElement[bool]:
    place, at = _at(Door(organization_id, host, "")), LoginTry.at
    living = and_(at > now() - UNANSWERED, at < now() + UNANSWERED)
    return and_(*place, LoginTry.holder != "", living)


def _number(session: Session, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(LoginTry).where(*where)) or 0


def _place() -> ColumnElement[str]:
    return _server(func.lower(DestinationServer.host), DestinationServer.port)


def _server(name: Any, port: Any) -> ColumnElement[str]:
    return case((port.in_(_MAIL_PORTS), name), else_=name + ":" + cast(port, String))
