"""A run that asks what has changed does what a run does that lists all."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from sync.errors import ConnectionLost, Side
from sync.intent import FolderKey, Known
from sync.journal import Telling
from sync.memory import MemoryMessage, MemoryServer
from sync.messages import Messages
from sync.model import Namespace
from sync.options import Mode, SyncOptions
from sync.report import FolderReport, MailboxReport, Verdict
from sync.resting import RESTLESS
from sync.uids import UidRanges
from tests.sync.sides import Break, Killed, Watcher, World, content, lost, message

FOLDERS = {"source": ["INBOX", "Work"], "destination": ["INBOX", "INBOX.Work"]}
FLAGS = st.sampled_from([frozenset(), frozenset({"\\Seen"}), frozenset({"\\Flagged", "Work"})])


@dataclass(frozen=True)
class Change:
    """Something that a person does on one side."""

    side: str
    folder: int
    what: str
    number: int
    flags: frozenset[str]

    def make(self, world: World) -> None:
        server: MemoryServer = getattr(world, self.side)
        place = server.content.get(FOLDERS[self.side][self.folder])
        if place is None:
            return
        uids = sorted(place.messages)
        if self.what == "new":
            made = message(self.number % 5, message_id=self.number % 3 > 0)
            place.add(replace(made, flags=self.flags))
        elif self.what == "anew":
            place.uidvalidity += 1
        elif uids:
            uid = uids[self.number % len(uids)]
            if self.what == "flag":
                place.messages[uid].flags = self.flags
            elif self.what == "remove":
                del place.messages[uid]
            elif self.what == "again":
                place.add(MemoryMessage(place.messages[uid].body, place.messages[uid].internaldate))


CHANGE = st.builds(
    Change,
    side=st.sampled_from(["source", "source", "destination"]),
    folder=st.integers(0, 1),
    what=st.sampled_from(["new", "new", "flag", "flag", "remove", "again", "anew"]),
    number=st.integers(0, 20),
    flags=FLAGS,
)
OPTIONS = st.builds(
    SyncOptions,
    mode=st.sampled_from(Mode),
    allow_removal=st.booleans(),
    batch_messages=st.just(4),
)
ROUND = st.tuples(st.lists(CHANGE, max_size=6), OPTIONS, st.booleans())


def start(filled: list[tuple[int, int]], tells: tuple[Telling, Telling], uidplus: bool) -> World:
    world = World(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=uidplus))
    world.source.telling, world.destination.telling = tells
    for folder, number in filled:
        world.fill(FOLDERS["source"][folder], message(number % 7, message_id=number % 3 > 0))
    return world


def outcome(world: World, options: SyncOptions, watcher: Watcher) -> MailboxReport:
    """Folders that need no work are told first: here all are in one order."""
    report = world.run(options, watcher)
    return replace(report, folders=in_order(report.folders))


def in_order(reports: Iterable[FolderReport]) -> tuple[FolderReport, ...]:
    """What a run reads back beyond the proof depends on how much of a folder it has listed."""
    return tuple(
        replace(one, read_back=0, size_read_back=0)
        for one in sorted(reports, key=lambda f: f.source)
    )


def known(world: World) -> dict[FolderKey, Known]:
    """But for stamps: of what was not listed there are none yet."""
    return {key: replace(world.ledger.load(key), stamps={}) for key in world.ledger._pages}


def told(watcher: Watcher) -> tuple[Any, ...]:
    reports = in_order(watcher.reports)
    # Of what is known from an earlier run, and is not listed, size, date and subject are not.
    plain = (replace(note, size=0, date="", subject="") for note in watcher.notes)
    notes = sorted(plain, key=lambda note: (note.folder, note.uid))
    return reports, notes, +watcher.counts, watcher.plan


@settings(max_examples=400, deadline=None)
@given(
    filled=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), max_size=12),
    tells=st.tuples(st.sampled_from(Telling), st.sampled_from(Telling)),
    uidplus=st.booleans(),
    rounds=st.lists(ROUND, min_size=1, max_size=3),
    last=ROUND,
    dry_run=st.booleans(),
)
def test_by_changes_or_by_all_that_is_there(
    filled: list[tuple[int, int]],
    tells: tuple[Telling, Telling],
    uidplus: bool,
    rounds: list[tuple[list[Change], SyncOptions, bool]],
    last: tuple[list[Change], SyncOptions, bool],
    dry_run: bool,
) -> None:
    """Reports, notes, commands, both mailboxes and the ledger: the same, in every mode, whatever
    servers can tell, and whatever has happened on both sides."""
    world = start(filled, tells, uidplus)
    for changes, options, ended in [([], SyncOptions(), True), *rounds]:
        if any(change.side == "source" and change.what == "remove" for change in changes):
            # Of what a run has sent, nobody asks any more what the source has still got.
            world.ledger.begin_run()
        for change in changes:
            change.make(world)
        outcome(world, options, Watcher())
        if ended:
            world.ledger.begin_run()
    changes, options, _ = last
    for change in changes:
        change.make(world)
    options = replace(options, dry_run=dry_run)
    other = deepcopy(world)
    for page in other.ledger._pages.values():
        page.rest = RESTLESS if page.rest else None
    one, two = Watcher(), Watcher()
    steps: list[str] = []
    world.source.before = steps.append
    found = outcome(world, options, one)
    note(f"asked: {steps}")
    assert found == outcome(other, options, two)
    assert isinstance(found, str) or told(one) == told(two)
    assert sorted(world.destination.writes) == sorted(other.destination.writes)
    assert content(world.destination) == content(other.destination)
    assert known(world) == known(other)


def large(count: int = 300) -> World:
    world = World()
    for number in range(count):
        world.fill("INBOX", message(number))
    world.run()
    world.ledger.begin_run()
    return world


def test_only_what_has_changed_is_listed() -> None:
    """Of a large folder on both sides: what is new, what has other flags, and their twins."""
    world, listed = large(), list[int]()
    inbox = world.source.content["INBOX"]
    world.fill("INBOX", message(1000), message(1001))
    inbox.messages[7].flags = frozenset({"\\Seen"})
    del inbox.messages[9]
    world.destination.content["INBOX"].messages[11].flags = frozenset({"\\Flagged"})
    for server in (world.source, world.destination):
        watch(server, listed)
    report = world.run()
    (inbox_report,) = report.folders
    assert (inbox_report.found, inbox_report.copied, inbox_report.present) == (301, 2, 299)
    assert inbox_report.flags_changed == 2
    assert sum(listed) < 12
    assert world.destination.writes.count("STORE") == 2


@pytest.mark.parametrize("uidplus", [True, False])
@pytest.mark.parametrize("broken", [*Side, None])
def test_a_second_run_that_breaks_at_any_step(uidplus: bool, broken: Side | None) -> None:
    """Killed, or its line lost, anywhere in a run that asks what has changed: the next run ends
    what it began, and a third writes nothing."""
    step = 0
    while True:
        step += 1
        world = changed_world(uidplus)
        side = world.source if broken is Side.SOURCE else world.destination
        fault = Killed() if broken is None else lost(broken)
        side.before = Break(step, fault)
        with suppress(Killed, ConnectionLost):
            world.run()
        if side.before.seen < step:
            break
        assert world.run().verdict is Verdict.VERIFIED, step
        assert content(world.destination) == content(world.source), step
        world.ledger.begin_run()
        world.run()
        assert world.destination.writes == [], step
    assert step > 8


def changed_world(uidplus: bool) -> World:
    """At rest, and then changed at the source in two of three folders."""
    world = start([], (Telling.QRESYNC, Telling.CONDSTORE), uidplus)
    for folder in ("INBOX", "Work", "Sent"):
        world.fill(folder, *(message(number) for number in range(6)))
    world.run()
    world.ledger.begin_run()
    world.fill("INBOX", message(50), message(51), message(51))
    world.fill("Work", message(60, message_id=False))
    for uid in (2, 4):
        world.source.content["INBOX"].messages[uid].flags = frozenset({"\\Seen"})
    return world


@pytest.mark.parametrize("lie", ["no copies", "no originals", "nothing new", "too much gone"])
def test_a_difference_that_does_not_fit_is_not_believed(lie: str) -> None:
    """What is asked for and not there, or numbers that cannot be: all is listed, and nothing is
    lost, doubled or removed."""
    world = large(30)
    world.fill("INBOX", message(1000))
    world.source.content["INBOX"].messages[7].flags = frozenset({"\\Seen"})
    world.destination.content["INBOX"].messages[8].flags = frozenset({"\\Flagged"})
    world.source = Liar(world.source, lie)
    world.destination = Liar(world.destination, lie)
    assert world.run(SyncOptions(mode=Mode.ALL)).verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)
    assert sorted(world.destination.writes) == ["APPEND", "STORE", "STORE"]


class Liar(MemoryServer):
    """A server that does not tell all, but in a whole listing."""

    def __init__(self, truth: MemoryServer, lie: str) -> None:
        super().__init__(truth.namespace)
        self.content = truth.content
        self.lie = lie

    def listings(self, asked: Any) -> Any:
        here = "no originals" if self.namespace.prefix == "" else "no copies"
        for one, found in zip(asked, super().listings(asked), strict=True):
            hidden = one.uids is not None and self.lie == here
            yield replace(found, messages=Messages()) if hidden else found

    def changes(self, asked: Any) -> Any:
        for found in super().changes(asked):
            if self.lie == "nothing new":
                yield replace(found, new=replace(found.new, messages=Messages()))
            elif self.lie == "too much gone":
                yield replace(found, removed=UidRanges(((1, 3),)))
            else:
                yield found


def test_the_guard_counts_all_of_the_folder() -> None:
    """Mode all may remove less than half of the whole folder, of which only a part is listed."""
    world = large(40)
    world.source.content["INBOX"].messages = {
        uid: one for uid, one in world.source.content["INBOX"].messages.items() if uid > 19
    }
    report = world.run(SyncOptions(mode=Mode.ALL))
    assert report.total("removed") == 19
    assert content(world.destination) == content(world.source)


def test_flags_are_compared_after_a_run_that_did_not() -> None:
    """A run for new messages only leaves flags as they are; the next that keeps flags equal finds
    them."""
    world = large(5)
    inbox = world.source.content["INBOX"].messages
    inbox[2].flags = frozenset({"\\Seen"})
    world.fill("INBOX", message(50))
    assert world.run(SyncOptions(mode=Mode.NEW)).total("flags_changed") == 0
    assert world.run(SyncOptions(mode=Mode.NEW)).total("present") == 5
    assert world.run().total("flags_changed") == 1
    assert content(world.destination) == content(world.source)


def test_what_another_mode_left_is_removed() -> None:
    """Mode all after a run that removed nothing: what is only at the destination goes."""
    world = large(5)
    world.destination.content["INBOX"].add(message(77))
    world.run()
    world.run(SyncOptions(mode=Mode.ALL))
    assert world.destination.writes == ["EXPUNGE"]
    assert content(world.destination) == content(world.source)


def watch(server: MemoryServer, listed: list[int]) -> None:
    """Count the messages that a server lists from now on."""
    listings, changes = server.listings, server.changes

    def counted(asked: Any) -> Any:
        for found in listings(asked):
            listed.append(len(found.messages))
            yield found

    def counted_changes(asked: Any) -> Any:
        for found in changes(asked):
            listed.append(len(found.new.messages) + len(found.changed))
            yield found

    server.listings, server.changes = counted, counted_changes  # type: ignore[method-assign]
