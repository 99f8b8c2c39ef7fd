"""A listing that is not the whole folder, made whole as far as the server lets us.

stopped early (MESSAGELIMIT)       on below the uid that it named
OK with fewer than EXISTS          by the names that UID SEARCH tells
refused                            likewise, in halves down to the message that is at fault
named and never described          listed without size and date: it is not absent
neither listed nor named           hidden
"""

from __future__ import annotations

from collections.abc import Iterable

from imap.dialogue import Answer, Dialogue
from imap.halves import Cut, Verb, ask_on, cut_short
from imap.metas import ITEMS, USUAL, Metas
from imap.names import wire_argument
from imap.parse import HIGHEST_UID, attributes, number
from imap.searching import search
from imap.selection import Selected
from imap.session import Session
from imap.uidset import MOST, range_sets
from sync.model import Asked
from sync.uids import UidRanges

PLAIN_ITEMS = b"(UID FLAGS RFC822.SIZE)"
"""What a server may tell of a message whose date it cannot."""


class Completion:
    """Of one listing, while its folder is open. `hidden` are messages that it does not show."""

    def __init__(
        self,
        session: Session,
        dialogue: Dialogue,
        asked: Asked,
        metas: Metas,
        selected: Selected,
    ) -> None:
        self.unread: list[str] = []
        self.hidden = 0
        self._session = session
        self._dialogue = dialogue
        self._asked = asked
        self._metas = metas
        self._selected = selected

    @property
    def _first(self) -> int:
        return max(self._asked.first_uid, 1)

    @property
    def _whole(self) -> bool:
        return self._asked.uids is None and self._first == 1

    def run(self, cut: Cut | None, refusal: Answer | None) -> Answer | None:
        """The refusal of a folder of which nothing is to be had."""
        if self._asked.uids is None and cut is not None:
            cut = self._below(cut)
        sure = cut is None and refusal is None
        if sure and self._whole and self._enough:
            return None
        named = self._named()
        guessed = named is None and refusal is not None
        if guessed:
            named = self._given()
        if named is None:
            if refusal is not None and not len(self._metas.messages()):
                return refusal
            self._doubt(sure=sure)
            return None
        if (nothing := self._describe(named, guessed=guessed)) is not None:
            return nothing
        self._count(named)
        return None

    @property
    def _enough(self) -> bool:
        listed = len(self._metas.messages())
        return self._selected.counted and listed >= self._selected.exists

    def _below(self, cut: Cut) -> Cut | None:
        """On from where the server stopped. None when it has come to the end."""
        lowest = HIGHEST_UID + 1
        now: Cut | None = cut
        while now is not None and self._first < self._reached(now) < lowest:
            lowest = self._reached(now)
            answer = self._fetch(b"%d:%d" % (self._first, lowest - 1), ITEMS)
            now = cut_short(answer)
            if now is None and not answer.ok:
                return cut
        return now if now is not None and self._reached(now) > self._first else None

    def _reached(self, cut: Cut) -> int:
        """The lowest uid that the server has looked at."""
        listed = self._metas.messages().uids
        return cut.lowest or (listed[0] if listed else 0)

    def _fetch(self, text: bytes, items: bytes) -> Answer:
        return self._hear(self._dialogue.send(b"UID FETCH", text, items))

    def _hear(self, tag: bytes) -> Answer:
        answer = self._dialogue.answer(tag, self._metas.take, (USUAL, self._metas.take_usual))
        self.unread += answer.unread
        return answer

    def _named(self) -> UidRanges | None:
        """What SEARCH names of what was asked for, with what is listed."""
        uids = self._asked.uids
        if uids is None:
            keys = [b"ALL" if self._first == 1 else b"UID %d:*" % self._first]
        else:
            keys = [b"UID " + text for text in range_sets(uids)]
        found: list[tuple[int, int]] = []
        for key in keys:
            named, unread = search(self._dialogue, self._selected, key, first=self._first)
            self.unread += unread
            if named is None or named.count > max(MOST, 2 * self._selected.exists):
                return None
            found += named.ranges
        ranges = UidRanges.spanning(found).below(HIGHEST_UID + 1)
        return ranges if uids is None else UidRanges.of(_both(ranges, uids))

    def _given(self) -> UidRanges | None:
        """The uids that there may be, where nobody names those that there are."""
        highest = self._selected.uidnext - 1
        if not self._first <= highest < self._first + MOST:
            return None
        given = UidRanges(((self._first, highest),))
        return given if self._asked.uids is None else UidRanges.of(_both(given, self._asked.uids))

    def _describe(self, named: UidRanges, *, guessed: bool) -> Answer | None:
        """Ask for what is missing. The refusal, if that is the answer to everything. Of uids that
        are `guessed` those that are refused stand for messages."""
        listed = self._metas.messages()
        missing = [
            uid
            for first, last in named.ranges
            for uid in range(first, last + 1)
            if listed.position(uid) < 0
        ]
        refused: dict[int, Answer] = {}
        for items in (ITEMS, PLAIN_ITEMS):
            if missing:
                refused = self._ask(missing, items)
                listed = self._metas.messages()
                missing = [uid for uid in missing if listed.position(uid) < 0]
            if guessed:
                missing = [uid for uid in missing if uid in refused]
            if not any(uid in refused for uid in missing):
                break
        if len(missing) > 1 and not listed and all(uid in refused for uid in missing):
            return refused[missing[0]]
        for uid in missing:
            self._metas.take_bare(uid)
        return None

    def _ask(self, uids: list[int], items: bytes) -> dict[int, Answer]:
        folder = self._asked.folder
        return ask_on(self._session, self._dialogue, folder, uids, self._verb(items))

    def _verb(self, items: bytes) -> Verb:
        told: set[int] = set()

        def hear(tag: bytes) -> Answer:
            answer = self._hear(tag)
            told.update(self._metas.messages().uids)
            return answer

        return Verb(
            send=lambda text: self._dialogue.send(b"UID FETCH", text, items),
            hear=hear,
            told=told.__contains__,
            news=self._metas.take,
        )

    def _count(self, named: UidRanges) -> None:
        """EXISTS may count messages that have been expunged and of which we are told only now."""
        if not self._whole:
            return
        listed = self._metas.messages()
        if not self._selected.counted:
            self._selected.count(len(listed) if named or listed else self._by_status())
        if len(listed) < self._selected.exists:
            answer = self._dialogue.ask(b"NOOP")
            for parts in answer.untagged:
                self._selected.take(parts)
        self.hidden = max(self._selected.exists - len(listed), 0)

    def _by_status(self) -> int:
        """How many messages there are, where EXISTS does not tell."""
        name = wire_argument(self._asked.folder)
        answer = self._dialogue.ask(b"STATUS", name, b"(MESSAGES)")
        told = [parts for parts in answer.untagged if parts[0][:7].upper() == b"STATUS "]
        if not answer.ok or not told:
            self.unread.append("the number of messages is not told")
            return 0
        return number(attributes(told[-1]).get(b"MESSAGES"))

    def _doubt(self, *, sure: bool) -> None:
        """SEARCH does not say: by the numbers alone."""
        listed, selected = len(self._metas.messages()), self._selected
        if not selected.counted:
            selected.count(self._by_status() if self._whole else listed)
        if self._whole:
            self.hidden = max(selected.exists - listed, 0)
        elif self._asked.uids is None and selected.uidnext:
            given = max(selected.uidnext - self._first, 0)
            self.hidden = max(min(given, selected.exists) - listed, 0)
        if not sure and not self.hidden and not self._whole:
            self.hidden = 1


def _both(some: UidRanges, others: UidRanges) -> Iterable[int]:
    return (uid for first, last in some.ranges for uid in range(first, last + 1) if uid in others)
