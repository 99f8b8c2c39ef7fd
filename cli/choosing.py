"""From names on the command line to rows of the store."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cli.refusal import Refusal
from store import scope
from store.tables import DestinationServer, Organization


def organization_named(session: Session, name: str) -> Organization:
    """Raises Refusal with the names that there are."""
    found = session.scalars(select(Organization).where(Organization.name == name)).one_or_none()
    if found is None:
        raise Refusal(f"There is no organization {name!r}. {_there_are(session)}")
    return found


def organization_for(
    session: Session, name: str | None, destination: DestinationServer
) -> Organization:
    """The named one; without a name the only one that is meant. Raises Refusal."""
    if name is not None:
        found = organization_named(session, name)
        if destination.organization_id not in (None, found.id):
            raise Refusal(f"{destination.name} is not open to the organization {name!r}.")
        return found
    if destination.organization_id is not None:
        return session.get_one(Organization, destination.organization_id)
    everyone = scope.organizations(session)
    if len(everyone) != 1:
        raise Refusal(f"Say for whom with --organization. {_there_are(session)}")
    return everyone[0]


def destination_named(session: Session, name: str) -> DestinationServer:
    """Raises Refusal with the names that there are."""
    everything = session.scalars(select(DestinationServer).order_by(DestinationServer.name)).all()
    for found in everything:
        if found.name == name:
            return found
    names = ", ".join(repr(one.name) for one in everything) or "none yet: destination add"
    raise Refusal(f"There is no destination {name!r}. There are: {names}.")


def domain_of(session: Session, organization: Organization, name: str | None) -> str:
    """The named domain; without a name the organization's only one. Raises Refusal."""
    own = scope.domains(session, organization.id)
    listed = ", ".join(own) or "none"
    if name is not None and name.lower() not in own:
        raise Refusal(f"{name} is no domain of {organization.name!r}. It has: {listed}.")
    if name is None and len(own) != 1:
        raise Refusal(f"Say which domain with --domain. {organization.name!r} has: {listed}.")
    return name.lower() if name is not None else own[0]


def _there_are(session: Session) -> str:
    names = ", ".join(repr(one.name) for one in scope.organizations(session))
    return f"There are: {names or 'none yet: organization add'}."
