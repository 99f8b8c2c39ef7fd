"""From two listings and the ledger to a folder's plan, and what needs no copying counted."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping
from dataclasses import replace

from sync import choice
from sync.aftermath import Aftermath
from sync.columns import Uids
from sync.duplicates import duplicates
from sync.errors import Code, FolderError, MessageError, Side
from sync.intent import EVERY_UID, Judgement, Known, Pair
from sync.judging import UNREAD, accuse, doubtful, recall, set_apart
from sync.leaving import without_our_marks
from sync.options import SyncOptions
from sync.pairs import Pairs
from sync.plan import Plan, empties, plan_folder, unmatched
from sync.ports import Ledger
from sync.report import Outcome
from sync.resting import note_dead
from sync.reused_uids import mistaken, name_reused, remember, unproven, without
from sync.twins import Matched, Sides
from sync.work import Work


def plan_work(
    work: Work, sides: Sides, ledger: Ledger, options: SyncOptions, *, aftermath: Aftermath
) -> bool:
    """Fill `known`, `plan`, `taken` and `dead`. In a dry run the ledger is only read.

    False: so much would have to be removed that all of the folder has to be listed first."""
    if work.part is None:
        work.known = ledger.load(work.key)
    work.taken = Uids(uid for uid in work.known.pairs.values() if uid)
    if work.known.intents and not options.dry_run:
        work.known = _settled(work, aftermath, ledger)
        if work.again:
            return True
    before = work.known.pairs
    unlike = unproven(work)
    reused = mistaken(work, sides, unlike)
    if reused and work.part is not None:
        return False
    _disbelieve(work, reused, ledger, options)
    _doubt(work, unlike.keys() - reused, ledger, options)
    work.ours = without_our_marks(work.ours, work.known.left)
    _count_left(work)
    work.orphaned = _orphaned(work)
    if options.resend_failed:
        set_apart(work)
    matched = _matched(work, sides)
    plan = plan_folder(
        work.ours,
        work.theirs,
        work.known.pairs,
        twins=matched.pairs,
        options=options,
        unlisted=work.part.there if work.part else 0,
        spared=work.known.last_copies if work.shown else EVERY_UID,
    )
    if plan.withheld and work.part is not None:
        return False
    if plan.recorded and not options.dry_run:
        ledger.record(work.key, plan.recorded.values())
    work.taken.update(plan.recorded.there.values())
    work.plan = plan = _with_duplicates(plan, work, sides, options)
    if plan.withheld:
        work.tally.held = _refusal(work, plan.withheld)
    note_dead(work, plan)
    _count(work, plan)
    _leave_unsettled(work, matched.unsettled)
    name_reused(work, reused, before)
    work.identities.update(matched.identities)
    _name_altered(work, matched)
    recall(work, ledger)
    if not options.dry_run:
        ledger.judge(work.key, {**dict.fromkeys(work.recalled, UNREAD), **work.judged})
        remember(work, ledger, _proven(work.known))
        remember(work, ledger, plan.recorded.there)
    return True


def _proven(known: Known) -> Mapping[int, int]:
    """All pairs but those that this run has sent: their proof is still to come, and a pair without
    a stamp is one that was never proven."""
    if not known.sent:
        return known.pairs
    return {uid: there for uid, there in known.pairs.items() if uid not in known.sent}


def _disbelieve(work: Work, reused: frozenset[int], ledger: Ledger, options: SyncOptions) -> None:
    if reused:
        if not options.dry_run:
            ledger.forget(work.key, sorted(reused))
        work.known = without(work.known, reused)
        work.taken = Uids(uid for uid in work.known.pairs.values() if uid)


def _doubt(work: Work, unlike: Collection[int], ledger: Ledger, options: SyncOptions) -> None:
    if found := doubtful(work, unlike):
        work.known = replace(work.known, judgements={**work.known.judgements, **found})
        if not options.dry_run:
            ledger.judge(work.key, found)


def _orphaned(work: Work) -> Collection[int]:
    """Source uids of pairs whose original is gone."""
    if work.part is not None:
        return work.part.orphaned
    if not work.source_shown:
        return frozenset()
    return _unlisted(work)


def _matched(work: Work, sides: Sides) -> Matched:
    """What the ledger does not know, on both sides. A copy whose original the source does not show
    now may be that of the same message under another uid, or the hidden one's: nobody can tell, and
    such a message is not sent now."""
    known = work.known.pairs
    hidden = frozenset[int]() if work.source_shown or work.part else _unlisted(work)
    free = work.orphaned or hidden
    ours, theirs = unmatched(work.ours, work.theirs, known, orphaned=free)
    if wrong := set(work.wrong.values()):
        theirs = theirs.select([at for at, uid in enumerate(theirs.uids) if uid not in wrong])
    matched = sides.twins(work, ours, theirs)
    if not hidden:
        return matched
    copies = {known[uid] for uid in hidden}
    doubtful = [uid for uid, there in matched.pairs.items() if there in copies]
    error = MessageError(Code.INCOMPLETE, side=Side.SOURCE)
    return replace(
        matched,
        pairs={uid: there for uid, there in matched.pairs.items() if there not in copies},
        unsettled={**matched.unsettled, **dict.fromkeys(doubtful, error)},
    )


def _unlisted(work: Work) -> frozenset[int]:
    here = work.ours.messages
    return frozenset(uid for uid in work.known.pairs if here.position(uid) < 0)


def _leave_unsettled(work: Work, unsettled: Mapping[int, MessageError]) -> None:
    """What may be at the destination already is not sent."""
    plan = work.plan
    if plan is None or not unsettled:
        return
    copies = plan.copies
    kept = [at for at, uid in enumerate(copies.uids) if uid not in unsettled]
    for uid in copies.uids:
        if uid in unsettled:
            work.tally.settle(uid, Outcome.FAILED)
            error = unsettled[uid]
            mine, incomplete = error.side is Side.SOURCE, error.code is Code.INCOMPLETE
            code = Code.UNREADABLE if mine else Code.UNREADABLE_COPY
            code = error.code if incomplete else code
            work.tally.name(uid, Outcome.FAILED, code, error.server_words)
            work.tally.unproven += not mine
    work.uncompared |= len(kept) < len(copies)
    work.plan = replace(plan, copies=copies.select(kept))


def _name_altered(work: Work, matched: Matched) -> None:
    """What was found at the destination, and is not the same byte for byte."""
    recorded = work.plan.recorded if work.plan else Pairs()
    work.believed.update(uid for uid in recorded if uid not in matched.compared)
    for uid, words in matched.altered.items():
        if uid in recorded:
            accuse(work, uid, Judgement(Code.ALTERED, words))
            work.tally.altered += 1
            work.tally.name(uid, Outcome.PRESENT, Code.ALTERED, words)


def _refusal(work: Work, removals: int) -> FolderError:
    name = work.pair.destination.name
    words = f"{name}: {removals:,} of {len(work.theirs.messages):,} messages"
    return FolderError(Code.DELETION_REFUSED, words, side=Side.DESTINATION, where=name)


def _with_duplicates(plan: Plan, work: Work, sides: Sides, options: SyncOptions) -> Plan:
    wanted = options.delete_duplicates and work.shown
    if not wanted or work.known.guarded or plan.withheld:
        return plan
    outside = choice.outside(work.theirs.messages, options)
    found = duplicates(work, plan.removals, sides.destination, staying=outside)
    removals, there = len(plan.removals) + len(found), len(work.theirs.messages)
    if empties(removals, there, work.known.pairs, options):
        return replace(plan, removals=(), withheld=removals)
    return replace(plan, duplicates=found)


def _settled(work: Work, aftermath: Aftermath, ledger: Ledger) -> Known:
    """What is known after the intents that an interruption left open are settled. What of those
    messages servers are known to alter was forgotten with it: their copies are read."""
    known, listed = work.known, work.tally.listed
    last = max(work.theirs.messages.uids, default=0)
    pairs, sent = dict(known.pairs), Pairs(known.sent.values())
    unread: dict[int, Judgement] = {}
    for intent in known.intents:
        open_uids = [uid for uid in intent.uids if uid not in pairs]
        metas = [meta for uid in open_uids if (meta := listed.get(uid)) is not None]
        arrived = aftermath.arrived(work, metas, intent.uidnext)
        sizes = {meta.uid: meta.size for meta in metas}
        found = [Pair(uid, there, sizes[uid]) for uid, there in arrived.items()]
        ledger.settle(work.key, intent.number, found)
        work.taken.update(arrived.values())
        work.arrived.update(arrived)
        # What arrived after the listing would pass for removed by it.
        work.again |= any(uid > last for uid in arrived.values())
        pairs.update(arrived)
        unread.update(dict.fromkeys(arrived, UNREAD))
        for pair in () if intent.earlier else found:
            sent.put(pair)
    ledger.judge(work.key, unread)
    judgements = {**known.judgements, **unread}
    return replace(known, pairs=pairs, sent=sent, intents=(), judgements=judgements)


def _count_left(work: Work) -> None:
    """What an earlier attempt of this very run has removed from the source was found by it, and is
    where it was brought."""
    tally, sent = work.tally, work.known.sent
    left = [uid for uid in work.known.left_now if tally.listed.position(uid) < 0]
    if left and work.part is None:
        tally.pass_over(len(left), [sent[uid] for uid in left if uid in sent])
        tally.deleted_at_source += len(left)


def _count(work: Work, plan: Plan) -> None:
    """Give every message that is not to be copied its outcome. What an earlier attempt of this
    run has sent counts as copied."""
    tally, sent = work.tally, work.known.sent
    for meta in plan.skipped:
        tally.settle(meta.uid, Outcome.SKIPPED)
        tally.note(meta, Outcome.SKIPPED, Code.REMOVED_AT_DESTINATION)
    for one in plan.left_out:
        tally.leave_out(one)
    present = array("I", (uid for uid in tally.open if plan.copies.position(uid) < 0))
    for uid in present if sent else ():
        if (pair := sent.get(uid)) is not None:
            tally.settle(uid, Outcome.COPIED, pair.size)
    tally.settle_all(present, Outcome.PRESENT)
