"""Watching the database until workers, here or elsewhere, have done what was asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import click
from sqlalchemy import select

from cli.refusal import Refusal
from store import overview, reports
from store.engine import Store
from store.overview import AccountCounts, RunCounts
from store.states import MigrationState
from store.tables import Migration

LOOK_SECONDS = 0.5
QUIET_SECONDS = 20.0
ENDED = (MigrationState.COMPLETE, MigrationState.STOPPED)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is left to wait for, and what has been done: when neither changes, nobody works."""

    left: int
    done: int = 0


def wait_for_checks(store: Store, migration_id: int, timeout: float) -> None:
    """Until no account is waiting for its check. Raises Refusal when the time is over."""

    def look() -> Progress:
        with store.read() as session:
            counts = overview.account_counts(session, [migration_id])
        return Progress(counts.get(migration_id, AccountCounts()).waiting)

    _wait(look, timeout, "checks")


def wait_for_end(store: Store, migration_id: int, timeout: float) -> None:
    """Until the migration is complete or stopped. Raises Refusal when the time is over."""

    def look() -> Progress:
        with store.read() as session:
            state = session.scalar(select(Migration.state).where(Migration.id == migration_id))
            run = reports.run(session, migration_id)
            counts = overview.run_counts(session, [run.id]) if run else {}
        found = counts.get(run.id, RunCounts()) if run else RunCounts()
        return Progress(0 if state in ENDED else 1 + found.total - found.ended, found.done)

    _wait(look, timeout, "run")


def _wait(look: Callable[[], Progress], timeout: float, what: str) -> None:
    begun = moved = time.monotonic()
    before, told = look(), False
    while before.left:
        now = time.monotonic()
        if timeout and now - begun > timeout:
            raise Refusal(f"The {what} had not ended after {timeout:g} seconds, and may go on.")
        if not told and now - moved > QUIET_SECONDS:
            click.echo(f"Still waiting for the {what}: do the workers run?", err=True)
            told = True
        time.sleep(LOOK_SECONDS)
        current = look()
        moved = now if current != before else moved
        before = current
