"""The lines of the audit trail, as they are asked for; and how long they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    and_,
    delete,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from store import history
from store.history_kinds import REFUSED_SIGN_IN
from store.scope import Viewer
from store.tables import History, Migration, Organization, Role, now

REFUSALS_KEPT = 90
"""Days. What strangers can cause is never kept for ever."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines. Empty fields ask for nothing; times are UTC, `until` is not among them."""

    organization_id: int | None = None
    person: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One of them, with what this person may see of it."""

    id: int
    at: datetime
    last_at: datetime | None
    times: int
    kind: str
    who: str
    role: str
    who_of: str
    """The person's organization."""
    organization: str
    migration_id: int | None
    address: str
    note: str


OPERATOR = Viewer(0, Role.ADMIN, None)
"""Who reads the database itself, at the command line."""


def lines(
    session: Session, viewer: Viewer, wanted: Wanted, *, limit: int, before: int | None = None
) -> Sequence[Line]:
    """The newest first; `before` is the number of the last line that was seen."""
    query = select(History).where(*_conditions(viewer, wanted))
    if before is not None:
        query = query.where(History.id < before)
    found = session.scalars(query.order_by(History.id.desc()).limit(limit)).all()
    names = _names(session, found)
    return [_line(one, viewer, names) for one in found]


def still_there(session: Session, found: Collection[Line]) -> frozenset[int]:
    """The migrations of these lines that have not been deleted."""
    ids = {line.migration_id for line in found} - {None}
    return frozenset(session.scalars(select(Migration.id).where(Migration.id.in_(ids))))


def forget(session: Session, days: int) -> int:
    """Lines older than that, of all that is said of people and migrations; 0: only those of
    refused sign-ins, after REFUSALS_KEPT days. Returns how many."""
    refusals = delete(History).where(
        History.kind == REFUSED_SIGN_IN, History.at < now() - timedelta(days=REFUSALS_KEPT)
    )
    gone = _deleted(session, refusals)
    if days:
        older = _deleted(session, delete(History).where(History.at < now() - timedelta(days=days)))
        if older:
            note = f"{older:,} lines older than {days} days (AUDIT_DAYS)."
            history.record(session, kind="audit forgotten", note=note)
        gone += older
    return gone


def _deleted(session: Session, statement: Delete) -> int:
    result = session.execute(statement)
    return int(result.rowcount) if isinstance(result, CursorResult) else 0


def _conditions(viewer: Viewer, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [_visible(viewer)]
    if wanted.organization_id is not None:
        found.append(History.organization_id == wanted.organization_id)
    if wanted.person:
        found.append(_holds(History.user_email, wanted.person))
    if wanted.kind:
        found.append(History.kind == wanted.kind)
    if wanted.since is not None:
        found.append(func.coalesce(History.last_at, History.at) >= wanted.since)
    if wanted.until is not None:
        found.append(History.at < wanted.until)
    if wanted.text:
        seen = and_(_holds(History.address, wanted.text), _address_is_shown(viewer))
        found.append(or_(_holds(History.note, wanted.text), seen))
    return found


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.role == Role.ADMIN:
        return true()
    if viewer.organization_id is None:
        return false()
    return History.organization_id == viewer.organization_id


def _address_is_shown(viewer: Viewer) -> ColumnElement[bool]:
    """From where the operator works is nothing to an organization."""
    if viewer.role == Role.ADMIN:
        return true()
    return History.user_organization_id == viewer.organization_id


def _holds(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def _names(session: Session, found: Collection[History]) -> dict[int | None, str]:
    ids = {one.organization_id for one in found} | {one.user_organization_id for one in found}
    query = select(Organization.id, Organization.name).where(Organization.id.in_(ids - {None}))
    return {row.id: row.name for row in session.execute(query)}


def _line(one: History, viewer: Viewer, names: dict[int | None, str]) -> Line:
    own = viewer.role == Role.ADMIN or one.user_organization_id == viewer.organization_id
    return Line(
        id=one.id,
        at=one.at,
        last_at=one.last_at,
        times=one.times,
        kind=one.kind,
        who=one.user_email or "Mailhaul",
        role=one.user_role,
        who_of=names.get(one.user_organization_id, "") if own else "",
        organization=names.get(one.organization_id, ""),
        migration_id=one.migration_id,
        address=one.address if own else "",
        note=one.note,
    )
