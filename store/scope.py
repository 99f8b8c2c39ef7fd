"""Who asks, and what of the database is theirs. Every query of a page begins here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session, selectinload

from store.tables import DestinationServer, Domain, Migration, Organization, Reading, Role, User


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who asks. A foreign id is answered as if it did not exist."""

    user_id: int
    role: Role
    organization_id: int | None


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on Migration that holds for all that this person may see."""
    if viewer.role == Role.ADMIN:
        return true()
    own = Migration.organization_id == viewer.organization_id
    if viewer.role == Role.CUSTOMER:
        given = select(Reading.migration_id).where(Reading.user_id == viewer.user_id)
        return own & Migration.id.in_(given)
    return own


def migration(session: Session, viewer: Viewer, migration_id: int) -> Migration | None:
    """None when there is none of this number, or none that this person may see."""
    query = select(Migration).where(Migration.id == migration_id, visible(viewer))
    return session.scalars(query).one_or_none()


def domains(session: Session, organization_id: int) -> tuple[str, ...]:
    query = select(Domain.name).where(Domain.organization_id == organization_id)
    return tuple(session.scalars(query.order_by(Domain.name)))


def organizations(session: Session) -> Sequence[Organization]:
    """All of them, with their domains: for the operator."""
    query = select(Organization).order_by(Organization.name)
    return session.scalars(query.options(selectinload(Organization.domains))).all()


def people(session: Session) -> Sequence[User]:
    """Everyone who signs in, with their organizations: for the operator."""
    query = select(User).order_by(User.email)
    return session.scalars(query.options(selectinload(User.organization))).all()


def every_destination(session: Session) -> Sequence[DestinationServer]:
    """Whomever they are open to: for the operator."""
    return session.scalars(select(DestinationServer).order_by(DestinationServer.name)).all()


def destination(
    session: Session, organization_id: int, destination_id: int
) -> DestinationServer | None:
    """One that this organization may use."""
    open_to_it = or_(
        DestinationServer.organization_id.is_(None),
        DestinationServer.organization_id == organization_id,
    )
    query = select(DestinationServer).where(DestinationServer.id == destination_id, open_to_it)
    return session.scalars(query).one_or_none()


def customers(session: Session, organization_id: int) -> Sequence[User]:
    """Those whom a migration's reports may be given to."""
    query = select(User).where(
        User.organization_id == organization_id, User.role == Role.CUSTOMER, User.active
    )
    return session.scalars(query.order_by(User.email)).all()


def readers(session: Session, migration_id: int) -> frozenset[int]:
    query = select(Reading.user_id).where(Reading.migration_id == migration_id)
    return frozenset(session.scalars(query))
