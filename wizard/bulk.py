"""Step 2: what is done to all accounts of a migration at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer import usernames
from importer.amounts import count
from store import accounts as rows
from store import control, drafts
from store.aim import PasswordNeeded
from store.history import named
from store.people import PeopleError, clean_domain
from store.tables import Migration
from wizard import row_changes
from wizard.forms.accounts import DomainForm
from wizard.row_changes import may_reaim
from wizard.services import services
from wizard.session import acting, own_migration

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
    append = partial(usernames.append_domain, domain=domain)
    return _renamed(migration_id, append, f"now end in @{domain}", domain=domain)


@bulk.post("/remove-domain")
def remove_domain(migration_id: int) -> ResponseReturnValue:
    """F9."""
    return _renamed(migration_id, usernames.remove_domain, "no longer carry a domain")


@bulk.post("/recheck")
def recheck_all(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        again = rows.reset_check(session, migration_id)
        note = f"All {count(again, 'account')}."
        control.tell(session, migration, acting(session), "rows checked", note=note)
    services().bell.tick()
    flash(f"{count(again, 'account')} will be checked again.", "info")
    return _back(migration_id)


@bulk.post("/remove")
def remove_all(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        row_changes.all_go(session, _draft(session, migration_id))
        rows.remove_all(session, migration_id)
    flash("All accounts are removed from this migration.", "info")
    return _back(migration_id)


def _draft(session: Session, migration_id: int) -> Migration:
    migration = own_migration(session, migration_id)
    if not drafts.is_editable(migration):
        abort(400)
    return migration


def _renamed(
    migration_id: int, rename: Callable[[str], str], what: str, *, domain: str = ""
) -> ResponseReturnValue:
    """Stored passwords are then used for other logins: asked once, and named in the history."""
    sure = "reaim" in request.form and may_reaim()
    with services().store.write() as session:
        migration = _draft(session, migration_id)
        try:
            changed = rows.change_usernames(
                session, migration_id, rename, sealer=services().sealer, reaim=sure
            )
        except PasswordNeeded as needed:
            return _ask(migration, needed.accounts, domain)
        if changed:
            again = " Stored passwords are used for them." if sure else ""
            names = named(f"{before} → {after}" for before, after in changed)
            note = f"{count(len(changed), 'username')} {what}: {names}.{again}"
            control.tell(session, migration, acting(session), "usernames changed", note=note)
    return _told(migration_id, len(changed), what)


def _ask(migration: Migration, number: int, domain: str) -> ResponseReturnValue:
    if may_reaim():
        page = render_template(
            "accounts/reaim_page.html", migration=migration, number=number, domain=domain, step=2
        )
        return page, 422
    flash(
        f"{count(number, 'account')} of them have a stored password, which is for the username as "
        "it is. Ask a reseller to change these, or edit them one by one and enter the password.",
        "bad",
    )
    return _back(migration.id)


def _told(migration_id: int, changed: int, what: str) -> ResponseReturnValue:
    if changed:
        services().bell.tick()
        flash(f"{count(changed, 'username')} {what}; they are checked again.", "good")
    else:
        flash("No username had to be changed.", "info")
    return _back(migration_id)


def _back(migration_id: int) -> ResponseReturnValue:
    return redirect(url_for("accounts.page", migration_id=migration_id), 303)
