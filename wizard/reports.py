"""The report of a run: a page that prints well, and a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer import export
from importer.judgement import Judgement, RunNumbers, judge, sentence
from store import reports as store_reports
from store.habits import altered
from store.reports import Totals
from store.tables import AccountRun, FolderRow, Migration, NoteRow, Run
from wizard.beside import CSV_HEADER, altered_words, beside, csv_cells, proof_words
from wizard.explaining import explain, explain_run, reason_of
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import own_migration
from wizard.words import Shown, state

reports = Blueprint("reports", __name__, url_prefix="/migrations/<int:migration_id>")

_ACCOUNTS_SHOWN = 100
"""On one page; the CSV file holds all."""

_HEADER = (
    "Mailbox",
    "Source login",
    "Source folder",
    "Destination folder",
    "State",
    "Found",
    "Copied",
    "Present",
    "Skipped",
    "Failed",
    "Vanished",
    "Bytes copied",
    "Verified",
    "Reason",
    "Server said",
    *CSV_HEADER,
)


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict over a whole run, as one sentence with its sign."""

    shown: Shown
    words: str


@reports.get("/report")
def page(migration_id: int) -> ResponseReturnValue:
    with services().store.read() as session:
        migration, run = _asked(session, migration_id)
        if run is None:
            return render_template("reports/none.html", migration=migration)
        totals = store_reports.totals(session, run.id)
        pages = Pages(wanted_page(), totals.accounts, _ACCOUNTS_SHOWN)
        window = ((pages.number - 1) * _ACCOUNTS_SHOWN, _ACCOUNTS_SHOWN)
        account_runs = store_reports.account_runs(session, run.id, page=window)
        shown = [one.id for one in account_runs]
        return render_template(
            "reports/page.html",
            migration=migration,
            run=run,
            runs=store_reports.runs(session, migration_id),
            totals=totals,
            told=told(run, totals),
            also=_also(session, run, totals),
            proof=proof_words(run, totals),
            pages=pages,
            account_runs=account_runs,
            folders=store_reports.folders(session, run.id, only=shown),
            notes=store_reports.run_notes(session, run.id, only=shown),
            explain=explain,
            explain_run=explain_run,
            reason_of=reason_of,
        )


@reports.get("/report.csv")
def csv(migration_id: int) -> ResponseReturnValue:
    """One line a folder, and one for an account that had none. No cell becomes a formula."""
    with services().store.read() as session:
        migration, run = _asked(session, migration_id)
        if run is None:
            abort(404)
        lines = list(_lines(session, run))
        name = f"migration-{migration.id}-run-{run.number}.csv"
    answer = Response(export.table_csv(_HEADER, lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _also(session: Session, run: Run, totals: Totals) -> tuple[str, ...]:
    counts = {"flags_changed": totals.flags_changed, "removed": totals.removed}
    said = beside(counts | store_reports.more(session, run.id), dry_run=run.dry_run)
    return (*said, *altered_words(altered(session, run.id)))


def told(run: Run, totals: Totals) -> Told:
    if run.state in ("running", "paused"):
        return Told(state(run.state), "This run has not ended: the numbers still change.")
    numbers = RunNumbers(
        accounts=totals.accounts,
        complete=totals.complete,
        verified=totals.verified,
        skipped=totals.skipped,
        failed=totals.failed,
        dry_run=run.dry_run,
        excepted=totals.excepted,
    )
    judgement = judge(numbers)
    icon, tone = _SIGNS[judgement]
    return Told(Shown(judgement, icon, tone), sentence(numbers))


_SIGNS = {
    Judgement.VERIFIED: ("shield-check", "good"),
    Judgement.EXCEPTIONS: ("exclamation-triangle-fill", "warn"),
    Judgement.DRY_RUN: ("info-circle-fill", "info"),
    Judgement.INCOMPLETE: ("x-octagon-fill", "bad"),
}


def _asked(session: Session, migration_id: int) -> tuple[Migration, Run | None]:
    migration = own_migration(session, migration_id)
    number = request.args.get("run", "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 9):
        abort(404)
    run = store_reports.run(session, migration_id, int(number) if number else None)
    if run is None and number:
        abort(404)
    return migration, run


def _lines(session: Session, run: Run) -> Iterator[Sequence[object]]:
    folders = store_reports.folders(session, run.id)
    notes = store_reports.run_notes(session, run.id, limit=100_000)
    for account_run in store_reports.account_runs(session, run.id):
        for name in account_run.left_out:
            yield _left_out_line(account_run, name)
        rows = folders.get(account_run.id, [])
        if not rows or account_run.error:
            yield _account_line(account_run)
        for row in rows:
            yield _folder_line(account_run, row)
        for note in notes.get(account_run.id, []):
            yield _note_line(account_run, note)


def _names(run: AccountRun) -> tuple[str, str]:
    return run.account.mailbox, run.account.source_username


_NOTHING = ("",) * len(CSV_HEADER)


def _account_line(run: AccountRun) -> Sequence[object]:
    counters = (run.found, run.copied, run.present, run.skipped, run.failed, run.vanished)
    reason = explain_run(run).words if run.error else ""
    numbers = counters if not run.error else ("",) * len(counters)
    return (
        *_names(run), "", "", state(run.state).word, *numbers,
        "" if run.error else run.size_copied, "no", reason, run.server_words, *_NOTHING,
    )  # fmt: skip


def _folder_line(run: AccountRun, row: FolderRow) -> Sequence[object]:
    reason = explain(row.error).words if row.error else ""
    return (
        *_names(run), row.source, row.destination, state(run.state).word,
        row.found, row.copied, row.present, row.skipped, row.failed, row.vanished,
        row.size_copied, "yes" if row.verified else "no", reason, row.server_words,
        *csv_cells(row),
    )  # fmt: skip


def _left_out_line(run: AccountRun, name: str) -> Sequence[object]:
    words = "It was not looked at."
    return *_names(run), name, "", "left out", *("",) * 7, "", words, "", *_NOTHING


def _note_line(run: AccountRun, note: NoteRow) -> Sequence[object]:
    subject = f" “{note.subject}”" if note.subject else ""
    reason = f"Message {note.uid}{subject}, {note.size} bytes: {reason_of(note)}"
    return (
        *_names(run), note.folder, "", note.outcome, *("",) * 7, "", reason, note.server_words,
        *_NOTHING,
    )  # fmt: skip
