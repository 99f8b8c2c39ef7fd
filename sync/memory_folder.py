"""One folder of a memory server: its messages, and what it can tell of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sync.header_fields import identity
from sync.journal import Journal, Telling
from sync.listing import Changes, Listing
from sync.messages import Messages
from sync.model import Asked, FolderStatus, MessageMeta, Since, SpecialUse, WhichFlags
from sync.uids import UidRanges

_PERMANENT = frozenset({"\\*", "\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted"})


@dataclass(slots=True)
class MemoryMessage:
    body: bytes
    internaldate: str = ""
    flags: frozenset[str] = frozenset()

    def meta(self, uid: int) -> MessageMeta:
        return MessageMeta(uid, len(self.body), self.internaldate, self.flags)


@dataclass(slots=True)
class MemoryFolder:
    uidvalidity: int
    uidnext: int = 1
    messages: dict[int, MemoryMessage] = field(default_factory=dict)
    special_use: SpecialUse | None = None
    subscribed: bool = False
    journal: Journal = field(default_factory=Journal)

    def add(self, message: MemoryMessage) -> int:
        uid = self.uidnext
        self.messages[uid] = message
        self.uidnext += 1
        return uid

    def status(self, telling: Telling) -> FolderStatus:
        self.journal.look({uid: message.flags for uid, message in self.messages.items()})
        modseq = 0 if telling is Telling.NOTHING else self.journal.highest
        size = sum(len(message.body) for message in self.messages.values())
        counts = self.uidvalidity, self.uidnext, len(self.messages)
        return FolderStatus(*counts, modseq, size, uidnext_told=True)

    def listing(self, asked: Asked, telling: Telling) -> Listing:
        uids = asked.uids
        some = Messages.of(
            message.meta(uid)
            for uid, message in self.messages.items()
            if (uid >= asked.first_uid if uids is None else uid in uids)
        )
        return Listing(self.status(telling), some, _PERMANENT)

    def changes(self, since: Since, telling: Telling) -> Changes | Listing:
        then, now = since.status, self.status(telling)
        older = [uid for uid in self.messages if uid < then.uidnext]
        gone = then.messages - len(older)
        if then.uidvalidity != now.uidvalidity or then.uidnext > now.uidnext or gone < 0:
            return self.listing(Asked(since.folder), telling)
        by_modseq = since.flags is WhichFlags.CHANGED and min(then.highestmodseq, now.highestmodseq)
        changed, removed = older, UidRanges()
        if since.flags is WhichFlags.NONE:
            changed = []
        elif by_modseq:
            changed = [uid for uid in self.journal.changed(by_modseq) if uid < then.uidnext]
        if gone and by_modseq and telling is Telling.QRESYNC:
            removed = self.journal.gone(by_modseq).below(then.uidnext)
        elif gone:
            removed = UidRanges.of(older).missing(then.uidnext)
        return Changes(
            self.listing(Asked(since.folder, then.uidnext), telling),
            Messages.of(MessageMeta(uid, 0, "", self.messages[uid].flags) for uid in changed),
            Messages.of(self.messages[uid].meta(uid) for uid in since.probe if uid in older),
            {uid: identity(self.messages[uid].body) for uid in since.probe if uid in older},
            removed,
        )


def put_into(
    target: MemoryFolder, origin: MemoryFolder, uids: Iterable[int], *, moves: bool
) -> dict[int, int]:
    """Copy or move messages of one folder; the origin's uid → the target's."""
    there: dict[int, int] = {}
    for uid in uids:
        if (message := origin.messages.get(uid)) is not None:
            there[uid] = target.add(replace(message))
            if moves:
                del origin.messages[uid]
    return there
