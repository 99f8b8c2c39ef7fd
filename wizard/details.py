"""One migration as it runs: its numbers, its accounts, its history; and one account of a run."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import control, drafts, ledger, overview, reports, scope
from store.overview import AccountCounts, RunCounts
from store.reports import SORTS
from store.states import ScheduleState
from store.tables import Migration, Role, Run, now
from wizard import notices
from wizard.explaining import explain, explain_run, reason_of
from wizard.forms.accounts import EmptyForm
from wizard.moves import legal_moves
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import own_migration, person

details = Blueprint("details", __name__, url_prefix="/migrations/<int:migration_id>")

_HISTORY_SHORT, _HISTORY_LONG = 5, 500
_SOON = timedelta(minutes=1)


@details.get("")
def page(migration_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        whole = request.args.get("history") == "all"
        lines, total = reports.history(
            session, migration_id, limit=_HISTORY_LONG if whole else _HISTORY_SHORT
        )
        return render_template(
            "details/page.html",
            **_live(session, migration),
            **notices.listed(session, migration),
            history=lines,
            history_total=total,
            history_whole=whole,
            customers=scope.customers(session, migration.organization_id),
            readers=scope.readers(session, migration_id),
        )


@details.get("/live")
def live(migration_id: int) -> ResponseReturnValue:
    """The part of the page that moves."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        return render_template("details/live.html", **_live(session, migration))


@details.get("/runs/<int:number>/accounts/<int:account_id>")
def account(migration_id: int, number: int, account_id: int) -> ResponseReturnValue:
    """F24, folder by folder, with every exception by name."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        run = reports.account_run(session, migration_id, number, account_id)
        if run is None:
            abort(404)
        first = (wanted_page() - 1) * reports.NOTES_SHOWN
        notes, total = reports.notes(session, run.id, first=first)
        return render_template(
            "details/account.html",
            migration=migration,
            number=number,
            run=run,
            notes=notes,
            pages=Pages(wanted_page(), total, reports.NOTES_SHOWN),
            explain=explain,
            explain_run=explain_run,
            reason_of=reason_of,
            reader=person().role == Role.CUSTOMER,
        )


@details.get("/runs/<int:number>/accounts/<int:account_id>/log")
def download_log(migration_id: int, number: int, account_id: int) -> ResponseReturnValue:
    """The messages that were copied, some thousands at a time."""
    after = request.args.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 18):
        abort(400)
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        run = reports.account_run(session, migration_id, number, account_id)
        if run is None:
            abort(404)
        lines, following = ledger.download_log(session, run.id, after=int(after))
        return render_template(
            "details/log.html",
            migration=migration,
            number=number,
            run=run,
            lines=lines,
            following=following,
            after=int(after),
        )


def _live(session: Session, migration: Migration) -> dict[str, object]:
    number = request.args.get("run", "")
    chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else None
    run = reports.run(session, migration.id, chosen)
    if run is None and chosen is not None:
        abort(404)
    reasons, blocked = control.unready(session, migration)
    return _of_run(session, run) | {
        "migration": migration,
        "runs": reports.runs(session, migration.id),
        "counts": overview.account_counts(session, [migration.id]).get(
            migration.id, AccountCounts()
        ),
        "reasons": reasons,
        "blocked": blocked,
        "soon": _starts_soon(migration),
        "moves": legal_moves(migration, failed=_has_failed(session, migration)),
        "editable": drafts.is_editable(migration),
        "button": EmptyForm(formdata=None),
        "now": now(),
        "person": person(),
        "explain_run": explain_run,
    }


def _starts_soon(migration: Migration) -> bool:
    """Whether the page should look again without being asked, since the clock will start it."""
    at, active = migration.next_start_at, migration.schedule_state == ScheduleState.ACTIVE
    return active and at is not None and at < now() + _SOON


def _of_run(session: Session, run: Run | None) -> dict[str, object]:
    sort = request.args.get("sort", "position")
    descending = request.args.get("order") == "down"
    page = wanted_page()
    if run is None:
        return {"run": None, "run_counts": RunCounts(), "account_runs": (), "totals": None}
    counts = overview.run_counts(session, [run.id]).get(run.id, RunCounts())
    window = ((page - 1) * overview.PAGE, overview.PAGE)
    return {
        "run": run,
        "run_counts": counts,
        "totals": reports.totals(session, run.id),
        "account_runs": reports.account_runs(
            session, run.id, sort=sort, descending=descending, page=window
        ),
        "sort": sort if sort in SORTS else "position",
        "descending": descending,
        "pages": Pages(page, counts.total, overview.PAGE),
    }


def _has_failed(session: Session, migration: Migration) -> bool:
    run = reports.run(session, migration.id)
    if run is None:
        return False
    return overview.run_counts(session, [run.id]).get(run.id, RunCounts()).failed > 0
