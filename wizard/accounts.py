"""Step 2: the accounts of a migration, each mended, removed and checked where it stands."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import accounts as rows
from store import control, drafts
from store.states import MigrationState
from store.tables import Account, Migration
from wizard import adding_page, incoming, row_changes
from wizard.forms.accounts import AccountForm, EmptyForm, prefilled
from wizard.rows import changed, shown
from wizard.services import services
from wizard.session import acting, own_migration

accounts = Blueprint("accounts", __name__, url_prefix="/migrations/<int:migration_id>/accounts")

_BUSY = (MigrationState.RUNNING, MigrationState.PAUSED)


@accounts.get("")
def page(migration_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        return adding_page.render(session, own_migration(session, migration_id))


@accounts.get("/sample.csv")
def sample(migration_id: int) -> ResponseReturnValue:
    """Three made-up lines in the very format that is read."""
    with services().store.read() as session:
        own_migration(session, migration_id)
    answer = Response(adding_page.SAMPLE, mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="sample.csv"'
    return answer


@accounts.get("/live")
def live(migration_id: int) -> ResponseReturnValue:
    """What has changed on the asker's page; asked again while something is being checked."""
    with services().store.read() as session:
        found = changed(session, own_migration(session, migration_id))
        return render_template("accounts/live.html", rows=found)


@accounts.get("/<int:account_id>")
def row(migration_id: int, account_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        return _row(session, *_find(session, migration_id, account_id))


@accounts.get("/<int:account_id>/edit")
def edit(migration_id: int, account_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        migration, account = _find(session, migration_id, account_id)
        _refuse_busy(migration)
        form = AccountForm(formdata=None, data=prefilled(account))
        return _editor(session, migration, account, form)


@accounts.post("/<int:account_id>/edit")
def save(migration_id: int, account_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration, account = _find(session, migration_id, account_id)
        _refuse_busy(migration)
        ran = rows.has_run(session, account_id)
        form = AccountForm(data=prefilled(account))
        if ran:
            form.lock(account)
        whole = incoming.typed_mailbox(session, migration, form) if form.validate() else None
        if whole is None or not row_changes.take(session, account, form, whole):
            return _editor(session, migration, account, form), 422
        session.flush()
        session.expire(account)
        answer = _changed(session, migration, account)
    services().bell.tick()
    return answer


@accounts.get("/<int:account_id>/remove")
def ask_remove(migration_id: int, account_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        migration, account = _find(session, migration_id, account_id)
        _refuse_busy(migration)
        template = "accounts/ask.html" if _wants_fragment() else "accounts/ask_page.html"
        return render_template(
            template, migration=migration, account=account, form=EmptyForm(formdata=None), step=2
        )


@accounts.post("/<int:account_id>/remove")
def remove(migration_id: int, account_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration, account = _find(session, migration_id, account_id)
        _refuse_busy(migration)
        name = row_changes.one_of(account)
        try:
            rows.remove(session, account)
        except ValueError:
            abort(400)
        control.tell(session, migration, acting(session), "rows removed", note=f"{name}.")
        session.flush()
        if _wants_fragment():
            answer: ResponseReturnValue = render_template(
                "accounts/removed.html", rows=changed(session, migration, also=account_id)
            )
        else:
            answer = _back(migration_id)
    services().bell.tick()
    return answer


@accounts.post("/<int:account_id>/recheck")
def recheck(migration_id: int, account_id: int) -> ResponseReturnValue:
    """F10: this login alone."""
    with services().store.write() as session:
        migration, account = _find(session, migration_id, account_id)
        _refuse_busy(migration)
        rows.reset_check(session, migration_id, [account_id])
        name = row_changes.one_of(account)
        control.tell(session, migration, acting(session), "rows checked", note=f"{name}.")
        session.expire(account)
        answer = _changed(session, migration, account)
    services().bell.tick()
    return answer


def _find(session: Session, migration_id: int, account_id: int) -> tuple[Migration, Account]:
    migration = own_migration(session, migration_id)
    account = rows.find(session, migration.id, account_id)
    return migration, account if account is not None else abort(404)


def _refuse_busy(migration: Migration) -> None:
    """While accounts are being copied, their rows stay as they are."""
    if migration.state in _BUSY:
        abort(400)


def _wants_fragment() -> bool:
    return "HX-Request" in request.headers


def _back(migration_id: int) -> ResponseReturnValue:
    return redirect(url_for("accounts.page", migration_id=migration_id), 303)


def _row(session: Session, migration: Migration, account: Account) -> ResponseReturnValue:
    if not _wants_fragment():
        return _back(migration.id)
    return render_template(
        "accounts/row.html", migration=migration, account=account, rows=shown(session, migration)
    )


def _changed(session: Session, migration: Migration, account: Account) -> ResponseReturnValue:
    """The row itself, and beside it the summary and the rows that share something with it."""
    if not _wants_fragment():
        flash(f"{account.source_username} is being checked again.", "info")
        return _back(migration.id)
    others = changed(session, migration, also=account.id)
    return render_template("accounts/changed.html", account=account, rows=others)


def _editor(session: Session, migration: Migration, account: Account, form: AccountForm) -> str:
    return render_template(
        "accounts/editor.html" if _wants_fragment() else "accounts/editor_page.html",
        migration=migration,
        account=account,
        form=form,
        aim=row_changes.question(account),
        locked=rows.has_run(session, account.id),
        editable=drafts.is_editable(migration),
        step=2,
    )
