"""The destination systems that the operator has set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from store.tables import DestinationServer, MailboxList, now


def add(
    session: Session,
    *,
    name: str,
    provisioner: str,
    host: str,
    port: int,
    security: str,
    config: Mapping[str, Any] | None = None,
    password_policy: str = "konsoleh",
    organization_id: int | None = None,
) -> DestinationServer:
    """Add a destination; `organization_id` None opens it to all organizations."""
    destination = DestinationServer(
        name=name,
        provisioner=provisioner,
        config=dict(config or {}),
        host=host,
        port=port,
        security=security,
        password_policy=password_policy,
        organization_id=organization_id,
    )
    session.add(destination)
    session.flush()
    return destination


def all_for(session: Session, organization_id: int | None) -> Sequence[DestinationServer]:
    """Those open to all and those of this organization, by name."""
    query = select(DestinationServer).order_by(DestinationServer.name)
    return session.scalars(query.where(_open_to(organization_id))).all()


def by_name(
    session: Session, name: str, *, organization_id: int | None = None
) -> DestinationServer | None:
    """None when there is none of this name that the organization may use."""
    query = select(DestinationServer).where(DestinationServer.name == name)
    return session.scalars(query.where(_open_to(organization_id))).one_or_none()


def _open_to(organization_id: int | None) -> Any:
    return or_(
        DestinationServer.organization_id.is_(None),
        DestinationServer.organization_id == organization_id,
    )


def enter_list(
    session: Session,
    destination_id: int,
    domain: str,
    mailboxes: list[dict[str, Any]],
    *,
    error: str = "",
) -> None:
    """What the provisioner listed now; `error` in words when it could not."""
    query = select(MailboxList).where(
        MailboxList.destination_id == destination_id, MailboxList.domain == domain
    )
    answer = session.scalars(query).one_or_none()
    if answer is None:
        answer = MailboxList(destination_id=destination_id, domain=domain)
        session.add(answer)
    answer.listed_at = now()
    answer.error = error
    answer.mailboxes = mailboxes
