"""From two listings and the ledger to a folder's plan, and what needs no copying counted."""

from __future__ import annotations

from sync.aftermath import Aftermath
from sync.errors import Code
from sync.intent import Known, Pair
from sync.options import SyncOptions
from sync.plan import Plan, plan_folder, unmatched
from sync.ports import Ledger
from sync.report import Outcome
from sync.twins import Sides
from sync.work import Work


def plan_work(
    work: Work, sides: Sides, ledger: Ledger, options: SyncOptions, *, aftermath: Aftermath
) -> None:
    """Fill `known`, `plan` and `taken`. In a dry run the ledger is only read."""
    work.known = ledger.load(work.key)
    work.taken = {uid for uid in work.known.pairs.values() if uid}
    if work.known.intents and not options.dry_run:
        work.known = _settled(work, aftermath, ledger)
        if work.again:
            return
    twins = sides.twins(work, *unmatched(work.ours, work.theirs, work.known.pairs))
    plan = plan_folder(work.ours, work.theirs, work.known.pairs, twins=twins, options=options)
    if plan.recorded and not options.dry_run:
        ledger.record(work.key, plan.recorded)
    work.taken.update(pair.destination_uid for pair in plan.recorded)
    work.plan = plan
    _count(work, plan)


def _settled(work: Work, aftermath: Aftermath, ledger: Ledger) -> Known:
    """What is known after the intents that an interruption left open are settled."""
    known, listed = work.known, work.tally.listed
    last = max((meta.uid for meta in work.theirs.messages), default=0)
    pairs, sent = dict(known.pairs), dict(known.sent)
    for intent in known.intents:
        metas = [listed[uid] for uid in intent.uids if uid in listed and uid not in pairs]
        arrived = aftermath.arrived(work, metas, intent.uidnext)
        found = {uid: Pair(uid, there, listed[uid].size) for uid, there in arrived.items()}
        ledger.settle(work.key, intent.number, list(found.values()))
        work.taken.update(arrived.values())
        # What arrived after the listing would pass for removed by it.
        work.again |= any(uid > last for uid in arrived.values())
        pairs.update(arrived)
        sent.update(found)
    return Known(pairs, sent)


def _count(work: Work, plan: Plan) -> None:
    """Give every message that is not to be copied its outcome. What an earlier attempt of this
    run has sent counts as copied."""
    tally, sent = work.tally, work.known.sent
    copying = {meta.uid for meta in plan.copies}
    for meta in plan.skipped:
        tally.settle(meta.uid, Outcome.SKIPPED)
        tally.note(meta, Outcome.SKIPPED, Code.REMOVED_AT_DESTINATION)
    for uid in [uid for uid in tally.open if uid not in copying]:
        pair = sent.get(uid)
        tally.settle(uid, Outcome.COPIED if pair else Outcome.PRESENT, pair.size if pair else 0)
