"""Step 3 of the wizard: the summary, the start, and who is told."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import control, drafts, history, intake, overview
from store.control import NotStartable
from store.overview import AccountCounts
from store.tables import Migration
from sync.options import Mode
from wizard.forms.schedule import ScheduleForm, filled
from wizard.services import services
from wizard.session import acting, own_migration

schedule = Blueprint("schedule", __name__)

_SHOWN = 20


@schedule.route("/migrations/<int:migration_id>/schedule", methods=["GET", "POST"])
def edit(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if not drafts.is_editable(migration):
            return redirect(url_for("details.page", migration_id=migration_id))
        form = ScheduleForm(data=filled(migration))
        if not form.validate_on_submit():
            return _page(session, migration, form), 422 if form.errors else 200
        drafts.change_schedule(migration, form.choice(migration))
        history.record(
            session,
            kind="changed",
            note="Schedule and notification.",
            organization_id=migration.organization_id,
            migration_id=migration.id,
            user=acting(session),
        )
        if form.start.data == "now":
            session.flush()
            try:
                control.start(session, migration_id, acting(session))
            except NotStartable as refusal:
                return _page(session, migration, form, refusal.reasons), 422
    if form.start.data == "now":
        services().bell.tick()
        flash("The migration has begun.", "good")
    else:
        flash("Everything is stored. Start it on this page when you want to.", "good")
    return redirect(url_for("details.page", migration_id=migration_id), 303)


def _page(
    session: Session, migration: Migration, form: ScheduleForm, refused: tuple[str, ...] = ()
) -> str:
    counts = overview.account_counts(session, [migration.id]).get(migration.id, AccountCounts())
    reasons, _ = control.unready(session, migration)
    filled_mailboxes, filled_total = intake.not_empty(session, migration.id, limit=_SHOWN)
    confirmed = "This mode removes messages"
    return render_template(
        "wizard/schedule.html",
        step=3,
        form=form,
        migration=migration,
        counts=counts,
        amounts=intake.amounts(session, migration.id),
        reasons=[reason for reason in reasons if not reason.startswith(confirmed)],
        refused=refused,
        removes=migration.mode == Mode.ALL,
        filled=filled_mailboxes,
        filled_total=filled_total,
    )
