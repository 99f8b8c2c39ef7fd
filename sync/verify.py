"""The proof: the destination is listed again, and each copy has to be there."""

from __future__ import annotations

from dataclasses import dataclass

from sync.dates import same_instant
from sync.errors import Code
from sync.model import Listing, Wanted
from sync.pairs import Pairs
from sync.ports import Ledger
from sync.report import Outcome
from sync.twins import Sides, digests
from sync.work import Work

READ_BACK = 100
"""So many doubtful messages of a folder are read on both sides; the size speaks for the rest."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the copied messages of one folder look like at the destination, by source uid."""

    missing: tuple[int, ...]
    altered: tuple[int, ...]
    redated: tuple[int, ...]
    """Their INTERNALDATE is another moment than at the source."""


def prove(sides: Sides, work: Work, copied: Pairs, listing: Listing) -> Proof:
    """Compare the copies of one folder, by source uid, with what the destination lists now."""
    here, there = work.tally.listed, listing.messages
    missing: list[int] = []
    doubtful: list[int] = []
    redated: list[int] = []
    for uid, destination_uid, size in copied.rows():
        at = there.position(destination_uid)
        if at < 0:
            if destination_uid:
                missing.append(uid)
            continue
        if size != there.sizes[at] or uid in work.nul:
            doubtful.append(uid)
        mine = here.position(uid)
        date = here.internaldate(mine) if mine >= 0 else ""
        if date and not same_instant(date, there.internaldate(at)):
            redated.append(uid)
    missing += _lacking(copied, listing)
    return Proof(tuple(missing), _altered(sides, work, copied, doubtful), tuple(redated))


def _lacking(copied: Pairs, listing: Listing) -> tuple[int, ...]:
    """Copies whose uid could not be learnt, when the folder holds too few messages for them all."""
    unknown = [uid for uid, there, _ in copied.rows() if not there]
    if not unknown:
        return ()
    known = {there for _, there, _ in copied.rows() if there}
    room = len(listing.messages) - len(known)
    return tuple(unknown[room:]) if room < len(unknown) else ()


def _altered(sides: Sides, work: Work, copied: Pairs, doubtful: list[int]) -> tuple[int, ...]:
    """Of the doubtful ones those whose bytes differ. Size alone accuses beyond READ_BACK."""
    read = doubtful[:READ_BACK]
    if not read:
        return ()
    pair, key = work.pair, work.key
    ours = Wanted(pair.source, key.source_uidvalidity, tuple(read))
    places = tuple(copied[uid].destination_uid for uid in read)
    theirs = Wanted(pair.destination, key.destination_uidvalidity, places)
    before = digests(sides.source, ours, exact=True)
    after = digests(sides.destination, theirs, exact=True)
    differing = [uid for uid in read if before.get(uid) != after.get(copied[uid].destination_uid)]
    return (*differing, *doubtful[READ_BACK:])


def settle_proof(proof: Proof, work: Work, ledger: Ledger) -> None:
    """Write the proof into the tally; a copy that is missing is forgotten, to be copied anew."""
    tally = work.tally
    if proof.missing:
        ledger.forget(work.key, proof.missing)
        tally.recount(proof.missing, was=Outcome.COPIED, now=Outcome.FAILED)
    for uid in proof.missing:
        tally.name(uid, Outcome.FAILED, Code.NOT_FOUND_AFTERWARDS)
    for uid in proof.altered:
        tally.name(uid, Outcome.COPIED, Code.ALTERED)
    for uid in proof.redated:
        tally.name(uid, Outcome.COPIED, Code.DATE_ALTERED)
