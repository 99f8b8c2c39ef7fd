"""How far copies are compared with their originals, and what a run says of itself then."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.alteration import Alteration
from sync.content import SLICE, Compared, Copies, compare
from sync.errors import Code, ConnectionLost, MessageError, Side
from sync.folders import FolderPair
from sync.intent import Pair
from sync.memory import MemoryServer
from sync.model import Fetched, Folder, MessageMeta, Namespace, Unreadable
from sync.options import ProofLevel, SyncOptions
from sync.pairs import Pairs
from sync.reading_back import spread
from sync.report import Outcome, Verdict
from sync.tally import Tally
from sync.twins import Sides
from sync.work import Work
from tests.sync.sides import Break, Watcher, World, content, lost, message

CONTENT = SyncOptions(batch_messages=4, proof=ProofLevel.CONTENT)
UNSAMPLED = SyncOptions(batch_messages=4, proof_first=0)
COUNTS = SyncOptions(batch_messages=4, proof=ProofLevel.COUNTS)


class Altering(MemoryServer):
    """Stores another body than it is sent, where `alter` makes one."""

    alter: Callable[[bytes], bytes] = staticmethod(lambda body: body)

    def append(self, messages):  # type: ignore[no-untyped-def]
        for one in messages:
            body = self.alter(b"".join(one.chunks))
            yield from super().append([replace(one, size=len(body), chunks=iter([body]))])


def altering(alter: Callable[[bytes], bytes], *, number: int = 6) -> World:
    server = Altering(Namespace("INBOX.", "."))
    server.alter = alter
    world = World(destination=server)
    world.fill("INBOX", *(message(n) for n in range(number)))
    world.fill("Work", message(7), message(7), message(8, message_id=False))
    return world


def same_size(body: bytes) -> bytes:
    """What no size tells."""
    return body.replace(b"hello", b"HELLO")


def test_content_is_read_back() -> None:
    """All that was copied, and nothing else; a second run copies nothing and reads nothing."""
    world, watcher = altering(lambda body: body), Watcher()
    report = world.run(CONTENT, watcher)
    assert report.verdict is Verdict.VERIFIED
    assert report.total("read_back") == report.total("copied") == 9
    assert report.total("size_read_back") == report.total("size_copied") > 0
    assert (report.total("altered"), watcher.notes) == (0, [])
    world.ledger.begin_run()
    assert world.run(CONTENT).total("read_back") == 0


def test_a_changed_letter_is_found_by_its_content_only() -> None:
    """Metadata cannot see it, and content makes the run one that is not verified: the messages are
    failed, named, and not sent a second time."""
    assert altering(same_size).run(UNSAMPLED).verdict is Verdict.VERIFIED
    world, watcher = altering(same_size), Watcher()
    report = world.run(CONTENT, watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert (report.total("failed"), report.total("copied"), report.total("altered")) == (9, 0, 0)
    assert {(n.code, n.outcome, n.server_words) for n in watcher.notes} == {
        (Code.ALTERED, Outcome.FAILED, Alteration.CONTENT)
    }
    assert (watcher.notes[0].folder, watcher.notes[0].subject) == ("INBOX", "0")
    assert all(folder.balanced for folder in report.folders)
    world.run()
    assert "APPEND" not in world.destination.writes


@pytest.mark.parametrize(
    ("alter", "level", "words"),
    [
        (lambda body: body.replace(b"\r\n", b"\n"), ProofLevel.METADATA, Alteration.LINE_ENDS),
        (lambda body: body.replace(b"\r\n", b"\n"), ProofLevel.CONTENT, Alteration.LINE_ENDS),
        (lambda body: b"X-Spam: no\r\n" + body, ProofLevel.METADATA, Alteration.ADDED),
        (
            lambda body: body.replace(b"Date: Wed", b"Date: Sun"),
            ProofLevel.CONTENT,
            Alteration.HEADER,
        ),
    ],
)
def test_what_servers_alter_is_an_exception(
    alter: Callable[[bytes], bytes], level: ProofLevel, words: Alteration
) -> None:
    """Counted, and named with what was altered; a size that gives it away is enough to look."""
    world, watcher = altering(alter), Watcher()
    report = world.run(SyncOptions(proof=level), watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert report.total("altered") == report.total("read_back") == len(watcher.notes)
    assert {(n.code, n.outcome, n.server_words) for n in watcher.notes} == {
        (Code.ALTERED, Outcome.COPIED, words)
    }


class Forgetful(MemoryServer):
    """Keeps no flag but \\Seen of what it is sent."""

    def append(self, messages):  # type: ignore[no-untyped-def]
        kept = (replace(one, flags=one.flags & {"\\Seen"}) for one in messages)
        yield from super().append(kept)


def test_flags_that_were_not_taken_are_named() -> None:
    """By metadata; the next run sets them. One that was taken away at the source meanwhile is not
    missed, nor are others that the copy has."""
    world, watcher = World(destination=Forgetful(Namespace("INBOX.", "."))), Watcher()
    for number, flags in enumerate([("\\Seen",), ("\\Seen", "Work"), ("\\Flagged",), ()]):
        world.fill("INBOX", message(number, flags=flags))

    def take_away(step: str) -> None:
        if step == "body":
            world.source.content["INBOX"].messages[3].flags = frozenset()

    world.source.before = take_away
    report = world.run(watcher=watcher)
    assert [(n.uid, n.code, n.outcome) for n in watcher.notes] == [
        (2, Code.FLAGS_LOST, Outcome.COPIED)
    ]
    assert report.verdict is Verdict.EXCEPTIONS
    world.ledger.begin_run()
    assert world.run().verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)


def test_a_sample_is_spread_and_filled_up() -> None:
    """Three of a folder: of what was copied, and where that is fewer, of what was present."""
    world = altering(lambda body: body)
    sample = replace(CONTENT, proof_sample=3)
    assert world.run(sample).total("read_back") == 6
    world.ledger.begin_run()
    world.fill("INBOX", message(20))
    report = world.run(sample)
    assert (report.total("copied"), report.total("read_back")) == (1, 3)
    assert spread(range(10), 3) == [0, 3, 6]
    assert spread([4, 5], 3) == [4, 5]
    assert spread([4, 5], 0) == spread([], 3) == []


def test_a_present_copy_that_is_another_message_is_found() -> None:
    """In the sample's reach; it is failed and no more present."""
    world = altering(lambda body: body)
    world.run()
    world.ledger.begin_run()
    there = world.destination.content["INBOX"].messages
    first = min(there)
    there[first] = replace(there[first], body=same_size(there[first].body))
    world.fill("INBOX", message(20))
    watcher = Watcher()
    report = world.run(replace(CONTENT, proof_sample=100), watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert [(n.uid, n.outcome) for n in watcher.notes] == [(1, Outcome.FAILED)]
    assert (report.total("failed"), report.total("copied")) == (1, 1)


@pytest.mark.parametrize("known", [False, True], ids=["met now", "met by an earlier run"])
def test_counts_are_not_enough_where_plain_messages_are_altered(known: bool) -> None:
    """More than a sample: a destination that adds a header field adds it to all."""
    world = altering(lambda body: b"X-Stored: yes\r\n" + body, number=30 if known else 60)
    world.run(COUNTS)
    if known:
        world.ledger.begin_run()
        for number in range(100, 130):
            world.source.content["INBOX"].add(message(number))
    watcher = Watcher()
    report = world.run(COUNTS, watcher)
    altered = {n.uid for n in watcher.notes if n.folder == "INBOX" and n.code is Code.ALTERED}
    assert report.verdict is Verdict.EXCEPTIONS
    assert altered == {*range(1, 61)}


def test_counts_ask_for_numbers_only() -> None:
    """One status instead of a listing; a copy that is missing is found, and named, all the same."""
    world, steps = altering(lambda body: body), list[str]()
    world.destination.before = steps.append
    assert world.run(COUNTS).verdict is Verdict.VERIFIED
    assert steps.count("messages") == 2, "both folders, before anything was copied"
    world = altering(lambda body: body)
    appended = iter(range(100))

    def lose(step: str) -> None:
        if step == "appended" and next(appended) == 3:
            folder = world.destination.content["INBOX"]
            del folder.messages[max(folder.messages)]

    world.destination.before = lose
    watcher = Watcher()
    report = world.run(COUNTS, watcher)
    assert [(n.code, n.uid) for n in watcher.notes] == [(Code.NOT_FOUND_AFTERWARDS, 4)]
    assert report.verdict is Verdict.EXCEPTIONS
    world.ledger.begin_run()
    world.run(COUNTS)
    assert content(world.destination) == content(world.source)


@pytest.mark.parametrize("side", list(Side))
def test_a_line_lost_while_reading_back_costs_what_was_not_read(side: Side) -> None:
    """Wherever it breaks: all is read in the end, and nothing is copied or counted twice."""
    for at in range(1, 60):
        world = altering(lambda body: body)
        server = world.source if side is Side.SOURCE else world.destination
        server.before = Break(at, lost(side))
        watcher = Watcher()
        report = world.run(CONTENT, watcher)
        assert report.verdict is Verdict.VERIFIED, at
        assert report.total("read_back") == sum(watcher.counts.values()) == 9, at


def test_a_line_that_is_lost_at_each_message_ends_the_attempt() -> None:
    """And the messages are copied all the same: the next attempt has only to prove them."""
    world = altering(lambda body: body)
    proving = False

    class Dying(Watcher):
        def verifying(self) -> None:
            nonlocal proving
            proving = True

    def die(step: str) -> None:
        if proving and step == "body":
            raise ConnectionLost(side=Side.DESTINATION)

    world.destination.before = die
    with pytest.raises(ConnectionLost):
        world.run(CONTENT, Dying())
    proving, world.destination.before = False, lambda step: None
    report = world.run(CONTENT)
    assert "APPEND" not in world.destination.writes
    assert (report.verdict, report.total("read_back")) == (Verdict.VERIFIED, 9)


class Mute(MemoryServer):
    """Says after `told` that it cannot give the message with uid 2."""

    told = False

    def bodies(self, wanted):  # type: ignore[no-untyped-def]
        for one, answer in super().bodies(wanted):
            if self.told and one.folder.name == "INBOX" and answer.meta.uid == 2:
                error = MessageError(Code.UNREADABLE, "cannot", side=self.side)
                yield one, Unreadable(2, error)
            else:
                yield one, answer


@pytest.mark.parametrize(
    ("side", "verdict"),
    [(Side.SOURCE, Verdict.EXCEPTIONS), (Side.DESTINATION, Verdict.NOT_VERIFIED)],
)
def test_what_cannot_be_read_back_is_named(side: Side, verdict: Verdict) -> None:
    """A copy that its server does not give is not proven. An original that was given once, and now
    is not, is an exception."""
    world, mute = World(), Mute(Namespace("INBOX.", "."))
    mute.side = side  # type: ignore[attr-defined]
    if side is Side.SOURCE:
        world.source = mute
        world.source.namespace = Namespace()
    else:
        world.destination = mute
    world.fill("INBOX", *(message(n) for n in range(4)))

    class Watching(Watcher):
        def verifying(self) -> None:
            mute.told = True

    watcher = Watching()
    report = world.run(CONTENT, watcher)
    assert (report.verdict, report.total("read_back")) == (verdict, 3)
    assert [(n.uid, n.code, n.outcome) for n in watcher.notes] == [
        (2, Code.UNREADABLE, Outcome.COPIED)
    ]
    mute.told = False
    world.ledger.begin_run()
    again = Watcher()
    report = world.run(CONTENT, again)
    assert (report.verdict, report.total("read_back")) == (Verdict.VERIFIED, 1)
    assert again.notes == []


class Counting(MemoryServer):
    """Keeps how many messages each question has asked for."""

    def __init__(self, namespace: Namespace | None = None) -> None:
        super().__init__(namespace)
        self.asked: list[int] = []

    def bodies(self, wanted):  # type: ignore[no-untyped-def]
        self.asked.append(sum(len(one.uids) for one in wanted))
        return super().bodies(wanted)


def test_many_messages_are_asked_for_at_once() -> None:
    """A slice of many folders in one question a side: never one a message, nor one a folder."""
    source, destination = Counting(), Counting(Namespace("INBOX.", "."))
    world = World(source, destination)
    for number in range(30):
        world.fill(f"Folder {number}", *(message(n) for n in range(SLICE // 20)))

    class Beginning(Watcher):
        def verifying(self) -> None:
            source.asked.clear()

    options = SyncOptions(batch_messages=5_000, proof=ProofLevel.CONTENT)
    assert world.run(options, Beginning()).total("read_back") == 30 * SLICE // 20
    assert source.asked == destination.asked == [SLICE, SLICE // 2]


class Endless(MemoryServer):
    """Has every message that it is asked for; each is made when it is read."""

    def bodies(self, wanted):  # type: ignore[no-untyped-def]
        for one in wanted:
            for uid in one.uids:
                yield one, Fetched(MessageMeta(uid, 9_000), 9_000, iter([b"%9000d" % uid]))


def test_reading_back_holds_some_messages_only() -> None:
    """16,000 cost no more memory than 2,000, and far less than a body each."""
    pair, peaks = FolderPair(Folder("INBOX"), Folder("INBOX"), exists=True), []
    for number in (SLICE, 8 * SLICE):
        work = Work(pair, Tally(pair, Watcher()))
        pairs = Pairs(Pair(uid, uid, 9_000) for uid in range(1, number + 1))
        tracemalloc.start()
        found = compare(Sides(Endless(), Endless()), [Copies(work, pairs.there)])
        assert sum(one.equal for one in found if isinstance(one, Compared)) == number
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] < 4_000_000


def test_everything_reads_all_pairs() -> None:
    """Also of earlier runs, in folders in which nothing has changed; a copy that has become another
    message is found, in whichever run it happens, and one that is gone when it is read."""
    world, every = altering(lambda body: body), replace(CONTENT, proof=ProofLevel.EVERYTHING)
    world.run()
    for level, number in ((ProofLevel.CONTENT, 0), (ProofLevel.EVERYTHING, 9)):
        world.ledger.begin_run()
        report = world.run(replace(CONTENT, proof=level))
        assert (report.verdict, report.total("read_back")) == (Verdict.VERIFIED, number)
    there = world.destination.content["INBOX"].messages
    there[3] = replace(there[3], body=same_size(there[3].body))
    watcher = Watcher()
    world.ledger.begin_run()
    report = world.run(every, watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert [(n.uid, n.code, n.outcome) for n in watcher.notes] == [
        (3, Code.ALTERED, Outcome.FAILED)
    ]
    assert (report.total("present"), report.total("failed"), report.total("copied")) == (8, 1, 0)
    world.ledger.begin_run()
    del world.source.content["INBOX"].messages[3]
    assert world.run(every).total("read_back") == 8
