"""What a large folder costs in memory, message by message."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sync.aftermath import Aftermath
from sync.batch import Waiting, next_batch
from sync.folders import FolderPair
from sync.intent import Pair
from sync.listing import Listing
from sync.matching import Candidates, match
from sync.memory import MemoryServer
from sync.memory_ledger import MemoryLedger
from sync.messages import Gathered
from sync.model import Fetched, Folder, FolderStatus, Identity, MessageMeta, Wanted
from sync.once import Once
from sync.options import MessageChoice, SyncOptions
from sync.pairs import Pairs
from sync.planning import plan_work
from sync.prepare import Prepared
from sync.report import Outcome
from sync.tally import Tally
from sync.twins import Sides
from sync.work import Work
from tests.sync.sides import Watcher

MANY = 20_000


@dataclass(slots=True)
class Used:
    held: float = 0
    peak: float = 0


@contextmanager
def per_message() -> Iterator[Used]:
    """How many bytes a message were held at the end of this, and at its peak."""
    used = Used()
    tracemalloc.start()
    try:
        yield used
        held, peak = tracemalloc.get_traced_memory()
        used.held, used.peak = held / MANY, peak / MANY
    finally:
        tracemalloc.stop()


def listing(messages: int) -> Listing:
    gathered = Gathered()
    flags = (frozenset({"\\Seen"}), frozenset[str]())
    for uid in range(1, messages + 1):
        gathered.add(uid, 3_000 + uid, b"17-Jul-2024 02:44:%02d +0200" % (uid % 60), flags[uid % 2])
    return Listing(FolderStatus(1, messages + 1, messages), gathered.messages())


def planned(ledger: MemoryLedger, there: int, name: str = "INBOX") -> Work:
    """A folder of many messages, its plan made."""
    watcher, folder = Watcher(), Folder(name)
    pair = FolderPair(folder, folder, exists=True)
    work = Work(pair, Tally(pair, watcher), ours=listing(MANY), theirs=listing(there))
    work.tally.expect(work.ours.messages)
    if there:
        ledger.record(work.key, [Pair(uid, uid, 3_000 + uid) for uid in range(1, there + 1)])
    sides = Sides(MemoryServer(), MemoryServer())
    plan_work(work, sides, ledger, SyncOptions(), aftermath=Aftermath(sides, watcher, seconds=0))
    return work


def test_a_first_copy() -> None:
    """What is listed and planned to be copied costs less than 100 bytes a message."""
    ledger = MemoryLedger()
    with per_message() as used:
        work = planned(ledger, 0)
    assert work.plan is not None
    assert len(work.plan.copies) == MANY
    assert used.held < 100


def test_a_folder_that_is_there() -> None:
    """Both listings, the ledger and the plan cost less than 200 bytes a message, and less than
    400 while they are made."""
    ledger = MemoryLedger()
    with per_message() as used:
        work = planned(ledger, MANY)
    assert work.tally.counts[Outcome.PRESENT] == MANY
    assert used.held < 200
    assert used.peak < 400


def test_matching() -> None:
    """Without a ledger, messages on both sides are matched in less than 500 bytes each."""

    def candidates() -> Candidates:
        made = Candidates()
        for uid in range(1, MANY + 1):
            made.add(uid, 3_000, Identity(f"<{uid}@x>", "Tue, 1 Mar 2022 10:00:00 +0100", "me"))
        return made

    with per_message() as used:
        pairs = match(candidates(), candidates(), lambda groups: {})
    assert len(pairs) == MANY
    assert used.peak < 500


def test_pairs() -> None:
    """A pair costs less than 20 bytes, as in the ledger."""
    pairs = Pairs()
    with per_message() as used:
        for uid in range(1, MANY + 1):
            pairs.add(uid, uid + 7, 3_000)
    assert pairs[MANY] == Pair(MANY, MANY + 7, 3_000)
    assert used.held < 20


def test_what_waits() -> None:
    """Messages that wait to be copied are made when their turn comes."""
    work = planned(MemoryLedger(), 0)
    with per_message() as used:
        waiting = Waiting([work])
        batch = next_batch(waiting, messages=100, size=10**9)
    assert len(batch.metas) == 100
    assert used.peak < 10


class Endless(MemoryServer):
    """Has every message that it is asked for."""

    def identities(self, folder: Folder, uids: Sequence[int]) -> Mapping[int, Identity]:
        return {uid: Identity(f"<{uid}@x>", "Tue, 1 Mar 2022 10:00:00 +0100", "me") for uid in uids}

    def bodies(self, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Fetched]]:
        for one in wanted:
            for uid in one.uids:
                yield one, Fetched(MessageMeta(uid, 5), 5, iter([b"%05d" % uid]))


def test_two_folders_with_the_same_messages() -> None:
    """Telling that all of them stand twice costs less than 300 bytes each at its peak, and less
    than 70 while the first ones are copied, 20 of them in the ledger."""
    ledger = MemoryLedger()
    works = [planned(ledger, 0, name) for name in ("INBOX", "Work")]
    prepared = Prepared(tuple(work.pair for work in works), frozenset(), {}, {}, {})
    options = SyncOptions(messages=MessageChoice(once=True))
    once = Once(Endless(), ledger, prepared, options=options, stop=Watcher())
    with per_message() as used:
        once.choose(works)
    assert [work.tally.counts[Outcome.SKIPPED] for work in works] == [0, MANY]
    assert used.peak / 2 < 300
    assert used.held / 2 < 70
