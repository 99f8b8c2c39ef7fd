"""Bodies as a stream: folders and messages are asked for ahead of the answers.

What can happen to one message, and what becomes of it:

    data                              Fetched
    expunged since it was listed      Vanished: neither FETCH nor SEARCH knows it
    NO or BAD to many                 in halves, down to the one that is refused alone
    NO or BAD to it alone             once more on a new connection, then Unreadable
    MESSAGELIMIT (RFC 9738)           on with the others
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
from collections.abc import Iterator, Sequence

from imap import faults
from imap.arrivals import Arrivals, Command, Result, Sought
from imap.dialogue import Dialogue
from imap.halves import Round, Verb
from imap.hard import Strikes, hard_ones, refused_alone, sort, unreadable
from imap.names import wire_name
from imap.presence import surely_gone
from imap.selection import Opening, at_folder, check_uidvalidity
from imap.session import Session
from imap.uidset import uid_sets
from sync.errors import Code, ConnectionLost, FolderBusy
from sync.model import Vanished, Wanted

AHEAD = 24 * 1024
"""Bytes of commands under way: what a server that is busy answering lets stand unread. When half
of it is answered, more is sent."""
PER_COMMAND = 500
_ITEMS = b"(UID FLAGS INTERNALDATE BODY.PEEK[])"
_PLAIN_ITEMS = b"(UID BODY.PEEK[])"
MOST_PLAIN = 20
"""Where more than so many are refused, it is not for their dates."""
_AROUND = 100
"""Bytes of a command beside its uids or its folder's name, at most."""


class BodyStream:
    """One call of Reader.bodies."""

    def __init__(self, session: Session, wanted: Sequence[Wanted]) -> None:
        self._session = session
        self._parts = [Sought(one, dict.fromkeys(sorted(set(one.uids)))) for one in wanted]
        self._strikes = Strikes(session)
        self._refused_for_now: set[str] = set()
        self._arrivals: Arrivals | None = None
        self._under_way: deque[Command] = deque()

    @property
    def _open(self) -> list[Sought]:
        return [part for part in self._parts if part.waiting]

    def run(self) -> Iterator[Result]:
        yield from self._strikes.struck_out(self._parts)
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
                if any(part.left for part in self._parts) and not self._session.refusing:
                    # It may have lost patience with us: once more, with care.
                    self._session.refusing = True
                    continue
                yield from self._strikes.broken(lost, self._under_way, self._open)
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
            yield from self._answers(arrivals, command)
            if command.answer is not None:
                sort(self._session, command, command.answer)
        for part in [part for part in parts if part.left]:
            with at_folder(part.wanted.folder.name):
                yield from self._on(dialogue, part)
        missing = [part for part in parts if part.waiting]
        for part in missing:
            with at_folder(part.wanted.folder.name):
                yield from self._left(dialogue, part)
        missing = [part for part in missing if part.waiting]
        if missing:
            self._session.drop()
        if refused := [part.said for part in missing if faults.later(part.said)]:
            self._session.await_turn(max(map(faults.suggested_wait, refused)))

    def _answers(self, arrivals: Arrivals, command: Command) -> Iterator[Result]:
        for result in arrivals.read(command):
            self._strikes.success()
            yield result

    def _on(self, dialogue: Dialogue, part: Sought) -> Iterator[Result]:
        """With what was refused in company, and with what a server left out that stops early."""
        arrivals, folder = self._arrivals, part.wanted.folder
        assert arrivals is not None
        opened = self._session.open(dialogue, folder)
        self._check(dialogue, part, opened.uidvalidity)
        verb = Verb(
            send=lambda text: dialogue.send(b"UID FETCH", text, _ITEMS),
            hear=dialogue.answer,
            told=lambda uid: uid not in part.waiting,
            most=PER_COMMAND,
        )
        step = Round(self._session, dialogue, folder, verb)
        for command in part.left:
            if command.answer is not None:
                step.learn(command.uids, command.answer)
        part.left = []
        for uids, tag in step.commands():
            command = Command(tag, part, uids)
            self._under_way.append(command)
            yield from self._answers(arrivals, command)
            self._under_way.clear()
            if command.answer is not None and not faults.later(command.answer.text):
                step.learn(uids, command.answer)
        self._session.refusing = False
        for uid, answer in step.refused.items():
            if step.gave_up:
                part.words[uid] = answer.text
                part.asked_again.add(uid)
            else:
                refused_alone(self._session, part, uid, answer)

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
            done = {uid for command in part.left for uid in command.uids}
            alone = [uid for uid in hard_ones(self._session, part) if uid not in done]
            done.update(alone)
            for uid in alone:
                yield Command(dialogue.send(b"NOOP"), part), _AROUND
                tag = dialogue.send(b"UID FETCH", b"%d" % uid, _ITEMS)
                yield Command(tag, part, [uid]), _AROUND
            others = [uid for uid in part.waiting if uid not in done]
            most = min(PER_COMMAND, dialogue.capabilities.message_limit or PER_COMMAND)
            alone_again = [uid for uid in others if uid in part.asked_again]
            others = [uid for uid in others if uid not in part.asked_again]
            sets = [*uid_sets(alone_again, most=1), *uid_sets(others, most=most)]
            for text, uids in sets:
                if self._session.refusing:
                    yield Command(dialogue.send(b"NOOP"), part), _AROUND
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
        gone = surely_gone(self._session, dialogue, part.wanted.folder, list(part.waiting))
        for uid in [uid for uid in part.waiting if uid in gone]:
            del part.waiting[uid]
            yield part.wanted, Vanished(uid)
        for uid in [uid for uid in part.waiting if uid in part.asked_again]:
            if uid in part.words:
                yield from self._without_date(dialogue, part, uid)
            if uid in part.waiting:
                del part.waiting[uid]
                said = part.words.get(uid, part.said)
                yield part.wanted, unreadable(self._session, part, uid, said)
        part.asked_again.update(part.waiting)

    def _without_date(self, dialogue: Dialogue, part: Sought, uid: int) -> Iterator[Result]:
        """A message that is refused alone may be had without its date and its flags."""
        if self._arrivals is None or len(part.words) > MOST_PLAIN:
            return
        dialogue.ask(b"NOOP")
        tag = dialogue.send(b"UID FETCH", b"%d" % uid, _PLAIN_ITEMS)
        yield from self._answers(self._arrivals, Command(tag, part, [uid]))
