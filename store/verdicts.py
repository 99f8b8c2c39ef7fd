"""What the state of a migration and of an account is said to be: pages, mails and commands say it
in the same way. A state alone is a step of the work: `complete` means that nothing is left to do.
What is said of it looks at what came of the accounts, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from store.states import AccountRunState, MigrationState
from store.tables import AccountRun
from sync.report import Verdict

PROVEN = (Verdict.VERIFIED, Verdict.EXCEPTIONS)
GOOD = (AccountRunState.COMPLETE, AccountRunState.SKIPS)


class Said(StrEnum):
    """Beside the states themselves."""

    EXCEPTIONS = "complete with exceptions"
    FAILURES = "ended with failures"
    STOPPED = "ended, some stopped"
    UNPROVEN = "ended, not verified"
    DRY = "dry run"
    DRY_EXCEPTIONS = "dry run with exceptions"
    DRY_FAILURES = "dry run with failures"
    DRY_STOPPED = "dry run stopped"


class Ended(Protocol):
    """What has to be known of a run."""

    @property
    def dry_run(self) -> bool: ...
    @property
    def total(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def stopped(self) -> int: ...
    @property
    def excepted(self) -> int: ...
    @property
    def verified(self) -> int: ...


def said_of(state: str, run: Ended | None) -> str:
    """What a migration of this state is said to be; `run` is its last one."""
    if run is None or state not in (MigrationState.COMPLETE, MigrationState.STOPPED):
        return state
    if state == MigrationState.STOPPED:
        return Said.DRY_STOPPED if run.dry_run else state
    if run.failed:
        return Said.DRY_FAILURES if run.dry_run else Said.FAILURES
    if run.stopped:
        return Said.DRY_STOPPED if run.dry_run else Said.STOPPED
    if run.dry_run:
        return Said.DRY_EXCEPTIONS if run.excepted else Said.DRY
    if run.verified < run.total:
        return Said.UNPROVEN
    return Said.EXCEPTIONS if run.excepted else state


def said_of_account(one: AccountRun, *, dry_run: bool) -> str:
    """A dry run is never said to be complete."""
    return _DRY.get(one.state, one.state) if dry_run else one.state


_DRY: Mapping[str, str] = {
    AccountRunState.COMPLETE: Said.DRY,
    AccountRunState.SKIPS: Said.DRY_EXCEPTIONS,
}


def is_verified(one: AccountRun) -> bool:
    """Whether what is at the destination was proven, and the account came to its end."""
    return one.state in GOOD and one.verdict in PROVEN


def percent_of(one: AccountRun) -> int:
    """How far an account has come: 100 where it is verified, and nowhere else."""
    if is_verified(one):
        return 100
    done = one.copied + one.present + one.skipped + one.failed + one.vanished
    counted = 100 * done // one.planned if one.planned else 0
    return max(0, min(99, max(one.reached // 10, counted)))


def expected(one: AccountRun) -> int:
    """Messages that the source is known to have: as found, where the account came to its end; else
    as many as its plan or its check has seen, if these are more."""
    if one.state in GOOD:
        return one.found
    return max(one.found, one.planned or one.account.source_messages or 0)
