"""What has changed in folders since they were last seen, as cheaply as the server can tell it.

    flags     CONDSTORE: UID FETCH … (CHANGEDSINCE n)      else the flags of all that were there
    removals  QRESYNC: VANISHED in the same answer         else UID SEARCH, but only when the number
                                                           of messages says that some are gone

What is refused or does not add up is answered by the whole listing: a wrong difference must never
be believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from imap import faults
from imap.dialogue import Answer, Dialogue
from imap.halves import cut_short
from imap.identities import HEADER, identities_in
from imap.listing import FOLDERS_AT_ONCE, folder_error, list_many
from imap.metas import FETCH, ITEMS, Metas
from imap.parse import HIGHEST_UID, Parts, attributes, uid
from imap.received import Groups
from imap.searching import uids_found
from imap.selection import Opening, Selected, at_folder
from imap.session import Session
from imap.uidset import parse_ranges, uid_sets
from sync.errors import FolderError
from sync.listing import Changes, Listing
from sync.model import Asked, Identity, Since, WhichFlags
from sync.uids import UidRanges

_USUAL = re.compile(
    rb"\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()\r\n]*)\)"
    rb"(?: INTERNALDATE \"([^\"\r\n]{0,40})\" RFC822\.SIZE (\d{1,19}))?"
    rb"(?: MODSEQ \(\d+\))?\)\r\n"
)
_PROBE = b"(%b %b)" % (ITEMS[1:-1], HEADER)
_EARLIER = b"VANISHED (EARLIER) "


class _Heard:
    """What is said of a folder's messages: of new ones all, of older ones flags, and which are
    there no more. A server may answer two questions at once, so that only the size tells what
    a response belongs to."""

    def __init__(self, uidnext: int, selected: Selected) -> None:
        self._new = Metas(range(uidnext, HIGHEST_UID + 1), selected)
        self._probed = Metas(range(1, uidnext), selected)
        self.probed = self._probed.messages
        self.identities: dict[int, Identity] = {}
        self._older = Metas(range(1, uidnext), selected)
        self.new, self.older = self._new.messages, self._older.messages
        self.vanished = UidRanges()
        self._uidnext = uidnext

    @property
    def unread(self) -> bool:
        """Messages were named by a uid that is none."""
        return bool(self._new.unread or self._older.unread)

    def take_usual(self, fields: Groups) -> None:
        uid, flags, _, size = fields
        if size is None and int(uid) >= self._uidnext:
            # A piece of what is said of a new message.
            self._new.take_items({b"UID": uid, b"FLAGS": [*flags.split()]})
        elif size is None:
            self._older.take_flags((uid, flags))
        elif int(uid) < self._uidnext:
            self._probed.take_usual(fields)
        else:
            self._new.take_usual(fields)

    def take(self, parts: Parts) -> bool:
        text = parts[0]
        if FETCH.match(text):
            items = attributes(parts)
            if 0 < uid(items.get(b"UID")) < self._uidnext and b"RFC822.SIZE" in items:
                self.identities |= identities_in(items)
                return self._probed.take_items(items)
            if uid(items.get(b"UID")) >= self._uidnext or b"RFC822.SIZE" in items:
                return self._new.take_items(items)
            self._older.take_flags_of(items)
        elif text[: len(_EARLIER)].upper() == _EARLIER:
            said = parse_ranges(text[len(_EARLIER) :])
            if said is None:
                return False
            self.vanished = UidRanges.spanning((*self.vanished.ranges, *said.ranges))
        else:
            return self._new.take(parts)
        return True


class _Question:
    """EXAMINE and what is asked of one folder, sent in one write."""

    def __init__(self, dialogue: Dialogue, since: Since) -> None:
        self.since = since
        self.removed: UidRanges | None = None
        """None: it is not known."""
        self._dialogue = dialogue
        self._opening = Opening.send(dialogue, since.folder)
        self._selected = self._opening.selected
        self._heard = _Heard(self._uidnext, self._selected)
        self._tags = [dialogue.send(b"UID FETCH %d:*" % self._uidnext, ITEMS)]
        self._by_modseq = dialogue.capabilities.condstore and since.status.highestmodseq > 0
        self._by_modseq &= since.flags is WhichFlags.CHANGED
        self._all_flags = False
        """Those of all older messages are asked for."""
        self._ask_of_older()
        for text, _ in uid_sets(since.probe) if self._uidnext > 1 else ():
            self._tags.append(dialogue.send(b"UID FETCH", text, _PROBE))
        self._answered = False

    @property
    def _uidnext(self) -> int:
        """That of then."""
        return max(self.since.status.uidnext, 1)

    def _ask_of_older(self) -> None:
        if self._uidnext == 1 or self.since.flags is WhichFlags.NONE:
            return
        words = [b"UID FETCH 1:%d (UID FLAGS)" % (self._uidnext - 1)]
        if self._by_modseq:
            more = b" VANISHED" if self._dialogue.qresync else b""
            words.append(b"(CHANGEDSINCE %d%s)" % (self.since.status.highestmodseq, more))
        self._all_flags = not self._by_modseq
        self._tags.append(self._dialogue.send(*words))

    def hear(self) -> FolderError | None:
        """Read all answers. Why the folder cannot be listed, if it cannot."""
        dialogue, heard, folder = self._dialogue, self._heard, self.since.folder
        with at_folder(folder.name):
            opened = self._opening.answer(dialogue)
            usual = _USUAL, heard.take_usual
            answers = [dialogue.answer(tag, heard.take, usual) for tag in self._tags]
        if not opened.ok:
            return folder_error(dialogue, opened, folder)
        for answer in answers:
            if not answer.ok and faults.later(answer.text):
                return folder_error(dialogue, answer, folder)
        whole = [answer.ok and not cut_short(answer) for answer in answers]
        unread = any(answer.unread for answer in (opened, *answers)) or heard.unread
        self._answered = all(whole) and not unread
        if self.credible:
            self.removed = self._told()
        return None

    @property
    def credible(self) -> bool:
        """Whether this is the folder of then, and what is said of it can be."""
        then, now = self.since.status, self._selected
        older = then.messages - self._gone
        return (
            self._answered
            and now.counted
            and not now.grown
            and (now.uidnext <= then.uidnext or len(self._heard.new()) > 0)
            and then.uidvalidity == now.uidvalidity
            and (not now.uidnext or then.uidnext <= now.uidnext)
            and (not self._by_modseq or then.highestmodseq <= now.highestmodseq)
            and 0 <= self._gone <= then.messages
            and (not self._all_flags or len(self._heard.older()) == older)
        )

    @property
    def _gone(self) -> int:
        """How many of those that were there are there no more, by the numbers."""
        return self.since.status.messages + len(self._heard.new()) - self._selected.exists

    def _told(self) -> UidRanges | None:
        """What is gone, as far as it has been said."""
        if not self._gone:
            # What a server names then has never been there (RFC 7162 allows it).
            return UidRanges()
        if self._all_flags:
            return self.but(UidRanges.of(self._heard.older().uids))
        vanished = self._heard.vanished.below(self._uidnext)
        return vanished if vanished.count == self._gone else None

    def but(self, there: UidRanges) -> UidRanges | None:
        """What is gone if exactly these are there; None if the numbers say otherwise."""
        older = there.below(self._uidnext)
        as_many = older.count == self.since.status.messages - self._gone
        return older.missing(self._uidnext) if as_many else None

    def changes(self, removed: UidRanges) -> Changes:
        new, older = self._heard.new(), self._heard.older()
        highest = new.uids[-1] if new else self._uidnext - 1
        selected = self._selected
        still = [at for at, uid in enumerate(older.uids) if uid not in removed]
        return Changes(
            Listing(selected.status(highest), new, selected.permanent_flags),
            older.select(still),
            self._heard.probed(),
            self._heard.identities,
            removed,
        )


def changes_of_many(
    session: Session, dialogue: Dialogue, asked: Sequence[Since]
) -> Iterator[Changes | Listing | FolderError]:
    """One answer for each, in the order asked, the questions sent ahead of the answers."""
    session.selected = None
    for start in range(0, len(asked), FOLDERS_AT_ONCE):
        enabling = _enable(dialogue)
        some = asked[start : start + FOLDERS_AT_ONCE]
        questions = [_Question(dialogue, since) for since in some]
        if enabling is not None:
            dialogue.qresync = _enabled(dialogue.answer(enabling))
        refused = [question.hear() for question in questions]
        _search(dialogue, [q for q in questions if q.removed is None and q.credible])
        pairs = list(zip(questions, refused, strict=True))
        unknown = [q for q, error in pairs if error is None and q.removed is None]
        whole = list_many(session, dialogue, [Asked(q.since.folder) for q in unknown])
        for question, error in pairs:
            if error is not None:
                yield error
            elif question.removed is not None:
                yield question.changes(question.removed)
            else:
                yield next(whole)


def _enable(dialogue: Dialogue) -> bytes | None:
    """Ask for QRESYNC where that is possible, once a connection; the questions that follow do not
    wait for the answer."""
    offered = dialogue.capabilities
    if dialogue.opened or not offered.qresync or "ENABLE" not in offered.names:
        return None
    dialogue.qresync = True
    return dialogue.send(b"ENABLE QRESYNC")


def _enabled(answer: Answer) -> bool:
    said = [parts[0].upper().split() for parts in answer.untagged]
    return answer.ok and any(row[:1] == [b"ENABLED"] and b"QRESYNC" in row for row in said)


def _search(dialogue: Dialogue, questions: Sequence[_Question]) -> None:
    """Ask these which messages are there."""
    short = "ESEARCH" in dialogue.capabilities.names
    verb = b"UID SEARCH RETURN (ALL) ALL" if short else b"UID SEARCH ALL"
    asked = [(Opening.send(dialogue, q.since.folder), dialogue.send(verb)) for q in questions]
    for question, (opening, tag) in zip(questions, asked, strict=True):
        with at_folder(question.since.folder.name):
            opened, answer = opening.answer(dialogue), dialogue.answer(tag)
        same = opening.selected.uidvalidity == question.since.status.uidvalidity
        there = uids_found(answer)
        whole = answer.ok and not cut_short(answer) and not answer.unread
        if opened.ok and whole and same and there is not None:
            question.removed = question.but(there)
