"""Messages of one folder removed from the source, each step of sync.source_deletion for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync.content import Closed, Copies, compare
from sync.errors import Code, FolderError
from sync.judging import keep
from sync.leaving import deleted
from sync.model import Asked
from sync.ports import Ledger, SourceDeleter
from sync.reading_back import settle
from sync.report import Outcome
from sync.resting import disturb
from sync.twins import Sides
from sync.uids import UidRanges
from sync.work import Work

ALTERED = "its copy is not equal byte for byte"
UNREAD = "it could not be compared with its copy"
UNCONFIRMED = "its copy was removed or marked \\Deleted meanwhile, or both are in one mailbox"


class Removal:
    """Of one folder. `run` may be called again for messages that a lost line has left in doubt."""

    def __init__(self, work: Work, sides: Sides, ledger: Ledger, deleter: SourceDeleter) -> None:
        self._work = work
        self._sides = sides
        self._ledger = ledger
        self._deleter = deleter
        self._copied = work.to_prove
        self._left = set(work.known.left)
        """Messages that the ledger knows to be leaving."""
        self._kept: set[int] = set()
        self.tried: set[int] = set()
        """Messages of which every mark is settled, unless a line was lost."""

    def run(self, pairs: Mapping[int, int]) -> None:
        """By source uid. Raises ConnectionLost and other AccountErrors, after which it may be run
        again; what stops the folder is named."""
        try:
            uids = self._equal(pairs)
            if uids:
                self._remove({uid: pairs[uid] for uid in uids})
        except FolderError as error:
            self.keep(pairs, error.server_words or str(error.code))

    def keep(self, uids: Iterable[int], words: str) -> None:
        """Name those that stay, each once."""
        for uid in [uid for uid in uids if uid not in self._kept]:
            self._kept.add(uid)
            self._work.tally.name(uid, self._outcome(uid), Code.NOT_DELETED, words)

    def _outcome(self, uid: int) -> Outcome:
        return self._work.outcome(uid) if uid in self._copied else Outcome.PRESENT

    def _equal(self, pairs: Mapping[int, int]) -> list[int]:
        """Those whose copies this run has read, and found equal."""
        work = self._work
        unread = {u: t for u, t in pairs.items() if u not in work.equal and u not in work.unlike}
        for found in compare(self._sides, [Copies(work, unread)] if unread else []):
            if isinstance(found, Closed):
                raise found.error
            settle(found, self._ledger, was=self._outcome(found.uid))
            if not found.equal and not found.altered and not found.gone_at_source:
                self.keep([found.uid], UNREAD)
        keep([work], self._ledger)
        self.keep([uid for uid in pairs if uid in work.unlike], ALTERED)
        return [uid for uid in pairs if uid in work.equal]

    def _remove(self, pairs: Mapping[int, int]) -> None:
        work, deleter = self._work, self._deleter
        folder, uidvalidity = work.pair.source, work.key.source_uidvalidity
        before = frozenset(self._left)
        self._leave([uid for uid in pairs if uid not in before])
        self.tried.update(pairs)
        marked = deleter.mark(folder, uidvalidity, list(pairs), ours=before)
        sure = self._confirmed({uid: pairs[uid] for uid in pairs if uid in marked.uids})
        doubtful = [uid for uid in pairs if uid in marked.uids and uid not in sure]
        if doubtful:
            deleter.unmark(folder, uidvalidity, doubtful)
        kept = dict(marked.kept)
        if sure:
            kept.update(deleter.expunge(folder, uidvalidity, sure))
        absent = [uid for uid in pairs if uid not in marked.uids and uid not in marked.kept]
        gone = [uid for uid in sure if uid not in kept] + [uid for uid in absent if uid in before]
        work.tally.deleted_at_source += len(gone)
        self.keep(doubtful, UNCONFIRMED)
        for uid, words in kept.items():
            self.keep([uid], words)

    def _leave(self, uids: Sequence[int]) -> None:
        """Written before anything is done at the source. The folder is as it was no longer."""
        if uids:
            self._ledger.leave(self._work.key, uids)
            self._left.update(uids)
            disturb(self._work, self._ledger)

    def _confirmed(self, pairs: Mapping[int, int]) -> list[int]:
        """Whose copies are at the destination now, and not about to be removed there."""
        if not pairs:
            return []
        folder = self._work.pair.destination
        (listing,) = self._sides.destination.listings(
            [Asked(folder, uids=UidRanges.of(pairs.values()))]
        )
        if isinstance(listing, FolderError):
            return []
        if listing.status.uidvalidity != self._work.key.destination_uidvalidity:
            return []
        there = listing.messages
        places = {uid: there.position(copy) for uid, copy in pairs.items()}
        return [uid for uid, at in places.items() if at >= 0 and not deleted(there.flags(at))]
