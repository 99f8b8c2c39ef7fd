"""One migration as it runs: its numbers, its accounts, its history; and one account of a run."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import account_moves, control, drafts, overview, removal, reports, scope, wiping
from store.account_moves import Move
from store.download_log import Mark
from store.download_log import download_log as download_lines
from store.forgetting import KEPT_RUNS
from store.habits import altered
from store.overview import AccountCounts, RunCounts
from store.reports import SORTS
from store.states import ScheduleState
from store.tables import AccountRun, Migration, Role, Run, now
from store.verdicts import GOOD
from wizard import braked, chart, notices, options
from wizard.beside import altered_words
from wizard.explaining import explain, explain_run, reason_of
from wizard.folder_rows import folder_rows
from wizard.forms.accounts import EmptyForm
from wizard.moves import legal_moves
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import own_migration, person
from wizard.trail import was_read

details = Blueprint("details", __name__, url_prefix="/migrations/<int:migration_id>")

_HISTORY_SHORT, _HISTORY_LONG = 5, 500
_SOON = timedelta(minutes=1)


@details.get("")
def page(migration_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        shown = _live(session, migration) | past(session, migration)
        return render_template(
            "details/page.html",
            **shown | notices.listed(session, migration),
            chart=chart.drawn(session, migration, _chosen(session, migration_id)),
            removable=removal.is_over(migration),
            has_passwords=wiping.has_any(session, migration_id),
            kept_until=wiping.kept_until(migration),
            rehearsed=drafts.rehearsed(session, migration),
            options=options.stored(migration),
            customers=scope.customers(session, migration.organization_id),
            readers=scope.readers(session, migration_id),
        )


@details.get("/live")
def live(migration_id: int) -> ResponseReturnValue:
    """The part of the page that moves."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        return render_template("details/live.html", **_live(session, migration))


@details.get("/history")
def history(migration_id: int) -> ResponseReturnValue:
    """F22, by itself: while something runs, and when more of it is asked for."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        return render_template("details/history.html", **past(session, migration))


def past(session: Session, migration: Migration) -> dict[str, object]:
    """What details/history.html needs."""
    whole = request.args.get("history") == "all"
    limit = _HISTORY_LONG if whole else _HISTORY_SHORT
    lines, total = reports.history(session, migration.id, limit=limit)
    return {
        "migration": migration,
        "history": lines,
        "history_total": total,
        "history_whole": whole,
    }


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
        page = render_template(
            "details/account.html",
            migration=migration,
            number=number,
            run=run,
            notes=notes,
            also=altered_words(altered(session, run.run_id, account_run_id=run.id)),
            moves=_moves_of(session, migration, run),
            mailbox=_mailbox(run),
            about=folder_rows(session, run, run.run, run.folders),
            button=EmptyForm(formdata=None),
            pages=Pages(wanted_page(), total, reports.NOTES_SHOWN),
            explain=explain,
            explain_run=explain_run,
            reason_of=reason_of,
            reader=person().role == Role.CUSTOMER,
        )
        mailbox = run.account.mailbox
    was_read(migration, "account read", f"{mailbox}, run {number}.")
    return page


@details.get("/runs/<int:number>/accounts/<int:account_id>/log")
def download_log(migration_id: int, number: int, account_id: int) -> ResponseReturnValue:
    """What became of each message, some hundreds at a time."""
    begin = _mark(request.args.get("after", ""))
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        run = reports.account_run(session, migration_id, number, account_id)
        if run is None:
            abort(404)
        lines, following = download_lines(session, run.id, begin=begin)
        mailbox = run.account.mailbox
        page = render_template(
            "details/log.html",
            migration=migration,
            number=number,
            run=run,
            lines=lines,
            following=following and f"{following.batch}-{following.message}",
            first=begin == Mark(),
            kept_runs=KEPT_RUNS,
        )
    was_read(migration, "log read", f"{mailbox}, run {number}.")
    return page


def _mailbox(one: AccountRun) -> str:
    """Whether the mailbox was there before, as far as this run knows."""
    if one.mailbox_created:
        return "Made by this run"
    if one.run.dry_run:
        made = one.account.mailbox_exists
        return "Would be made" if made is False else "Exists" if made else "Not known"
    return "Existed already" if one.planned or one.found or one.state in GOOD else "Not looked at"


def _mark(text: str) -> Mark:
    """7-120 is after 120 messages of batch 7."""
    if not text:
        return Mark()
    parts = text.split("-")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 18 for p in parts):
        abort(400)
    return Mark(int(parts[0]), int(parts[1]))


def _moves_of(session: Session, migration: Migration, one: AccountRun) -> tuple[Move, ...]:
    """What may be done with this account; of an earlier run nothing."""
    last = control.last_run(session, migration.id)
    return account_moves.legal(last, one) if last is not None and last.id == one.run_id else ()


def _chosen(session: Session, migration_id: int) -> Run | None:
    """The run that the address names, or the last."""
    number = request.args.get("run", "")
    chosen = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else None
    run = reports.run(session, migration_id, chosen)
    if run is None and chosen is not None:
        abort(404)
    return run


def _live(session: Session, migration: Migration) -> dict[str, object]:
    run = _chosen(session, migration.id)
    reasons, blocked = control.unready(session, migration)
    last = control.last_run(session, migration.id)
    counts = overview.run_counts(session, [last.id]).get(last.id) if last else None
    paused = last is not None and control.has_paused(session, last)
    return _of_run(session, run) | {
        "migration": migration,
        "last_counts": counts,
        "runs": reports.runs(session, migration.id),
        "counts": overview.account_counts(session, [migration.id]).get(
            migration.id, AccountCounts()
        ),
        "awaits": overview.awaits_start(migration),
        "braked": braked.lines(session, migration),
        "reasons": reasons,
        "blocked": blocked,
        "soon": _starts_soon(migration),
        "moves": legal_moves(migration, failed=_has_failed(session, last), paused=paused),
        "moves_of": _no_moves
        if run is None or run is not last
        else partial(account_moves.legal, run),
        "editable": drafts.is_editable(migration),
        "button": EmptyForm(formdata=None),
        "now": now(),
        "person": person(),
        "explain_run": explain_run,
    }


def _no_moves(_one: AccountRun) -> tuple[Move, ...]:
    return ()


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
    totals = reports.totals(session, run.id)
    counts = overview.run_counts(session, [run.id]).get(run.id, RunCounts())
    window = ((page - 1) * overview.PAGE, overview.PAGE)
    return {
        "run": run,
        "run_counts": counts,
        "totals": totals,
        "figures": chart.figures(session, run),
        "average": chart.average(run, totals.copied, totals.size_copied),
        "account_runs": reports.account_runs(
            session, run.id, sort=sort, descending=descending, page=window
        ),
        "sort": sort if sort in SORTS else "position",
        "descending": descending,
        "pages": Pages(page, counts.total, overview.PAGE),
    }


def _has_failed(session: Session, run: Run | None) -> bool:
    if run is None:
        return False
    return overview.run_counts(session, [run.id]).get(run.id, RunCounts()).failed > 0
