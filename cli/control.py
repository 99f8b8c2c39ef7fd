"""`migration start`, `pause`, `resume`, `stop`, `retry`: the buttons of the pages, from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.orm import Session

from cli.refusal import COMMAND_LINE, Refusal
from store import account_moves, control, overview, reports
from store.account_moves import Move
from store.control import NotStartable
from store.states import IllegalMove
from store.tables import Migration, User
from store.verdicts import said_of
from wizard.services import services

DONE, NOT_NOW = 0, 1


@dataclass(frozen=True, slots=True)
class Verb:
    """One command: what it does to a migration, and to one account of its last run alone."""

    name: str
    words: str
    whole: Callable[[Session, int, User], object]
    alone: Move | None = None


VERBS = (
    Verb("start", "Begin a run; also again, when the last one is over.", control.start),
    Verb("pause", "What runs leaves at a clean point; resume goes on there.", control.pause,
         Move.PAUSE),
    Verb("resume", "Go on with the run that is paused.", control.resume, Move.RESUME),
    Verb("stop", "End the run. What was copied stays where it is.", control.stop, Move.STOP),
    Verb("retry", "The failed accounts of the last run once more.", control.retry_failed,
         Move.RETRY),
)  # fmt: skip


def register(group: AppGroup) -> None:
    """Give `migration` a command for each verb."""
    for verb in VERBS:
        group.add_command(_command(verb))


def _command(verb: Verb) -> click.Command:
    def run(migration_id: int, account: int | None = None, *, as_json: bool) -> None:
        _carry_out(verb, migration_id, account, as_json=as_json)

    status = "Exit status: 0 done, 1 its state does not allow it, 2 wrong usage or not ready."
    command = click.command(verb.name, help=f"{verb.words}\n\n{status}")(with_appcontext(run))
    command.params.append(click.Argument(["migration_id"], type=int, metavar="MIGRATION"))
    if verb.alone is not None:
        words = "Only this account, by its number (see report --json)."
        command.params.append(click.Option(["--account"], type=int, help=words))
    words = "What was done, for programs, on stdout."
    command.params.append(click.Option(["--json", "as_json"], is_flag=True, help=words))
    return command


def _carry_out(verb: Verb, migration_id: int, account_id: int | None, *, as_json: bool) -> None:
    """Ends the command with its status. Raises Refusal."""
    refused = ""
    try:
        with services().store.write() as session:
            _move(session, verb, migration_id, account_id)
    except IllegalMove as error:
        refused = str(error)
    except NotStartable as refusal:
        raise Refusal(" ".join(refusal.reasons)) from refusal
    services().bell.tick()
    _tell(verb, migration_id, account_id, refused=refused, as_json=as_json)
    click.get_current_context().exit(NOT_NOW if refused else DONE)


def _move(session: Session, verb: Verb, migration_id: int, account_id: int | None) -> None:
    if session.get(Migration, migration_id) is None:
        raise Refusal(f"There is no migration {migration_id}.")
    who = User(email=COMMAND_LINE)
    if account_id is None or verb.alone is None:
        verb.whole(session, migration_id, who)
        return
    try:
        account_moves.make(session, migration_id, account_id, verb.alone, user=who)
    except LookupError as error:
        raise Refusal(f"The last run has no account {account_id}.") from error


def _tell(
    verb: Verb, migration_id: int, account_id: int | None, *, refused: str, as_json: bool
) -> None:
    with services().store.read() as session:
        run = reports.run(session, migration_id)
        counts = overview.run_counts(session, [run.id]).get(run.id) if run else None
        state = str(said_of(session.get_one(Migration, migration_id).state, counts))
        number = run.number if run else None
    if as_json:
        done = {"migration": migration_id, "run": number, "account": account_id}
        said = {"move": verb.name, "done": not refused, "state": state, "reason": refused}
        click.echo(json.dumps({**done, **said}, indent=2))
    elif refused:
        click.echo(f"Nothing was done: {refused}.", err=True)
    else:
        whom = f"account {account_id} of migration" if account_id else "migration"
        click.echo(f"{verb.name.capitalize()} of {whom} {migration_id}: done. It is {state} now.")
