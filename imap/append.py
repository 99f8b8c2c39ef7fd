"""One call of Writer.append: what is sent how, folder after folder.

    batch refused                 its messages again, one by one: only the culprit is reported
    NO to one message             once more without keywords, then without flags and date; then
                                  Refused, with the server's words
    quota, too large              Refused at once
    no room for a batch           its messages, the smallest first, until one is refused
    TRYCREATE                     FolderError
    busy, throttled               ConnectionLost with the wait that the server asks for
    BAD                           as NO, on a new connection

A message is kept until its answer is there if it is small; a large one goes straight through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from imap import faults
from imap.delivery import Delivery
from imap.dialogue import sayable
from imap.names import wire_name
from imap.outgoing import Item, Target, has_keywords
from imap.sending import use_up
from imap.session import Session
from sync.errors import Code, ConnectionLost, FolderError, MessageError, Side, SyncError
from sync.model import Appended, Folder, Outgoing, Refused

KEPT = 1024 * 1024
"""The largest message that is kept for a second attempt."""
KEPT_UNSURE = 4 * KEPT
"""The same where it is not known whether its keywords will be taken: to learn that beforehand
means to wait for everything that is under way."""

T = TypeVar("T")


def append_messages(session: Session, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
    """Writer.append on this session."""
    try:
        yield from AppendStream(session).run(messages)
    finally:
        session.release()


class AppendStream:
    """One call of Writer.append, on a connection of which it is sure at its start."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._delivery = Delivery(session)
        self._outcomes = self._delivery.verdicts.outcomes
        self._target: Target | None = None
        """Where the last message went."""
        self._source_broke = self._streaming = False

    def run(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        delivery, settled = self._delivery, self._outcomes.settled
        try:
            for message in self._watch(messages):
                self._take(message)
                delivery.read_answers()
                if self._outcomes.news:
                    yield from settled()
                if delivery.stopped:
                    break
            delivery.settle()
            yield from settled()
            if delivery.verdicts.fatal is not None:
                raise delivery.verdicts.fatal
            self._session.worked()
        except Exception as error:
            better = self._end(error)
            yield from self._outcomes.known()
            if better is not None:
                raise better from error
            raise

    def _watch(self, source: Iterable[T]) -> Iterator[T]:
        """Know an exception of the source's from one of ours."""
        try:
            yield from source
        except Exception:
            self._source_broke = True
            raise

    def _take(self, message: Outgoing) -> None:
        delivery = self._delivery
        if delivery.verdicts.unsettled:
            delivery.settle()
            if delivery.stopped:
                return
        place = self._outcomes.expect(message.number)
        offered = delivery.sender.dialogue.capabilities
        if (unfit := _unfit(message, offered.append_limit)) is not None:
            use_up(self._watch(message.chunks))
            self._outcomes.refused(place, unfit)
            return
        target = self._aim(message.folder)
        item = Item(place, target, message.size, message.internaldate, message.flags)
        unsure = has_keywords(message.flags) and not target.permanent
        streamed = message.size > (KEPT_UNSURE if unsure else KEPT)
        # A message that is not kept has no second attempt: which flags are taken has to be known.
        if ((streamed and unsure) or not offered.multiappend) and not delivery.enter(target):
            return
        delivery.leave(target)
        if streamed:
            self._streaming = True
            delivery.sender.stream(item, self._measured(item, message.chunks))
            self._streaming = False
        else:
            item.pieces = list(self._measured(item, message.chunks))
            delivery.send(item)
        delivery.sender.hear_waiting()

    def _aim(self, folder: Folder) -> Target:
        target = self._target
        if target is None or (target.folder is not folder and target.folder != folder):
            permanent = self._session.permanent_flags.get(wire_name(folder), frozenset())
            target = Target(folder, permanent)
            if not sayable(target.argument):
                where = folder.name
                raise FolderError(Code.FOLDER_REFUSED, side=Side.DESTINATION, where=where)
            self._target = target
        return target

    def _measured(self, item: Item, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks, if they are as long as announced: a literal of another length would make
        the server read mail as commands."""
        missing = item.size
        try:
            for chunk in chunks:
                missing -= len(chunk)
                if missing < 0:
                    break
                yield chunk
        except Exception:
            self._source_broke = True
            raise
        if missing:
            self._source_broke = True
            raise ConnectionLost(Code.PROTOCOL, side=Side.SOURCE, where=item.target.name)

    def _end(self, error: Exception) -> ConnectionLost | None:
        """Learn what can still be learnt after an exception; the server's BYE, if that explains
        the exception better."""
        with suppress(SyncError):
            if not self._source_broke:
                self._delivery.sender.hear_out()
            elif self._streaming:
                self._delivery.sender.cut()
            else:
                self._delivery.settle()
        self._delivery.read_answers()
        if self._source_broke or not isinstance(error, ConnectionLost):
            return None
        wire = self._delivery.sender.dialogue.wire
        lost = (
            faults.farewell_failure(wire.farewell, wire.side, wire.host) if wire.farewell else error
        )
        self._session.drop(lost)
        return lost if lost is not error else None


def _unfit(message: Outgoing, limit: int | None) -> MessageError | None:
    """Why this message need not be sent at all."""
    folder = message.folder.name
    if message.size == 0:
        return MessageError(Code.EMPTY_MESSAGE, side=Side.DESTINATION, where=folder)
    if limit is not None and message.size > limit:
        said = f"APPENDLIMIT={limit}"
        return MessageError(Code.TOO_LARGE, said, side=Side.DESTINATION, where=folder)
    return None
