"""From SQL to the workers: start what is due, take back what was lost, claim what may begin, ring
for each claim."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs import notices
from jobs.queue import APART, BESIDE, CHECKS, RUNS, Bell
from settings import Settings
from store.ahead import compute_anew, too_far_ahead
from store.claims import (
    checks_beside,
    claim_account_runs,
    claim_checks,
    living_runs,
)
from store.due import due, start_due
from store.engine import Store
from store.expiry import take_back
from store.judge import Judge
from store.samples import take_due
from store.wiping import due_for_wiping, wipe

log = logging.getLogger("mailhaul.clock")


@dataclass(frozen=True, slots=True)
class Tick:
    """How many runs the schedule has started, and how many claims were made."""

    checks: int = 0
    runs: int = 0
    starts: int = 0


def tick(
    store: Store,
    bell: Bell,
    settings: Settings,
    judge: Judge | None = None,
    *,
    starts: bool = True,
) -> Tick:
    """Called each second by the clock, and by each job at its end, so that its place is filled.

    Only with a judge, which the clock is, is anything decided by time: what is due is started
    (unless `starts` says that the time of day is not to be trusted), what was lost is taken back.

    Claims no more than there are workers: what waits in Redis would only lose its lease there.
    Nothing is started or claimed while Redis is away, but what was lost is taken back, and what
    has ended is said to have. Raises StoreError while the database is away."""
    away = not bell.alive()
    starts_made = 0
    if judge is not None and starts and not away:
        mend_next_starts(store)
        starts_made = start_what_is_due(store)
        wipe_passwords(store)
    limit, lease = settings.connections_per_server, settings.lease_seconds
    places = 0 if away else max(settings.run_workers, bell.workers(RUNS))
    with store.write() as session:
        if judge is not None:
            take_back(session, judge)
        runs = claim_account_runs(
            session,
            limit_per_server=limit,
            lease_seconds=lease,
            capacity=places - checks_beside(session),
            refused_logins=settings.refused_logins,
        )
        if judge is not None:
            take_due(session)
        copying = living_runs(session)
    room = Room() if away else room_for_checks(bell, settings, copying)
    with store.write() as session:
        checks = claim_checks(
            session,
            limit_per_server=limit,
            lease_seconds=lease,
            capacity=room.apart,
            beside=room.beside,
            refused_logins=settings.refused_logins,
        )
    # After the commits: a worker that answers at once must find its claim. A ring that fails
    # needs no answer here, since the claim's lease runs out.
    for claim in checks:
        bell.check(claim.id, claim.token, BESIDE if claim.beside else room.queue)
    for claim in runs:
        bell.run(claim.id, claim.token)
    for mail in () if away else notices.claimed(store, settings, timed=judge is not None):
        bell.notice(mail.id, mail.token)
    return Tick(len(checks), len(runs), starts_made)


@dataclass(frozen=True, slots=True)
class Room:
    """How many checks may live at workers that only check, and at those that copy, too; `queue`
    calls the former."""

    apart: int = 0
    beside: int = 0
    queue: str = CHECKS


def room_for_checks(bell: Bell, settings: Settings, copying: int) -> Room:
    """Of the workers that copy, too, one is left to the next account run: a check may last for
    two minutes. Where nobody else checks and one copies already, the others may check."""
    apart, both = bell.workers(APART), bell.workers(BESIDE)
    if not apart and not both:
        # None has signed on yet, or not again since Redis was emptied.
        return Room(settings.check_workers)
    idle = min(both, max(settings.run_workers, bell.workers(RUNS)) - copying)
    kept = 1 if apart or (both > 1 and not copying) else 0
    return Room(apart, max(0, idle - kept), APART)


def mend_next_starts(store: Store) -> None:
    """Those that a clock which was wrong has put further ahead than they can be."""
    with store.read() as session:
        found = too_far_ahead(session)
    for migration_id in found:
        with store.write() as session:
            if compute_anew(session, migration_id):
                log.warning("migration=%d next_start=computed_anew", migration_id)


def wipe_passwords(store: Store) -> None:
    """Of what is over, and was not repeated for long enough."""
    with store.read() as session:
        found = due_for_wiping(session)
    for migration_id in found:
        with store.write() as session:
            if wipe(session, migration_id):
                log.info("migration=%d passwords=wiped", migration_id)


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
