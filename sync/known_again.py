"""What a destination has altered is known again: messages of both sides, brought together by their
fingerprints. Pure.

Multisets: each message has one twin at most, and the closest one comes first, so that what differs
from its twin only takes what nothing resembles more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from operator import attrgetter

from sync.alteration import contained, is_copy
from sync.fingerprint import Fingerprint, field_marks

Fingerprints = Mapping[int, Fingerprint]

_BY_DIGESTS = (
    (attrgetter("exact"), False),
    (attrgetter("lines"), False),
    (attrgetter("even"), False),
    (attrgetter("loose_head", "text"), False),
    (attrgetter("loose_head", "loose_text"), True),
    (attrgetter("loose"), True),
)
"""What has to be equal; True: only where the source's message is odd."""
_BY_FIELDS = ((attrgetter("text"), False), (attrgetter("loose_text"), True))
"""And the destination's message has all header fields of the source's."""


def known_again(source: Fingerprints, destination: Fingerprints) -> dict[int, int]:
    """Source uid → destination uid, where the one is what a server may have made of the other
    (sync.alteration.is_copy)."""
    left, stock = dict(source), dict(destination)
    found: dict[int, int] = {}
    for tiers, pick in ((_BY_DIGESTS, _equal), (_BY_FIELDS, _contained)):
        for key, odd_only in tiers:
            some = {uid: one for uid, one in left.items() if one.odd or not odd_only}
            for group, others in _groups(some, stock, key):
                for uid, there in pick(group, others):
                    if not odd_only or is_copy(left[uid], stock[there]):
                        found[uid] = there
                        del left[uid], stock[there]
    return found


_Rows = list[tuple[int, Fingerprint]]
"""By uid."""


def _groups(
    ours: Fingerprints, theirs: Fingerprints, key: Callable[[Fingerprint], Hashable]
) -> Iterator[tuple[_Rows, _Rows]]:
    """Those of one key, where both sides have some."""
    stock: dict[Hashable, _Rows] = defaultdict(list)
    for uid in sorted(theirs):
        stock[key(theirs[uid])].append((uid, theirs[uid]))
    wanted: dict[Hashable, _Rows] = defaultdict(list)
    for uid in sorted(ours):
        if key(ours[uid]) in stock:
            wanted[key(ours[uid])].append((uid, ours[uid]))
    return ((rows, stock[one]) for one, rows in wanted.items())


def _equal(ours: _Rows, theirs: _Rows) -> Iterator[tuple[int, int]]:
    return ((uid, there) for (uid, _), (there, _) in zip(ours, theirs, strict=False))


def _contained(ours: _Rows, theirs: _Rows) -> Iterator[tuple[int, int]]:
    """Those with the most header fields choose first, and take the one with the fewest. Candidates
    are looked up by the field that the fewest of them have."""
    having: dict[bytes, list[int]] = defaultdict(list)
    left = dict(theirs)
    for there, other in theirs:
        for mark in set(field_marks(other.fields)):
            having[mark].append(there)
    for uid, one in sorted(ours, key=lambda row: -len(row[1].fields)):
        marks = set(field_marks(one.fields))
        rarest = min((having.get(mark, []) for mark in marks), key=len, default=[*left])
        fitting = [there for there in rarest if there in left and contained(one, left[there])]
        if fitting:
            there = min(fitting, key=lambda there: (len(left[there].fields), there))
            del left[there]
            yield uid, there
