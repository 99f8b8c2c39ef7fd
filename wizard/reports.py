"""The report of a run: a page that prints well, and a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from importer import export
from importer.judgement import Judgement, RunNumbers, judge, sentence
from importer.omissions import Line
from store import overview
from store import reports as store_reports
from store.habits import altered
from store.reports import Totals
from store.tables import AccountRun, FolderRow, Migration, NoteRow, Run
from store.verdicts import GOOD, expected, is_verified
from wizard.beside import (
    CSV_HEADER,
    altered_words,
    beside,
    csv_cells,
    of_folder,
    proof_words,
)
from wizard.certificates import accepted
from wizard.explaining import explain, explain_run, reason_of
from wizard.folder_rows import FolderRows, folder_rows
from wizard.paging import Pages, wanted_page
from wizard.services import services
from wizard.session import own_migration
from wizard.trail import was_read
from wizard.words import Shown, account, ended, omissions

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
    "Expected",
    "Messages not looked at",
    "Would copy",
    "Bytes that would be copied",
    "Would also be done",
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
        folders = store_reports.folders(session, run.id, only=shown)
        shown_page = render_template(
            "reports/page.html",
            migration=migration,
            run=run,
            runs=store_reports.runs(session, migration_id),
            totals=totals,
            told=told(session, run, totals),
            also=_also(session, run, totals),
            proof=proof_words(run, totals),
            pages=pages,
            account_runs=account_runs,
            folders=folders,
            about={
                one.id: folder_rows(session, one, run, folders.get(one.id, []))
                for one in account_runs
            },
            notes=store_reports.run_notes(session, run.id, only=shown),
            exceptions=accepted(migration, [one.account for one in account_runs]),
            explain=explain,
            explain_run=explain_run,
            reason_of=reason_of,
        )
    was_read(migration, "report read", f"Run {run.number}.")
    return shown_page


@reports.get("/report.csv")
def csv(migration_id: int) -> ResponseReturnValue:
    """One line a folder, and one for an account that had none. No cell becomes a formula."""
    with services().store.read() as session:
        migration, run = _asked(session, migration_id)
        if run is None:
            abort(404)
        lines = list(_lines(session, run))
        name = f"migration-{migration.id}-run-{run.number}.csv"
    was_read(migration, "report taken", f"Run {run.number}, as CSV: {name}.")
    answer = Response(export.table_csv(_HEADER, lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _also(session: Session, run: Run, totals: Totals) -> tuple[str, ...]:
    counts = {"flags_changed": totals.flags_changed, "removed": totals.removed}
    said = beside(counts | store_reports.more(session, run.id), dry_run=run.dry_run)
    return (*said, *altered_words(altered(session, run.id)))


def told(session: Session, run: Run, totals: Totals) -> Told:
    if run.state in ("running", "paused"):
        shown = ended(run.state, overview.run_counts(session, [run.id]).get(run.id))
        return Told(shown, "This run has not ended: the numbers still change.")
    numbers = RunNumbers(
        accounts=totals.accounts,
        complete=totals.complete,
        verified=totals.verified,
        skipped=totals.skipped,
        failed=totals.failed,
        dry_run=run.dry_run,
        excepted=totals.excepted,
        failed_accounts=totals.failed_accounts,
        stopped=totals.stopped,
        left_out=totals.left_out,
    )
    judgement = judge(numbers)
    icon, tone = _SIGNS[judgement]
    return Told(Shown(judgement, icon, tone), sentence(numbers))


_SIGNS = {
    Judgement.VERIFIED: ("shield-check", "good"),
    Judgement.EXCEPTIONS: ("exclamation-triangle-fill", "warn"),
    Judgement.DRY_RUN: ("info-circle-fill", "info"),
    Judgement.DRY_INCOMPLETE: ("x-octagon-fill", "bad"),
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
        for line in omissions(account_run):
            yield _left_out_line(account_run, line)
        rows = folders.get(account_run.id, [])
        missed = folder_rows(session, account_run, run, rows)
        if not rows or account_run.state not in GOOD:
            yield _account_line(account_run, run, alone=not rows)
        for row in rows:
            yield _folder_line(account_run, row, run, missed)
        for name in missed.names:
            yield _unreached_line(account_run, name, missed, run)
        for note in notes.get(account_run.id, []):
            yield _note_line(account_run, note)


def _names(run: AccountRun) -> tuple[str, str]:
    return run.account.mailbox, run.account.source_username


_NOTHING = ("",) * len(CSV_HEADER)
_NO_NUMBERS = ("",) * 7


def _account_line(one: AccountRun, run: Run, *, alone: bool) -> Sequence[object]:
    """The account as a whole. Its counters are those of its folders, which have lines of their own
    but where it is `alone`."""
    reason = explain_run(one).words if one.error else ""
    counted = _counted(one, dry_run=run.dry_run) if alone and not one.error else _NO_NUMBERS
    would = _would(one, run, ()) if alone else ("", "", "")
    return (
        *_names(one), "", "", account(one, dry_run=run.dry_run).word, *counted,
        _verified(run, verified=is_verified(one)), reason, one.server_words, expected(one),
        "", *would, *_NOTHING,
    )  # fmt: skip


def _folder_line(one: AccountRun, row: FolderRow, run: Run, about: FolderRows) -> Sequence[object]:
    reason = explain(row.error).words if row.error else ""
    verified = _verified(run, verified=row.verified, excepted=about.excepted(row))
    return (
        *_names(one), row.source, row.destination, account(one, dry_run=run.dry_run).word,
        *_counted(row, dry_run=run.dry_run), verified, reason,
        row.server_words, about.expected(row), "", *_would(row, run, of_folder(row, dry_run=True)),
        *csv_cells(row, dry_run=run.dry_run),
    )  # fmt: skip


def _unreached_line(one: AccountRun, name: str, missed: FolderRows, run: Run) -> Sequence[object]:
    """A folder of which nothing is known but what the check has seen."""
    return (
        *_names(one), name, "", account(one, dry_run=run.dry_run).word, *_NO_NUMBERS,
        _verified(run, verified=False), f"{missed.word}.", "", missed.seen[name],
        *("",) * 4, *_NOTHING,
    )  # fmt: skip


def _counted(one: AccountRun | FolderRow, *, dry_run: bool) -> Sequence[object]:
    """What was done: a dry run has copied nothing."""
    copied, size = (0, 0) if dry_run else (one.copied, one.size_copied)
    return one.found, copied, one.present, one.skipped, one.failed, one.vanished, size


def _would(one: AccountRun | FolderRow, run: Run, also: Sequence[str]) -> Sequence[object]:
    return (one.copied, one.size_copied, "; ".join(also)) if run.dry_run else ("", "", "")


def _verified(run: Run, *, verified: bool, excepted: int = 0) -> str:
    """A dry run proves nothing, and says nothing of it."""
    if run.dry_run:
        return ""
    return "with exceptions" if verified and excepted else "yes" if verified else "no"


def _left_out_line(one: AccountRun, line: Line) -> Sequence[object]:
    words = f"It was not looked at: {line.why}."
    number = "" if line.messages is None else line.messages
    return (
        *_names(one), line.name, "", "left out", *_NO_NUMBERS, "", words, "",
        "", number, "", "", "", *_NOTHING,
    )  # fmt: skip


def _note_line(one: AccountRun, note: NoteRow) -> Sequence[object]:
    subject = f" “{note.subject}”" if note.subject else ""
    reason = f"Message {note.uid}{subject}, {note.size} bytes: {reason_of(note)}"
    return (
        *_names(one), note.folder, "", note.outcome, *_NO_NUMBERS, "", reason, note.server_words,
        *("",) * 5, *_NOTHING,
    )  # fmt: skip
