"""One folder on its way through a run: what was listed, what is planned, what is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain

from sync.alteration import Alterations
from sync.columns import Uids
from sync.errors import FolderError
from sync.folders import FolderPair
from sync.intent import FolderKey, Judgement, Known, Pair, Rest
from sync.listing import Listing
from sync.messages import Messages
from sync.model import FolderStatus
from sync.pairs import Pairs
from sync.partial import Part
from sync.plan import Plan
from sync.report import Outcome
from sync.tally import Tally

EMPTY = Listing(FolderStatus(uidvalidity=0, uidnext=1, messages=0), Messages())


@dataclass(slots=True, eq=False)
class Work:
    """Fields are filled in the order of the phases: listed, planned, copied."""

    pair: FolderPair
    tally: Tally
    rest: Rest | None = None
    """How both sides were when they were equal, if that may be gone by."""
    part: Part | None = None
    """What is listed is all that has changed since then; None when it is all there is."""
    ours: Listing = EMPTY
    theirs: Listing = EMPTY
    known: Known = field(default_factory=Known)
    plan: Plan | None = None
    orphaned: Collection[int] = frozenset()
    """Source uids of pairs whose original is gone."""
    dead: list[int] = field(default_factory=list)
    """Source uids of pairs whose copy is gone from the destination, or whose original is gone."""
    copied: Pairs = field(default_factory=Pairs)
    """By source uid: what this pass has copied."""
    arrived: dict[int, int] = field(default_factory=dict)
    """Source uid → destination uid of what an interruption had left in doubt."""
    refiled: Uids = field(default_factory=Uids)
    """Those of `copied` that the destination has put here from another folder."""
    disturbed: bool = False
    """Messages were taken out of the destination's folder since it was listed."""
    suspect: dict[int, Alterations] = field(default_factory=dict)
    """Copied messages, by source uid, with what servers are known to alter without a word."""
    doubtful: list[int] = field(default_factory=list)
    """Source uids whose copies look as if they were altered."""
    equal: Uids = field(default_factory=Uids)
    """Source uids whose copies were read back in this run, and are equal byte for byte."""
    unlike: Uids = field(default_factory=Uids)
    """And those that are not."""
    judged: dict[int, Judgement | None] = field(default_factory=dict)
    """By source uid: what the proof has found wrong, None for what is wrong no longer; until it is
    in the ledger."""
    wrong: dict[int, int] = field(default_factory=dict)
    """Source uid → destination uid of failed copies, whose messages are sent anew."""
    identities: dict[int, int] = field(default_factory=dict)
    """By source uid, of the highest ones: as `Stamp.identity`."""
    believed: Uids = field(default_factory=Uids)
    """Source uids of pairs that were found just now, and of which nobody has compared the
    contents."""
    recalled: set[int] = field(default_factory=set)
    """Those of the believed whose copies are, by their stamps, some with which something was wrong
    under another UIDVALIDITY."""
    missed: Uids = field(default_factory=Uids)
    """Source uids whose copies the proof did not find."""
    taken: Uids = field(default_factory=Uids)
    """Destination uids whose source is known."""
    uidnext: int = 1
    """What is appended next at the destination gets at least this uid."""
    uncompared: bool = False
    """Of some messages nobody knows whether the destination has them: they could not be read."""
    vanished: set[int] = field(default_factory=set)
    """Source uids that were expunged by someone else since the listing."""
    again: bool = False
    """It is not as it was listed, and needs another pass."""
    why: FolderError | None = None
    """Why, if something was raised."""

    @property
    def key(self) -> FolderKey:
        return FolderKey(
            self.pair.source.name,
            self.ours.status.uidvalidity,
            self.pair.destination.name,
            self.theirs.status.uidvalidity,
        )

    def repeat(self, why: FolderError | None = None) -> None:
        """Another pass is needed."""
        self.again = True
        self.why = self.why or why

    @property
    def shown(self) -> bool:
        """Whether both sides have shown all that they have: only then is what is not listed not
        there, and only then is anything removed or forgotten."""
        return self.source_shown and self.theirs.whole

    @property
    def source_shown(self) -> bool:
        return self.ours.whole and not self.tally.hidden

    @property
    def under_way(self) -> bool:
        """Neither broken nor waiting for another pass."""
        return self.tally.error is None and not self.again

    @property
    def to_prove(self) -> Pairs:
        """What this run has copied, in earlier attempts too, and has to be proven."""
        listed, sent = self.tally.listed, self.known.sent
        if not sent:
            return self.copied
        earlier = (pair for uid, pair in sent.items() if listed.position(uid) >= 0)
        return Pairs(chain(earlier, self.copied.values()))

    @property
    def unplaced(self) -> list[int]:
        """Source uids of copies, made in this run or before, whose uid the destination has not
        told."""
        copied, before = self.to_prove, self.known.pairs
        found = set[int]()
        if 0 in copied.there.values():
            found.update(uid for uid, place, _ in copied.rows() if not place)
        if 0 in before.values():
            listed = self.tally.listed
            found.update(
                uid
                for uid, place in before.items()
                if not place and uid not in copied and listed.position(uid) >= 0
            )
        return sorted(found.difference(self.missed))

    @property
    def wrote(self) -> bool:
        """The destination's folder is not what was listed."""
        changed = self.plan is not None and (
            self.plan.flags or self.plan.removals or self.plan.duplicates
        )
        return bool(self.to_prove or changed or self.disturbed or self.unplaced)

    @property
    def proven_from(self) -> int:
        """The lowest uid at the destination that the proof has to see."""
        if self.unplaced:
            return 1
        lowest = min((there for _, there, _ in self.to_prove.rows()), default=self.uidnext)
        return min(lowest, self.theirs.status.uidnext) or 1

    def outcome(self, uid: int) -> Outcome:
        """Of one that is to be proven."""
        return Outcome.PRESENT if uid in self.refiled else Outcome.COPIED

    def take(self, pairs: Iterable[Pair]) -> None:
        """These are at the destination now."""
        for pair in pairs:
            self.copied.put(pair)
            if pair.destination_uid:
                self.taken.add(pair.destination_uid)
                self.uidnext = max(self.uidnext, pair.destination_uid + 1)
