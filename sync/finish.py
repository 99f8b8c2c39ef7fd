"""What a plan holds beside copies: flags and removals; and a plan that is only rehearsed."""

from __future__ import annotations

from sync.duplicates import remove_duplicates
from sync.errors import Code, FolderChanged, FolderError, Side
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
    """Set the flags, then remove. What the server refuses of that costs nothing else: the copies
    are proven, and the folder is not verified."""
    for step in (_flag, _remove, _remove_duplicates):
        try:
            step(work, destination)
        except FolderChanged:
            raise
        except FolderError as error:
            held = work.tally.held
            # A person's leave would help nothing there.
            hopeless = error.code is Code.REMOVAL_UNSUPPORTED
            work.tally.held = error if hopeless else held or error


def _flag(work: Work, destination: Destination) -> None:
    if work.plan and (flags := work.plan.flags):
        folder, uidvalidity = work.pair.destination, work.key.destination_uidvalidity
        work.tally.flags_changed = destination.set_flags(folder, uidvalidity, flags)


def _remove(work: Work, destination: Destination) -> None:
    if work.plan and work.plan.withheld:
        destination.remove(work.pair.destination, work.key.destination_uidvalidity, ())
    if work.plan and (uids := work.plan.removals):
        if work.uncompared:
            raise _waiting(work)
        folder, uidvalidity = work.pair.destination, work.key.destination_uidvalidity
        work.tally.removed += destination.remove(folder, uidvalidity, uids)


def _waiting(work: Work) -> FolderError:
    """What cannot be compared may be the very messages that would be removed."""
    where = work.pair.destination.name
    removals = len(work.plan.removals) if work.plan else 0
    words = f"{where}: {removals:,} of {len(work.theirs.messages):,} messages"
    return FolderError(Code.REMOVAL_WAITS, words, side=Side.DESTINATION, where=where)


def _remove_duplicates(work: Work, destination: Destination) -> None:
    if work.plan and (found := work.plan.duplicates) and not work.uncompared:
        work.tally.duplicates_removed += remove_duplicates(work, found, destination)
