"""From SQL to the workers: start what is due, take back what was lost, claim what may begin, ring
for each claim."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs import notices
from jobs.queue import CHECKS, RUNS, Bell
from settings import Settings
from store.claims import claim_account_runs, claim_checks
from store.due import due, start_due
from store.engine import Store
from store.samples import take_due

log = logging.getLogger("mailhaul.clock")


@dataclass(frozen=True, slots=True)
class Tick:
    """How many runs the schedule has started, and how many claims were made."""

    checks: int = 0
    runs: int = 0
    starts: int = 0


def tick(store: Store, bell: Bell, settings: Settings) -> Tick:
    """Called each second by the clock, and by each job at its end, so that its place is filled.

    Claims no more than there are workers: what waits in Redis would only lose its lease there.
    Nothing is started or claimed while Redis is away, but what was lost is taken back, and what
    has ended is said to have. Raises StoreError while the database is away."""
    away = not bell.alive()
    starts = 0 if away else start_what_is_due(store)
    limit, lease = settings.connections_per_server, settings.lease_seconds
    places = 0 if away else max(settings.check_workers, bell.workers(CHECKS))
    with store.write() as session:
        checks = claim_checks(session, limit_per_server=limit, lease_seconds=lease, capacity=places)
    places = 0 if away else max(settings.run_workers, bell.workers(RUNS))
    with store.write() as session:
        runs = claim_account_runs(
            session, limit_per_server=limit, lease_seconds=lease, capacity=places
        )
        take_due(session)
    # After the commits: a worker that answers at once must find its claim. A ring that fails
    # needs no answer here, since the claim's lease runs out.
    for claim in checks:
        bell.check(claim.id, claim.token)
    for claim in runs:
        bell.run(claim.id, claim.token)
    for mail in () if away else notices.claimed(store, settings):
        bell.notice(mail.id, mail.token)
    return Tick(len(checks), len(runs), starts)


def start_what_is_due(store: Store) -> int:
    """Each in a transaction of its own: one that is refused holds up no other. How many."""
    with store.read() as session:
        waiting = due(session)
    started = 0
    for migration_id in waiting:
        with store.write() as session:
            run = start_due(session, migration_id)
        if run is not None:
            started += 1
            log.info("migration=%d run=%d started=schedule", migration_id, run.number)
    return started
