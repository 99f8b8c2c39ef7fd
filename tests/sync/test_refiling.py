"""Messages that the destination holds already are put where the source has them, by the heart."""

from __future__ import annotations

import re
import tracemalloc
from dataclasses import replace

import pytest

from sync.errors import AccountError, Code
from sync.mailbox import migrate
from sync.memory import MemoryServer
from sync.memory_deleter import MemoryDeleter
from sync.model import Identity, Namespace
from sync.options import (
    FolderChoice,
    MessageChoice,
    Mode,
    ProofLevel,
    Refiling,
    SourceDeletion,
    SyncOptions,
)
from sync.refiling_choice import Choice, Pool
from sync.report import MailboxReport, Outcome, Verdict
from tests.sync.archive import JOURNAL, KINDS, MOVE, MOVE_FROM_ALL, Archive, bodies, numbers
from tests.sync.sides import Watcher, World, content, message


@pytest.mark.parametrize("options", KINDS)
def test_no_body_is_brought_over_for_what_the_archive_holds(options: SyncOptions) -> None:
    """Flags are the source's; the report says how much was spared; a second run writes nothing."""
    world = Archive()
    world.fill("Work", *(message(n, flags=("\\Seen",)) for n in range(5)))
    world.fill("Work/Deep", message(7))
    world.hold(JOURNAL, *(message(n) for n in range(9)))
    report = world.run(options)
    assert world.equal()
    assert not world.bodies
    assert report.verdict is Verdict.VERIFIED
    assert (report.total("present"), report.total("copied")) == (6, 0)
    assert (report.total("refiled"), report.total("bodies_spared")) == (6, 6)
    size = sum(len(message(n).body) for n in (0, 1, 2, 3, 4, 7))
    assert report.total("size_spared") == size
    moved = options.refiling is Refiling.MOVE
    left = (5, 6, 8) if moved else range(9)
    assert world.held(JOURNAL) == bodies(*(message(n) for n in left))
    assert set(world.destination.writes) <= {"CREATE", "MOVE" if moved else "COPY", "STORE"}
    again = world.run(options)
    assert world.destination.writes == []
    assert again.total("refiled") == 0
    assert again.verdict is Verdict.VERIFIED


def test_one_message_of_the_archive_serves_two_folders() -> None:
    """It is copied into one and moved into the other; it is not left behind."""
    world = Archive()
    world.fill("Work", message(1))
    world.fill("Sent", message(1))
    world.hold(JOURNAL, message(1))
    report = world.run(MOVE)
    assert world.equal()
    assert world.held(JOURNAL) == []
    assert world.destination.writes.index("COPY") < world.destination.writes.index("MOVE")
    assert (report.total("refiled"), report.total("bodies_spared")) == (2, 0)


def test_identical_messages_stay_as_many_as_they_are() -> None:
    """Three in one folder of the source, one in the archive: three there."""
    world = Archive()
    world.fill("Work", *(message(1) for _ in range(3)))
    world.hold(JOURNAL, message(1))
    assert world.run(MOVE).verdict is Verdict.VERIFIED
    assert world.held("INBOX.Work") == bodies(*(message(1) for _ in range(3)))
    assert world.held(JOURNAL) == []


def test_what_only_looks_alike_is_copied() -> None:
    """A message of the same identity and size and another content is not taken for it, whenever
    there is more than one to be told apart."""
    world = Archive()
    world.fill("Work", message(1, text="one"), message(1, text="two"))
    world.hold(JOURNAL, message(1, text="two"), message(1, text="six"))
    report = world.run(MOVE)
    assert world.equal()
    assert (report.total("copied"), report.total("refiled")) == (1, 1)
    assert world.held(JOURNAL) == bodies(message(1, text="six"))


def test_without_a_message_id_the_content_decides() -> None:
    """And then a body is not counted as spared."""
    world = Archive()
    world.fill("Work", message(1, message_id=False, text="one"), message(2, message_id=False))
    world.hold(JOURNAL, message(1, message_id=False, text="two"), message(2, message_id=False))
    report = world.run(MOVE)
    assert world.equal()
    assert (report.total("copied"), report.total("refiled")) == (1, 1)
    assert report.total("bodies_spared") == 0


def test_equal_copies_in_the_archive_cost_no_reading_at_the_source() -> None:
    """A journal that holds each message twice, once for who sent it."""
    world = Archive()
    world.fill("Work", message(1))
    world.hold(JOURNAL, message(1), message(1))
    report = world.run(MOVE)
    assert world.bodies["source"] == 0
    assert report.total("bodies_spared") == 1
    assert world.held(JOURNAL) == bodies(message(1))


def test_what_the_source_has_in_that_very_folder_is_not_taken_from_it() -> None:
    """INBOX is the archive, and the source has some of it in its INBOX: that is copied."""
    world = Archive()
    world.fill("INBOX", message(1))
    world.fill("Work", message(1), message(2))
    world.hold("INBOX", message(1), message(2))
    world.run(MOVE_FROM_ALL)
    assert world.held("INBOX") == bodies(message(1))
    assert world.held("INBOX.Work") == bodies(message(1), message(2))


def test_what_the_source_has_in_a_folder_that_is_left_out_stays() -> None:
    """Nobody looks there whether it is what the source has; so nothing is taken from it."""
    world = Archive()
    world.fill("Sent", message(1))
    world.fill("Work", message(1), message(2))
    world.hold("INBOX.Sent", message(1))
    world.hold("INBOX.Else", message(2))
    without = FolderChoice(exclude=(re.compile("Sent"),))
    world.run(replace(MOVE_FROM_ALL, folders=without))
    assert world.held("INBOX.Work") == bodies(message(1), message(2))
    assert world.held("INBOX.Sent") == bodies(message(1))
    assert world.held("INBOX.Else") == []


def test_what_a_resting_folder_holds_for_the_source_stays() -> None:
    """Also where that folder is not looked at any more."""
    world = Archive()
    world.fill("Old", message(1), message(2))
    world.run(MOVE_FROM_ALL)
    world.hold("INBOX.Old", message(3))
    world.run(MOVE_FROM_ALL)
    world.fill("New", message(1), message(3))
    world.run(MOVE_FROM_ALL)
    assert world.held("INBOX.Old") == bodies(message(1), message(2))
    assert world.held("INBOX.New") == bodies(message(1), message(3))


def test_a_folder_renamed_at_the_source_costs_no_body() -> None:
    """What stands in the old one, and the source has there no more, is moved into the new one."""
    world = Archive()
    world.fill("Old", *(message(n) for n in range(4)))
    world.run()
    world.source.content["New"] = world.source.content.pop("Old")
    world.source.content["New"].uidvalidity = 77
    world.bodies.clear()
    report = world.run(MOVE_FROM_ALL)
    assert report.total("refiled") == 4
    assert not world.bodies
    assert world.held("INBOX.Old") == []
    assert world.held("INBOX.New") == bodies(*(message(n) for n in range(4)))


def test_a_message_moved_at_the_source_is_moved_at_the_destination() -> None:
    """Though only what has changed is listed of the folder that it has left."""
    world = Archive()
    world.fill("INBOX", *(message(n) for n in range(6)))
    world.fill("Work", message(10))
    world.run()
    inbox = world.source.content["INBOX"].messages
    world.fill("Work", inbox.pop(3))
    report = world.run(MOVE_FROM_ALL)
    assert report.total("refiled") == 1
    assert content(world.source).items() <= content(world.destination).items()
    world.run(MOVE_FROM_ALL)
    assert world.destination.writes == []


def test_what_the_archive_lacks_is_copied_or_named() -> None:
    """As chosen; a message that is named makes the verdict one with exceptions."""
    world = Archive()
    world.fill("Work", message(1), message(2))
    world.hold(JOURNAL, message(1))
    watcher = Watcher()
    report = world.run(replace(MOVE, copy_unfiled=False), watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert (report.total("skipped"), report.total("present"), report.total("copied")) == (1, 1, 0)
    (note,) = watcher.notes
    assert (note.code, note.outcome, note.uid) == (Code.NOT_IN_ARCHIVE, Outcome.SKIPPED, 2)
    assert "APPEND" not in world.destination.writes
    assert world.run(MOVE).total("copied") == 1
    assert world.equal()


def test_a_date_that_differs_is_named() -> None:
    """The archive's internal date stays, as MOVE and COPY keep it."""
    world, watcher = Archive(), Watcher()
    world.fill("Work", message(1))
    world.hold(JOURNAL, replace(message(1), internaldate="18-Jul-2024 02:44:25 +0200"))
    report = world.run(MOVE, watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert [(n.code, n.outcome) for n in watcher.notes] == [(Code.DATE_ALTERED, Outcome.PRESENT)]
    world.ledger.begin_run()
    assert world.run(MOVE, watcher).verdict is Verdict.EXCEPTIONS
    assert [n.code for n in watcher.notes] == [Code.DATE_ALTERED] * 2


@pytest.mark.parametrize("options", KINDS)
def test_a_rehearsal_tells_the_samenumbers(options: SyncOptions) -> None:
    """And touches nothing."""
    world = Archive()
    world.fill("Work", *(message(n, flags=("\\Seen",)) for n in range(5)))
    world.fill("Sent", message(1), message(9))
    world.hold(JOURNAL, *(message(n) for n in range(4)))
    before = content(world.destination)
    rehearsed = world.run(replace(options, dry_run=True))
    assert content(world.destination) == before
    assert world.destination.writes == []
    assert numbers(world.run(options)) == numbers(rehearsed)


def test_mode_all_is_refused() -> None:
    """It would remove from the archive what is not refiled."""
    with pytest.raises(AccountError) as caught:
        World().run(replace(MOVE, mode=Mode.ALL))
    assert caught.value.code is Code.OPTIONS_REFUSED


def test_an_archive_that_is_not_there_is_an_error() -> None:
    """A name that is misspelt must not bring everything over."""
    world = World()
    world.fill("Work", message(1))
    with pytest.raises(AccountError) as caught:
        world.run(MOVE)
    assert (caught.value.code, caught.value.where) == (Code.FOLDER_MISSING, JOURNAL)


@pytest.mark.parametrize("name", ["Journal/2024", "INBOX.Journal.2024"])
def test_the_archive_is_known_by_its_name_in_either_spelling(name: str) -> None:
    """With the server's prefix and separator, or without."""
    world = Archive()
    world.fill("Work", message(1))
    world.hold("INBOX.Journal.2024", message(1))
    assert world.run(replace(MOVE, refile_from=name)).total("refiled") == 1


def test_mode_new_takes_the_flags_of_what_it_files() -> None:
    """As it does with what it copies."""
    world = Archive()
    world.fill("Work", message(1, flags=("\\Seen", "Work")))
    world.hold(JOURNAL, message(1, flags=("\\Flagged",)))
    world.run(replace(MOVE, mode=Mode.NEW))
    assert world.equal()


def test_without_new_uids_the_folder_is_looked_at() -> None:
    """A server without COPYUID: what it has filed is found there, and nothing is sent."""
    world = Archive(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=False))
    world.fill("Work", *(message(n) for n in range(4)))
    world.hold(JOURNAL, *(message(n) for n in range(4)))
    assert world.run(MOVE).total("refiled") == 4
    assert world.equal()
    assert "APPEND" not in world.destination.writes
    world.run(MOVE)
    assert world.destination.writes == []


@pytest.mark.parametrize("proof", ProofLevel)
def test_what_is_filed_is_proven_as_asked_for(proof: ProofLevel) -> None:
    """Bodies are read for the proof by content only."""
    world = Archive()
    world.fill("Work", message(1), message(2))
    world.hold(JOURNAL, message(1), message(2))
    assert world.run(replace(MOVE, proof=proof)).verdict is Verdict.VERIFIED
    assert world.bodies["source"] == (2 if proof.reads else 0)


def test_choosing_costs_little_memory() -> None:
    """Of many messages less than 600 bytes each at the most, both sides together."""
    many = 20_000

    def pool() -> Pool:
        made = Pool()
        for uid in range(1, many + 1):
            made.add(uid % 7, uid, 3_000, Identity(f"<{uid}@x>", "Tue, 1 Mar 2022 10:00:00 +0100"))
        return made

    tracemalloc.start()
    try:
        choice = Choice(pool(), pool(), lambda at, other: True)
        peak = tracemalloc.get_traced_memory()[1] / many
    finally:
        tracemalloc.stop()
    assert len(choice.chosen) == many
    assert peak < 600


@pytest.mark.parametrize("dry", [True, False])
def test_what_is_wanted_once_is_refiled_once(dry: bool) -> None:
    """In the first of its folders; a rehearsal says the same."""
    world = Archive()
    for folder in ("Sent", "Work"):
        world.fill(folder, message(1))
    world.hold(JOURNAL, message(1))
    once = replace(MOVE, messages=MessageChoice(once=True), dry_run=dry)
    report = world.run(once)
    assert (report.total("refiled"), report.total("skipped")) == (1, 1)
    assert not dry or not world.destination.writes


def test_what_is_chosen_to_be_left_out_is_not_looked_for() -> None:
    """It stays where the archive has it."""
    world = Archive()
    world.fill("Work", message(1), message(2, text="long" * 99))
    world.hold(JOURNAL, message(1), message(2, text="long" * 99))
    report = world.run(replace(MOVE, messages=MessageChoice(max_size=200)))
    assert (report.total("refiled"), report.total("skipped")) == (1, 1)
    assert len(world.held(JOURNAL)) == 1


def test_what_is_filed_may_leave_the_source_and_stays_filed() -> None:
    """Once it is proven by its content. What left so is not taken out of its folder later, though
    the source has it there no more."""
    world = Archive()
    world.fill("Work", message(1), message(2))
    world.hold(JOURNAL, message(1), message(2), message(3))
    leaving = replace(MOVE_FROM_ALL, source_deletion=SourceDeletion.SYNCED)

    def run(options: SyncOptions) -> MailboxReport:
        world.destination.writes.clear()
        asked = options.source_deletion is not SourceDeletion.NEVER
        return migrate(
            world.source,
            world.destination,
            world.ledger,
            options=options,
            progress=Watcher(),
            stop=Watcher(),
            deleter=MemoryDeleter(world.source) if asked else None,
        )

    report = run(leaving)
    assert (report.total("refiled"), report.total("deleted_at_source")) == (2, 2)
    assert not world.source.content["Work"].messages
    for folder, options in (("New", leaving), ("Newer", MOVE_FROM_ALL)):
        world.fill(folder, message(1))
        run(options)
        assert world.held("INBOX.Work") == bodies(message(1), message(2))
        assert world.held(f"INBOX.{folder}") == bodies(message(1))
