"""Uids that mean other messages than the ledger remembers.

A server that was restored from a backup keeps its UIDVALIDITY and gives the uids that it gave since
to other messages. What a uid stood for is remembered as a stamp (sync.stamps):

    compared                                  when
    ---------------------------------------   ----------------------------------------
    size and internal date                    whenever a message is listed
    those of the highest uids of a pair       whenever a folder's changes are asked for, and in each
                                              run of three folders that stand as they stood, too
    identity of the highest uids, too         whenever a folder is looked at
    size and date of both, without a stamp    whenever a whole folder is listed
    uids of at least UIDNEXT                  they are nobody's, where UIDNEXT is told

A pair of which one side means another message is forgotten, and both are matched anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sync.errors import Code
from sync.intent import EVERY_UID, Known, Pair, Stamp
from sync.listing import Changes, Listing
from sync.matching import identity_key
from sync.messages import Messages
from sync.misled import Looks
from sync.model import Identity, MessageMeta
from sync.pairs import Pairs
from sync.ports import Ledger
from sync.report import Outcome
from sync.stamps import PROBED, Stamps, identity_stamp, stamp_at
from sync.twins import Sides
from sync.work import Work

_NOTHING = Identity()
"""A server may cut a header short: then nothing is told of it."""


def mistaken(work: Work, sides: Sides, unlike: Mapping[int, object]) -> frozenset[int]:
    """Source uids of the known pairs that are not to be believed. Of a folder of which a part is
    listed some are named, if there are any: then all of it has to be listed. `unlike` is
    what `unproven` gives."""
    known, ours, theirs = work.known, work.ours, work.theirs
    wrong = set(_unstamped(known, ours.messages, theirs.messages))
    if (part := work.part) is not None:
        wrong.update(told_otherwise(known, part.source_changes, part.destination_changes))
        return frozenset(wrong)
    wrong.update(_misplaced(known, theirs.messages, unlike))
    beyond = set(_beyond(known, ours, theirs))
    if beyond or any(_unlike(known, *_identities(work, sides))):
        # How far back it goes, nobody knows: all that are there on both sides are matched anew.
        wrong.update(
            uid
            for uid, place in known.pairs.items()
            if ours.messages.position(uid) >= 0 and theirs.messages.position(place) >= 0
        )
    return frozenset(wrong | beyond)


def told_otherwise(known: Known, here: Changes, there: Changes) -> Iterator[int]:
    """Of the highest messages, which were asked for."""
    yield from _unstamped(known, here.probed, there.probed)
    yield from _unlike(known, here.identities, there.identities)


def _unstamped(known: Known, ours: Messages, theirs: Messages) -> Iterator[int]:
    for uid, stamp in known.stamps.items() if known.stamps and (ours or theirs) else ():
        mine = ours.position(uid)
        if mine >= 0 and stamp.source and _told(ours, mine) not in (0, stamp.source):
            yield uid
            continue
        at = theirs.position(known.pairs.get(uid, 0))
        if at >= 0 and stamp.destination and _told(theirs, at) not in (0, stamp.destination):
            yield uid


def unproven(work: Work) -> dict[int, object]:
    """By source uid, of pairs that were written down when they were sent, and never proven since,
    those that look like two messages, with the original's looks. All has to be listed."""
    known, ours, theirs = work.known, work.ours.messages, work.theirs.messages
    looks, unlike = Looks(), dict[int, object]()
    for uid, place in known.pairs.items() if work.part is None else ():
        mine, at = ours.position(uid), theirs.position(place)
        if uid in known.stamps or mine < 0 or at < 0 or not theirs.sizes[at]:
            continue
        if (wanted := looks.of(ours, mine)) != looks.of(theirs, at):
            unlike[uid] = wanted
    return unlike


def _misplaced(known: Known, theirs: Messages, unlike: Mapping[int, object]) -> Iterator[int]:
    """Those of the unproven pairs that cannot be right, since something else looks like the
    original, or some copy has no place: a destination that told wrong uids, and a proof that could
    not be made."""
    if unlike:
        looks = Looks()
        found = {looks.of(theirs, at) for at in range(len(theirs))}
        unplaced = 0 in known.pairs.values()
        yield from (uid for uid, wanted in unlike.items() if unplaced or wanted in found)


def _told(messages: Messages, at: int) -> int:
    """0 for a message of which flags alone were asked for."""
    return stamp_at(messages, at) if messages.sizes[at] else 0


def _beyond(known: Known, ours: Listing, theirs: Listing) -> Iterator[int]:
    """A UIDNEXT that is only our guess tells nothing: what is beyond it may have been removed by a
    person."""
    here, there = (
        one.status.uidnext if one.status.uidnext_told else EVERY_UID.stop for one in (ours, theirs)
    )
    return (uid for uid, place in known.pairs.items() if uid >= here or place >= there)


def _unlike(
    known: Known, here: Mapping[int, Identity], there: Mapping[int, Identity]
) -> Iterator[int]:
    """Those whose header has become another, on either side by its uids."""
    for uid, stamp in _named(known):
        place = known.pairs[uid]
        for one in (here.get(uid), there.get(place)):
            if (
                one is not None
                and one != _NOTHING
                and identity_stamp(identity_key(one)) != stamp.identity
            ):
                yield uid


def _named(known: Known) -> Iterator[tuple[int, Stamp]]:
    for uid in sorted(known.stamps)[-4 * PROBED :]:
        if (stamp := known.stamps[uid]).identity and uid in known.pairs:
            yield uid, stamp


def _identities(work: Work, sides: Sides) -> tuple[Mapping[int, Identity], Mapping[int, Identity]]:
    """Of the highest pairs, as far as they are listed."""
    named = [uid for uid, _ in _named(work.known)]
    places = sorted(work.known.pairs[uid] for uid in named)
    here = [uid for uid in named if work.ours.messages.position(uid) >= 0][-PROBED:]
    there = [place for place in places if work.theirs.messages.position(place) >= 0][-PROBED:]
    return (
        sides.source.identities(work.pair.source, here) if here else {},
        sides.destination.identities(work.pair.destination, there) if there else {},
    )


def without(known: Known, wrong: frozenset[int]) -> Known:
    """What is known but for these pairs."""
    pairs = Pairs(known_pair for known_pair in _pairs(known) if known_pair.source_uid not in wrong)
    sent = Pairs(pair for uid, pair in known.sent.items() if uid not in wrong)
    stamps = Stamps()
    for uid, stamp in known.stamps.items():
        if uid not in wrong:
            stamps.put(uid, stamp)
    judged = {uid: one for uid, one in known.judgements.items() if uid not in wrong}
    return replace(known, pairs=pairs.there, sent=sent, stamps=stamps, judgements=judged)


def _pairs(known: Known) -> Iterator[Pair]:
    return (Pair(uid, place, 0) for uid, place in known.pairs.items())


def name_reused(work: Work, wrong: frozenset[int], before: Mapping[int, int]) -> None:
    """Say it, unless each of them has found its own copy again: then a server has only told
    another size or date of the same message."""
    plan = work.plan
    if plan is None:
        return
    other = [uid for uid in wrong if plan.recorded.there.get(uid) != before.get(uid)]
    if other:
        words = f"{len(other):,} messages"
        work.tally.note(MessageMeta(0, 0), Outcome.PRESENT, Code.UIDS_REUSED, words)


def remember(work: Work, ledger: Ledger, pairs: Mapping[int, int]) -> None:
    """Write down the stamps of those pairs that have none yet. Where the destination was only
    counted, its half is left open until it is listed."""
    fresh = Stamps()
    known, ours, theirs = work.known.stamps, work.ours.messages, work.theirs.messages
    mine = at = -1
    for uid, place in pairs.items() if ours else ():
        old = known.get(uid) if known and uid not in work.copied else None
        mine, at = ours.position(uid, mine + 1), theirs.position(place, at + 1)
        if (old and old.destination) or mine < 0 or not ours.sizes[mine]:
            continue
        here, there = stamp_at(ours, mine), 0
        if at >= 0 and theirs.sizes[at]:
            # Mostly both sides print the same.
            there = here if ours.listed_alike(mine, theirs, at) else stamp_at(theirs, at)
        identity = work.identities.get(uid, 0) or (old.identity if old else 0)
        if old is None or there:
            fresh.add(uid, here, there, identity)
    ledger.stamp(work.key, fresh)
