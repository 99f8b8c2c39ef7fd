"""Messages of one folder that share an intent."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sync.errors import Code
from sync.intent import Intent, Pair
from sync.model import Appended, MessageMeta, Refused, Unreadable, Vanished, Wanted
from sync.work import Work

Answer = Appended | Refused | Vanished | Unreadable
Turn = tuple[Work, MessageMeta]
"""A message and the folder it is copied in."""


class Waiting:
    """What is still to be copied, folder after folder. A folder that has ended in this pass waits
    no longer. Of the folders' messages only those at the front are held."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._front: deque[Turn] = deque()
        self._later: Iterator[Turn] = _turns(works)

    def __bool__(self) -> bool:
        return self.first is not None

    @property
    def first(self) -> Turn | None:
        front = self._front
        while True:
            if not front and (following := next(self._later, None)) is not None:
                front.append(following)
            if not front or front[0][0].under_way:
                return front[0] if front else None
            front.popleft()

    def take_first(self) -> Turn:
        """Raises IndexError when nothing waits."""
        if self.first is None:
            raise IndexError("nothing waits")
        return self._front.popleft()

    def put_back(self, turns: Sequence[Turn]) -> None:
        """These come first, in this order."""
        self._front.extendleft(reversed(turns))

    def smallest_first(self) -> None:
        """Of the folder whose turn it is the smallest message that waits comes first."""
        if self.first is not None:
            mine = self._drawn(self._front[0][0])
            mine.insert(0, mine.pop(min(range(len(mine)), key=lambda at: mine[at][1].size)))
            self.put_back(mine)

    def turn(self, work: Work) -> None:
        """What waits of this folder comes first, its last message first of all."""
        mine = self._drawn(work)
        self._front.extendleft(mine)

    def postpone(self, work: Work) -> None:
        """What waits of this folder comes after everything else."""
        mine = self._drawn(work)
        self._later = chain(self._later, mine)

    def _drawn(self, work: Work) -> list[Turn]:
        """What waits of this folder, taken out. It begins in front."""
        mine = [turn for turn in self._front if turn[0] is work]
        self._front = deque(turn for turn in self._front if turn[0] is not work)
        for turn in self._later:
            if turn[0] is not work:
                self._front.append(turn)
                break
            mine.append(turn)
        return mine


def _turns(works: Iterable[Work]) -> Iterator[Turn]:
    for work in works:
        for meta in work.plan.copies if work.plan else ():
            yield work, meta


@dataclass(slots=True)
class Batch:
    """`answers` by source uid; what has been begun and has none is in doubt."""

    work: Work
    metas: dict[int, MessageMeta] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    number: int = 0
    """The intent's."""
    settled: bool = False
    uidnext: int = 1

    @property
    def begun(self) -> bool:
        """Its intent is written."""
        return self.number > 0

    @property
    def complete(self) -> bool:
        return len(self.answers) == len(self.metas)

    def intend(self) -> Intent:
        self.uidnext = self.work.uidnext
        return Intent(tuple(self.metas), self.uidnext)

    @property
    def pairs(self) -> dict[int, Pair]:
        """What the destination has told the new uid of, as far as that can be one."""
        told = {
            uid: answer.destination
            for uid, answer in self.answers.items()
            if isinstance(answer, Appended) and answer.destination is not None
        }
        often = Counter(ref.uid for ref in told.values())
        validity, taken = self.work.key.destination_uidvalidity, self.work.taken
        return {
            uid: Pair(uid, ref.uid, self.sizes[uid])
            for uid, ref in told.items()
            if often[ref.uid] == 1
            and ref.uidvalidity == validity
            and ref.uid >= self.uidnext
            and ref.uid not in taken
        }

    def without_uid(self, pairs: Mapping[int, Pair]) -> list[MessageMeta]:
        """Taken by the destination, which has not told the new uid."""
        return [
            self.metas[uid]
            for uid, answer in self.answers.items()
            if isinstance(answer, Appended) and uid not in pairs
        ]

    @property
    def in_doubt(self) -> list[MessageMeta]:
        """Sent, or about to be, when the line broke."""
        return [meta for meta in self.unanswered if meta.uid in self.sizes]

    @property
    def unanswered(self) -> list[MessageMeta]:
        return [meta for uid, meta in self.metas.items() if uid not in self.answers]


def next_batch(waiting: Waiting, *, messages: int, size: int) -> Batch:
    """From the front of what waits: so many messages and bytes of one folder at most, and one
    message at least."""
    work, first = waiting.take_first()
    batch = Batch(work, {first.uid: first})
    total = first.size
    while (turn := waiting.first) and turn[0] is work and len(batch.metas) < messages:
        meta = turn[1]
        total += meta.size
        if total > size:
            break
        batch.metas[meta.uid] = meta
        waiting.take_first()
    return batch


def wanted(sending: Sequence[Batch]) -> list[Wanted]:
    """What is asked of the source, folder by folder."""
    uids: dict[Work, list[int]] = {}
    for batch in sending:
        uids.setdefault(batch.work, []).extend(batch.metas)
    return [
        Wanted(work.pair.source, work.key.source_uidvalidity, tuple(found), _hard(work, found))
        for work, found in uids.items()
    ]


def _hard(work: Work, uids: Iterable[int]) -> frozenset[int]:
    """What the source would not hand out in an earlier run."""
    refused = work.known.refused
    if not refused:
        return frozenset()
    return frozenset(
        uid for uid in uids if (r := refused.get(uid)) is not None and r.code is Code.UNREADABLE
    )
