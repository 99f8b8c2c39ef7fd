"""The proof by what the destination lists: each copy is there, and looks like its original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.dates import same_instant
from sync.errors import Code
from sync.flags import keepable
from sync.judging import redate
from sync.listing import Listing
from sync.messages import Messages
from sync.pairs import Pairs
from sync.ports import Ledger
from sync.report import Outcome
from sync.work import Work


@dataclass(frozen=True, slots=True)
class Proof:
    """What the copied messages of one folder look like at the destination, by source uid."""

    missing: tuple[int, ...]
    doubtful: tuple[int, ...]
    """Their size is another: only their bytes can tell of what they are."""
    redated: tuple[int, ...]
    """Their INTERNALDATE is another moment than at the source."""
    unlike: bool = False
    """A copy is missing, or its size or date is another than the original's is listed with."""


def prove(work: Work, copied: Pairs, listing: Listing) -> Proof:
    """Compare the copies of one folder, by source uid, with what the destination lists now."""
    here, there = work.tally.listed, listing.messages
    missing: list[int] = []
    doubtful: list[int] = []
    redated: list[int] = []
    unlike = False
    mine = at = -1
    for uid, destination_uid, size in copied.rows():
        at = there.position(destination_uid, at + 1)
        if at < 0:
            if destination_uid:
                missing.append(uid)
            continue
        if size != there.sizes[at]:
            doubtful.append(uid)
        mine = here.position(uid, mine + 1)
        if mine < 0:
            continue
        unlike |= here.sizes[mine] != there.sizes[at]
        if here.listed_alike(mine, there, at):
            continue
        date, kept = here.internaldate(mine), there.internaldate(at)
        if date != kept and not same_instant(date, kept):
            unlike = True
            if date:
                redated.append(uid)
    unlike |= bool(missing)
    return Proof(tuple(missing), tuple(doubtful), tuple(redated), unlike)


def unflagged(work: Work, copied: Pairs, ours: Messages, theirs: Listing) -> list[int]:
    """Source uids of copies that lack a flag which the original has in `ours`, and which the
    destination keeps. What was put here from another folder keeps its own until the next run."""
    there, permanent = theirs.messages, theirs.permanent_flags
    lacking: dict[tuple[frozenset[str], frozenset[str]], bool] = {}
    found: list[int] = []
    mine = at = -1
    for uid, place, _ in copied.rows():
        mine, at = ours.position(uid, mine + 1), there.position(place, at + 1)
        if mine < 0 or at < 0 or uid in work.refiled:
            continue
        both = ours.flags(mine), there.flags(at)
        if both not in lacking:
            lacking[both] = not _lower(keepable(both[0], permanent)) <= _lower(both[1])
        if lacking[both]:
            found.append(uid)
    return found


def _lower(flags: frozenset[str]) -> frozenset[str]:
    return frozenset(flag.lower() for flag in flags)


def settle_proof(proof: Proof, work: Work, ledger: Ledger) -> None:
    """Write the proof into the tally; a copy that is missing is forgotten, to be copied anew."""
    for was in (Outcome.COPIED, Outcome.PRESENT):
        miss([uid for uid in proof.missing if work.outcome(uid) is was], work, ledger, was=was)
    work.doubtful = list(proof.doubtful)
    for uid in proof.redated:
        work.tally.name(uid, work.outcome(uid), Code.DATE_ALTERED)
        redate(work, uid)


def miss(uids: Sequence[int], work: Work, ledger: Ledger, *, was: Outcome) -> None:
    """The copies of these source uids, counted as `was`, are not there."""
    if not uids:
        return
    ledger.forget(work.key, uids)
    work.missed.update(uids)
    work.tally.recount(uids, was=was, now=Outcome.FAILED)
    work.tally.refiled -= sum(1 for uid in uids if uid in work.refiled)
    for uid in uids:
        work.tally.name(uid, Outcome.FAILED, Code.NOT_FOUND_AFTERWARDS)
