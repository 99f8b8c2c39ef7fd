"""Bodies as a stream: folders and messages are asked for ahead of the answers.

What can happen to one message, and what becomes of it:

    data                              Fetched
    expunged since it was listed      Vanished
    NIL, or OK without its data       asked for once more on a new connection; if it is still
                                      listed and still not given, Unreadable
    {0}                               Unreadable: an empty message is none
    the line breaks before its data   a strike; at the second, Unreadable, and on with the next
    the line breaks within its data   a strike; ConnectionLost, when part of it was handed out
    four strikes in all               Unreadable, without being asked for: three reconnects were
                                      for this message

A folder that cannot be opened, or is another one than was listed, ends the stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from imap import faults
from imap.arrivals import Arrivals, Command, Result, Sought
from imap.dialogue import Dialogue
from imap.listing import present
from imap.names import wire_name
from imap.parse import words
from imap.selection import Opening, check_uidvalidity
from imap.session import Session
from imap.uidset import uid_sets
from sync.errors import Code, ConnectionLost, FolderBusy, MessageError
from sync.model import Unreadable, Vanished, Wanted

STRIKES = 2
MOST_STRIKES = 4
SET_ASIDE_IN_A_ROW = 3
"""So many set aside without one success between them: not the messages are at fault."""
AHEAD = 24 * 1024
"""Bytes of commands under way: what a server that is busy answering lets stand unread. When half
of it is answered, more is sent."""
PER_COMMAND = 500
_ITEMS = b"(UID FLAGS INTERNALDATE BODY.PEEK[])"
_AROUND = 100
"""Bytes of a command beside its uids or its folder's name, at most."""


class BodyStream:
    """One call of Reader.bodies."""

    def __init__(self, session: Session, wanted: Sequence[Wanted]) -> None:
        self._session = session
        self._parts = [Sought(one, dict.fromkeys(sorted(set(one.uids)))) for one in wanted]
        self._strikes = session.strikes
        self._in_a_row = 0
        self._refused_for_now: set[str] = set()
        self._arrivals: Arrivals | None = None
        self._under_way: deque[Command] = deque()

    @property
    def _open(self) -> list[Sought]:
        return [part for part in self._parts if part.waiting]

    def run(self) -> Iterator[Result]:
        yield from self._struck_out()
        while self._open:
            self._arrivals = None
            self._under_way.clear()
            try:
                with self._session.line() as dialogue:
                    yield from self._pass(dialogue)
            except ConnectionLost as lost:
                in_body = self._arrivals is not None and self._arrivals.in_body
                if in_body or lost.code is Code.THROTTLED:
                    raise
                yield from self._strike(lost)
            except FolderBusy as busy:
                if busy.where in self._refused_for_now:
                    raise
                self._refused_for_now.add(busy.where)
                self._session.await_turn(busy.suggested_wait)

    def _pass(self, dialogue: Dialogue) -> Iterator[Result]:
        """Everything that is still waited for, once; and what became of what did not come."""
        parts = self._open
        arrivals = self._arrivals = Arrivals(self._session, dialogue)
        for command in self._ahead(dialogue, parts):
            if command.opening is not None:
                self._opened(dialogue, command.sought, command.opening)
                continue
            for result in arrivals.read(command):
                self._in_a_row = 0
                yield result
        missing = [part for part in parts if part.waiting]
        for part in missing:
            yield from self._left(dialogue, part)
        missing = [part for part in missing if part.waiting]
        if missing:
            self._session.drop()
        if refused := [part.said for part in missing if faults.later(part.said)]:
            self._session.await_turn(max(map(faults.suggested_wait, refused)))

    def _ahead(self, dialogue: Dialogue, parts: list[Sought]) -> Iterator[Command]:
        """The commands in the order of their answers. Each is under way until the next is asked
        for."""
        questions = self._questions(dialogue, parts)
        sizes: deque[int] = deque()
        more = True
        while more or sizes:
            if more and sum(sizes) <= AHEAD // 2:
                more = False
                for command, size in questions:
                    self._under_way.append(command)
                    sizes.append(size)
                    if sum(sizes) >= AHEAD:
                        more = True
                        break
                dialogue.wire.flush()
            if sizes:
                yield self._under_way[0]
                self._under_way.popleft()
                sizes.popleft()

    def _questions(self, dialogue: Dialogue, parts: list[Sought]) -> Iterator[tuple[Command, int]]:
        """Sends the commands one by one; each with its length."""
        opened = self._session.selected
        for part in parts:
            folder = part.wanted.folder
            if opened is not None and opened.wire_name == wire_name(folder):
                self._check(dialogue, part, opened.uidvalidity)
            else:
                self._session.selected = None
                opening = Opening.send(dialogue, folder)
                size = len(opening.selected.wire_name) + _AROUND
                yield Command(opening.tag, part, opening=opening), size
            opened = None
            for text, uids in uid_sets(list(part.waiting), most=PER_COMMAND):
                tag = dialogue.send(b"UID FETCH", text, _ITEMS)
                yield Command(tag, part, uids), len(text) + _AROUND

    def _opened(self, dialogue: Dialogue, part: Sought, opening: Opening) -> None:
        answer = opening.answer(dialogue)
        if not answer.ok:
            raise dialogue.refusal(answer, part.wanted.folder.name)
        self._check(dialogue, part, opening.selected.uidvalidity)
        self._session.selected = opening.selected

    def _check(self, dialogue: Dialogue, part: Sought, uidvalidity: int) -> None:
        wanted = part.wanted
        check_uidvalidity(dialogue, wanted.folder, uidvalidity, wanted.uidvalidity)

    def _left(self, dialogue: Dialogue, part: Sought) -> Iterator[Result]:
        """The server said that it has answered, and these did not come."""
        opened = self._session.open(dialogue, part.wanted.folder)
        self._check(dialogue, part, opened.uidvalidity)
        dialogue.ask(b"NOOP")
        alive = present(dialogue, list(part.waiting))
        for uid in [uid for uid in part.waiting if uid not in alive]:
            del part.waiting[uid]
            yield part.wanted, Vanished(uid)
        for uid in [uid for uid in part.waiting if uid in part.asked_again]:
            del part.waiting[uid]
            yield part.wanted, _unreadable(self._session, part, uid, part.said)
        part.asked_again.update(part.waiting)

    def _strike(self, lost: ConnectionLost) -> Iterator[Result]:
        """The line broke. Servers answer in order, so the first one missing is to blame."""
        blamed = _first_missing(self._under_way, self._open)
        if blamed is None:
            return
        part, uid = blamed
        key = _key(part, uid)
        self._strikes[key] += 1
        if self._strikes[key] < STRIKES:
            return
        self._in_a_row += 1
        if self._in_a_row >= SET_ASIDE_IN_A_ROW:
            raise lost
        yield self._set_aside(part, uid, lost)

    def _struck_out(self) -> Iterator[Result]:
        often = {key for key, strikes in self._strikes.items() if strikes >= MOST_STRIKES}
        for part in self._parts if often else ():
            for uid in [uid for uid in part.waiting if _key(part, uid) in often]:
                yield self._set_aside(part, uid, ConnectionLost(side=self._session.side))

    def _set_aside(self, part: Sought, uid: int, lost: ConnectionLost) -> Result:
        del part.waiting[uid]
        unreadable = _unreadable(self._session, part, uid, lost.server_words.encode())
        unreadable.error.__cause__ = lost
        return part.wanted, unreadable


def _key(part: Sought, uid: int) -> tuple[str, int]:
    return part.wanted.folder.name, uid


def _first_missing(under_way: Iterable[Command], parts: list[Sought]) -> tuple[Sought, int] | None:
    for command in under_way:
        for uid in command.uids:
            if uid > command.reached and uid in command.sought.waiting:
                return command.sought, uid
    return next(((part, uid) for part in parts for uid in part.waiting), None)


def _unreadable(session: Session, part: Sought, uid: int, said: bytes) -> Unreadable:
    where = part.wanted.folder.name
    error = MessageError(Code.UNREADABLE, words(said), side=session.side, where=where)
    return Unreadable(uid, error)
