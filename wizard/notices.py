"""Who is told by mail, whether it arrives, and what has been sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from store import control, drafts, history
from store import notices as outbox
from store.states import MailState, MigrationState
from store.tables import Migration, NoticeMail, now
from wizard.forms.notices import NotifyForm
from wizard.services import services
from wizard.session import acting, own_migration, person
from wizard.words import Shown

notices = Blueprint("notices", __name__, url_prefix="/migrations/<int:migration_id>/notices")

KINDS: Mapping[str, str] = {
    outbox.Kind.STARTED: "Started",
    outbox.Kind.FINISHED: "Ended",
    outbox.Kind.FAILED: "Ended, with failures",
    outbox.Kind.ACTION: "Accounts that need you",
    outbox.Kind.TEST: "Test",
}
MAIL_STATES: Mapping[str, Shown] = {
    MailState.WAITING: Shown("Waiting", "hourglass-split", "quiet"),
    MailState.SENT: Shown("Sent", "check-circle-fill", "good"),
    MailState.FAILED: Shown("Failed", "x-octagon-fill", "bad"),
    MailState.UNSENT: Shown("Not sent", "dash-circle", "warn"),
}

_SHORT, _LONG = 10, 500
_TESTS, _TESTS_WITHIN = 6, timedelta(minutes=10)
_SLOW = timedelta(seconds=30)


@notices.get("")
def live(migration_id: int) -> ResponseReturnValue:
    """The list by itself, as the details page asks for it while something moves."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        return render_template(
            "notices/list.html", migration=migration, **listed(session, migration)
        )


@notices.post("")
def change(migration_id: int) -> ResponseReturnValue:
    """Also of a migration that has been started: the next notice goes to these."""
    form = NotifyForm()
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if not form.validate():
            return _refused(session, migration, form)
        before, migration.notify = migration.notify, form.notify.data or ""
        history.record(
            session,
            kind="changed",
            note=f"Told by mail: {before or 'nobody'} → {migration.notify or 'nobody'}.",
            organization_id=migration.organization_id,
            migration_id=migration.id,
            user=acting(session),
        )
        session.flush()
        if "HX-Request" in request.headers:
            return _panel(session, migration, stored=True)
    flash("Stored who is told.", "good")
    return _back(migration_id)


def _refused(session: Session, migration: Migration, form: NotifyForm) -> ResponseReturnValue:
    """With what was typed, so that one wrong letter does not cost all addresses."""
    wrong = " ".join(form.notify.errors or ("Reload the page and try again.",))
    if "HX-Request" in request.headers:
        return _panel(session, migration, typed=form.notify.data or "", wrong=wrong), 422
    flash(f"{wrong} What was typed: {form.notify.data}", "bad")
    return _back(migration.id)


def _panel(session: Session, migration: Migration, **shown: object) -> str:
    return render_template(
        "notices/panel.html", migration=migration, **listed(session, migration), **shown
    )


@notices.post("/test")
def test(migration_id: int) -> ResponseReturnValue:
    """To the addresses that stand in the form, stored or not; without scripts to the stored."""
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        typed = request.form.get("notify", migration.notify)
        form = NotifyForm(MultiDict({"notify": typed}))
        trouble = _trouble(session, migration, form)
        if not trouble:
            to = [part.strip() for part in (form.notify.data or "").split(";")]
            outbox.test(session, migration, to, asked_by=person().email)
            note = f"To {'; '.join(to)}."
            control.tell(session, migration, acting(session), "test notice", note=note)
    if not trouble:
        services().bell.tick()
    if "HX-Request" not in request.headers:
        flash(trouble or "A test notice is on its way.", "bad" if trouble else "info")
        return _back(migration_id)
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        return _tested(session, migration, trouble), 422 if trouble else 200


@notices.get("/test")
def tested(migration_id: int) -> ResponseReturnValue:
    """What became of the last test, asked again by the page until each mail was tried."""
    with services().store.read() as session:
        return _tested(session, own_migration(session, migration_id))


def listed(session: Session, migration: Migration) -> dict[str, object]:
    """What notices/list.html and notices/panel.html need."""
    whole = request.args.get("notices") == "all"
    mails, total = outbox.listed(session, migration.id, limit=_LONG if whole else _SHORT)
    waits = any(mail.state == MailState.WAITING for mail in mails)
    return {
        "mails": mails,
        "mails_total": total,
        "mails_whole": whole,
        "mails_move": waits or migration.state == MigrationState.RUNNING,
        "sends_mail": sends_mail(),
        "KINDS": KINDS,
        "MAIL_STATES": MAIL_STATES,
    }


def sends_mail() -> bool:
    """Whether the operator has set a mail server."""
    return services().settings.smtp is not None


def _tested(session: Session, migration: Migration, trouble: str = "") -> str:
    notice = None if trouble else outbox.last_test(session, migration.id)
    mails = notice.mails if notice is not None else []
    waits = any(_is_untried(mail) for mail in mails)
    return render_template(
        "notices/test.html",
        migration=migration,
        trouble=trouble,
        mails=mails,
        waits=waits,
        slow=waits and notice is not None and notice.created_at < now() - _SLOW,
        MAIL_STATES=MAIL_STATES,
    )


def _is_untried(mail: NoticeMail) -> bool:
    return mail.state == MailState.WAITING and not mail.error


def _trouble(session: Session, migration: Migration, form: NotifyForm) -> str:
    """Why no test can be sent; '' when it can."""
    if not form.validate():
        return " ".join(form.notify.errors or ("Reload the page and try again.",))
    if not form.notify.data:
        return "Enter an address first."
    if not sends_mail():
        return "This installation sends no mail."
    since = now() - _TESTS_WITHIN
    if outbox.tests_since(session, migration.organization_id, since) >= _TESTS:
        return "There were enough tests for now. Wait ten minutes before the next."
    return ""


def _back(migration_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        steps = drafts.is_editable(own_migration(session, migration_id))
    endpoint = "schedule.edit" if steps and request.path.endswith("/test") else "details.page"
    return redirect(url_for(endpoint, migration_id=migration_id), 303)
