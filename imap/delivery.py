"""What one call of Writer.append has under way, and second attempts.

A delivery is settled when every message that was sent has its verdict.
"""

from __future__ import annotations

from imap.outcomes import Verdicts
from imap.outgoing import Item, Target
from imap.sending import Sender
from imap.session import Session
from sync.errors import MessageError


class Delivery:
    """Sends items; connects anew where the line cannot be used any more."""

    def __init__(self, session: Session) -> None:
        self.verdicts = Verdicts(session.server.host)
        self.sender = _open_sender(session)
        self._session = session
        self._entered: Target | None = None
        """What this call has selected on the connection."""

    @property
    def stopped(self) -> bool:
        return self.verdicts.fatal is not None

    def send(self, item: Item) -> None:
        """Soon, in one command with its neighbours if that is possible."""
        self.sender.make_room(item.size)
        if self.sender.dialogue.capabilities.multiappend:
            self.sender.send_in_batch(item)
        else:
            self.sender.send_alone(item)

    def enter(self, target: Target) -> bool:
        """Have the folder selected, everything sent being answered first: so a server stores
        faster, and tells which flags it keeps. False when an answer has stopped the call."""
        if target is not self._entered:
            self.settle()
            if self.stopped:
                return False
            self._select(target)
        return True

    def leave(self, target: Target) -> None:
        """Have no folder open, as a server with MULTIAPPEND stores faster then: after each command
        it would look through the open one for changes to tell."""
        if self._session.selected is None:
            return
        offered = self.sender.dialogue.capabilities
        if offered.multiappend and "UNSELECT" in offered.names:
            self._session.selected = None
            self.sender.leave_folder(target)

    def _select(self, target: Target) -> None:
        opened = self._session.open(self.sender.dialogue, target.folder, writable=True)
        target.permanent = opened.permanent_flags
        self._entered = target

    def settle(self) -> None:
        """Have an answer for everything sent, second attempts included."""
        verdicts = self.verdicts
        self.sender.hear_all()
        self.read_answers()
        while verdicts.fatal is None and verdicts.unsettled:
            if verdicts.desynchronized:
                verdicts.desynchronized = False
                self._session.drop()
                self.sender = _open_sender(self._session)
                self._entered = None
            items, verdicts.again = verdicts.again, []
            for item in items:
                self._send_again(item)
            self.sender.hear_all()
            self.read_answers()
            self._fill_up()

    def _fill_up(self) -> None:
        """Of messages that had no room together as many as have: the smallest first, each answered
        before the next. When one has none, larger ones need not be sent."""
        verdicts = self.verdicts
        items, verdicts.cramped = sorted(verdicts.cramped, key=lambda item: item.size), []
        refusal: MessageError | None = None
        for item in items:
            if verdicts.fatal is not None or verdicts.desynchronized:
                verdicts.cramped.append(item)
            elif refusal is not None:
                verdicts.outcomes.refused(item.place, refusal)
            else:
                self._send_again(item)
                self.sender.hear_all()
                self.read_answers()
                refusal = verdicts.no_room(item)

    def _send_again(self, item: Item) -> None:
        sender = self.sender
        sender.make_room(item.size)
        if item.target is not self._entered and not sender.dialogue.capabilities.multiappend:
            sender.hear_all()
            self._select(item.target)
        sender.send_alone(item)

    def read_answers(self) -> None:
        while self.sender.answered:
            self.verdicts.read(self.sender.answered.popleft())
        if self.verdicts.most_at_once is not None:
            self.sender.most = min(self.sender.most, self.verdicts.most_at_once)


def _open_sender(session: Session) -> Sender:
    with session.line() as dialogue:
        return Sender(dialogue)
