"""Step 3 of the wizard: the summary, the start, how often, and who is told."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import control, drafts, history, intake, overview, reports, scheduling
from store.control import NotStartable
from store.obstacles import DELETION_UNCONFIRMED, REMOVAL_UNCONFIRMED, deletes, removes
from store.overview import AccountCounts
from store.tables import Migration
from wizard import differences
from wizard.forms.repeats import RepeatForm, filled_repeats
from wizard.forms.schedule import ScheduleForm, filled
from wizard.notices import sends_mail
from wizard.options import chosen, deletion_words, differing
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
        if not drafts.steps_open(session, migration):
            return redirect(url_for("details.page", migration_id=migration_id))
        form = _form(session, migration)
        if not (form.validate_on_submit() and form.confirms(migration)):
            return _page(session, migration, form), 422 if form.errors else 200
        confirmed = migration.deletion_confirmed
        before = differences.schedule(migration)
        drafts.change_schedule(migration, form.choice(migration))
        migration.keep_days = form.keep_days.data
        if migration.deletion_confirmed and not confirmed:
            told = deletion_words(chosen(migration))
            control.tell(session, migration, acting(session), "deletion confirmed", note=told)
        told = history.differences(before, differences.schedule(migration), differences.SCHEDULE)
        note = f"{told or 'Schedule and notification, as they were'}."
        control.tell(session, migration, acting(session), "changed", note=note)
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
        form = _form(session, migration)
        form.validate()
        return render_template("wizard/first_run.html", migration=migration, told=_told(form))


@schedule.route("/repeats", methods=["GET", "POST"])
def repeats(migration_id: int) -> ResponseReturnValue:
    """How often, for a migration that has been started; before that step 3 asks."""
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if drafts.steps_open(session, migration):
            return redirect(url_for("schedule.edit", migration_id=migration_id))
        form = RepeatForm(data=filled_repeats(migration))
        if not form.validate_on_submit():
            page = render_template("wizard/repeats.html", form=form, migration=migration)
            return page, 422 if form.errors else 200
        choice = form.repeats(migration)
        scheduling.change_repeats(session, migration_id, choice, acting(session))
    flash("Stored how often it runs.", "good")
    return _to_details(migration_id)


def _form(session: Session, migration: Migration) -> ScheduleForm:
    """A dry run is what a migration that removes messages begins with, until one has been made."""
    values = filled(migration)
    form = ScheduleForm(data=values)
    form.offer(migration)
    offered = any(one.value == "rehearse" for one in form.start.choices)
    if offered and values["start"] == "now" and request.method == "GET":
        form.start.data = "now" if reports.last_plan(session, migration.id) else "rehearse"
    return form


def _carried_out(session: Session, migration_id: int, form: ScheduleForm) -> str:
    """What to say about it. Raises NotStartable."""
    if form.start.data == "rehearse":
        control.start(session, migration_id, acting(session), rehearse=True)
        return "The dry run has begun. When it is over, step 3 says what would be removed."
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
    plan = reports.last_plan(session, migration.id)
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
        removes=removes(migration),
        deletes=deletes(migration),
        deletion=deletion_words(chosen(migration)),
        options=differing(chosen(migration)),
        plan=plan,
        plan_holds=plan is not None and plan.holds_for(migration),
        filled=filled_mailboxes,
        filled_total=filled_total,
        told=_told(form),
        sends_mail=sends_mail(),
    )


def _to_details(migration_id: int) -> ResponseReturnValue:
    return redirect(url_for("details.page", migration_id=migration_id), 303)
