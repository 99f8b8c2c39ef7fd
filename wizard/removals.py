"""A removal that a run did not dare: a person has looked, and wants it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from store import account_moves, control
from store.control import NotStartable
from store.states import IllegalMove
from wizard.services import services
from wizard.session import acting, own_migration

removals = Blueprint("removals", __name__, url_prefix="/migrations/<int:migration_id>")


@removals.post("/accounts/<int:account_id>/allow-removal")
def allow(migration_id: int, account_id: int) -> ResponseReturnValue:
    """Ends on the account's page, in the last run, which tries it again."""
    with services().store.write() as session:
        own_migration(session, migration_id)
        try:
            account_moves.allow_removal(session, migration_id, account_id, acting(session))
        except LookupError:
            abort(404)
        except NotStartable as refusal:
            flash(" ".join(refusal.reasons), "bad")
        except IllegalMove:
            flash("The account has moved on meanwhile, so nothing was done.", "warn")
        else:
            flash("It is tried again, and may remove them this time.", "good")
        run = control.last_run(session, migration_id)
        number = run.number if run is not None else 1
    services().bell.tick()
    place = url_for(
        "details.account", migration_id=migration_id, number=number, account_id=account_id
    )
    return redirect(place, 303)
