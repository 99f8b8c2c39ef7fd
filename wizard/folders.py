"""The folders of a migration: where each goes, which are left out, and a place by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer.amounts import count
from importer.folder_table import FolderLine, FolderTable, folder_table, left_out_lines
from parameters.build import sync_options
from parameters.choices import Choices, to_json
from parameters.faults import faults
from parameters.words import difference
from store import control, drafts, folder_lists
from store.tables import Migration
from sync.folders import Reason
from sync.options import Mode, SyncOptions
from wizard.forms.accounts import EmptyForm
from wizard.options import chosen
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import acting, own_migration

folders = Blueprint("folders", __name__, url_prefix="/migrations/<int:migration_id>/folders")

MOST_ACCOUNTS = 200
"""So many are looked at for the table of all."""
_NAMED = 8
_LINES = 200
"""On one page."""
REASONS = {
    Reason.CHOSEN: "You chose this place",
    Reason.EARLIER: "An earlier run has put it there",
    Reason.SAME_NAME: "The same name",
    Reason.SPECIAL_USE: "Both servers say that it serves the same purpose",
    Reason.USUAL_NAME: "Its name usually means the same",
    Reason.NEW: "A new folder",
}
_Change = Callable[[Choices], Choices]


@folders.get("")
def page(migration_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        return _page(session, migration, chosen(migration))


@folders.post("/test")
def test(migration_id: int) -> ResponseReturnValue:
    """What an expression would leave out, while it is typed. Nothing is stored."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        choices = replace(chosen(migration), exclude=request.form.get("exclude", "").strip())
        words = _fault(choices, migration, "exclude")
        if words:
            return render_template("folders/left_out.html", words=words), 422
        seen = folder_lists.seen(session, migration.id, only=_account(), limit=MOST_ACCOUNTS)
        choice = _options(migration, choices).folders
        lines = left_out_lines((one.source for one in seen), choice)
        return render_template("folders/left_out.html", **_left_out(lines), waits=not seen)


@folders.post("/exclude")
def exclude(migration_id: int) -> ResponseReturnValue:
    text = request.form.get("exclude", "").strip()
    return _change(migration_id, "exclude", lambda choices: replace(choices, exclude=text))


@folders.post("/place")
def place(migration_id: int) -> ResponseReturnValue:
    """Another destination folder for one of the source; an empty name takes the choice back."""
    source = request.form.get("source", "")
    name = request.form.get("destination", "").strip()

    def placed(choices: Choices) -> Choices:
        others = [pair for pair in choices.places if pair[0] != source]
        return replace(choices, places=(*others, *([(source, name)] if name else [])))

    return _change(migration_id, "places", placed)


def _change(migration_id: int, field: str, change: _Change) -> ResponseReturnValue:
    with services().store.write() as session:
        own_migration(session, migration_id)
        migration = control.locked(session, migration_id)
        if not drafts.is_editable(migration):
            flash("It has been started: its folders stay where they are.", "warn")
            return redirect(url_for("folders.page", migration_id=migration_id), 303)
        before = chosen(migration)
        after = change(before)
        words = _fault(after, migration, field) or _clash(session, migration, before, after)
        if words:
            return _page(session, migration, after, words=words, stored=before), 422
        drafts.change_options(
            session,
            migration,
            to_json(after),
            told=difference(before, after),
            user=acting(session),
        )
    flash("Stored.", "good")
    page = wanted_page() if wanted_page() > 1 else None
    place = url_for("folders.page", migration_id=migration_id, account=_account(), page=page)
    return redirect(place, 303)


def _page(
    session: Session,
    migration: Migration,
    choices: Choices,
    *,
    words: str = "",
    stored: Choices | None = None,
) -> str:
    """`choices` as they are typed; where `words` say that they cannot be, the table is of those
    that are `stored`."""
    table = _table(session, migration, stored or choices)
    pages = Pages(wanted_page(), len(table.lines), _LINES)
    return render_template(
        "folders/page.html",
        migration=migration,
        choices=choices,
        words=words,
        typed=request.form,
        table=table,
        lines=table.lines[pages.first_item - 1 :][: pages.size] if table.lines else (),
        pages=pages,
        reasons=REASONS,
        mailboxes=folder_lists.mailboxes(session, migration.id),
        waiting=folder_lists.waiting(session, migration.id),
        account=_account(),
        most=MOST_ACCOUNTS,
        editable=drafts.is_editable(migration),
        button=EmptyForm(formdata=None),
        **_left_out(table.lines),
    )


def _table(session: Session, migration: Migration, choices: Choices) -> FolderTable:
    seen = folder_lists.seen(session, migration.id, only=_account(), limit=MOST_ACCOUNTS)
    options = _options(migration, choices)
    sides = ((one.source, one.destination) for one in seen)
    return folder_table(sides, options.folders, options.subfolder)


def _options(migration: Migration, choices: Choices) -> SyncOptions:
    return sync_options(choices, mode=Mode(migration.mode), dry_run=True)


def _clash(session: Session, migration: Migration, before: Choices, after: Choices) -> str:
    """Why these places cannot be; what has been chosen before is no reason to refuse a change."""
    if before.places == after.places:
        return ""
    clash = _table(session, migration, after).clash
    return f"{clash}: choose another place." if clash else ""


def _left_out(lines: tuple[FolderLine, ...]) -> dict[str, object]:
    """What the page and the fragment say of the folders that are left out."""
    found = [line for line in lines if line.left_out]
    named = [f"{line.name} ({count(line.messages, 'message')})" for line in found[:_NAMED]]
    more = len(found) - len(named)
    return {
        "left_out": len(found),
        "left_out_messages": sum(line.messages for line in found),
        "left_out_names": ", ".join(named) + (f" and {more} more" if more else ""),
    }


def _fault(choices: Choices, migration: Migration, field: str) -> str:
    found = faults(choices, Mode(migration.mode))
    return " ".join(fault.words for fault in found if fault.field == field)


def _account() -> int | None:
    """The one account that the address asks for."""
    text = request.args.get("account", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
