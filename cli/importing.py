"""`migration import`: a CSV file becomes a migration, is checked, started and waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO

from sqlalchemy.orm import Session

from cli.choosing import destination_named, domain_of, organization_for
from cli.refusal import Refusal
from cli.waiting import wait_for_checks
from importer import reading
from importer.rows import FileFault, Reading
from parameters.choices import Choices, to_json
from parameters.words import difference
from store import accounts, control, drafts, history
from store.control import NotStartable
from store.drafts import ServerChoice
from store.tables import Migration
from sync.options import Mode
from wizard import differences, incoming, row_changes
from wizard.services import Services


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """What the command's options say; the same things as the wizard's steps."""

    name: str
    destination: str
    organization: str | None
    domain: str | None
    source: tuple[str, int, str]
    """Host, port, security; a row's own server wins."""
    mode: Mode
    dry_run: bool
    threads: int
    removal_confirmed: bool
    options: Choices = field(default_factory=Choices)


def read_file(services: Services, file: IO[bytes], encoding: str = "") -> Reading:
    """Raises Refusal when the file as a whole cannot be read."""
    limit = services.settings.upload_limit
    data = file.read(limit + 1)
    if len(data) > limit:
        raise Refusal(f"The file has more than {limit} bytes (UPLOAD_LIMIT).")
    try:
        return reading.read(data, rows_limit=services.settings.upload_rows, encoding=encoding)
    except FileFault as fault:
        raise Refusal(f"{fault.words} {fault.hint}") from fault


def add_migration(services: Services, found: Reading, choice: ImportChoice) -> int:
    """A draft with all rows of the file, those that could not be read too. Its id."""
    with services.store.write() as session:
        migration = _draft(session, choice)
        if told := difference(Choices(), choice.options):
            stored = to_json(choice.options)
            drafts.change_options(session, migration, stored, told=told, user=None)
        migration.removal_confirmed = choice.removal_confirmed
        new = incoming.from_file(session, migration, found)
        accounts.add(session, services.sealer, migration.id, new)
        row_changes.added(session, migration, new, user=None, how=" from a file")
        told = differences.first(differences.server(migration), differences.SERVER)
        history.record(
            session,
            kind="created",
            note=f"From the command line. {told}.",
            organization_id=migration.organization_id,
            migration_id=migration.id,
        )
    services.bell.tick()
    return migration.id


def check(services: Services, migration_id: int, timeout: float) -> tuple[str, ...]:
    """Wait until every row is checked. Why the migration cannot be started; empty: it can."""
    wait_for_checks(services.store, migration_id, timeout)
    with services.store.read() as session:
        reasons, _ = control.unready(session, session.get_one(Migration, migration_id))
    return reasons


def start(services: Services, migration_id: int) -> None:
    """Raises Refusal with the reasons."""
    try:
        with services.store.write() as session:
            control.start(session, migration_id, None)
    except NotStartable as refusal:
        raise Refusal(" ".join(refusal.reasons)) from refusal
    services.bell.tick()


def _draft(session: Session, choice: ImportChoice) -> Migration:
    destination = destination_named(session, choice.destination)
    owner = organization_for(session, choice.organization, destination)
    host, port, security = choice.source
    server = ServerChoice(
        name=choice.name,
        source_host=host,
        source_port=port,
        source_security=security,
        mode=choice.mode,
        dry_run=choice.dry_run,
        account_group="specific",
        threads=choice.threads,
        destination_id=destination.id,
        domain=domain_of(session, owner, choice.domain),
    )
    return drafts.new(session, organization_id=owner.id, created_by=None, choice=server)
