"""Step 3 of the wizard: the summary, the start, how often, and who is told."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import control, drafts, history, intake, overview, scheduling
from store.control import NotStartable
from store.obstacles import DELETION_UNCONFIRMED, REMOVAL_UNCONFIRMED
from store.overview import AccountCounts
from store.tables import Migration
from sync.options import Mode
from wizard.forms.repeats import RepeatForm, filled_repeats
from wizard.forms.schedule import ScheduleForm, filled
from wizard.notices import sends_mail
from wizard.services import services
from wizard.session import acting, own_migration

schedule = Blueprint("schedule", __name__, url_prefix="/migrations/<int:migration_id>")

_SHOWN = 20


@schedule.route("/schedule", methods=["GET", "POST"])
def edit(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if request.method == "POST":
            # The clock may be about to start it.
            migration = control.locked(session, migration_id)
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
        session.flush()
        try:
            words = _carried_out(session, migration_id, form)
        except NotStartable as refusal:
            return _page(session, migration, form, refusal.reasons), 422
    services().bell.tick()
    flash(words, "good")
    return _to_details(migration_id)


@schedule.post("/schedule/preview")
def preview(migration_id: int) -> ResponseReturnValue:
    """When the first run would start with what stands in the form now."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        form = ScheduleForm(data=filled(migration))
        form.validate()
        return render_template("wizard/first_run.html", migration=migration, told=_told(form))


@schedule.route("/repeats", methods=["GET", "POST"])
def repeats(migration_id: int) -> ResponseReturnValue:
    """How often, for a migration that has been started; before that step 3 asks."""
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if drafts.is_editable(migration):
            return redirect(url_for("schedule.edit", migration_id=migration_id))
        form = RepeatForm(data=filled_repeats(migration))
        if not form.validate_on_submit():
            page = render_template("wizard/repeats.html", form=form, migration=migration)
            return page, 422 if form.errors else 200
        choice = form.repeats(migration)
        scheduling.change_repeats(session, migration_id, choice, acting(session))
    flash("Stored how often it runs.", "good")
    return _to_details(migration_id)


def _carried_out(session: Session, migration_id: int, form: ScheduleForm) -> str:
    """What to say about it. Raises NotStartable."""
    if form.start.data == "now":
        control.start(session, migration_id, acting(session))
        return "The migration has begun."
    if form.start.data == "at":
        scheduling.plan(session, migration_id, acting(session))
        return " ".join(("Scheduled.", *form.told()))
    return "Everything is stored. Start it on this page when you want to."


def _told(form: ScheduleForm) -> tuple[str, ...]:
    for name in (
        "start",
        "start_at",
        "repeat",
        "loop_minutes",
        "loop_end",
        "loop_until",
        "timezone",
    ):
        if form[name].errors:
            return (f"{form[name].label.text}: {form[name].errors[0]}",)
    return form.told()


def _page(
    session: Session, migration: Migration, form: ScheduleForm, refused: tuple[str, ...] = ()
) -> str:
    counts = overview.account_counts(session, [migration.id]).get(migration.id, AccountCounts())
    reasons, _ = control.unready(session, migration)
    filled_mailboxes, filled_total = intake.not_empty(session, migration.id, limit=_SHOWN)
    confirmed = (REMOVAL_UNCONFIRMED, DELETION_UNCONFIRMED)
    return render_template(
        "wizard/schedule.html",
        step=3,
        form=form,
        migration=migration,
        counts=counts,
        amounts=intake.amounts(session, migration.id),
        reasons=[reason for reason in reasons if reason not in confirmed],
        refused=refused,
        removes=migration.mode == Mode.ALL,
        filled=filled_mailboxes,
        filled_total=filled_total,
        told=_told(form),
        sends_mail=sends_mail(),
    )


def _to_details(migration_id: int) -> ResponseReturnValue:
    return redirect(url_for("details.page", migration_id=migration_id), 303)
