"""The wizard's steps as the store keeps them: a draft outlives a closed browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store import accounts, aim, history
from store.aim import Aim, PasswordNeeded
from store.seal import Sealer
from store.states import MigrationState, move
from store.tables import AccountRun, MailboxList, Migration, Reading, Run, User, now

EDITABLE = frozenset({MigrationState.DRAFT, MigrationState.SCHEDULED})


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """Step 1. The fields are those of the migration."""

    name: str
    source_host: str
    source_port: int
    source_security: str
    mode: str
    dry_run: bool
    account_group: str
    threads: int
    destination_id: int
    domain: str


@dataclass(frozen=True, slots=True)
class ScheduleChoice:
    """Step 3. Times are UTC without a zone; `timezone` is the one they were typed in.

    `loop_until` None in a loop: for good."""

    start: str
    start_at: datetime | None
    timezone: str
    loop: bool
    loop_minutes: int
    loop_until: datetime | None
    notify: str
    removal_confirmed: bool
    deletion_confirmed: bool = False


_CHECKED_AGAIN = (
    "source_host",
    "source_port",
    "source_security",
    "destination_id",
    "domain",
    "mode",
)


def new(
    session: Session, *, organization_id: int, created_by: int | None, choice: ServerChoice
) -> Migration:
    migration = Migration(organization_id=organization_id, created_by=created_by)
    _take(migration, choice)
    session.add(migration)
    session.flush()
    return migration


def change_server(
    session: Session,
    migration: Migration,
    choice: ServerChoice,
    *,
    sealer: Sealer | None = None,
    reaim: bool = False,
) -> int:
    """Take step 1 anew. Returns how many accounts will be checked again because of it.

    Raises PasswordNeeded, with nothing done, where stored passwords would go elsewhere by it;
    `reaim`: somebody who may decide that has been asked."""
    moved = [
        one
        for one in aim.with_passwords(session, migration.id)
        if Aim.of(one.id, one, migration) != Aim.of(one.id, one, choice)
    ]
    if moved and (sealer is None or not reaim):
        raise PasswordNeeded(len(moved))
    kept = [aim.opened_if_whole(sealer, one) if sealer else None for one in moved]
    before = [getattr(migration, field) for field in _CHECKED_AGAIN]
    if (migration.mode, migration.destination_id) != (choice.mode, choice.destination_id):
        # What a person confirmed was another removal.
        migration.removal_confirmed = migration.deletion_confirmed = False
    _take(migration, choice)
    for account, passwords in zip(moved, kept, strict=True):
        if sealer is not None and passwords:
            aim.put(sealer, account, passwords)
    session.flush()
    if before == [getattr(migration, field) for field in _CHECKED_AGAIN]:
        return 0
    return accounts.reset_check(session, migration.id)


def change_options(
    session: Session,
    migration: Migration,
    options: Mapping[str, Any],
    *,
    told: str,
    user: User | None,
) -> bool:
    """Take new options; `told` are the words of what has changed, for the history.

    Returns whether anything has. What a person confirmed was something else then, and has to be
    confirmed again."""
    if dict(options) == migration.options:
        return False
    migration.options = dict(options)
    migration.removal_confirmed = migration.deletion_confirmed = False
    history.record(
        session,
        kind="changed",
        note=f"Options: {told}.",
        organization_id=migration.organization_id,
        migration_id=migration.id,
        user=user,
    )
    session.flush()
    return True


def change_schedule(migration: Migration, choice: ScheduleChoice) -> None:
    """Take step 3. Nothing starts by it yet (store.scheduling); what was scheduled is a draft."""
    for field in ScheduleChoice.__dataclass_fields__:
        setattr(migration, field, getattr(choice, field))
    migration.loop_from = migration.next_start_at = None
    if migration.state == MigrationState.SCHEDULED:
        migration.state = move(MigrationState.SCHEDULED, MigrationState.DRAFT)


def is_editable(migration: Migration) -> bool:
    """Whether the steps may still be changed: only before the first start."""
    return migration.state in EDITABLE


def rehearsed(session: Session, migration: Migration) -> bool:
    """Whether it is over, and all that ran were dry runs: then its steps are open again."""
    if migration.state not in (MigrationState.COMPLETE, MigrationState.STOPPED):
        return False
    return _has_runs(session, migration, dry=True) and not _has_runs(session, migration, dry=False)


def steps_open(session: Session, migration: Migration) -> bool:
    """Whether steps 1 and 3 may still be changed: before the first start that writes."""
    return is_editable(migration) or rehearsed(session, migration)


def _has_runs(session: Session, migration: Migration, *, dry: bool) -> bool:
    query = select(Run.id).where(Run.migration_id == migration.id, Run.dry_run.is_(dry))
    return session.scalar(query.limit(1)) is not None


def remove(session: Session, migration: Migration) -> None:
    """A draft and all that belongs to it. Raises ValueError once it has been started."""
    if not is_editable(migration) or _has_runs(session, migration, dry=False):
        raise ValueError("a migration that has been started is kept")
    runs = select(Run.id).where(Run.migration_id == migration.id)
    session.execute(delete(AccountRun).where(AccountRun.run_id.in_(runs)))
    session.execute(delete(Run).where(Run.migration_id == migration.id))
    accounts.remove_all(session, migration.id)
    session.execute(delete(Reading).where(Reading.migration_id == migration.id))
    session.execute(delete(Migration).where(Migration.id == migration.id))


def give_reports(session: Session, migration_id: int, user_ids: frozenset[int]) -> None:
    """Exactly these customers may read the reports."""
    session.execute(delete(Reading).where(Reading.migration_id == migration_id))
    session.add_all(Reading(migration_id=migration_id, user_id=user_id) for user_id in user_ids)


def mailbox_list(session: Session, destination_id: int, domain: str) -> MailboxList | None:
    """What the destination listed last, or is being asked for; None: never asked."""
    query = select(MailboxList).where(
        MailboxList.destination_id == destination_id, MailboxList.domain == domain
    )
    return session.scalars(query).one_or_none()


def ask_mailboxes(session: Session, destination_id: int, domain: str) -> MailboxList:
    """Note that the list is wanted anew. Ring Bell.list_mailboxes after the commit."""
    row = mailbox_list(session, destination_id, domain)
    if row is None:
        row = MailboxList(destination_id=destination_id, domain=domain, mailboxes=[])
        session.add(row)
    row.asked_at = now()
    row.listed_at = None
    row.error = ""
    session.flush()
    return row


def _take(migration: Migration, choice: ServerChoice) -> None:
    for field in ServerChoice.__dataclass_fields__:
        value: Any = getattr(choice, field)
        setattr(migration, field, value)
