"""Copies that are read back, and what comes of it for the folder's report.

An alteration that servers are known for is an exception with a name. A copy that is another message
than the source's is none that this run can call copied: it is failed, and the run is not verified.
It is not sent again, since it would be altered again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from sync.alteration import Alteration, Alterations, known, words
from sync.content import Closed, Compared, Copies, compare
from sync.errors import Code, FolderChanged, Side
from sync.options import ProofLevel, SyncOptions
from sync.pairs import Pairs
from sync.ports import Ledger
from sync.report import Outcome
from sync.resting import disturb
from sync.twins import Sides
from sync.verify import miss
from sync.work import Work

DOUBTFUL = 100
"""So many doubtful copies of a folder are read back where nobody has asked for the content; of the
rest the size accuses."""


def read_back(works: Sequence[Work], sides: Sides, ledger: Ledger, *, options: SyncOptions) -> None:
    """Read what is doubtful, and what was asked for; write what is found into the tallies."""
    copied = {work: work.to_prove for work in works}
    asked = [Copies(work, _chosen(work, pairs, options)) for work, pairs in copied.items()]
    for found in compare(sides, [one for one in asked if one.pairs]):
        if isinstance(found, Compared):
            mine = found.uid in copied[found.work]
            was = found.work.outcome(found.uid) if mine else Outcome.PRESENT
            settle(found, ledger, was=was)
        else:
            _close(found)


def _chosen(work: Work, copied: Pairs, options: SyncOptions) -> Mapping[int, int]:
    if options.proof is not ProofLevel.CONTENT:
        return _doubtful(work, copied)
    there = copied.there
    unknown = [uid for uid, place, _ in copied.rows() if not place]
    for uid in unknown:
        words = "its place at the destination is not known"
        work.tally.name(uid, work.outcome(uid), Code.UNREADABLE, words)
    if not options.proof_sample and not unknown:
        return there
    known = [uid for uid, place in there.items() if place]
    if not options.proof_sample:
        return {uid: there[uid] for uid in known}
    some = spread(known, options.proof_sample)
    found = {uid: there[uid] for uid in sorted({*some, *work.doubtful})}
    present = _present(work, copied)
    more = spread(sorted(present), options.proof_sample - len(some))
    return found | {uid: present[uid] for uid in more}


def _doubtful(work: Work, copied: Pairs) -> dict[int, int]:
    for uid in work.doubtful[DOUBTFUL:]:
        work.tally.altered += 1
        work.tally.name(uid, work.outcome(uid), Code.ALTERED, Alteration.SIZE)
    return {uid: copied[uid].destination_uid for uid in work.doubtful[:DOUBTFUL]}


def _present(work: Work, copied: Pairs) -> dict[int, int]:
    """What was at the destination before this run."""
    recorded = work.plan.recorded.there if work.plan else {}
    dead = set(work.dead)
    pairs = chain(work.known.pairs.items(), recorded.items())
    return {uid: there for uid, there in pairs if there and uid not in copied and uid not in dead}


def spread(uids: Sequence[int], number: int) -> list[int]:
    """So many of them, evenly: the same ones each time."""
    if number >= len(uids):
        return list(uids)
    return [uids[place * len(uids) // number] for place in range(max(number, 0))]


def settle(found: Compared, ledger: Ledger, *, was: Outcome) -> None:
    """Write into the tally what became of a message that is counted as `was`."""
    work, uid, tally = found.work, found.uid, found.work.tally
    if found.absent is not None:
        put = was is Outcome.COPIED or uid in work.refiled
        if found.absent is Side.DESTINATION and put:
            miss([uid], work, ledger, was=was)
            disturb(work, ledger)
    elif found.unreadable is not None:
        error = found.unreadable
        tally.unproven += error.side is not Side.SOURCE
        tally.name(uid, was, Code.UNREADABLE, error.server_words)
    else:
        tally.read_back += 1
        (work.unlike if found.altered else work.equal).add(uid)
        if found.altered:
            _tell(found.altered, found, was=was)


def _tell(altered: Alterations, found: Compared, *, was: Outcome) -> None:
    tally, outcome = found.work.tally, was
    if known(altered):
        tally.altered += 1
    else:
        outcome = Outcome.FAILED
        tally.unproven += 1
        tally.recount([found.uid], was=was, now=outcome)
    tally.name(found.uid, outcome, Code.ALTERED, words(altered))


def _close(found: Closed) -> None:
    if isinstance(found.error, FolderChanged):
        found.work.repeat(found.error)
    elif found.work.tally.error is None:
        found.work.tally.fail_open(found.error)
        found.work.tally.unproven += 1
