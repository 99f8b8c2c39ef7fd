"""What the answers to APPEND mean for each message of one call."""

from __future__ import annotations

from collections.abc import Iterator

from imap import faults
from imap.outgoing import Item
from imap.parse import HIGHEST_UID, number, response_code, uid
from imap.sending import Answered
from imap.uidset import parse_uid_set
from sync.errors import Code, MessageError, Side, SyncError
from sync.model import Appended, MessageRef, Refused


class Outcomes:
    """What became of each message, given out in the order of the messages."""

    def __init__(self) -> None:
        self._numbers: list[int] = []
        self._certain: dict[int, Appended | Refused] = {}
        self._next = 0

    def expect(self, number: int) -> int:
        """The place of one more message, by the number that the caller gave it."""
        self._numbers.append(number)
        return len(self._numbers) - 1

    def refused(self, place: int, error: MessageError) -> None:
        self._certain[place] = Refused(self._numbers[place], error)

    def appended(self, items: list[Item], text: bytes) -> None:
        """All of one command, by its OK. APPENDUID (RFC 4315) counts when it tells a uid for each;
        else it is not known where they are, nor, if it tells fewer, whether all are."""
        code = response_code(text)
        spelled, _, uids = code.arguments.partition(b" ")
        told = (parse_uid_set(uids.strip()) if code.name == b"APPENDUID" else None) or ()
        uidvalidity = uid(spelled)
        whole = len(items) == len(told) == len(set(told)) and uidvalidity
        known = told if whole and all(0 < one <= HIGHEST_UID for one in told) else [0] * len(items)
        for item, there in zip(items, known, strict=True):
            ref = MessageRef(uidvalidity, there) if there else None
            self._certain[item.place] = Appended(self._numbers[item.place], ref)

    @property
    def news(self) -> bool:
        return self._next in self._certain

    def settled(self) -> Iterator[Appended | Refused]:
        """Those before which nothing is uncertain."""
        while self._next in self._certain:
            self._next += 1
            yield self._certain.pop(self._next - 1)

    def known(self) -> Iterator[Appended | Refused]:
        """All that are certain, though one before them may not be."""
        for place in sorted(self._certain):
            yield self._certain.pop(place)


class Verdicts:
    """Reads the answers. `again` are messages refused in company, or with what they need not
    have: to be sent anew. `cramped` are those that had no room together. `fatal` stops the call;
    after `desynchronized` the line is not to be used any more."""

    def __init__(self, host: str) -> None:
        self.outcomes = Outcomes()
        self.again: list[Item] = []
        self.cramped: list[Item] = []
        self.fatal: SyncError | None = None
        self.desynchronized = False
        self.most_at_once: int | None = None
        """So many messages one command may have, by a refusal (MESSAGELIMIT, RFC 9738)."""
        self._host = host
        self._no_room: dict[int, MessageError] = {}

    @property
    def unsettled(self) -> bool:
        """Whether something has to be done before the next message is sent."""
        return bool(self.again or self.cramped) or self.desynchronized

    def no_room(self, item: Item) -> MessageError | None:
        """Why it was refused, if that was for want of room."""
        return self._no_room.get(item.place)

    def read(self, answered: Answered) -> None:
        command, text = answered.command, answered.text
        items, folder = command.items, command.target.name
        if answered.status == b"OK":
            self.outcomes.appended(items, text)
            return
        self.desynchronized = self.desynchronized or answered.desynchronized
        code = response_code(text)
        if code.name == b"MESSAGELIMIT":
            self.most_at_once = number(code.arguments.partition(b" ")[0]) or self.most_at_once
        if code.name == b"TRYCREATE":
            self._stop(faults.folder_failure(text, Side.DESTINATION, folder))
        elif faults.busy(text):
            self._stop(faults.throttle_failure(text, Side.DESTINATION, self._host))
        elif len(items) > 1 and faults.no_room(text):
            self.cramped.extend(items)
        elif len(items) > 1:
            self.again.extend(items)
        elif items:
            self._refused(items[0], text)

    def _stop(self, error: SyncError) -> None:
        self.fatal = self.fatal or error

    def _refused(self, item: Item, text: bytes) -> None:
        error = faults.append_failure(text, item.target.name)
        final = error.code is not Code.APPEND_REFUSED or not item.pieces
        if error.code is Code.QUOTA:
            self._no_room[item.place] = error
        if not final and item.simplify():
            self.again.append(item)
        else:
            self.outcomes.refused(item.place, error)
