"""A migration as numbers: what `--json` prints, and the exit status that they mean."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from importer.finding import Level
from store import overview, reports
from store.states import AccountState
from store.tables import Account, AccountRun, FolderRow, Migration, Run
from store.verdicts import GOOD, Said, expected, said_of, said_of_account
from sync.report import Verdict
from wizard.folder_rows import folder_rows

COMPLETE, SOME_FAILED, BLOCKED = 0, 1, 2

_FOLDER = ("source", "destination", *reports.COUNTERS[:7], "verified", "error", "server_words")
_FINDING = ("level", "code", "words", "hint", "server_words", "field")


def migration_numbers(session: Session, migration_id: int) -> dict[str, Any]:
    """The migration, its accounts with what was found, and the last run. Holds no password.

    Of a dry run `copied` is 0 and `verified` None everywhere: what it would do is `would_copy`."""
    migration = session.get_one(Migration, migration_id)
    run = reports.run(session, migration_id)
    accounts = _accounts(session, migration_id)
    ran = _by_account(session, run)
    folders = reports.folders(session, run.id) if run else {}
    counts = overview.run_counts(session, [run.id]).get(run.id) if run else None
    dry = run.dry_run if run else migration.dry_run
    return {
        "migration": migration.id,
        "name": migration.name,
        "state": str(said_of(migration.state, counts)),
        "dry_run": dry,
        "run": run.number if run else None,
        "verdict": overall([one.verdict for one in ran.values()]) if run else None,
        "totals": _totals(session, run),
        "accounts": [_account(session, one, ran.get(one.id), folders, dry) for one in accounts],
    }


def exit_status(numbers: dict[str, Any]) -> int:
    """0 all complete, or nothing was run and nothing is blocked; 1 some failed; 2 rows blocked."""
    if numbers["run"] is None:
        blocked = [one for one in numbers["accounts"] if one["check"] == AccountState.BLOCKED]
        return BLOCKED if blocked else COMPLETE
    well = (*GOOD, Said.DRY, Said.DRY_EXCEPTIONS)
    good = all(one["state"] in well for one in numbers["accounts"])
    return COMPLETE if good else SOME_FAILED


def overall(verdicts: Collection[str]) -> str:
    """The weakest of the accounts' verdicts."""
    for verdict in (Verdict.DRY_RUN, Verdict.VERIFIED):
        if verdicts and all(one == verdict for one in verdicts):
            return str(verdict)
    proven = (Verdict.VERIFIED, Verdict.EXCEPTIONS)
    whole = bool(verdicts) and all(one in proven for one in verdicts)
    return str(Verdict.EXCEPTIONS if whole else Verdict.NOT_VERIFIED)


def _accounts(session: Session, migration_id: int) -> list[Account]:
    query = (
        select(Account)
        .where(Account.migration_id == migration_id)
        .order_by(Account.position, Account.id)
        .options(selectinload(Account.findings))
    )
    return list(session.scalars(query))


def _by_account(session: Session, run: Run | None) -> dict[int, AccountRun]:
    found = reports.account_runs(session, run.id) if run else ()
    return {one.account_id: one for one in found}


def _totals(session: Session, run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    totals = reports.totals(session, run.id)
    names = ("accounts", "complete", "verified", "failed_accounts", *_MORE, *reports.COUNTERS)
    return _told({name: getattr(totals, name) for name in names}, dry_run=run.dry_run)


_MORE = ("stopped", "expected", "left_out", "left_out_messages")
_DONE = ("copied", "size_copied", "flags_changed", "removed", "folders_created")


def _told(numbers: dict[str, Any], *, dry_run: bool) -> dict[str, Any]:
    """A dry run has done nothing: what it would do has a name of its own, and nothing is proven."""
    if not dry_run:
        return numbers
    words = {"copied": "would_copy", "size_copied": "size_would_copy", "removed": "would_remove"}
    would = {words.get(name, f"would_{name}"): numbers[name] for name in _DONE if name in numbers}
    nothing: dict[str, Any] = dict.fromkeys((name for name in _DONE if name in numbers), 0)
    if "verified" in numbers:
        nothing["verified"] = None
    if "complete" in numbers:
        nothing |= {"complete": 0, "rehearsed": numbers["complete"]}
    return numbers | nothing | would


def _account(
    session: Session,
    account: Account,
    ran: AccountRun | None,
    folders: dict[int, list[FolderRow]],
    dry_run: bool,
) -> dict[str, Any]:
    numbers: dict[str, Any] = {
        "account": account.id,
        "line": account.line,
        "source": account.source_username,
        "destination": account.mailbox,
        "check": str(account.state),
        "findings": [
            {name: getattr(finding, name) for name in _FINDING}
            for finding in account.findings
            if finding.level != Level.OK
        ],
        "state": str(said_of_account(ran, dry_run=dry_run)) if ran else None,
    }
    if ran is None:
        return numbers
    numbers |= _told({n: getattr(ran, n) for n in reports.COUNTERS}, dry_run=dry_run)
    numbers["expected"] = expected(ran)
    numbers["left_out"] = _left_out(ran)
    numbers |= {name: getattr(ran, name) for name in ("verdict", "error", "server_words")}
    rows = folders.get(ran.id, [])
    missed = folder_rows(session, ran, ran.run, rows)
    numbers["folders"] = [
        _told({name: getattr(row, name) for name in _FOLDER}, dry_run=dry_run)
        | {"expected": missed.expected(row)}
        for row in rows
    ]
    numbers["folders_not_finished"] = [
        {"source": name, "expected": missed.seen[name]} for name in missed.names
    ]
    return numbers


def _left_out(ran: AccountRun) -> list[dict[str, Any]]:
    """Folders that were not looked at; without reason and number where an earlier version ran."""
    if ran.omitted is not None:
        return ran.omitted
    return [{"name": name, "reason": "", "messages": None} for name in ran.left_out]
