"""Messages that a server will not hand out, and those at which it hangs up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from imap import faults
from imap.arrivals import Command, Result, Sought
from imap.dialogue import Answer
from imap.halves import cut_short
from imap.parse import words
from imap.session import Session
from sync.errors import Code, ConnectionLost, MessageError
from sync.model import Unreadable

STRIKES = 2
MOST_STRIKES = 4
SET_ASIDE_IN_A_ROW = 3
"""So many set aside without one success between them: not the messages are at fault."""


def sort(session: Session, command: Command, answer: Answer) -> None:
    """What one command has left to do: what was refused in company, and what a server left out
    that stops early."""
    part = command.sought
    left = [uid for uid in command.uids if uid in part.waiting]
    if not left or (not answer.ok and faults.later(answer.text)):
        return
    if len(command.uids) == 1 and not answer.ok:
        refused_alone(session, part, left[0], answer)
    elif not answer.ok or cut_short(answer):
        part.left.append(command)


def refused_alone(session: Session, part: Sought, uid: int, answer: Answer) -> None:
    """Once more on a new connection, if it was not refused before."""
    part.words[uid] = answer.text
    if _is_hard(session, part, uid):
        part.asked_again.add(uid)
    session.hard.add(key(part, uid))


def hard_ones(session: Session, part: Sought) -> list[int]:
    """Those that were refused before."""
    if not session.hard and not part.wanted.alone:
        return []
    return [uid for uid in part.waiting if _is_hard(session, part, uid)]


def _is_hard(session: Session, part: Sought, uid: int) -> bool:
    return uid in part.wanted.alone or key(part, uid) in session.hard


def key(part: Sought, uid: int) -> tuple[str, int]:
    return part.wanted.folder.name, uid


def unreadable(
    session: Session, part: Sought, uid: int, said: bytes, *, code: Code = Code.UNREADABLE
) -> Unreadable:
    where = part.wanted.folder.name
    error = MessageError(code, words(said), side=session.side, where=where)
    return Unreadable(uid, error)


class Strikes:
    """How often the line has broken at a message, or, under uid 0, at its folder."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._in_a_row = 0

    def success(self) -> None:
        self._in_a_row = 0

    def broken(
        self, lost: ConnectionLost, under_way: Sequence[Command], parts: list[Sought]
    ) -> Iterator[Result]:
        """Servers answer in order, so the first one missing is to blame. Raises `lost` when it is
        the folder, or no message at all."""
        if under_way:
            lost.folder = lost.folder or under_way[0].sought.wanted.folder.name
        if under_way and under_way[0].opening is not None:
            if self._strike(under_way[0].sought, 0) >= STRIKES:
                raise lost
            return
        blamed = _first_missing(under_way, parts)
        if blamed is None or self._strike(*blamed) < STRIKES:
            return
        self._in_a_row += 1
        if self._in_a_row >= SET_ASIDE_IN_A_ROW:
            raise lost
        yield self._set_aside(*blamed, lost)

    def struck_out(self, parts: Iterable[Sought]) -> Iterator[Result]:
        """Those that have cost enough connections."""
        often = {one for one, strikes in self._session.strikes.items() if strikes >= MOST_STRIKES}
        for part in parts if often else ():
            for uid in [uid for uid in part.waiting if key(part, uid) in often]:
                yield self._set_aside(part, uid, ConnectionLost(side=self._session.side))

    def _strike(self, part: Sought, uid: int) -> int:
        self._session.strikes[key(part, uid)] += 1
        return self._session.strikes[key(part, uid)]

    def _set_aside(self, part: Sought, uid: int, lost: ConnectionLost) -> Result:
        del part.waiting[uid]
        # Where nothing was read before it, or since another one, the message may be whole.
        whole = self._session.has_read and self._in_a_row <= 1
        code = Code.UNREADABLE if whole else lost.code
        found = unreadable(self._session, part, uid, lost.server_words.encode(), code=code)
        found.error.__cause__ = lost
        return part.wanted, found


def _first_missing(under_way: Iterable[Command], parts: list[Sought]) -> tuple[Sought, int] | None:
    for command in under_way:
        for uid in command.uids:
            if uid > command.reached and uid in command.sought.waiting:
                return command.sought, uid
    return next(((part, uid) for part in parts for uid in part.waiting), None)
