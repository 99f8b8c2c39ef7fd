"""The buttons of a migration. Each is a POST that ends on the details page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer.amounts import count
from store import account_moves, drafts, history, removal, scheduling, scope
from store import control as moves
from store.control import NotStartable
from store.states import IllegalMove
from store.tables import Migration, User
from store.wiping import MOST_DAYS
from wizard.numbers import row_number
from wizard.services import services
from wizard.session import acting, own_migration

control = Blueprint("control", __name__, url_prefix="/migrations/<int:migration_id>")

_MAX_NOTE = 4000
_KEPT = ("run", "page", "sort", "order")
Move = Callable[[Session, int, User], object]


@control.post("/start")
def start(migration_id: int) -> ResponseReturnValue:
    """Also restarts a complete or stopped migration with a new run."""
    return _move(migration_id, moves.start, "The run has begun.")


@control.post("/pause")
def pause(migration_id: int) -> ResponseReturnValue:
    return _move(migration_id, moves.pause, "Paused. What runs now ends at a clean point.")


@control.post("/resume")
def resume(migration_id: int) -> ResponseReturnValue:
    return _move(migration_id, moves.resume, "The run goes on where it was.")


@control.post("/stop")
def stop(migration_id: int) -> ResponseReturnValue:
    return _move(migration_id, moves.stop, "Stopped. What was copied stays where it is.")


@control.post("/retry")
def retry(migration_id: int) -> ResponseReturnValue:
    return _move(migration_id, moves.retry_failed, "The failed accounts are tried again.")


@control.post("/suspend")
def suspend(migration_id: int) -> ResponseReturnValue:
    """H16: the clock starts nothing until it is active again."""
    words = "Suspended: nothing starts by the schedule. A run under way ends by itself."
    return _move(migration_id, scheduling.suspend, words)


@control.post("/activate")
def activate(migration_id: int) -> ResponseReturnValue:
    words = "The schedule is active again. What was missed meanwhile is not made up for."
    return _move(migration_id, scheduling.activate, words)


@control.post("/threads")
def threads(migration_id: int) -> ResponseReturnValue:
    """F21: also while it runs."""
    text = request.form.get("threads", "")
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= 50):
        flash("Accounts at a time: a whole number from 1 to 50 is needed.", "bad")
        return _back(migration_id)
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        before, migration.threads = migration.threads, int(text)
        if before != migration.threads:
            _tell(session, migration, "changed", f"Accounts at a time: {before} → {text}.")
    services().bell.tick()
    flash(f"{text} accounts at a time from now on.", "good")
    return _back(migration_id)


@control.post("/keep")
def keep(migration_id: int) -> ResponseReturnValue:
    """For how many days after its end its passwords are kept."""
    text = request.form.get("days", "")
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= MOST_DAYS):
            flash(f"Days: a whole number from 0 to {MOST_DAYS} is needed.", "bad")
            return _back(migration_id)
        before, migration.keep_days = migration.keep_days, int(text)
        if before != migration.keep_days:
            note = f"Days for which passwords are kept after the end: {before} → {text}."
            _tell(session, migration, "changed", note)
    services().bell.tick()
    flash("Stored.", "good")
    return _back(migration_id)


@control.post("/note")
def note(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        text = request.form.get("note", "").strip()[:_MAX_NOTE]
        if text != migration.note:
            before, migration.note = migration.note, text
            # What it says may be a secret.
            told = f"{count(len(before), 'character')} → {count(len(text), 'character')}."
            _tell(session, migration, "noted", told)
    if "HX-Request" in request.headers:
        return render_template("details/noted.html")
    flash("The note is stored.", "good")
    return _back(migration_id)


@control.post("/accounts/<int:account_id>/move")
def account(migration_id: int, account_id: int) -> ResponseReturnValue:
    """One account alone: pause, resume, stop or retry. Ends where it was asked."""
    with services().store.write() as session:
        own_migration(session, migration_id)
        if request.form.get("move") not in tuple(account_moves.Move):
            abort(400)
        wanted = account_moves.Move(request.form["move"])
        try:
            account_moves.make(session, migration_id, account_id, wanted, user=acting(session))
        except LookupError:
            abort(404)
        except NotStartable as refusal:
            flash(" ".join(refusal.reasons), "bad")
        except IllegalMove:
            flash("The account has moved on meanwhile, so nothing was done.", "warn")
    services().bell.tick()
    return _back_to_account(migration_id, account_id)


def _back_to_account(migration_id: int, account_id: int) -> ResponseReturnValue:
    number = request.args.get("number", "")
    if number.isascii() and number.isdigit() and len(number) < 9:
        place = url_for(
            "details.account", migration_id=migration_id, number=int(number), account_id=account_id
        )
        return redirect(place, 303)
    kept: dict[str, Any] = {name: request.args[name] for name in _KEPT if name in request.args}
    fragment = "HX-Request" in request.headers
    endpoint = "details.live" if fragment else "details.page"
    return redirect(url_for(endpoint, migration_id=migration_id, **kept), 303)


@control.post("/readers")
def readers(migration_id: int) -> ResponseReturnValue:
    """Which customers may read this migration's reports."""
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        offered = {one.id: one.email for one in scope.customers(session, migration.organization_id)}
        texts = request.form.getlist("reader")
        chosen = frozenset(row for text in texts if (row := row_number(text)) in offered and row)
        before = scope.readers(session, migration_id)
        drafts.give_reports(session, migration_id, chosen)
        names = [_readers(offered, some) for some in (before, chosen)]
        _tell(session, migration, "changed", f"Reports are open to: {names[0]} → {names[1]}.")
    flash("Stored who may read the reports.", "good")
    return _back(migration_id)


@control.post("/discard")
def discard(migration_id: int) -> ResponseReturnValue:
    with services().store.write() as session:
        own_migration(session, migration_id)
        migration = moves.locked(session, migration_id)
        if not drafts.is_editable(migration):
            flash("A migration that has been started is kept with its reports.", "bad")
            return _back(migration_id)
        name = migration.name
        _tell(session, migration, "discarded", name)
        drafts.remove(session, migration)
    flash(f"The draft {name} is removed.", "info")
    return redirect(url_for("overview.index"), 303)


@control.route("/delete", methods=["GET", "POST"])
def delete(migration_id: int) -> ResponseReturnValue:
    """A migration that is over, with its reports; its number is typed to confirm."""
    with services().store.write() as session:
        migration = own_migration(session, migration_id)
        if not removal.is_over(migration):
            flash("It is not over: stop it first, and suspend its schedule.", "warn")
            return _back(migration_id)
        wrong = request.form.get("number", "").strip().lstrip("#") != str(migration_id)
        if request.method == "GET" or wrong:
            counts = removal.counts(session, migration_id)
            page = render_template(
                "details/delete.html",
                migration=migration,
                accounts=counts[0],
                runs=counts[1],
                wrong=request.method == "POST",
            )
            return page, 422 if request.method == "POST" else 200
        try:
            name = removal.remove(session, migration_id, acting(session))
        except IllegalMove:
            flash("An account of it is still ending. Try again in some seconds.", "warn")
            return _back(migration_id)
    flash(f"{name} is deleted, with its reports.", "info")
    return redirect(url_for("overview.index"), 303)


def _readers(offered: Mapping[int, str], some: Iterable[int]) -> str:
    names = sorted(offered[one] for one in some if one in offered)
    return ", ".join(names) or "no customer"


def _move(migration_id: int, move: Move, words: str) -> ResponseReturnValue:
    try:
        with services().store.write() as session:
            own_migration(session, migration_id)
            move(session, migration_id, acting(session))
    except NotStartable as refusal:
        flash(" ".join(refusal.reasons), "bad")
        return _back(migration_id)
    except IllegalMove:
        flash(
            "Its state has changed meanwhile, so nothing was done. This is how it is now.", "warn"
        )
        return _back(migration_id)
    services().bell.tick()
    flash(words, "good")
    return _back(migration_id)


def _tell(session: Session, migration: Migration, kind: str, note: str = "") -> None:
    history.record(
        session,
        kind=kind,
        note=note,
        organization_id=migration.organization_id,
        migration_id=migration.id,
        user=acting(session),
    )


def _back(migration_id: int) -> ResponseReturnValue:
    return redirect(url_for("details.page", migration_id=migration_id), 303)
