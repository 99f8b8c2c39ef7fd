"""What a proof has found wrong with copies, kept in the ledger for as long as it is true.

A run is as green as the worst of that: each run names it again. Where the proof has not had its
last word it is asked for again: a copy that was another message, could not be read, or was not read
yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sync.alteration import CAUSED, Alteration, known, named
from sync.dates import same_instant
from sync.errors import Code
from sync.intent import Judgement
from sync.ports import Ledger
from sync.report import Outcome
from sync.resting import disturb
from sync.stamps import stamp_at
from sync.work import Work

UNREAD = Judgement(Code.ALTERED, "not read back yet")
"""Of a copy of what servers are known to alter: written when it is sent, so that it is not
forgotten with the process."""
OF_DATE = Judgement(Code.DATE_ALTERED)
READ_AGAIN = 100
"""So many copies of another size are read by a later run at most, in each folder."""


def accuse(work: Work, uid: int, judgement: Judgement) -> None:
    """What a look at the content has found. What is known of the date stays."""
    old = _last(work, uid)
    dated = old is not None and (old.redated or _of_date(old))
    work.judged[uid] = replace(judgement, redated=dated)


def redate(work: Work, uid: int) -> None:
    """The copy's internal date is another. What is known of the content stays."""
    old = _last(work, uid)
    worse = old is not None and not _of_date(old)
    work.judged[uid] = replace(old, redated=True) if old and worse else OF_DATE


def _last(work: Work, uid: int) -> Judgement | None:
    """What was found of this very copy until now."""
    if uid in work.judged or uid in work.copied:
        return work.judged.get(uid)
    return work.known.judgements.get(uid)


def suspected(work: Work, uids: Iterable[int], ledger: Ledger) -> None:
    """Of those that were just copied, what has to be read back."""
    ledger.judge(work.key, {uid: UNREAD for uid in uids if uid in work.suspect})


def doubtful(work: Work, unlike: Iterable[int]) -> dict[int, Judgement]:
    """Of copies that look like other messages, and whose proof an earlier run did not come to, or a
    pass that could not be ended: what is to be proven, or named."""
    known, mine, theirs = work.known, work.tally.listed, work.theirs.messages
    found: dict[int, Judgement] = {}
    for uid in unlike:
        if uid in known.sent or uid in known.judgements:
            continue
        at, place = mine.position(uid), theirs.position(known.pairs[uid])
        date = mine.internaldate(at)
        redated = bool(date) and not same_instant(date, theirs.internaldate(place))
        if (known.size(uid) or mine.sizes[at]) != theirs.sizes[place]:
            found[uid] = Judgement(Code.ALTERED, Alteration.SIZE, redated)
        elif redated:
            found[uid] = OF_DATE
    return found


def recall(work: Work, ledger: Ledger) -> None:
    """Of pairs that were found just now, and that nobody has compared: which of the copies had
    something wrong with them under other keys. They are read anew."""
    if not work.believed or work.plan is None:
        return
    stamps, sizes = set[int](), set[int]()
    for other in ledger.judged_elsewhere(work.key):
        for uid in other.judgements:
            stamp = other.stamps.get(uid)
            stamps.update((stamp.source, stamp.destination) if stamp else ())
            sizes.update((other.size(uid),) if not stamp else ())
    mine, theirs = work.tally.listed, work.theirs.messages
    for uid, place, size in work.plan.recorded.rows() if stamps or sizes else ():
        at, there = mine.position(uid), theirs.position(place)
        same = size in sizes or stamp_at(mine, at) in stamps or stamp_at(theirs, there) in stamps
        if uid in work.believed and same:
            work.recalled.add(uid)


def to_read_again(work: Work) -> dict[int, int]:
    """Source uid → destination uid of copies that have to be proven once more."""
    judged, pairs = work.known.judgements, work.known.pairs
    found = [uid for uid, judgement in judged.items() if _asked_again(work, uid, judgement)]
    large = [uid for uid in found if judged[uid].words == Alteration.SIZE][READ_AGAIN:]
    return {uid: pairs[uid] for uid in found if uid not in large}


def _asked_again(work: Work, uid: int, judgement: Judgement) -> bool:
    """Of what an earlier attempt of this very run has sent nothing was told yet."""
    if uid in work.copied or not work.known.pairs.get(uid) or not _stands(work, uid):
        return False
    sent = uid in work.known.sent
    return judgement.code is not Code.DATE_ALTERED if sent else _open(judgement)


def alters_plain(work: Work) -> bool:
    """Whether this folder's copies are known to be altered without a cause in the message."""
    judged = work.known.judgements.values()
    kinds = {kind for one in judged if one.code is Code.ALTERED for kind in named(one.words)}
    return not kinds <= CAUSED


def set_apart(work: Work) -> None:
    """A person wants sent anew what has failed its proof: those pairs are not known then, and their
    copies are nobody's. The ledger goes on knowing them until a new copy is in it."""
    known = work.known
    work.wrong = {
        uid: known.pairs[uid]
        for uid, judgement in known.judgements.items()
        if _failed(judgement) and known.pairs.get(uid) and uid not in known.sent
        if _stands(work, uid)
    }
    if work.wrong:
        work.known = replace(
            known,
            pairs={uid: there for uid, there in known.pairs.items() if uid not in work.wrong},
            judgements={u: one for u, one in known.judgements.items() if u not in work.wrong},
        )


def name_wrong(work: Work) -> None:
    """Copies that have failed, and whose messages were sent anew: they stay where they are."""
    removed = {*work.plan.removals} if work.plan else set()
    for uid, there in work.wrong.items():
        if uid in work.copied and there not in removed:
            words = f"sent anew; the copy with uid {there} is another message, and stays"
            work.tally.name(uid, work.outcome(uid), Code.ALTERED, words)


def name_redated(work: Work) -> None:
    """What was found at the destination, and not sent, with another internal date."""
    mine, there = work.tally.listed, work.theirs.messages
    for uid, copy in work.plan.recorded.there.items() if work.plan else ():
        at, place = mine.position(uid), there.position(copy)
        if at < 0 or place < 0 or uid in work.copied or uid in work.arrived:
            continue
        date = mine.internaldate(at)
        if date and not same_instant(date, there.internaldate(place)):
            work.tally.name(uid, Outcome.PRESENT, Code.DATE_ALTERED)
            redate(work, uid)


def name_judged(work: Work) -> None:
    """What was found by earlier runs and is true still. What this one has looked at is told."""
    told = {*work.judged, *work.equal, *work.unlike}
    proven, pairs = {*work.to_prove}, work.known.pairs
    dated = {note.uid for note in work.tally.notes if note.code is Code.DATE_ALTERED}
    for uid, judgement in work.known.judgements.items():
        if uid in proven or uid not in pairs or not _stands(work, uid):
            continue
        if _of_date(judgement) or judgement.redated:
            if _dated(work, uid):
                _undate(work, uid, judgement)
            elif uid not in dated:
                work.tally.name(uid, Outcome.PRESENT, Code.DATE_ALTERED)
        if uid not in told and not _of_date(judgement):
            work.tally.altered += judgement.code is Code.ALTERED
            work.tally.name(uid, Outcome.PRESENT, judgement.code, judgement.words)


def _undate(work: Work, uid: int, judgement: Judgement) -> None:
    now = work.judged.get(uid, judgement)
    work.judged[uid] = None if now is None or _of_date(now) else replace(now, redated=False)


def keep(works: Sequence[Work], ledger: Ledger) -> None:
    """Write down what was found, and what is true no longer."""
    for work in works:
        judged = work.judged
        for uid in work.equal:
            old = work.known.judgements.get(uid)
            asked = uid in work.suspect or uid in work.wrong or uid in work.recalled
            if asked or (old and not _of_date(old)):
                judged.setdefault(uid, OF_DATE if old and old.redated else None)
        if work.under_way:
            for uid in work.suspect:
                judged.setdefault(uid, None)
        before = work.known.judgements
        for uid in before:
            if uid in work.copied:
                # Another copy than the one that was judged.
                judged.setdefault(uid, None)
        if judged:
            ledger.judge(work.key, judged)
            if any(judged.values()):
                disturb(work, ledger)
        kept = {uid: one for uid, one in {**before, **judged}.items() if one is not None}
        work.known = replace(work.known, judgements=kept)
        judged.clear()


def may_rest(work: Work) -> bool:
    """Whether all exceptions of the folder are in the ledger, which names them again in a run that
    does not look at it."""
    kept = work.known.judgements
    return not work.tally.unnamed and all(
        note.outcome is not Outcome.FAILED
        and (judged := kept.get(note.uid)) is not None
        and note.code in {code for code, _ in judged.faults}
        and not _open(judged)
        for note in work.tally.notes
    )


def _of_date(judgement: Judgement) -> bool:
    return judgement.code is Code.DATE_ALTERED


def _failed(judgement: Judgement) -> bool:
    """The copy is another message, or nobody can read it."""
    altered = judgement.code is Code.ALTERED and not known(named(judgement.words))
    return altered or judgement.code is Code.UNREADABLE


def _open(judgement: Judgement) -> bool:
    if _failed(judgement) or replace(judgement, redated=False) == UNREAD:
        return True
    return judgement.code is Code.ALTERED and judgement.words == Alteration.SIZE


def _stands(work: Work, uid: int) -> bool:
    """The original is there, and the pair is believed."""
    if uid in work.missed or uid in work.dead:
        return False
    return work.part is not None or work.tally.listed.position(uid) >= 0


def _dated(work: Work, uid: int) -> bool:
    """Both sides show the same date now."""
    mine, there = work.tally.listed, work.theirs.messages
    at, place = mine.position(uid), there.position(work.known.pairs.get(uid, 0))
    if at < 0 or place < 0:
        return False
    date, copied = mine.internaldate(at), there.internaldate(place)
    # Where only flags were asked for there are no dates, which are no two equal ones.
    return bool(date and copied) and same_instant(date, copied)
