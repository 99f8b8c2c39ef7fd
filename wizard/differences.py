"""What a form has changed, field by field, for the audit trail. No password is among the fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from provisioners.base import Kind
from store import history
from store.history import said
from store.tables import DestinationServer, Migration, Organization, User

SERVER: Mapping[str, str] = {
    "name": "name",
    "source_host": "source server",
    "source_port": "port",
    "source_security": "security",
    "mode": "mode",
    "dry_run": "dry run",
    "account_group": "accounts",
    "threads": "accounts at a time",
    "destination": "destination",
    "domain": "domain",
}
SCHEDULE: Mapping[str, str] = {
    "start": "start",
    "start_at": "first start",
    "timezone": "time zone",
    "loop": "again and again",
    "loop_minutes": "minutes from start to start",
    "loop_until": "until",
    "notify": "told by mail",
    "removal_confirmed": "removal confirmed",
    "deletion_confirmed": "deletion in the source confirmed",
}
PERSON: Mapping[str, str] = {"role": "role", "active": "may sign in"}
DESTINATION: Mapping[str, str] = {
    "name": "name",
    "host": "server",
    "port": "port",
    "security": "security",
    "password_policy": "password rules",
    "provisioner": "mailboxes",
}


def server(migration: Migration) -> dict[str, object]:
    """Step 1 as it stands, by the names of SERVER."""
    values = _fields(migration, SERVER)
    values["destination"] = migration.destination.name if migration.destination else None
    return values


def schedule(migration: Migration) -> dict[str, object]:
    """Step 3 likewise."""
    return _fields(migration, SCHEDULE)


def person(user: User) -> dict[str, object]:
    return _fields(user, PERSON)


def destination(found: DestinationServer) -> dict[str, object]:
    """With the provisioner's own settings, each by its name."""
    return _fields(found, DESTINATION) | {f"{k}": v for k, v in found.config.items()}


def destination_labels(kind: Kind | None) -> Mapping[str, str]:
    settings = () if kind is None else kind.settings
    return {**DESTINATION, **{one.name: one.label for one in settings}}


def first(values: Mapping[str, object], labels: Mapping[str, str]) -> str:
    """Of something new: what is set."""
    given = {name: value for name, value in values.items() if value not in (None, "", False)}
    return "; ".join(f"{labels[name]}: {said(given[name])}" for name in labels if name in given)


def tell_both(
    session: Session,
    *,
    kind: str,
    note: str,
    changed: list[str],
    moved: tuple[str, Organization | None, Organization | None],
    user: User,
    nobody: str = "none",
) -> None:
    """A line for whom it belongs to; where it has moved, one for each of the two, in which the
    other one has no name. The operator reads both."""
    label, before, after = moved
    if before is after:
        _tell(session, kind, f"{note}{'; '.join(changed) or 'as it was'}.", after, user)
        return
    names = [one.name if one else nobody for one in (before, after)]
    for place, owner in enumerate((before, after)):
        shown = [
            name if owner is None or place == other or own is None else "another"
            for other, (name, own) in enumerate(zip(names, (before, after), strict=True))
        ]
        told = "; ".join([*changed, f"{label}: {shown[0]} → {shown[1]}"])
        _tell(session, kind, f"{note}{told}.", owner, user)


def _tell(session: Session, kind: str, note: str, owner: Organization | None, user: User) -> None:
    organization_id = owner.id if owner else None
    history.record(session, kind=kind, note=note, organization_id=organization_id, user=user)


def _fields(row: Any, labels: Mapping[str, str]) -> dict[str, object]:
    return {name: _value(getattr(row, name, None)) for name in labels}


def _value(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else value
