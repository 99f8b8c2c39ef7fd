"""`audit`: the lines of the audit trail, filtered, for a person, a spreadsheet or a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from flask.cli import with_appcontext

from cli.choosing import organization_named
from cli.refusal import Commands, Refusal
from importer import export
from store import history, trail
from store.history_kinds import KINDS
from store.trail import OPERATOR, Line, Wanted
from wizard.history_words import happened
from wizard.services import services
from wizard.trail_table import HEADER, cells, filters, moment

_PIECE = 2_000
_DAY = click.DateTime(["%Y-%m-%d"])


@click.pass_context
def _show(
    context: click.Context, /, *, as_csv: bool, as_json: bool, last: int | None, **asked: Any
) -> None:
    """Nothing but this command's own line is written."""
    if context.invoked_subcommand:
        return
    if as_csv and as_json:
        raise Refusal("Choose one of --csv and --json.")
    wanted = _wanted(**asked)
    form = "CSV" if as_csv else "JSON" if as_json else "text"
    _tell(wanted, asked["organization"] or "", f"As {form}{f', the newest {last}' if last else ''}")
    pieces = _pieces(wanted, last)
    if as_csv:
        rows = ([cells(line) for line in piece] for piece in pieces)
        for part in export.table_pieces(HEADER, rows):
            click.echo(part, nl=False)
    elif as_json:
        lines = [_numbers(line) for piece in pieces for line in piece]
        click.echo(json.dumps(lines, indent=2, ensure_ascii=False))
    else:
        for piece in pieces:
            for line in piece:
                click.echo(_words(line))


def _wanted(
    *,
    organization: str | None,
    person: str,
    kind: str,
    since: datetime | None,
    until: datetime | None,
    text: str,
) -> Wanted:
    """Raises Refusal."""
    if kind and kind not in KINDS:
        raise Refusal(f"There is no kind {kind!r}. There are: {', '.join(sorted(KINDS))}.")
    with services().store.read() as session:
        owner = organization_named(session, organization).id if organization else None
    end = until and until + timedelta(days=1)
    return Wanted(owner, person, kind, since, end, text)


def _tell(wanted: Wanted, organization: str, how: str) -> None:
    with services().store.write() as session:
        note = f"{how}. {filters(wanted, organization)}"
        history.record(session, kind="audit taken", note=note)


def _pieces(wanted: Wanted, last: int | None) -> Iterator[Sequence[Line]]:
    before: int | None = None
    left = last
    while left is None or left > 0:
        with services().store.read() as session:
            limit = _PIECE if left is None else min(left, _PIECE)
            lines = trail.lines(session, OPERATOR, wanted, limit=limit, before=before)
        if not lines:
            return
        yield lines
        before = lines[-1].id
        left = None if left is None else left - len(lines)


def _words(line: Line) -> str:
    again = f" ({line.times} times, last {moment(line.last_at)})" if line.last_at else ""
    place = f" #{line.migration_id}" if line.migration_id else ""
    who = f"{line.who} from {line.address}" if line.address else line.who
    note = f": {line.note}" if line.note else ""
    return f"{moment(line.at)}Z  {who}  {happened(line.kind)}{place}{again}{note}"


def _numbers(line: Line) -> dict[str, object]:
    return {
        "number": line.id,
        "at": _iso(line.at),
        "times": line.times,
        "last_at": _iso(line.last_at) if line.last_at else None,
        "kind": line.kind,
        "note": line.note,
        "who": line.who,
        "role": line.role,
        "organization_of_who": line.who_of,
        "from": line.address,
        "organization": line.organization,
        "migration": line.migration_id,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds") + "Z"


audit = Commands(
    "audit",
    invoke_without_command=True,
    short_help="Who did what, when and from where.",
    help="Who did what, when and from where: the newest line first. Times and days are UTC.",
    callback=with_appcontext(_show),
    subcommand_metavar="",
    params=[
        click.Option(["--organization"], help="Of this one alone."),
        click.Option(["--person"], default="", help="A part of the address."),
        click.Option(["--kind"], default="", help="Such as 'signed in'; a wrong one lists all."),
        click.Option(["--from", "since"], type=_DAY, help="The first day, as 2026-03-01."),
        click.Option(["--to", "until"], type=_DAY, help="The last day."),
        click.Option(["--text"], default="", help="In the note, or from where."),
        click.Option(["--last"], type=click.IntRange(1), help="So many lines; else all."),
        click.Option(["--csv", "as_csv"], is_flag=True, help="For a spreadsheet, no formulas."),
        click.Option(["--json", "as_json"], is_flag=True, help="For programs."),
    ],
)
