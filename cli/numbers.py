"""A migration as numbers: what `--json` prints, and the exit status that they mean."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from importer.finding import Level
from store import reports
from store.states import AccountRunState, AccountState
from store.tables import Account, AccountRun, FolderRow, Migration, Run
from sync.report import Verdict

COMPLETE, SOME_FAILED, BLOCKED = 0, 1, 2

_GOOD = (AccountRunState.COMPLETE, AccountRunState.SKIPS)
_FOLDER = ("source", "destination", *reports.COUNTERS[:7], "verified", "error", "server_words")
_FINDING = ("level", "code", "words", "hint", "server_words", "field")


def migration_numbers(session: Session, migration_id: int) -> dict[str, Any]:
    """The migration, its accounts with what was found, and the last run. Holds no password."""
    migration = session.get_one(Migration, migration_id)
    run = reports.run(session, migration_id)
    accounts = _accounts(session, migration_id)
    ran = _by_account(session, run)
    folders = reports.folders(session, run.id) if run else {}
    return {
        "migration": migration.id,
        "name": migration.name,
        "state": str(migration.state),
        "dry_run": migration.dry_run,
        "run": run.number if run else None,
        "verdict": overall([one.verdict for one in ran.values()]) if run else None,
        "totals": _totals(session, run),
        "accounts": [_account(one, ran.get(one.id), folders) for one in accounts],
    }


def exit_status(numbers: dict[str, Any]) -> int:
    """0 all complete, or nothing was run and nothing is blocked; 1 some failed; 2 rows blocked."""
    if numbers["run"] is None:
        blocked = [one for one in numbers["accounts"] if one["check"] == AccountState.BLOCKED]
        return BLOCKED if blocked else COMPLETE
    good = all(one["state"] in _GOOD for one in numbers["accounts"])
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


def _totals(session: Session, run: Run | None) -> dict[str, int] | None:
    if run is None:
        return None
    totals = reports.totals(session, run.id)
    names = ("accounts", "complete", "verified", "failed_accounts", *reports.COUNTERS)
    return {name: getattr(totals, name) for name in names}


def _account(
    account: Account, ran: AccountRun | None, folders: dict[int, list[FolderRow]]
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
        "state": str(ran.state) if ran else None,
    }
    if ran is None:
        return numbers
    numbers |= {name: getattr(ran, name) for name in reports.COUNTERS}
    numbers |= {name: getattr(ran, name) for name in ("verdict", "error", "server_words")}
    numbers["folders"] = [
        {name: getattr(row, name) for name in _FOLDER} for row in folders.get(ran.id, ())
    ]
    return numbers
