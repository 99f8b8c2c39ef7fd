"""Messages of one folder of the destination that are put into one other with one intent, and what
is told of all that were."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sync.errors import Code, SyncError
from sync.flags import keepable, same
from sync.intent import Pair
from sync.messages import Messages
from sync.model import FlagChange, MessageMeta
from sync.refiling_stock import Shelf
from sync.refiling_values import Filing
from sync.report import Outcome
from sync.tally import Tally
from sync.work import Work


@dataclass(slots=True)
class Batch:
    work: Work
    shelf: Shelf
    moves: bool
    sources: dict[int, int]
    """The uid on the shelf → the source's."""
    read: Collection[int]
    """Source uids whose body had to be read, to tell them apart from others."""

    @property
    def filing(self) -> Filing:
        shelf, target = self.shelf, self.work.pair.destination
        return Filing(shelf.folder, shelf.uidvalidity, target, tuple(self.sources), self.moves)

    @property
    def metas(self) -> dict[int, MessageMeta]:
        """By source uid."""
        listed = self.work.tally.listed
        found = (listed.get(uid) for uid in self.sources.values())
        return {meta.uid: meta for meta in found if meta is not None}

    def pairs(self, there: Mapping[int, int]) -> list[Pair]:
        """For the ledger; `there` is source uid → destination uid."""
        metas = self.metas
        return [Pair(uid, new, metas[uid].size) for uid, new in there.items()]

    def flag_changes(self, there: Mapping[int, int]) -> Iterable[FlagChange]:
        """What makes the flags of those that were filed the source's."""
        permanent = self.work.theirs.permanent_flags
        ours, theirs = self.work.ours.messages, self.shelf.messages
        for uid, source in self.sources.items():
            if source in there:
                wanted = keepable(_flags(ours, source), permanent)
                if not same(wanted, keepable(_flags(theirs, uid), permanent)):
                    yield FlagChange(there[source], wanted)


def arrived_flags(work: Work) -> Iterator[FlagChange]:
    """What makes the flags of what has arrived after an interruption the source's."""
    ours, theirs, permanent = (
        work.ours.messages,
        work.theirs.messages,
        work.theirs.permanent_flags,
    )
    for uid, there in work.arrived.items():
        wanted = keepable(_flags(ours, uid), permanent)
        if theirs.position(there) >= 0 and not same(
            wanted, keepable(_flags(theirs, there), permanent)
        ):
            yield FlagChange(there, wanted)


@dataclass(slots=True)
class Told:
    """What was filed into one folder in this run. Sizes in bytes."""

    messages: int = 0
    bodies: int = 0
    size: int = 0
    flags: list[FlagChange] = field(default_factory=list)
    """What is still to be done in this pass."""

    def begin(self, work: Work) -> None:
        """A pass begins."""
        self.tell(work.tally)
        self.flags = []

    def add(self, batch: Batch, there: Mapping[int, int]) -> None:
        spared = [uid for uid in there if uid not in batch.read]
        metas = batch.metas
        self.messages += len(there)
        self.bodies += len(spared)
        self.size += sum(metas[uid].size for uid in spared)

    def tell(self, tally: Tally) -> None:
        tally.refiled, tally.bodies_spared, tally.size_spared = (
            self.messages,
            self.bodies,
            self.size,
        )


@dataclass(slots=True)
class Unfiled:
    """Why messages were not filed that might have been: some place of the destination could not be
    looked through, or the destination has refused them."""

    unseen: SyncError | None = None
    _refused: dict[tuple[str, int], SyncError] = field(default_factory=dict)
    """By source folder and uid."""

    def refuse(self, batch: Batch, error: SyncError) -> None:
        """Of this batch what is still open."""
        work = batch.work
        for uid in batch.sources.values():
            if uid in work.tally.open:
                self._refused[work.pair.source.name, uid] = error

    def settle(self, work: Work, meta: MessageMeta) -> None:
        """It is not to be copied: if the destination is known not to have it, it is left out."""
        error = self._refused.get((work.pair.source.name, meta.uid), self.unseen)
        if error is not None:
            work.tally.fail(meta, error)
        else:
            work.tally.settle(meta.uid, Outcome.SKIPPED)
            work.tally.note(meta, Outcome.SKIPPED, Code.NOT_IN_ARCHIVE)


def _flags(messages: Messages, uid: int) -> frozenset[str]:
    at = messages.position(uid)
    return messages.flags(at) if at >= 0 else frozenset()
