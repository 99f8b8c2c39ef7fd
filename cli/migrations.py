"""Migrations: import a file, list, report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from cli import control, importing
from cli.importing import ImportChoice
from cli.numbers import BLOCKED, exit_status, migration_numbers
from cli.refusal import Commands, Refusal
from cli.screen import migration_words
from cli.waiting import wait_for_end
from importer.encoding import ENCODINGS
from parameters.choices import NEW_CHOICES, Choices
from parameters.faults import faults
from parameters.reading import Usage
from parameters.typed import typed
from store import history, overview
from store.tables import Migration
from store.verdicts import said_of
from sync.options import Mode, Security
from wizard.services import services

migration = Commands(
    "migration", short_help="Import a file, list, start, pause, stop, read reports."
)
control.register(migration)

MODES = {mode.value.replace(" ", "-"): mode for mode in Mode}
PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
_OPTION_HELP = "As on the page, such as exclude=Junk or max_age_days=30; may be given many times."
SECURITIES = [one.value for one in Security]


@migration.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--encoding", type=click.Choice(list(ENCODINGS)), help="Of FILE; else recognized.")
@click.option("--destination", required=True, help="Name of a destination.")
@click.option("--organization", help="Whose mailboxes; needed when there are several.")
@click.option("--domain", help="Of mailboxes without an @; needed when there are several.")
@click.option("--name", help="The migration's name; else the file's.")
@click.option("--source-host", default="", help="For rows that name no server.")
@click.option("--source-port", type=click.IntRange(1, 65535), help="Else 993, without TLS 143.")
@click.option("--source-security", type=click.Choice(SECURITIES), default=Security.TLS.value)
@click.option("--mode", type=click.Choice(list(MODES)), default="flags-and-new", show_default=True)
@click.option("--confirm-removal", is_flag=True, help="Mode all may remove at the destination.")
@click.option("--dry-run", is_flag=True, help="Copy nothing, report what would be copied.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help=_OPTION_HELP)
@click.option("--custom", default="", help="imapsync's options, each --param=value.")
@click.option("--threads", type=click.IntRange(1, 50), default=4, help="Accounts at a time.")
@click.option("--check", is_flag=True, help="Wait for the checks of all rows.")
@click.option("--start", is_flag=True, help="Check, then start unless a row is blocked.")
@click.option("--wait", is_flag=True, help="Start, then wait for the end.")
@click.option("--timeout", type=click.FloatRange(0), default=0.0, help="Seconds; 0: no limit.")
@click.option("--json", "as_json", is_flag=True, help="Numbers for programs on stdout.")
def import_file(
    *,
    file: str,
    encoding: str | None,
    check: bool,
    start: bool,
    wait: bool,
    timeout: float,
    as_json: bool,
    **given: Any,
) -> None:
    """Make a migration from FILE, in konsoleH's format; - is stdin.

    Exit status: 0 all complete, 1 some failed, 2 wrong usage or blocked rows.
    """
    here = services()
    choice = _choice(file, given)
    with click.open_file(file, "rb") as opened:
        found = importing.read_file(here, opened, encoding or "")
    migration_id = importing.add_migration(here, found, choice)
    blocked: tuple[str, ...] = ()
    if check or start or wait:
        blocked = importing.check(here, migration_id, timeout)
    if (start or wait) and not blocked:
        importing.start(here, migration_id)
    if wait and not blocked:
        wait_for_end(here.store, migration_id, timeout)
    for reason in blocked:
        click.echo(reason, err=True)
    ended = _show(migration_id, as_json=as_json)
    under_way = start and not wait and not blocked
    click.get_current_context().exit(BLOCKED if blocked else 0 if under_way else ended)


@migration.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_migrations(as_json: bool) -> None:
    """Every migration, the newest first."""
    with services().store.read() as session:
        found = session.scalars(select(Migration).order_by(Migration.id.desc())).all()
        counts = overview.last_run_counts(session, [one.id for one in found])
        lines = [
            {
                "migration": one.id,
                "name": one.name,
                "state": str(said_of(one.state, counts.get(one.id))),
                "organization": one.organization.name,
                "created": one.created_at.isoformat(timespec="seconds") + "Z",
                "dry_run": counts[one.id].dry_run if one.id in counts else one.dry_run,
            }
            for one in found
        ]
    if as_json:
        click.echo(json.dumps(lines, indent=2, ensure_ascii=False))
        return
    for line in lines:
        told = (line[name] for name in ("migration", "name", "state", "organization", "created"))
        click.echo("\t".join(str(value) for value in told))


@migration.command("report")
@click.argument("migration_id", type=int, metavar="ID")
@click.option("--json", "as_json", is_flag=True)
def report(*, migration_id: int, as_json: bool) -> None:
    """The last run's numbers, with the exit status of `import`."""
    with services().store.read() as session:
        found = session.get(Migration, migration_id)
        if found is None:
            raise Refusal(f"There is no migration {migration_id}.")
    with services().store.write() as session:
        history.record_again(
            session,
            kind="report taken",
            note="The last run's numbers.",
            organization_id=found.organization_id,
            migration_id=migration_id,
        )
    click.get_current_context().exit(_show(migration_id, as_json=as_json))


def _show(migration_id: int, *, as_json: bool) -> int:
    with services().store.read() as session:
        numbers = migration_numbers(session, migration_id)
    if as_json:
        click.echo(json.dumps(numbers, indent=2, ensure_ascii=False))
    else:
        click.echo(migration_words(numbers))
    return exit_status(numbers)


def _choice(file: str, given: dict[str, Any]) -> ImportChoice:
    security = Security(given["source_security"])
    port = given["source_port"] or PORTS[security]
    stem = "" if file == "-" else Path(file).stem
    return ImportChoice(
        name=(given["name"] or stem or "Import from stdin")[:120],
        destination=given["destination"],
        organization=given["organization"],
        domain=given["domain"],
        source=(given["source_host"], port, security),
        mode=MODES[given["mode"]],
        dry_run=given["dry_run"],
        threads=given["threads"],
        removal_confirmed=given["confirm_removal"],
        options=_options(given, MODES[given["mode"]]),
    )


def _options(given: dict[str, Any], mode: Mode) -> Choices:
    """Raises Refusal with all that is wrong."""
    custom = [f"custom={given['custom']}"] if given["custom"] else []
    try:
        # As on the page: what is not said is as in a new migration.
        choices = typed([*given["options"], *custom], NEW_CHOICES)
    except Usage as usage:
        raise Refusal(str(usage)) from usage
    if wrong := faults(choices, mode):
        raise Refusal(" ".join(fault.words for fault in wrong))
    return choices
