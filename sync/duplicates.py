"""Duplicates at the destination (H9): messages that equal another of the same folder byte for byte,
and that no message of the source has for its copy.

Bodies are read only where the size and the identifying header fields are equal too. Of messages
that are nobody's copy one always stays, and k at the source stay k.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from sync.columns import Uids
from sync.errors import FolderError
from sync.likeness import Marks, content_marks, equals, identity_marks
from sync.messages import Messages
from sync.model import Asked, Folder, Wanted
from sync.plan import Duplicate
from sync.ports import Destination
from sync.uids import UidRanges
from sync.work import Work

_DELETED = "\\deleted"


def duplicates(
    work: Work, removals: Collection[int], destination: Destination, *, staying: Iterable[int] = ()
) -> tuple[Duplicate, ...]:
    """Beside the `removals`, which go anyway, and none of those `staying`. None at all where the
    uid of a copy is not known: then any message may be that copy."""
    if 0 in work.known.pairs.values():
        return ()
    gone, listed = frozenset(removals), work.theirs.messages
    theirs = listed.select([at for at, uid in enumerate(listed.uids) if uid not in gone])
    kept = Uids(chain(work.taken, staying))
    alike = _alike(theirs, kept, (work.pair.destination, destination))
    contents = Marks(alike)
    wanted = Wanted(work.pair.destination, work.key.destination_uidvalidity, tuple(alike))
    for uid, mark in content_marks(destination, wanted):
        contents[uid] = mark
    found = (
        duplicate
        for equal in equals(contents.marked, contents.__getitem__)
        for duplicate in _superfluous(equal, theirs, kept)
    )
    return tuple(sorted(found, key=lambda duplicate: duplicate.uid))


def remove_duplicates(work: Work, found: Sequence[Duplicate], destination: Destination) -> int:
    """How many were removed: those whose equal is still there. Raises FolderError as
    Writer.remove does, and when the folder cannot be listed."""
    folder = work.pair.destination
    kept = UidRanges.of({duplicate.kept for duplicate in found})
    (listing,) = destination.listings([Asked(folder, uids=kept)])
    if isinstance(listing, FolderError):
        raise listing
    there = listing.messages
    uids = [one.uid for one in found if there.position(one.kept) >= 0]
    uidvalidity = work.key.destination_uidvalidity
    return destination.remove(folder, uidvalidity, uids) if uids else 0


def _alike(
    theirs: Messages, kept: Collection[int], place: tuple[Folder, Destination]
) -> array[int]:
    """The uids of those that equal another in size and identifying fields, if one of them may
    go."""
    folder, destination = place
    uids, sizes = theirs.uids, theirs.sizes
    same_size = equals(range(len(theirs)), sizes.__getitem__)
    suspects = array("I", sorted(_doubtful(([uids[at] for at in g] for g in same_size), kept)))
    fields = Marks(suspects)
    for uid, mark in identity_marks(destination, folder, suspects):
        fields[uid] = mark

    def key(uid: int) -> tuple[int, bytes]:
        return sizes[theirs.position(uid)], fields[uid]

    return array("I", sorted(_doubtful(equals(fields.marked, key), kept)))


def _doubtful(groups: Iterator[list[int]], kept: Collection[int]) -> Iterator[int]:
    return chain.from_iterable(g for g in groups if any(uid not in kept for uid in g))


def _superfluous(equal: list[int], theirs: Messages, kept: Collection[int]) -> Iterator[Duplicate]:
    """All but those that are `kept` and the one that stays: a message that is marked
    \\Deleted does not stand for one that is not."""

    def rank(uid: int) -> tuple[bool, bool, int]:
        flags = theirs.flags(theirs.position(uid))
        return any(flag.lower() == _DELETED for flag in flags), uid not in kept, uid

    stays, *others = sorted(equal, key=rank)
    return (Duplicate(uid, stays) for uid in others if uid not in kept)
