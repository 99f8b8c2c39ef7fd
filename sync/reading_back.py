"""Copies that are read back, and what comes of it for the folder's report.

An alteration that servers are known for is an exception with a name. A copy that is another message
than the source's is none that this run can call copied: it is failed, and the run is not verified.
It is not sent again, since it would be altered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import chain
from typing import TypeVar

from sync.alteration import Alteration, Alterations, known, words
from sync.content import Closed, Compared, Copies, compare
from sync.errors import Code, FolderChanged, Side
from sync.intent import Judgement
from sync.judging import UNREAD, accuse, to_read_again
from sync.learning import Learnt
from sync.options import ProofLevel, SyncOptions
from sync.pairs import Pairs
from sync.ports import Ledger
from sync.report import Outcome
from sync.resting import disturb
from sync.twins import Sides
from sync.verify import miss
from sync.work import Work

T = TypeVar("T")
DOUBTFUL = 100
"""So many doubtful copies of a folder are read back where nobody has asked for the content; of the
rest the size accuses."""
SAMPLE_SIZE = 256 * 1024
"""Bytes of the largest message that is read as a sample."""
DRAWN_FROM = 500
"""So many messages of a folder are looked at to find those."""
SAMPLE_FOLDERS = 4
"""It is taken from so many folders, those with the most copies."""


def read_back(
    works: Sequence[Work], sides: Sides, ledger: Ledger, learnt: Learnt, *, options: SyncOptions
) -> None:
    """Read what is doubtful, and what was asked for; write what is found into the tallies."""
    reading = _Reading(works, sides, ledger, learnt)
    asked = {work: _chosen(work, pairs, options) for work, pairs in reading.copied.items()}
    if not options.proof.reads:
        for work, uids in _first(works, learnt).items():
            asked[work] |= {u: place for u, place in uids.items() if u in reading.copied[work]}
    for work in works:
        asked[work] |= to_read_again(work)
        found = work.plan.recorded.there if work.plan else {}
        asked[work] |= {uid: found[uid] for uid in work.recalled}
        anew = [uid for uid in work.wrong if uid in reading.copied[work]]
        asked[work] |= {
            u: place for u in anew if (place := reading.copied[work][u].destination_uid)
        }
    for work, suspects in reading.suspects.items():
        asked[work] |= {uid: suspects[uid] for uid in learnt.unknown(_kinds(work, suspects))}
    reading.run(asked)
    more = {work: reading.unread(work) for work in works if work.suspect}
    reading.run(
        {
            work: {uid: suspects[uid] for uid in learnt.doubtful(_kinds(work, suspects))}
            for work, suspects in more.items()
        }
    )
    if not options.proof.reads:
        _read_believed(works, reading, learnt)


def _read_believed(works: Sequence[Work], reading: _Reading, learnt: Learnt) -> None:
    """Some of what another run or another tool has put there: where one is altered, the others are
    read, too."""
    places = [
        (work, uid, there)
        for work in works
        for uid, there, size in (work.plan.recorded.rows() if work.plan else ())
        if uid in work.believed and there and size <= SAMPLE_SIZE
    ]
    for _ in range(2):
        some = spread(places, learnt.matched(len(places)))
        asked: dict[Work, dict[int, int]] = {}
        for work, uid, there in some:
            asked.setdefault(work, {})[uid] = there
        reading.run(asked)
        learnt.doubted |= any(uid in work.unlike for work, uid, _ in some)
        if not learnt.doubted:
            return
        read = {(work, uid) for work, uid, _ in some}
        places = [one for one in places if one[:2] not in read]


def read_doubtful(works: Sequence[Work], sides: Sides, ledger: Ledger, learnt: Learnt) -> None:
    """What only a look at the listing has made doubtful."""
    reading = _Reading(works, sides, ledger, learnt)
    reading.run({work: _doubtful(work, pairs) for work, pairs in reading.copied.items()})


class _Reading:
    """Copies of these folders are read; each once."""

    def __init__(self, works: Sequence[Work], sides: Sides, ledger: Ledger, learnt: Learnt) -> None:
        self._sides = sides
        self._ledger = ledger
        self._learnt = learnt
        self.copied = {work: _there(work) for work in works}
        self.suspects = {work: self.unread(work) for work in works if work.suspect}

    def unread(self, work: Work) -> dict[int, int]:
        """Suspect copies that were not read yet, with their places at the destination."""
        there = self.copied[work].there
        return {
            uid: place
            for uid in work.suspect
            if uid not in work.equal and uid not in work.unlike and (place := there.get(uid, 0))
        }

    def run(self, asked: Mapping[Work, Mapping[int, int]]) -> None:
        chosen = [Copies(work, uids) for work, uids in asked.items() if uids and work.under_way]
        for found in compare(self._sides, chosen):
            if isinstance(found, Compared):
                mine = found.uid in self.copied[found.work]
                was = found.work.outcome(found.uid) if mine else Outcome.PRESENT
                settle(found, self._ledger, was=was)
                if found.equal or found.altered:
                    self._learnt.tell(found.work.suspect.get(found.uid, ()), found.altered)
            else:
                _close(found)


def _there(work: Work) -> Pairs:
    """What is to be proven, but for what the proof has found or missed already."""
    copied = work.to_prove
    done = {*work.missed, *work.equal, *work.unlike}
    return Pairs(p for p in copied.values() if p.source_uid not in done) if done else copied


def _kinds(work: Work, uids: Iterable[int]) -> dict[int, Alterations]:
    return {uid: work.suspect[uid] for uid in uids}


def _first(works: Sequence[Work], learnt: Learnt) -> dict[Work, dict[int, int]]:
    """Some of what was put into folders of which nothing was there: what the destination makes of
    it is not known. Large ones are left out. A server alters messages, whatever folder they are in:
    to open each folder once more would cost more than the reading."""
    new = [work for work in works if len(work.known.pairs) <= len(work.known.sent)]
    places = [
        (work, uid, place)
        for work in nlargest(SAMPLE_FOLDERS, new, key=lambda work: len(work.copied))
        for uid, place, size in spread(list(work.copied.rows()), DRAWN_FROM)
        if place and size <= SAMPLE_SIZE and uid not in work.refiled
    ]
    found: dict[Work, dict[int, int]] = {}
    for at in spread(range(len(places)), learnt.first(len(places))):
        work, uid, place = places[at]
        found.setdefault(work, {})[uid] = place
    return found


def _chosen(work: Work, copied: Pairs, options: SyncOptions) -> dict[int, int]:
    if not options.proof.reads:
        return _doubtful(work, copied)
    there = copied.there
    known = {uid: place for uid, place in there.items() if place}
    if options.proof is ProofLevel.EVERYTHING:
        listed = work.tally.listed
        present = _present(work, copied)
        return known | {u: p for u, p in present.items() if listed.position(u) >= 0}
    if not options.proof_sample:
        return known
    some = spread(list(known), options.proof_sample)
    found = {uid: there[uid] for uid in sorted({*some, *work.doubtful}) if uid in there}
    present = _present(work, copied)
    more = spread(sorted(present), options.proof_sample - len(some))
    return found | {uid: present[uid] for uid in more}


def _doubtful(work: Work, copied: Pairs) -> dict[int, int]:
    for uid in [uid for uid in work.doubtful[DOUBTFUL:] if uid in copied]:
        work.tally.altered += 1
        work.tally.name(uid, work.outcome(uid), Code.ALTERED, Alteration.SIZE)
        accuse(work, uid, Judgement(Code.ALTERED, Alteration.SIZE))
    doubtful = [uid for uid in work.doubtful[:DOUBTFUL] if uid in copied]
    return {uid: copied[uid].destination_uid for uid in doubtful}


def _present(work: Work, copied: Pairs) -> dict[int, int]:
    """What was at the destination before this run."""
    recorded = work.plan.recorded.there if work.plan else {}
    dead = set(work.dead)
    pairs = chain(work.known.pairs.items(), recorded.items())
    return {uid: there for uid, there in pairs if there and uid not in copied and uid not in dead}


def spread(all_of: Sequence[T], number: int) -> list[T]:
    """So many of them, evenly: the same ones each time."""
    if number >= len(all_of):
        return list(all_of)
    return [all_of[place * len(all_of) // number] for place in range(max(number, 0))]


def settle(found: Compared, ledger: Ledger, *, was: Outcome) -> None:
    """Write into the tally what became of a message that is counted as `was`."""
    work, uid, tally = found.work, found.uid, found.work.tally
    if found.absent is not None:
        if found.absent is Side.DESTINATION:
            miss([uid], work, ledger, was=was)
            disturb(work, ledger)
    elif found.unreadable is not None:
        error = found.unreadable
        tally.unproven += error.side is not Side.SOURCE
        tally.name(uid, was, Code.UNREADABLE, error.server_words)
        if error.side is not Side.SOURCE:
            accuse(work, uid, Judgement(Code.UNREADABLE, error.server_words))
        elif uid not in work.known.judgements:
            # The copy is not compared yet: the next run tries again.
            accuse(work, uid, UNREAD)
    else:
        tally.read_back += 1
        tally.size_read_back += tally.size(uid)
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
    accuse(found.work, found.uid, Judgement(Code.ALTERED, words(altered)))


def _close(found: Closed) -> None:
    if isinstance(found.error, FolderChanged):
        found.work.repeat(found.error)
    elif found.work.tally.error is None:
        found.work.tally.fail_open(found.error)
        found.work.tally.unproven += 1
