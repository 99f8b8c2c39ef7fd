"""One command for many messages of the open folder: in as many sets as it takes.

    OK                        all of the set
    MESSAGELIMIT (RFC 9738)   the server stopped early: on with what is left, in sets that it bears
    NO, BAD                   the set in halves, down to the one message that is refused alone
    refused for now           once more after the wait that the server asks for

Some servers hang up on a client whose commands they refuse one after the other: once something was
refused, a NOOP goes ahead of each command, and few are under way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from imap import faults
from imap.dialogue import Answer, Dialogue, Take
from imap.parse import number, response_code
from imap.session import Session
from imap.uidset import LONGEST, MOST, uid_sets
from sync.model import Folder

AT_ONCE = 8
"""Sets under way."""
AT_ONCE_AFTER_A_REFUSAL = 2
REFUSALS_IN_A_ROW = 200
"""So many without one success between them: the server refuses everything. It takes far fewer to
find a message that is refused alone, even where the whole of a set is."""
_OF_THE_FOLDER = {b"OVERQUOTA", b"TRYCREATE", b"NOPERM", b"READ-ONLY"}
"""No message is at fault."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The server stopped early. It goes from the highest uid down; `lowest` is the last one that it
    looked at, 0 if it does not say."""

    most: int
    lowest: int


def cut_short(answer: Answer) -> Cut | None:
    """Whether an answer, OK or not, is about a part of the messages only."""
    code = response_code(answer.text)
    if code.name not in (b"MESSAGELIMIT", b"SAVELIMIT"):
        return None
    most, _, lowest = code.arguments.partition(b" ")
    return Cut(number(most), number(lowest.strip()))


@dataclass(frozen=True, slots=True)
class Verb:
    """`send` sends the command for a set and gives its tag, `hear` reads the answer. `told` is
    whether a uid has been answered for; None where answers do not say. `news` are told what comes
    in between. What is refused `writing`
    for the folder's sake is not asked for again in halves."""

    send: Callable[[bytes], bytes]
    hear: Callable[[bytes], Answer]
    told: Callable[[int], bool] | None = None
    news: Take | None = None
    writing: bool = False
    at_once: int = AT_ONCE
    most: int = MOST
    longest: int = LONGEST


def ask_all(
    session: Session, dialogue: Dialogue, folder: Folder, uids: Iterable[int], verb: Verb
) -> dict[int, Answer]:
    """Those that were refused alone, or for the folder's sake, with the refusal. Raises
    ConnectionLost for a server that wants us to come back later, FolderBusy for one that refused
    for now twice."""
    return Round(session, dialogue, folder, verb).ask(sorted(set(uids)))


def ask_on(
    session: Session, dialogue: Dialogue, folder: Folder, uids: Iterable[int], verb: Verb
) -> dict[int, Answer]:
    """The same, and on for as long as answers leave something out and tell of something: a server
    may stop early without a word. It is asked for as many at a time as it has told of before."""
    told = verb.told or (lambda _: True)
    left = sorted(set(uids))
    refused: dict[int, Answer] = {}
    most = verb.most
    while left:
        sets = sum(1 for _ in uid_sets(left, most=most, longest=verb.longest))
        more = ask_all(session, dialogue, folder, left, replace(verb, most=most))
        refused |= more
        still = [uid for uid in left if uid not in more and not told(uid)]
        gained = len(left) - len(still) - len(more)
        if gained <= 0:
            break
        left, most = still, min(most, max(gained // sets, 1))
    return refused


class Round:
    """The sets of one question. `refused` are the uids that were refused alone, and, when it has
    given up, all that were left."""

    def __init__(self, session: Session, dialogue: Dialogue, folder: Folder, verb: Verb) -> None:
        self._session = session
        self._dialogue = dialogue
        self._folder = folder
        self._verb = verb
        self._most = min(verb.most, dialogue.capabilities.message_limit or MOST)
        self._waiting: deque[list[int]] = deque()
        self._busy: list[list[int]] = []
        self._wait = 0.0
        self._refusals_in_a_row = 0
        self._careful = session.refusing
        """It stays so where the line breaks upon refusals."""
        self.refused: dict[int, Answer] = {}
        self.gave_up = False

    def ask(self, uids: Sequence[int]) -> dict[int, Answer]:
        self.add(uids)
        self._run()
        if self._busy:
            self._session.await_turn(self._wait)
            again, self._busy = self._busy, []
            for members in again:
                self.add(members)
            self._run(last=True)
        self._session.refusing = False
        return self.refused

    def add(self, uids: Sequence[int]) -> None:
        sets = uid_sets(uids, most=max(self._most, 1), longest=self._verb.longest)
        self._waiting.extendleft(reversed([members for _, members in sets]))

    def _run(self, *, last: bool = False) -> None:
        busy: Answer | None = None
        for members, tag in self.commands():
            answer = self._verb.hear(tag)
            if not answer.ok and faults.later(answer.text):
                busy = self._postpone(members, answer)
            else:
                self.learn(members, answer)
        if busy is not None and last:
            raise self._dialogue.refusal(busy, self._folder.name)

    def commands(self) -> Iterator[tuple[list[int], bytes]]:
        """Each set and the tag of its command, in the order of their answers. `learn` has to be
        told the answer before the next one is asked for."""
        under_way: deque[tuple[list[int], bytes, bytes]] = deque()
        while self._waiting or under_way:
            while self._waiting and len(under_way) < self._at_once:
                members = self._waiting.popleft()
                text = next(text for text, _ in uid_sets(members))
                noop = self._dialogue.send(b"NOOP") if self._careful else b""
                under_way.append((members, noop, self._verb.send(text)))
            members, noop, tag = under_way.popleft()
            if noop:
                self._dialogue.answer(noop, self._verb.news)
            yield members, tag

    @property
    def _at_once(self) -> int:
        at_once = self._verb.at_once
        return min(at_once, AT_ONCE_AFTER_A_REFUSAL) if self._careful else at_once

    def _postpone(self, members: list[int], answer: Answer) -> Answer:
        if faults.throttled(answer.text):
            raise self._dialogue.refusal(answer, self._folder.name)
        self._busy.append(members)
        self._wait = max(self._wait, faults.suggested_wait(answer.text))
        return answer

    def learn(self, members: list[int], answer: Answer) -> None:
        cut, told = cut_short(answer), self._verb.told
        if answer.ok:
            self._refusals_in_a_row = 0
        left = [uid for uid in members if not told(uid)] if told else members
        if cut is not None:
            self._most = min(self._most, cut.most or self._most)
            if cut.lowest and (self._verb.writing or not told):
                left = [uid for uid in left if uid < cut.lowest]
            if len(left) < len(members) or self._most < len(members):
                self.add(left)
                return
        if left and not answer.ok:
            self._halve(members, left, answer)

    def _halve(self, members: list[int], left: list[int], answer: Answer) -> None:
        """Of `members`, which were refused together, `left` is still open."""
        self._refusals_in_a_row += 1
        self._careful = self._session.refusing = True
        folders_fault = self._verb.writing and response_code(answer.text).name in _OF_THE_FOLDER
        if folders_fault or self._refusals_in_a_row >= REFUSALS_IN_A_ROW:
            self._give_up(left, answer)
        elif len(members) == 1:
            self.refused[members[0]] = answer
        else:
            middle = (len(left) + 1) // 2
            self.add(left[middle:])
            self.add(left[:middle])

    def _give_up(self, left: list[int], answer: Answer) -> None:
        self.gave_up = True
        for members in (left, *self._waiting):
            self.refused.update(dict.fromkeys(members, answer))
        self._waiting.clear()
