"""Step 2: accounts come in by a form, by a file, or from the destination's own mailboxes."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from importer import reading
from importer.amounts import count, size
from importer.rows import FileFault, Reading
from store import accounts as rows
from store import control, drafts, intake, ownership
from store.accounts import NewAccount
from store.tables import Migration
from wizard import adding_page, incoming, row_changes
from wizard.adding_page import Trouble
from wizard.forms.accounts import AccountForm, CsvForm, EmptyForm
from wizard.services import services
from wizard.session import acting, own_migration

adding = Blueprint("adding", __name__, url_prefix="/migrations/<int:migration_id>/add")

_DRAINED = 256 * 1024 * 1024


@adding.post("/single")
def single(migration_id: int) -> ResponseReturnValue:
    """K1."""
    form = AccountForm()
    with services().store.write() as session:
        migration = _draft(session, migration_id)
        whole = incoming.typed_mailbox(session, migration, form) if form.validate() else None
        if whole is None:
            return adding_page.render(session, migration, tab="single", single=form), 422
        new = [form.account(whole)]
        rows.add(session, services().sealer, migration_id, new)
        row_changes.added(session, migration, new, user=acting(session))
    services().bell.tick()
    flash(f"{form.source_username.data} is added and being checked.", "good")
    return _to_rows(migration_id, "single")


@adding.post("/csv")
def csv(migration_id: int) -> ResponseReturnValue:
    """K2, K3. Every line becomes a row; one that cannot be read is kept, blocked."""
    form = CsvForm()
    limit = services().settings.upload_rows
    with services().store.read() as session:
        migration = _draft(session, migration_id)
        try:
            found = reading.read(form.content(), rows_limit=limit, encoding=form.chosen())
        except FileFault as fault:
            trouble = Trouble(fault.words, fault.hint)
            page = adding_page.render(session, migration, tab="csv", csv=form, trouble=trouble)
            return page, 422
        new = incoming.from_file(session, migration, found)
    with services().store.write() as session:
        migration = _draft(session, migration_id)
        replaces = form.keep.data == "replace"
        if replaces:
            row_changes.all_go(session, migration)
        take = rows.replace if replaces else rows.add
        take(session, services().sealer, migration_id, new)
        row_changes.added(
            session, migration, new, user=acting(session), how=f" from {form.named()}"
        )
    services().bell.tick()
    _say(found)
    return _to_rows(migration_id, "csv")


@adding.get("/mailboxes")
def mailboxes(migration_id: int) -> ResponseReturnValue:
    """The destination's list, asked again by the page until the job has answered."""
    with services().store.read() as session:
        migration = _draft(session, migration_id)
        return render_template(
            "accounts/mailboxes.html",
            migration=migration,
            mailboxes=adding_page.mailboxes(session, migration),
            taken=intake.taken(session, migration_id),
            button=EmptyForm(formdata=None),
        )


@adding.post("/mailboxes")
def refresh(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration = _draft(session, migration_id)
        if migration.destination_id is None or not ownership.lists(session, migration):
            flash("This destination or domain is not your organization's: see step 1.", "bad")
            return _to_rows(migration_id, "choose")
        drafts.ask_mailboxes(session, migration.destination_id, migration.domain)
        asked = migration.destination_id, migration.domain
        place = migration.destination.name if migration.destination else ""
        note = f"{migration.domain} at {place}."
        control.tell(session, migration, acting(session), "list asked", note=note)
    services().bell.list_mailboxes(*asked)
    return _to_rows(migration_id, "choose")


@adding.post("/choose")
def choose(migration_id: int) -> ResponseReturnValue:
    """F6, F7: the picked mailboxes; an empty username is the mailbox's own address."""
    with services().store.write() as session:
        migration = _draft(session, migration_id)
        listed = adding_page.mailboxes(session, migration)
        known = {one["address"] for one in listed.mailboxes} if listed is not None else set()
        taken = intake.taken(session, migration_id)
        picked = [name for name in request.form.getlist("pick") if name in known - taken]
        new = [_picked(name, request.form) for name in picked]
        rows.add(session, services().sealer, migration_id, new)
        if new:
            row_changes.added(session, migration, new, user=acting(session), how=" chosen")
    services().bell.tick()
    if new:
        flash(f"{count(len(new), 'mailbox', 'mailboxes')} added and being checked.", "good")
    else:
        flash("Nothing was added: tick at least one mailbox that is not listed yet.", "warn")
    return _to_rows(migration_id, "choose")


@adding.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The same page, with the reason. The rest of the upload is read and thrown away: a server
    that hangs up in the middle of it makes browsers show their own error instead."""
    stream, left = request.environ["wsgi.input"], _DRAINED
    while left > 0 and (chunk := stream.read(min(left, 1 << 20))):
        left -= len(chunk)
    limit = size(services().settings.upload_limit)
    trouble = Trouble(
        f"The file is larger than {limit}, the most that is taken at once.",
        "A list of accounts is small: check that this is the CSV file, or cut it into several.",
    )
    with services().store.read() as session:
        migration = _draft(session, int((request.view_args or {})["migration_id"]))
        return adding_page.render(session, migration, tab="csv", trouble=trouble), 413


def _draft(session: Session, migration_id: int) -> Migration:
    migration = own_migration(session, migration_id)
    if not drafts.is_editable(migration):
        abort(400)
    return migration


def _picked(name: str, typed: MultiDict[str, str]) -> NewAccount:
    return NewAccount(
        source_username=typed.get(f"username:{name}", "").strip() or name,
        mailbox=name,
        source_password=typed.get(f"source:{name}", ""),
        mailbox_password=typed.get(f"mailbox:{name}", ""),
    )


def _say(found: Reading) -> None:
    lines = len({fault.line for fault in found.faults})
    guess = ", a guess: the file does not say it" if found.guessed else ""
    read = f"{count(len(found.rows), 'line')} read ({found.encoding}{guess})."
    if lines:
        flash(f"{read} {count(lines, 'line')} could not be understood: see below.", "warn")
    elif found.guessed:
        flash(
            f"{read} If names or passwords look wrong, choose the file's encoding, upload the file "
            "again, and replace these accounts. Every account is being checked.",
            "warn",
        )
    else:
        flash(f"{read} Every account is being checked.", "good")


def _to_rows(migration_id: int, tab: str) -> ResponseReturnValue:
    return redirect(url_for("accounts.page", migration_id=migration_id, tab=tab), 303)
