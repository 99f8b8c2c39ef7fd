"""Which messages may leave the source (H10, M6), by what was chosen. Pure.

    known to be copied, and not skipped          else it stays
    within the choice of messages                else it stays
    not marked \\Deleted by somebody else         else it stays, and is named
    its place at the destination is known        else it stays, and is named
    once synchronized                            any of them
    if synchronized longer ago than N days       by when the ledger entered it
    if older than N days                         by INTERNALDATE; without one it stays

Whether a copy is equal is no question of this file: nothing leaves without that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync.choice import outside
from sync.dates import instant
from sync.listing import Listing
from sync.messages import Messages
from sync.options import SourceDeletion, SyncOptions
from sync.work import Work

DELETED = "\\deleted"
MARKED = "it was marked \\Deleted by somebody else"
NOWHERE = "its place at the destination is not known"


@dataclass(slots=True)
class Due:
    """Of one folder, by source uid."""

    pairs: dict[int, int] = field(default_factory=dict)
    """Each with its copy's uid."""
    staying: dict[int, str] = field(default_factory=dict)
    """Their time has come, but they stay; with the reason."""


def due(
    work: Work,
    pairs: Iterable[tuple[int, int]],
    options: SyncOptions,
    *,
    now: datetime,
    settled: Callable[[datetime], Collection[int]],
) -> Due:
    """Of `pairs`, source uid and destination uid, those that are listed. `settled` answers which
    were copied at a moment."""
    found, listed = Due(), work.tally.listed
    timely = _timely(work, options, now=now, settled=settled)
    skipped = work.plan.skipped if work.plan else ()
    stay = {meta.uid for meta in skipped}
    stay.update(outside(listed, options))
    for uid, there in pairs:
        at = listed.position(uid)
        if at < 0 or uid in stay or not timely(uid):
            continue
        if deleted(listed.flags(at)) and uid not in work.known.left:
            found.staying[uid] = MARKED
        elif not there:
            found.staying[uid] = NOWHERE
        else:
            found.pairs[uid] = there
    return found


def _timely(
    work: Work,
    options: SyncOptions,
    *,
    now: datetime,
    settled: Callable[[datetime], Collection[int]],
) -> Callable[[int], bool]:
    moment = now - timedelta(days=options.source_deletion_days)
    if options.source_deletion is SourceDeletion.SYNCED:
        return lambda uid: True
    if options.source_deletion is SourceDeletion.SYNCED_LONGER:
        copied = settled(moment)
        return lambda uid: uid in copied
    if options.source_deletion is SourceDeletion.OLDER:
        listed = work.tally.listed

        def older(uid: int) -> bool:
            arrived = instant(listed.internaldate(listed.position(uid)))
            return arrived is not None and arrived < moment

        return older
    return lambda uid: False


def our_marks(work: Work) -> list[int]:
    """Messages that an earlier attempt has marked \\Deleted and not removed."""
    listed = work.tally.listed
    marked = ((uid, listed.position(uid)) for uid in work.known.left)
    return [uid for uid, at in marked if at >= 0 and deleted(listed.flags(at))]


def without_our_marks(ours: Listing, left: Collection[int]) -> Listing:
    """The source as it would look if none of `left` had been marked \\Deleted: that is nobody's
    flag, and must not get to the copies."""
    messages = ours.messages
    places = (messages.position(uid) for uid in left)
    if not any(at >= 0 and deleted(messages.flags(at)) for at in places):
        return ours
    metas = (
        replace(meta, flags=frozenset(f for f in meta.flags if f.lower() != DELETED))
        if meta.uid in left
        else meta
        for meta in messages
    )
    return replace(ours, messages=Messages.of(metas))


def deleted(flags: frozenset[str]) -> bool:
    return any(flag.lower() == DELETED for flag in flags)
