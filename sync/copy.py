"""Copying messages: batches, intents, answers.

Intent before append, result after. One stream runs over all batches: while the destination still
answers for one, the next is on its way. Whatever breaks in between, the destination is looked at
before anything is sent a second time, so that a blind second APPEND does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync.aftermath import Aftermath
from sync.batch import Batch, Waiting, next_batch, wanted
from sync.errors import (
    Code,
    ConnectionLost,
    FolderChanged,
    FolderError,
    MessageError,
    Side,
    Stopped,
    StopReason,
)
from sync.intent import Pair
from sync.judging import suspected
from sync.model import Appended, Fetched, MessageMeta, Outgoing, Unreadable
from sync.options import ProofLevel, SyncOptions
from sync.ports import Ledger, Stop
from sync.refusing import refusals, unreadable
from sync.setbacks import Setbacks
from sync.settling import Broken, count, made_anew, stop_folder
from sync.stalls import Stalls
from sync.twins import Sides
from sync.watching import identified, watched
from sync.work import Work

Look = Sides | Aftermath

STREAM_MESSAGES = 10_000
"""So many messages go in one stream, since each is held in memory until the stream has ended."""

FIRST_SIZE = 512 * 1024
"""Bytes of the first batch, after whose answers it is known how fast the lines are and whether new
uids are told."""


class Copier:
    """Copies what is planned for several folders. The result is in the works and the ledger."""

    def __init__(
        self, aftermath: Aftermath, ledger: Ledger, *, options: SyncOptions, stop: Stop
    ) -> None:
        self._aftermath = aftermath
        self._sides = aftermath.sides
        self._ledger = ledger
        self._options = options
        self._stop = stop
        self._setbacks = Setbacks()
        self._stalls = Stalls()
        self._first = True
        self._uids_told = False
        """The destination tells new uids (UIDPLUS), so that batches can be settled in passing."""
        self._asked_to: StopReason | None = None

    def run(self, works: Sequence[Work]) -> None:
        """Raises what stops the account or more; then the messages without an outcome are still
        open in the tallies, and an open intent is in the ledger if any of them may have been
        sent. What stops a folder is in its tally, or marks it for another pass."""
        waiting = Waiting(works)
        while waiting:
            sending = self._next(waiting)
            broken = self._send(sending)
            look = self._look(sending, broken)
            for batch in sending:
                if batch.begun and not batch.settled:
                    self._settle(batch, batch.pairs, broken, look)
            self._put_back(sending, broken, waiting)
            if self._asked_to:
                raise Stopped(self._asked_to)
            self._setbacks.ended(last=not waiting)
            if (full := self._setbacks.full) and not self._elsewhere(waiting, sending[0].work):
                raise full
            self._stalls.divert(waiting)

    def _elsewhere(self, waiting: Waiting, work: Work) -> bool:
        """A folder may have a limit of its own: whether another one is to be tried before the
        mailbox counts as full."""
        waiting.postpone(work)
        other = waiting.first is not None and waiting.first[0] is not work
        return other and self._setbacks.try_elsewhere()

    def _next(self, waiting: Waiting) -> list[Batch]:
        """The next batches that go in one stream. One alone until it is known that uids are told,
        and while there is little room; one message alone after the line has broken."""
        if self._setbacks.begin():
            waiting.smallest_first()
        messages, size = self._options.batch_messages, self._options.paced_batch_size
        if self._first:
            size, self._first = min(size, FIRST_SIZE), False
        if self._setbacks.one_by_one():
            return [next_batch(waiting, messages=1, size=size)]
        if few := self._setbacks.at_a_time:
            return [next_batch(waiting, messages=few, size=size)]
        taken = [next_batch(waiting, messages=messages, size=size)]
        number = len(taken[0].metas)
        while waiting and self._uids_told and number < STREAM_MESSAGES:
            taken.append(next_batch(waiting, messages=messages, size=size))
            number += len(taken[-1].metas)
        return taken

    def _send(self, sending: list[Batch]) -> Broken | None:
        sent: list[tuple[Batch, int]] = []
        try:
            for outcome in self._sides.destination.append(self._stream(sending, sent)):
                batch, uid = sent[outcome.number]
                batch.answers[uid] = outcome
                if isinstance(outcome, Appended):
                    self._setbacks.fits()
                elif outcome.error.code is Code.QUOTA:
                    self._setbacks.no_room(outcome.error)
                if batch.complete and not batch.without_uid(pairs := batch.pairs):
                    self._uids_told = True
                    self._settle(batch, pairs, None, self._aftermath.sides)
        except (ConnectionLost, FolderError) as error:
            return error
        return None

    def _stream(self, sending: list[Batch], sent: list[tuple[Batch, int]]) -> Iterator[Outgoing]:
        place = {(b.work.pair.source.name, uid): b for b in sending for uid in b.metas}
        for asked, answer in self._sides.source.bodies(wanted(sending)):
            if self._setbacks.cramped:
                return
            uid = answer.meta.uid if isinstance(answer, Fetched) else answer.uid
            batch = place[asked.folder.name, uid]
            if not batch.begun and not self._begin(batch):
                return
            if not isinstance(answer, Fetched):
                batch.answers[uid] = answer
                if isinstance(answer, Unreadable):
                    self._stalls.unreadable(batch.work, answer)
            elif answer.size == 0:
                batch.answers[uid] = Unreadable(uid, MessageError(Code.EMPTY_MESSAGE))
            else:
                batch.sizes[uid] = answer.size
                sent.append((batch, uid))
                yield _outgoing(batch, answer, self._options.proof, number=len(sent) - 1)
                self._stalls.read()

    def _begin(self, batch: Batch) -> bool:
        """Write the intent. False: a stop is asked for."""
        self._asked_to = self._stop.reason()
        if self._asked_to:
            return False
        pair = batch.work.pair
        batch.work.tally.progress.folder(pair.source.name, pair.destination.name)
        batch.number = self._ledger.intend(batch.work.key, batch.intend())
        return True

    def _look(self, sending: list[Batch], broken: Broken | None) -> Look:
        """Who finds out what has arrived: after a broken line to the destination, patiently."""
        doubtful = sum(len(batch.in_doubt) for batch in sending)
        if not isinstance(broken, ConnectionLost):
            return self._aftermath.sides
        if broken.side is Side.SOURCE and doubtful <= 1:
            # Only the message that was cut: of that, not all has been sent.
            return self._aftermath.sides
        self._aftermath.lost()
        return self._aftermath

    def _settle(
        self, batch: Batch, pairs: dict[int, Pair], broken: Broken | None, look: Look
    ) -> None:
        """Find out what became of a batch, and write it into the ledger. `pairs` are those of which
        the destination has told the uid."""
        work = batch.work
        if made_anew(work, broken):
            # Its uids mean other messages now: the next pass matches what is there.
            work.repeat(broken if isinstance(broken, FolderChanged) else None)
            return
        untold = batch.without_uid(pairs)
        unsure = untold + (batch.in_doubt if broken else [])
        if unsure:
            work.take(pairs.values())
        try:
            arrived = look.arrived(work, unsure, batch.uidnext)
        except FolderChanged as changed:
            work.repeat(changed)
            return
        except FolderError as error:
            work.tally.fail_open(error)
            return
        for uid, there in arrived.items():
            pairs[uid] = Pair(uid, there, batch.sizes.get(uid, batch.metas[uid].size))
        for meta in untold:
            pairs.setdefault(meta.uid, Pair(meta.uid, 0, batch.sizes[meta.uid]))
        suspected(work, pairs, self._ledger)
        self._ledger.settle(work.key, batch.number, list(pairs.values()))
        self._ledger.refuse(work.key, refusals(batch, self._sides.destination.append_limit))
        batch.settled = True
        work.take(pairs.values())
        count(batch, pairs, self._setbacks)

    def _put_back(self, sending: list[Batch], broken: Broken | None, waiting: Waiting) -> None:
        """What did not arrive is sent again, but for what stops its folder or has broken the line
        too often."""
        if isinstance(broken, FolderError):
            stop_folder(sending, broken)
        left = [(batch.work, meta) for batch in sending for meta in _left(batch)]
        waiting.put_back(left)
        if isinstance(broken, ConnectionLost) and left:
            work, first = left[0]
            names = [(work.pair.source.name, meta.uid) for work, meta in left]
            tried = sum(len(batch.metas) for batch in sending)
            if self._setbacks.set_aside(names, tried, broken):
                waiting.take_first()
                work.tally.fail(first, broken)
                if broken.side is Side.SOURCE:
                    self._ledger.refuse(work.key, {first.uid: unreadable(first, broken)})
                    self._stalls.broken_at(work, first.uid, broken)


def _left(batch: Batch) -> list[MessageMeta]:
    if not batch.work.under_way:
        return []
    return [meta for uid, meta in batch.metas.items() if uid in batch.work.tally.open]


def _outgoing(batch: Batch, answer: Fetched, proof: ProofLevel, *, number: int) -> Outgoing:
    listed, meta = batch.metas[answer.meta.uid], answer.meta
    return Outgoing(
        folder=batch.work.pair.destination,
        number=number,
        size=answer.size,
        internaldate=meta.internaldate or listed.internaldate,
        flags=meta.flags if meta.internaldate else listed.flags,
        chunks=identified(
            batch.work, meta.uid, watched(batch.work, meta.uid, answer.chunks, proof=proof)
        ),
    )
