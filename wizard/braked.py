"""Servers that have refused so many logins that the rest waits, and the button to go on."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer.amounts import count
from store import braked as stored
from store.braked import Braked
from store.tables import Migration
from wizard.services import services
from wizard.session import acting, own_migration

braked = Blueprint("braked", __name__, url_prefix="/migrations/<int:migration_id>")

_PAGES = ("accounts.page", "details.page")


def lines(session: Session, migration: Migration) -> Sequence[Braked]:
    return stored.braked(session, migration, refused_logins())


def refused_logins() -> int:
    """How many a server may refuse within an hour, for what a page says."""
    return services().settings.refused_logins


@braked.post("/go-on")
def go_on(migration_id: int) -> ResponseReturnValue:
    """The server's next logins are tried at once, as many as may be refused in an hour."""
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        host = request.form.get("host", "")
        forgotten = stored.go_on(session, migration, host, acting(session))
    services().bell.tick()
    if forgotten:
        flash(f"{host} is asked again: {count(forgotten, 'refused login')} forgotten.", "good")
    else:
        flash("Nothing waited there any more.", "info")
    page = request.form.get("page")
    place = page if page in _PAGES else _PAGES[-1]
    return redirect(url_for(place, migration_id=migration_id), 303)
