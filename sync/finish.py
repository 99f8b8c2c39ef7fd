"""What a plan holds beside copies: flags and removals; and a plan that is only rehearsed."""

from __future__ import annotations

from sync.duplicates import remove_duplicates
from sync.ports import Destination
from sync.report import Outcome
from sync.work import Work


def rehearse(work: Work) -> None:
    """Count what a real run would do."""
    plan, tally = work.plan, work.tally
    if plan is None:
        return
    for meta in plan.copies:
        tally.settle(meta.uid, Outcome.COPIED, meta.size)
    tally.flags_changed = len(plan.flags)
    tally.removed = len(plan.removals)
    tally.duplicates_removed = len(plan.duplicates)


def finish(work: Work, destination: Destination) -> None:
    """Set the flags, then remove: in this order, so that a refused removal costs nothing else."""
    plan, folder = work.plan, work.pair.destination
    if plan is None:
        return
    uidvalidity = work.key.destination_uidvalidity
    if plan.flags:
        work.tally.flags_changed = destination.set_flags(folder, uidvalidity, plan.flags)
    if plan.removals:
        work.tally.removed += destination.remove(folder, uidvalidity, plan.removals)
    if plan.duplicates:
        found = plan.duplicates
        work.tally.duplicates_removed += remove_duplicates(work, found, destination)
