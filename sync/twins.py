"""Finding out which messages are on both sides, by asking both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.asking import messages, not_shown
from sync.errors import Code, FolderChanged, Side, UidValidityChanged
from sync.matching import Candidates, Matching, digest, exact_digest
from sync.model import Fetched, Folder, MessageMeta, Wanted
from sync.ports import Destination, Reader, Source
from sync.work import Work

IDENTITIES = 10_000
"""So many are asked for at once, and held in memory."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The two servers of one account."""

    source: Source
    destination: Destination

    def twins(
        self,
        work: Work,
        ours: Sequence[MessageMeta],
        theirs: Sequence[MessageMeta],
        *,
        sizes_decide: bool = True,
    ) -> dict[int, int]:
        """Source uid → destination uid for messages that are on both sides."""
        if not ours or not theirs:
            return {}
        pair, key = work.pair, work.key
        matching = Matching(
            _candidates(self.source, pair.source, ours, Side.SOURCE),
            _candidates(self.destination, pair.destination, theirs, Side.DESTINATION),
            sizes_decide=sizes_decide,
        )
        doubt = matching.doubt
        there = Wanted(pair.destination, key.destination_uidvalidity, doubt.destination)
        return matching.pairs(
            digests(self.source, Wanted(pair.source, key.source_uidvalidity, doubt.source)),
            digests(self.destination, there),
        )

    def arrived(self, work: Work, ours: Sequence[MessageMeta], uidnext: int) -> dict[int, int]:
        """Which of `ours` the destination has got, at uids from `uidnext` on that are not taken:
        the look before a retry (law 3)."""
        if not ours:
            return {}
        folder = work.pair.destination
        listing = messages(self.destination, folder, uidnext)
        if listing.status.uidvalidity != work.key.destination_uidvalidity:
            raise UidValidityChanged(
                Code.UIDVALIDITY_CHANGED, side=Side.DESTINATION, where=folder.name
            )
        theirs = [meta for meta in listing.messages if meta.uid not in work.taken]
        found = self.twins(work, ours, theirs, sizes_decide=False)
        if len(found) < len(ours) and not listing.whole:
            # What is not shown may be there: it must not be sent again.
            raise not_shown(folder.name, listing, Side.DESTINATION)
        return found


def digests(reader: Reader, wanted: Wanted, *, exact: bool = False) -> dict[int, bytes]:
    """The content digest of each message that is still there and can be read; `exact` makes it
    tell apart what servers alter when they store a message, too."""
    if not wanted.uids:
        return {}
    of = exact_digest if exact else digest
    return {
        answer.meta.uid: of(answer.chunks)
        for _, answer in reader.bodies([wanted])
        if isinstance(answer, Fetched)
    }


def _candidates(
    reader: Reader, folder: Folder, metas: Sequence[MessageMeta], side: Side
) -> Candidates:
    candidates = Candidates()
    for start in range(0, len(metas), IDENTITIES):
        some = list(metas[start : start + IDENTITIES])
        identities = reader.identities(folder, [meta.uid for meta in some])
        if any(meta.uid not in identities for meta in some):
            # What was listed and cannot be described is not known; it must not pass for different.
            raise FolderChanged(Code.PROTOCOL, side=side, where=folder.name)
        for meta in some:
            candidates.add(meta.uid, meta.size, identities[meta.uid])
    return candidates
