"""The proof of what was copied, as far as was asked for (B3).

    counts     the destination's folder holds as many messages more as were copied; where one is
               found to alter messages that are as the RFCs have them, its metadata is asked for
    metadata   it lists each copy, with the original's size, date and flags; a doubtful one is read
    content    and copies are read on both sides and compared byte for byte
    everything all pairs are, also those of earlier runs

Whatever was asked for: what does not add up is looked at more closely, and what servers are known
to alter, as well as some of the first copies, is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync.asking import not_shown
from sync.errors import Code, FolderChanged, FolderError, Side, UidValidityChanged
from sync.judging import alters_plain, to_read_again
from sync.learning import Learnt
from sync.listing import Listing
from sync.looking import listings
from sync.misled import find_again, misled
from sync.model import Asked
from sync.options import ProofLevel, SyncOptions
from sync.placing import place
from sync.ports import Ledger
from sync.reading_back import read_back, read_doubtful
from sync.resting import disturb
from sync.twins import Sides
from sync.uids import UidRanges
from sync.verify import prove, settle_proof, unflagged
from sync.work import Work


def prove_copies(
    works: Sequence[Work], sides: Sides, ledger: Ledger, learnt: Learnt, *, options: SyncOptions
) -> None:
    """Of folders under way. What the proof finds is in their tallies and in the ledger."""
    left = wrote = [work for work in works if work.wrote]
    if left and options.proof is ProofLevel.COUNTS and not learnt.alters_plain:
        left = _uncounted(left, sides)
    if left:
        _prove_listed(left, sides, ledger)
    whole = options.proof.reads
    readable = [w for w in works if whole or w in wrote or w.believed or to_read_again(w)]
    read_back([w for w in readable if w.under_way], sides, ledger, learnt, options=options)
    counted = [work for work in wrote if work not in left and work.under_way]
    if counted and learnt.alters_plain:
        # Here the number of copies says little of them.
        _prove_listed(counted, sides, ledger)
        counted = [work for work in counted if work.under_way]
        read_doubtful(counted, sides, ledger, learnt)


def _uncounted(works: Sequence[Work], sides: Sides) -> list[Work]:
    """Those whose number does not say that all copies are there."""
    statuses = sides.destination.status([work.pair.destination for work in works])
    left: list[Work] = []
    for work in works:
        now, plan = statuses.get(work.pair.destination.name), work.plan
        then = work.theirs.status
        removed = len(plan.removals) + len(plan.duplicates) if plan else 0
        wanted = then.messages + len(work.copied) - removed
        if (
            now is None
            or isinstance(now, FolderError)
            or work.disturbed
            or work.unplaced
            or alters_plain(work)
            or now.uidvalidity != then.uidvalidity
            or now.messages < wanted
            or any(there >= now.uidnext for _, there, _ in work.copied.rows())
        ):
            left.append(work)
        else:
            work.theirs = replace(work.theirs, status=now)
    return left


def _prove_listed(works: Sequence[Work], sides: Sides, ledger: Ledger) -> None:
    """By what the destination lists from the first copy on; when one is missing there, by all
    that it lists: a copy that was only left out must not be made again."""
    asked = [Asked(work.pair.destination, work.proven_from) for work in works]
    parts = zip(works, sides.destination.listings(asked), strict=True)
    doubtful = [
        work for work, part in list(parts) if not _proven(work, part, sides, ledger, final=False)
    ]
    whole = listings(sides.destination, [work.pair.destination for work in doubtful])
    for work, listing in zip(doubtful, whole, strict=True):
        _proven(work, listing, sides, ledger, final=True)
    _compare_flags([work for work in works if work.under_way], sides)


def _compare_flags(works: Sequence[Work], sides: Sides) -> None:
    """Of what was copied just now. A flag may have been taken away at the source since it was
    listed: that is asked again."""
    doubtful: dict[Work, list[int]] = {}
    for work in works:
        if uids := unflagged(work, work.copied, work.ours.messages, work.theirs):
            doubtful[work] = uids
    asked = [Asked(w.pair.source, uids=UidRanges.of(uids)) for w, uids in doubtful.items()]
    answers = list(sides.source.listings(asked)) if asked else []
    for work, now in zip(doubtful, answers, strict=True):
        if isinstance(now, Listing) and now.status.uidvalidity == work.key.source_uidvalidity:
            for uid in unflagged(work, work.copied, now.messages, work.theirs):
                work.tally.name(uid, work.outcome(uid), Code.FLAGS_LOST)


def _proven(
    work: Work, listing: Listing | FolderError, sides: Sides, ledger: Ledger, *, final: bool
) -> bool:
    """False: copies are missing in what may be a part of the listing, and nothing is settled."""
    if isinstance(listing, FolderError):
        work.tally.fail_open(listing)
    elif listing.status.uidvalidity != work.key.destination_uidvalidity:
        work.repeat(UidValidityChanged(Code.UIDVALIDITY_CHANGED, side=Side.DESTINATION))
    else:
        proof = prove(work, work.to_prove, listing)
        if (proof.missing or work.unplaced) and not final:
            return False
        if work.unplaced or (proof.unlike and listing.whole and misled(work, listing)):
            if not _placed(work, listing, sides, ledger):
                return True
            proof = prove(work, work.to_prove, listing)
        if proof.missing and not listing.whole:
            # What the destination did not show may be there: it is neither missed nor sent again.
            work.tally.reserve(not_shown(work.pair.destination.name, listing, Side.DESTINATION))
            proof = replace(proof, missing=())
        work.theirs = listing
        settle_proof(proof, work, ledger)
        if proof.missing:
            disturb(work, ledger)
    return True


def _placed(work: Work, listing: Listing, sides: Sides, ledger: Ledger) -> bool:
    """Copies whose uid was not told, or not truly, are looked for. False: the folder needs another
    pass, or cannot be read."""
    try:
        if listing.whole and misled(work, listing):
            find_again(work, sides, ledger)
        if work.unplaced:
            place(work, listing, sides, ledger)
    except FolderChanged as error:
        work.repeat(error)
    except FolderError as error:
        work.tally.fail_open(error)
        work.tally.unproven += 1
    return work.under_way
