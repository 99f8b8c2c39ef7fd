"""Step 2: what is done to all accounts of a migration at once."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer import usernames
from importer.amounts import count
from store import accounts as rows
from store import drafts
from store.people import PeopleError, clean_domain
from store.tables import Migration
from wizard.forms.accounts import DomainForm
from wizard.services import services
from wizard.session import own_migration

bulk = Blueprint("bulk", __name__, url_prefix="/migrations/<int:migration_id>/all")


@bulk.post("/append-domain")
def append_domain(migration_id: int) -> ResponseReturnValue:
    """F8: usernames without an @ get one."""
    form = DomainForm()
    try:
        domain = clean_domain(form.domain.data or "")
    except PeopleError as error:
        flash(error.words, "bad")
        return _back(migration_id)
    with services().store.write() as session:
        _draft(session, migration_id)
        changed = rows.change_usernames(
            session, migration_id, lambda name: usernames.append_domain(name, domain)
        )
    return _told(migration_id, changed, f"now end in @{domain}")


@bulk.post("/remove-domain")
def remove_domain(migration_id: int) -> ResponseReturnValue:
    """F9."""
    with services().store.write() as session:
        _draft(session, migration_id)
        changed = rows.change_usernames(session, migration_id, usernames.remove_domain)
    return _told(migration_id, changed, "no longer carry a domain")


@bulk.post("/recheck")
def recheck_all(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        own_migration(session, migration_id)
        again = rows.reset_check(session, migration_id)
    services().bell.tick()
    flash(f"{count(again, 'account')} will be checked again.", "info")
    return _back(migration_id)


@bulk.post("/remove")
def remove_all(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        _draft(session, migration_id)
        rows.remove_all(session, migration_id)
    flash("All accounts are removed from this migration.", "info")
    return _back(migration_id)


def _draft(session: Session, migration_id: int) -> Migration:
    migration = own_migration(session, migration_id)
    if not drafts.is_editable(migration):
        abort(400)
    return migration


def _told(migration_id: int, changed: int, what: str) -> ResponseReturnValue:
    if changed:
        services().bell.tick()
        flash(f"{count(changed, 'username')} {what}; they are checked again.", "good")
    else:
        flash("No username had to be changed.", "info")
    return _back(migration_id)


def _back(migration_id: int) -> ResponseReturnValue:
    return redirect(url_for("accounts.page", migration_id=migration_id), 303)
