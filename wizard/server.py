"""Step 1 of the wizard."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer.amounts import count
from parameters.choices import NEW_CHOICES, Choices, to_json
from parameters.options import OURS, grouped
from parameters.words import difference
from store import destinations, drafts, history, recreation, scope
from store.aim import PasswordNeeded
from store.obstacles import deletes
from store.tables import Migration
from store.wiping import has_any
from wizard import differences
from wizard.forms.server import ServerForm, prefilled
from wizard.numbers import row_number
from wizard.options import PROOFS, chosen, in_short
from wizard.row_changes import Watched
from wizard.services import services
from wizard.session import acting, own_migration, person, viewer
from wizard.words import MODES

server = Blueprint("server", __name__)


@server.route("/migrations/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    organization_id = person().organization_id
    if organization_id is None:
        flash("A migration belongs to an organization, and you to none. Join one first.", "warn")
        return redirect(url_for("admin.index"))
    with services().store.read() as session:
        like = _recreated(session)
        form = _form(session, organization_id, prefilled(services(), like))
        options = NEW_CHOICES if like is None else chosen(like)
        if not form.holds(options):
            return _page(form, None, options, _brought(session, like, organization_id))
    with services().store.write() as session:
        migration = drafts.new(
            session,
            organization_id=organization_id,
            created_by=person().id,
            choice=form.choice(),
        )
        _tell(session, migration, "created", _whole(migration))
        _take_options(session, migration, NEW_CHOICES, form.choices(options))
        number = migration.id
        if like is not None and like.organization_id == organization_id:
            _fill(session, migration, like.id, passwords=form.reuse_passwords.data)
    services().bell.list_mailboxes(form.destination_id.data, form.domain.data)
    services().bell.tick()
    return redirect(url_for("accounts.page", migration_id=number), 303)


@server.route("/migrations/<int:migration_id>/server", methods=["GET", "POST"])
def edit(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if not drafts.steps_open(session, migration):
            return redirect(url_for("details.page", migration_id=migration_id))
        wanted = {"deletion_wanted": deletes(migration)}
        stored = prefilled(services(), migration) | {"name": migration.name} | wanted
        form = _form(session, migration.organization_id, stored)
        options, before = chosen(migration), differences.server(migration)
        watched = _watched(session, migration)
        if not form.holds(options):
            return _page(form, migration, options, aim=watched)
        try:
            again = _changed_server(session, migration, form)
        except PasswordNeeded as needed:
            form.reaim.errors = [
                f"{count(needed.accounts, 'account')} with a stored password would use it "
                "elsewhere. Tick this to allow that."
            ]
            return _page(form, migration, options, aim=watched)
        _take_options(session, migration, options, form.choices(options))
        told = history.differences(before, differences.server(migration), differences.SERVER)
        _tell(session, migration, "changed", f"{told or 'Server settings, as they were'}.")
    if again:
        services().bell.tick()
        flash(f"{count(again, 'account')} will be checked again with the new settings.", "info")
    return redirect(url_for("accounts.page", migration_id=migration_id), 303)


def _changed_server(session: Session, migration: Migration, form: ServerForm) -> int:
    """Raises PasswordNeeded, with nothing done."""
    before, reaim = _server(migration), bool(form.reaim.data)
    sealer = services().sealer
    again = drafts.change_server(session, migration, form.choice(), sealer=sealer, reaim=reaim)
    session.expire(migration, ["destination"])
    if again and reaim and before != _server(migration):
        _tell(session, migration, "passwords used", f"{before} → {_server(migration)}.")
    return again


def _watched(session: Session, migration: Migration) -> Watched | None:
    """None: no password is stored."""
    if not has_any(session, migration.id):
        return None
    names = ("source_host", "source_port", "source_security", "destination_id", "domain")
    return Watched({name: str(getattr(migration, name)) for name in names})


def _whole(migration: Migration) -> str:
    return f"{differences.first(differences.server(migration), differences.SERVER)}."


def _server(migration: Migration) -> str:
    """Where the mail is and where it goes, for the history."""
    place = migration.destination.name if migration.destination else "no destination"
    source = f"{migration.source_host}:{migration.source_port} ({migration.source_security})"
    return f"{source} to {migration.domain} at {place}"


def _form(session: Session, organization_id: int, values: dict[str, object]) -> ServerForm:
    form = ServerForm(data=values)
    form.offer(
        destinations.all_for(session, organization_id), scope.domains(session, organization_id)
    )
    return form


def _page(
    form: ServerForm,
    migration: Migration | None,
    options: Choices,
    brought: tuple[int, int] = (0, 0),
    *,
    aim: Watched | None = None,
) -> ResponseReturnValue:
    """`brought`: the accounts that come along from an older migration, and those with passwords."""
    page = render_template(
        "wizard/server.html",
        form=form,
        migration=migration,
        brought=brought,
        aim=aim,
        modes=MODES,
        demo=services().demo_source,
        options=in_short(options),
        proofs=PROOFS,
        parameters=[one for one in grouped() if one.sort in OURS and not one.elsewhere],
        step=1,
    )
    return page, 422 if form.errors else 200


def _take_options(session: Session, migration: Migration, before: Choices, after: Choices) -> None:
    """The history tells what differs from what was there, and of a new migration from the usual."""
    told = difference(before, after)
    if told:
        user = acting(session)
        drafts.change_options(session, migration, to_json(after), told=told, user=user)
    else:
        migration.options = to_json(after)


def _recreated(session: Session) -> Migration | None:
    """F18: a new migration with the fields of an old one."""
    number = row_number(request.args.get("like", ""))
    if number is None:
        return None
    found = scope.migration(session, viewer(), number)
    return found if found is not None else abort(404)


def _brought(session: Session, like: Migration | None, organization_id: int) -> tuple[int, int]:
    if like is None or like.organization_id != organization_id:
        return 0, 0
    return recreation.counts(session, like)


def _fill(session: Session, draft: Migration, like: int, *, passwords: bool) -> None:
    old = session.get_one(Migration, like)
    number = recreation.recreate(session, services().sealer, old, draft, passwords=passwords)
    if passwords:
        note = f"Those of #{old.id} ({old.name}), {_server(old)}; now {_server(draft)}."
        _tell(session, draft, "passwords used", note)
    _tell(session, draft, "rows added", f"{count(number, 'account')} of #{old.id} ({old.name}).")
    flash(f"{count(number, 'account')} taken over from {old.name}.", "info")


def _tell(session: Session, migration: Migration, kind: str, note: str = "") -> None:
    history.record(
        session,
        kind=kind,
        organization_id=migration.organization_id,
        migration_id=migration.id,
        user=acting(session),
        note=note,
    )
