"""What keeps a migration's logins waiting (store.brake), and how a person lets them go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from store import accounts, brake, control
from store.brake import WINDOW, Door, source_server
from store.states import AccountState, MigrationState
from store.tables import Account, Migration, User

_MOST_NAMES = 500
_BUSY = (MigrationState.RUNNING, MigrationState.PAUSED)


@dataclass(frozen=True, slots=True)
class Braked:
    """One server. `next_try` None: its hour is not used up, only `held` accounts wait for a
    person, since their logins were refused time and again."""

    host: str
    refused: int = 0
    since: datetime | None = None
    next_try: datetime | None = None
    held: int = 0


def braked(session: Session, migration: Migration, budget: int) -> list[Braked]:
    """The servers of a migration that are not asked for every login now."""
    organization_id = migration.organization_id
    known = brake.users_held(session, organization_id)
    shut = {host for number, host in brake.shut(session, budget) if number == organization_id}
    places = (shut | {door.host for door in known}) & _hosts(session, migration)
    found = [_line(session, migration, host, budget if host in shut else 0) for host in places]
    return sorted((one for one in found if one.refused or one.held), key=lambda one: one.host)


def go_on(session: Session, migration: Migration, host: str, user: User | None) -> int:
    """Forget what this server has refused: somebody has looked at it. Accounts that were blocked
    for it are checked again. Returns how many refusals are forgotten; 0: there was nothing."""
    if host not in _hosts(session, migration):
        return 0
    ids = _held_at(session, migration, host, blocked=True)
    forgotten = brake.go_on(session, migration.organization_id, host)
    if forgotten:
        note = f"{host} had refused {forgotten} login{'' if forgotten == 1 else 's'}."
        control.tell(session, migration, user, "went on", note=note)
        if migration.state not in _BUSY:
            accounts.reset_check(session, migration.id, ids)
    return forgotten


def _line(session: Session, migration: Migration, host: str, budget: int) -> Braked:
    held = len(_held_at(session, migration, host))
    if not budget:
        return Braked(host, held=held)
    times = brake.counted(session, migration.organization_id, host)
    return Braked(host, len(times), times[-1], times[budget - 1] + WINDOW, held)


def _hosts(session: Session, migration: Migration) -> set[str]:
    query = select(source_server()).select_from(Account).join(Account.migration)
    found = set(session.scalars(query.where(Migration.id == migration.id).distinct()))
    return found | {_destination(migration)}


def _destination(migration: Migration) -> str:
    place = migration.destination
    return brake.server(place.host, place.port) if place is not None else ""


def _held_at(
    session: Session, migration: Migration, host: str, *, blocked: bool = False
) -> Sequence[int]:
    """The accounts whose login this server has refused time and again."""
    names = _names(brake.users_held(session, migration.organization_id), host)
    mailbox, username = func.lower(Account.mailbox), func.lower(func.trim(Account.source_username))
    at_source = (source_server() == host) & (
        username.in_(names) | ((username == "") & mailbox.in_(names))
    )
    at_destination = mailbox.in_(names) if _destination(migration) == host else None
    query = select(Account.id).join(Account.migration)
    query = query.where(Account.migration_id == migration.id)
    query = query.where(at_source if at_destination is None else or_(at_source, at_destination))
    if blocked:
        query = query.where(Account.state == AccountState.BLOCKED)
    return session.scalars(query).all()


def _names(doors: Iterable[Door], host: str) -> list[str]:
    return [door.username for door in doors if door.host == host][:_MOST_NAMES]
