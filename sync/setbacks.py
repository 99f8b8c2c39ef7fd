"""When to go on after something broke, and when to stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sync.errors import Code, ConnectionLost, DestinationFull, MessageError, Side, Stalled

STRIKES = 3
"""So often may the line break at one message before that message is set aside."""
SET_ASIDE_IN_A_ROW = 5
"""So many set aside at the destination without a success between them: not the messages are at
fault."""
THROTTLED_IN_A_ROW = 5
"""So often may a server ask to be left alone for a while without a success in between."""
QUOTA_IN_A_ROW = 3
"""So many refused for want of room, and nothing left to try: the mailbox is full."""
ROOMY = 500
"""So many messages at a time fitted into a mailbox that was short of room: it is no longer."""
ALONE = 64
"""So many messages go one at a time after a break: the one at fault is among the first."""


class Setbacks:
    """What one folder's copying has met since its last success."""

    def __init__(self) -> None:
        self._strikes: Counter[tuple[str, int]] = Counter()
        self._alone = 0
        self._set_aside = 0
        self._quota = 0
        self._throttled = 0
        self.at_a_time = 0
        """So many messages, where the destination is short of room; 0 for any number."""
        self.cramped = False
        """It has said so in this stream: nothing more is sent in it."""
        self._probing = self._elsewhere = False
        self._words = ""
        self.full: DestinationFull | None = None

    def one_by_one(self) -> bool:
        """After a break the messages go one at a time for a while, so that the one at which the
        line breaks is found."""
        if not self._alone:
            return False
        self._alone -= 1
        return True

    def success(self) -> None:
        self._set_aside = self._throttled = 0

    def begin(self) -> bool:
        """A stream begins. True: the smallest message that waits goes first, and alone, since
        there was no room: if there is none for it either, the mailbox is full."""
        self._probing, self.cramped = self.cramped, False
        return self._probing

    def no_room(self, error: MessageError) -> None:
        """For a message."""
        self._quota += 1
        self._words = error.server_words
        self.cramped, self.at_a_time = True, 1
        if self._probing:
            self.full = self._as_full()

    def fits(self) -> None:
        """There was room for a message."""
        self._quota = 0
        self._elsewhere = False

    def try_elsewhere(self) -> bool:
        """Once, until there was room for something."""
        if self._elsewhere:
            return False
        self._elsewhere, self.full = True, None
        return True

    def ended(self, *, last: bool) -> None:
        """A stream has ended, and nothing waits if it was the `last`. There may be room for more at
        a time."""
        if last and self._quota >= QUOTA_IN_A_ROW:
            self.full = self._as_full()
        if self.at_a_time and not self.cramped:
            self.at_a_time *= 2
            if self.at_a_time > ROOMY:
                self.at_a_time = 0

    def _as_full(self) -> DestinationFull:
        return DestinationFull(Code.QUOTA, self._words, side=Side.DESTINATION)

    def set_aside(self, left: Sequence[tuple[str, int]], tried: int, lost: ConnectionLost) -> bool:
        """The line broke while `tried` messages were under way, and `left` (folder, uid) are not
        copied. True: the first of them has broken it too often, go on without it. Raises Stalled
        when message after message does so at the destination, and when a server throttles on."""
        if lost.code is Code.THROTTLED:
            self._throttled += 1
            if self._throttled >= THROTTLED_IN_A_ROW:
                raise Stalled(lost, *left[0])
            return False
        if tried > 1:
            self._alone = min(len(left), ALONE)
            return False
        self._alone += 1
        self._strikes[left[0]] += 1
        if self._strikes[left[0]] < STRIKES:
            return False
        self._set_aside += lost.side is not Side.SOURCE
        if self._set_aside >= SET_ASIDE_IN_A_ROW:
            raise Stalled(lost, *left[0])
        return True
