"""When a folder rests: both sides are equal, and how they are is written down, so that the next run
asks only what has changed since."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from sync.intent import Rest
from sync.model import FolderStatus, WhichFlags
from sync.options import Mode, SyncOptions
from sync.plan import Plan
from sync.ports import Ledger
from sync.work import Work

_NEVER = FolderStatus(uidvalidity=0, uidnext=1, messages=0)
RESTLESS = Rest(_NEVER, _NEVER)
"""Of a folder that no longer rests as it did."""


def trusted(rest: Rest | None, options: SyncOptions) -> bool:
    """Whether a run with these options may go by it. A run with others may have left messages at
    the destination that mode ALL removes, or that are duplicates."""
    if rest is None or not rest.source.uidvalidity:
        return False
    removing = options.mode is Mode.ALL or options.delete_duplicates
    return not removing or rest.source.messages == rest.destination.messages


def which_flags(rest: Rest, mode: Mode) -> WhichFlags:
    """What of them is needed to make them equal again. If one side cannot tell which flags have
    changed, those of the other are needed too."""
    if mode is Mode.NEW:
        return WhichFlags.NONE
    told = rest.source.highestmodseq and rest.destination.highestmodseq
    return WhichFlags.CHANGED if told else WhichFlags.ALL


def lay_to_rest(work: Work, ledger: Ledger, options: SyncOptions) -> None:
    """Write down how both sides are. Pairs whose copy is gone go first: then those that are left
    tell how many messages of the destination are copies."""
    if work.dead:
        ledger.forget(work.key, work.dead)
    ours, theirs = work.ours.status, work.theirs.status
    if not _adds_up(work):
        return
    # What has vanished while it was copied is in a folder that was restored from a backup again.
    ours = replace(ours, messages=ours.messages - len(work.vanished))
    refused = work.plan is not None and work.tally.flags_changed < len(work.plan.flags)
    if options.mode is Mode.NEW or refused:
        # Nobody has compared the flags, or some were not taken: the next run that looks at them
        # must not take them for equal.
        ours, theirs = replace(ours, highestmodseq=0), replace(theirs, highestmodseq=0)
    ledger.rest(work.key, Rest(ours, theirs))


def _adds_up(work: Work) -> bool:
    """Whether both sides count as many messages as were listed, and as have a copy. A number that
    was told wrong would be the right one as soon as some are gone."""
    known, ours, theirs = work.known.pairs, work.ours, work.theirs
    new = chain(work.copied, work.plan.recorded if work.plan else ())
    pairs = len(known) - len(work.dead) + sum(uid not in known for uid in new)
    there = max(pairs, len(theirs.messages))
    return len(ours.messages) <= ours.status.messages and there <= theirs.status.messages


def disturb(work: Work, ledger: Ledger) -> None:
    """A message that was known to be copied is not: the next run looks at all of the folder."""
    ledger.rest(work.key, RESTLESS)


def note_dead(work: Work, plan: Plan) -> None:
    """The pairs that tell nothing any more: the copy is not there and is not made now, or the
    original is gone. What we removed from the source ourselves stays known."""
    listed, removed = work.theirs.messages, frozenset(plan.removals)
    lost = work.part.lost if work.part else None
    gone = {uid for uid in work.orphaned if uid not in work.known.left}
    work.dead = [
        uid
        for uid, there in work.known.pairs.items()
        if uid in gone
        or (
            there
            and (
                there in removed
                or (uid in lost if lost is not None else listed.position(there) < 0)
            )
            and plan.copies.position(uid) < 0
        )
    ]
