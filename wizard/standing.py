"""One short form for a migration with one account and no end (H1)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from parameters.choices import to_json
from store import accounts, control, destinations, drafts, scheduling, scope
from store.tables import Migration
from wizard import differences, incoming, row_changes
from wizard.forms.standing import StandingForm
from wizard.services import services
from wizard.session import acting, person

standing = Blueprint("standing", __name__)


@standing.route("/standing/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """The wizard's three steps in one; the row is checked like any other, and then it starts."""
    organization_id = person().organization_id
    if organization_id is None:
        flash("A migration belongs to an organization, and you to none. Join one first.", "warn")
        return redirect(url_for("admin.index"))
    with services().store.write() as session:
        form = StandingForm(data=_source())
        form.offer(
            destinations.all_for(session, organization_id), scope.domains(session, organization_id)
        )
        mailbox = _mailbox(session, organization_id, form)
        if mailbox is None:
            page = render_template("wizard/standing.html", form=form)
            return page, 422 if form.errors else 200
        number = _add(session, organization_id, form, mailbox)
    services().bell.tick()
    flash(f"{mailbox} is being checked. As soon as that is clean, the first run starts.", "good")
    return redirect(url_for("accounts.page", migration_id=number), 303)


def _mailbox(session: Session, organization_id: int, form: StandingForm) -> str | None:
    """The whole address; None: there is nothing to store, or the form says what is wrong."""
    if not (form.validate_on_submit() and form.options_hold()):
        return None
    place = Migration(organization_id=organization_id, domain=form.domain.data)
    return incoming.typed_mailbox(session, place, form)


def _add(session: Session, organization_id: int, form: StandingForm, mailbox: str) -> int:
    user = acting(session)
    choice = form.server(mailbox)
    migration = drafts.new(
        session, organization_id=organization_id, created_by=user.id, choice=choice
    )
    migration.options = to_json(form.choices())
    told = differences.first(differences.server(migration), differences.SERVER)
    control.tell(session, migration, user, "created", note=f"Kept in sync. {told}.")
    new = [form.account(mailbox)]
    accounts.add(session, services().sealer, migration.id, new)
    row_changes.added(session, migration, new, user=user)
    drafts.change_schedule(migration, form.schedule())
    session.flush()
    scheduling.plan_when_ready(session, migration.id, user)
    return migration.id


def _source() -> dict[str, object]:
    """What the form begins with: the demo's server, where there is one."""
    demo = services().demo_source
    if demo is None:
        return {}
    host, port, security = demo
    return {"source_host": host, "source_port": port, "source_security": security.value}
