"""The part of a folder that a plan has to know, when both sides have told what has changed. Pure.

At rest every message of the source had its copy, and what was the same then and has not changed
since is the same now. So the plan needs only

    at the source        what is new or changed, and the originals of what is changed or gone at
                         the destination
    at the destination   what is new or changed, and the copies of what is new, changed or (mode
                         ALL) gone at the source; and, when new mail at the source may have a twin
                         among them, the messages that were no copies

Everything else is present. The numbers of messages on both sides have to say so too: if they do
not, there is no part, and all is listed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace

from sync.intent import Known, Pair, Rest
from sync.listing import Changes, Listing
from sync.messages import Messages
from sync.model import FolderStatus
from sync.options import Mode
from sync.uids import UidRanges

FEW = 1000
"""More messages than this are listed one by one only if all are more than twice as many."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is listed of a folder, and what is known of the rest of it."""

    ours: Listing
    theirs: Listing
    present: int
    """Messages of the source that are not listed: they have not changed, nor have their copies."""
    there: int
    """Messages of the destination that are not listed."""
    sent: tuple[Pair, ...]
    """Those of `present` that earlier attempts of this very account run have sent."""
    lost: frozenset[int]
    """Source uids of pairs whose copy is gone."""
    orphaned: frozenset[int]
    """And of those whose original is gone."""
    source_changes: Changes
    destination_changes: Changes


class _Side:
    """One side's changes, looked up by uid."""

    def __init__(self, changes: Changes, then: FolderStatus) -> None:
        self.changes = changes
        self._uidnext = then.uidnext

    @property
    def status(self) -> FolderStatus:
        return self.changes.new.status

    def old(self, uid: int) -> bool:
        """Whether it was there already, if it was there at all."""
        return uid < self._uidnext

    def new(self, uid: int) -> bool:
        return self.changes.new.messages.position(uid) >= 0

    def listed(self, uid: int) -> bool:
        return self.changes.changed.position(uid) >= 0 if self.old(uid) else self.new(uid)

    def gone(self, uid: int) -> bool:
        if self.old(uid):
            return bool(self.changes.removed) and uid in self.changes.removed
        return not self.new(uid)

    @property
    def touched(self) -> Callable[[int], bool]:
        """Whether anything is told of a uid; made for asking it often."""
        changed, gone = frozenset(self.changes.changed.uids), self.changes.removed
        uidnext = self._uidnext
        if not gone:
            return lambda uid: uid >= uidnext or uid in changed
        return lambda uid: uid >= uidnext or uid in changed or uid in gone

    def with_more(self, more: Messages) -> Messages:
        new, changed = self.changes.new.messages, self.changes.changed
        return Messages.of([*changed, *new, *more]) if changed or more else new


class Difference:
    """What both sides have told, seen together."""

    def __init__(
        self, rest: Rest, known: Known, changes: tuple[Changes, Changes], *, mode: Mode
    ) -> None:
        self._ours = _Side(changes[0], rest.source)
        self._theirs = _Side(changes[1], rest.destination)
        self._known = known
        self._originals: list[int] = []
        self._copies: list[int] = []
        self._lost: list[int] = []
        self._orphaned: list[int] = []
        self._sent: list[Pair] = []
        self._present = self._there = 0
        """Pairs whose message is there, has not changed and is not asked for, on each side."""
        new = self._ours.changes.new.messages.uids
        self._new_mail = any(uid not in known.pairs for uid in new)
        uids, places = array("I", known.pairs), array("I", known.pairs.values())
        ours, theirs = self._ours.touched, self._theirs.touched
        for uid, there in zip(uids, places, strict=True):
            if ours(uid) or theirs(there):
                self._place(uid, there, mode)
            else:
                self._pass_over(uid)
                self._there += 1
        self._stale = sum(map(self._ours.old, uids)) - rest.source.messages
        """So many of the pairs had lost their original before the rest."""
        copies = array("I", filter(self._theirs.old, places))
        self._others = rest.destination.messages - len(copies)
        """So many messages of the destination were no copies then."""
        self._gaps = UidRanges()
        """Where they are, if they have to be known."""
        if self._others > 0 and self._new_mail:
            self._gaps = UidRanges.of(copies).missing(rest.destination.uidnext)

    def _place(self, uid: int, there: int, mode: Mode) -> None:
        ours, theirs = self._ours, self._theirs
        lost, removed = ours.gone(uid), theirs.gone(there)
        if removed:
            self._lost.append(uid)
        if lost:
            self._orphaned.append(uid)
        if not lost and not ours.new(uid):
            # Of one that may be copied again, or has to be named, more is needed than its flags.
            if removed or (theirs.listed(there) and not ours.listed(uid)):
                self._originals.append(uid)
            elif not ours.listed(uid):
                self._pass_over(uid)
        if removed:
            return
        if lost and self._new_mail and theirs.old(there):
            # It may be the new message's: for that, more is needed than its flags.
            self._copies.append(there)
        elif not theirs.listed(there):
            if ours.listed(uid) or (lost and mode is Mode.ALL):
                self._copies.append(there)
            else:
                self._there += 1

    def _pass_over(self, uid: int) -> None:
        self._present += 1
        if self._known.sent and (pair := self._known.sent.get(uid)):
            self._sent.append(pair)

    @property
    def ask_source(self) -> UidRanges:
        """What else has to be listed."""
        return UidRanges.of(self._originals)

    @property
    def ask_destination(self) -> UidRanges:
        return UidRanges.spanning([*UidRanges.of(self._copies).ranges, *self._gaps.ranges])

    @property
    def worth_it(self) -> bool:
        """Whether that is much less than all, and what is known of the rest makes sense."""
        others = self._others if self._gaps else 0
        return (
            self._stale >= 0
            and self._others >= 0
            and _few(len(self._originals), self._ours.status)
            and _few(len(self._copies) + others, self._theirs.status)
            and _few(len(self.ask_destination.ranges), self._theirs.status)
        )

    def part(self, ours: Messages, theirs: Messages) -> Part | None:
        """With the answers to what was asked. None: they do not fit what is known."""
        if any(theirs.position(uid) < 0 for uid in self._copies):
            return None
        mine, other = self._ours.with_more(ours), self._theirs.with_more(theirs)
        present = self._ours.status.messages - len(mine)
        there = self._theirs.status.messages - len(other)
        unknown = 0 if self._gaps else self._others
        if not self._present - self._stale <= present <= self._present:
            return None
        if not self._there <= there <= self._there + unknown:
            return None
        return Part(
            replace(self._ours.changes.new, messages=mine),
            replace(self._theirs.changes.new, messages=other),
            present,
            there,
            tuple(self._sent[:present]),
            frozenset(self._lost),
            frozenset(self._orphaned),
            self._ours.changes,
            self._theirs.changes,
        )


def _few(messages: int, status: FolderStatus) -> bool:
    return messages <= max(FEW, status.messages // 2)
