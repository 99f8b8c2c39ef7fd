"""What leaves the source, what never does, and what no later run takes away."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.errors import Code, ConnectionLost, Side, Stopped
from sync.leaving import MARKED
from sync.memory import MemoryMessage, MemoryServer
from sync.memory_ledger import MemoryLedger
from sync.model import Namespace
from sync.options import (
    Contradiction,
    FolderChoice,
    MessageChoice,
    Mode,
    ProofLevel,
    SourceDeletion,
)
from sync.report import Outcome, Verdict
from sync.source_removal import ALTERED, UNCONFIRMED
from tests.sync.emptied import NEVER, SYNCED, Emptied, bodies, filled, held, mended, uids
from tests.sync.sides import Watcher, World, message


def test_what_is_proven_leaves() -> None:
    """Copied, read back, removed; the next run finds nothing, removes nothing and is green."""
    world, watcher = filled(), Watcher()
    report = world.run(watcher=watcher)
    assert report.verdict is Verdict.VERIFIED
    assert (report.total("copied"), report.total("found")) == (9, 9)
    assert report.total("deleted_at_source") == report.total("read_back") == 9
    assert (held(world.source), held(world.destination)) == (0, 9)
    world.ledger.begin_run()
    for options in (SYNCED, NEVER, replace(NEVER, mode=Mode.NEW)):
        report = world.run(options)
        assert (report.verdict, report.total("found")) == (Verdict.VERIFIED, 0)
        assert world.destination.writes == world.source.writes == []


def test_what_earlier_runs_have_copied_leaves_too() -> None:
    """Though nothing has changed since; the source is written to only where it is asked for."""
    world = filled()
    world.run(NEVER)
    assert world.source.writes == []
    world.ledger.begin_run()
    report = world.run()
    assert (report.total("present"), report.total("deleted_at_source")) == (9, 9)
    assert (held(world.source), held(world.destination)) == (0, 9)
    assert world.destination.writes == []


def test_mail_that_somebody_else_has_copied_leaves() -> None:
    """What was matched, and is in no earlier ledger, is proven like the rest."""
    world = filled()
    world.run(NEVER)
    world.ledger = MemoryLedger()
    assert world.run().total("deleted_at_source") == 9
    assert (held(world.source), held(world.destination)) == (0, 9)


def test_mode_all_never_removes_the_last_copy() -> None:
    """Not in the next run, not after either side's UIDVALIDITY has changed, and not what is equal
    to another: the two cannot be chosen together, but one after the other."""
    with pytest.raises(Contradiction, match="the last copy"):
        replace(SYNCED, mode=Mode.ALL)
    for anew in (None, "source", "destination"):
        world = filled()
        world.run()
        world.ledger.begin_run()
        world.fill("INBOX", message(20))
        if anew is not None:
            getattr(world, anew).content["INBOX"].uidvalidity = 99
        options = replace(NEVER, mode=Mode.ALL, allow_removal=True, delete_duplicates=True)
        assert world.run(options).verdict is Verdict.VERIFIED
        assert held(world.destination) == 10, anew
        assert "EXPUNGE" not in world.destination.writes


def test_a_folder_of_last_copies_is_never_superfluous() -> None:
    """Its source folder is empty, and so its owner has removed it: mode ALL leaves the copies where
    they are, though another folder is put there now."""
    for heir in (False, True):
        world = filled()
        world.run()
        del world.source.content["Work"]
        world.ledger.begin_run()
        places = (("Heir", "INBOX.Work"),) if heir else ()
        if heir:
            world.fill("Heir", message(30))
        options = replace(
            NEVER,
            mode=Mode.ALL,
            allow_removal=True,
            remove_folders=True,
            folders=FolderChoice(places=places),
        )
        world.run(options)
        there = world.destination.content["INBOX.Work"].messages
        assert len(there) == 3 + heir
        assert "EXPUNGE" not in world.destination.writes


def test_mode_all_removes_what_the_owner_has_removed() -> None:
    """As ever; beside copies that are the last ones."""
    world = filled()
    older = replace(SYNCED, source_deletion=SourceDeletion.OLDER)
    world.source.content["INBOX"].messages[2].internaldate = ""
    world.source.content["INBOX"].messages[3].internaldate = ""
    world.run(older)
    assert uids(world) == [2, 3]
    del world.source.content["INBOX"].messages[3]
    world.ledger.begin_run()
    report = world.run(replace(NEVER, mode=Mode.ALL))
    assert report.total("removed") == 1
    assert held(world.destination) == 8


def test_deleted_by_another_stays() -> None:
    """What was \\Deleted before is left as it is, flag and all, and named."""
    world = filled()
    message_2 = world.source.content["INBOX"].messages[2]
    message_2.flags |= {"\\deleted"}
    flags, watcher = message_2.flags, Watcher()
    report = world.run(watcher=watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert [(n.uid, n.code, n.server_words) for n in watcher.notes] == [
        (2, Code.NOT_DELETED, MARKED)
    ]
    assert uids(world) == [2]
    assert world.source.content["INBOX"].messages[2].flags == flags


def test_only_equal_bytes_leave() -> None:
    """What the destination has altered stays, and is named; so does all of a wrong copy."""

    class Replacing(MemoryServer):
        def append(self, messages):  # type: ignore[no-untyped-def]
            for one in messages:
                body = b"".join(one.chunks).replace(b"\0", b"\x80").replace(b"good", b"evil")
                yield from super().append([replace(one, chunks=iter([body]))])

    world = Emptied(destination=Replacing(Namespace("INBOX.", ".")))
    world.fill("INBOX", message(1), message(2, text="a\0b"), message(3, text="good"))
    for proof in (ProofLevel.METADATA, ProofLevel.CONTENT):
        watcher = Watcher()
        report = world.run(replace(SYNCED, proof=proof), watcher)
        assert report.verdict is Verdict.NOT_VERIFIED, "one is another message"
        assert uids(world) == [2, 3]
        kept = [n for n in watcher.notes if n.code is Code.NOT_DELETED]
        assert [(n.uid, n.server_words) for n in kept] == [(2, ALTERED), (3, ALTERED)]


@pytest.mark.parametrize("days", [0, 30])
def test_by_the_time_of_copying(days: int) -> None:
    """What was copied so long ago leaves, and what came later stays."""
    now = (datetime.now(UTC) - timedelta(days=31)).timestamp()
    world = filled(2)
    world.ledger = MemoryLedger(lambda: now)
    options = replace(
        SYNCED, source_deletion=SourceDeletion.SYNCED_LONGER, source_deletion_days=days
    )
    world.run(replace(options, source_deletion_days=40))
    assert held(world.source) == 5
    world.fill("INBOX", message(9))
    now += timedelta(days=31).total_seconds() - 60
    world.ledger.begin_run()
    report = world.run(options)
    assert report.total("deleted_at_source") == held(world.destination) - held(world.source)
    assert held(world.source) == (1 if days else 0)


def test_by_age() -> None:
    """By INTERNALDATE; a message without one stays."""
    world = Emptied()
    today = datetime.now(UTC)
    dates = [today - timedelta(days=days) for days in (0, 9, 11, 400)]
    for number, date in enumerate(dates):
        body = message(number).body
        world.fill("INBOX", MemoryMessage(body, date.strftime("%d-%b-%Y %H:%M:%S +0000")))
    world.fill("INBOX", MemoryMessage(message(9).body, ""))
    older = replace(SYNCED, source_deletion=SourceDeletion.OLDER, source_deletion_days=10)
    assert world.run(older).total("deleted_at_source") == 2
    assert uids(world) == [1, 2, 5]


def test_a_dry_run_counts() -> None:
    """What would leave, after a first run as before it; and touches nothing."""
    world = filled()
    dry = replace(SYNCED, dry_run=True)
    assert world.run(dry).total("deleted_at_source") == 9
    world.run(NEVER)
    world.ledger.begin_run()
    assert world.run(dry).total("deleted_at_source") == 9
    assert (held(world.source), world.source.writes) == (9, [])


def test_a_server_that_removes_more_than_it_is_told_is_left_alone() -> None:
    """Without UIDPLUS nothing is marked; the copies are fine, and each folder says why once."""
    world, watcher = filled(), Watcher()
    world.source.uidplus = False
    report = world.run(watcher=watcher)
    assert (report.total("copied"), report.verdict) == (9, Verdict.EXCEPTIONS)
    assert [(n.folder, n.uid, n.code) for n in watcher.notes] == [
        ("INBOX", 0, Code.DELETION_UNSAFE),
        ("Work", 0, Code.DELETION_UNSAFE),
    ]
    assert (held(world.source), world.source.writes) == (9, [])


def test_skipped_and_unknown_messages_stay() -> None:
    """One whose copy somebody has removed at the destination was not copied again: it stays."""
    world = filled()
    world.run(NEVER)
    del world.destination.content["INBOX"].messages[2]
    world.ledger.begin_run()
    report = world.run()
    assert (report.total("skipped"), report.total("deleted_at_source")) == (1, 8)
    assert uids(world) == [2]


def test_a_copy_that_is_about_to_go_is_none() -> None:
    """Marked \\Deleted at the destination, it may be expunged at any moment: the mark at the source
    is taken back."""
    world = filled()
    world.run(NEVER)
    world.ledger.begin_run()
    for one in world.destination.content["INBOX"].messages.values():
        one.flags |= {"\\Deleted"}
    watcher = Watcher()
    world.run(replace(SYNCED, mode=Mode.NEW), watcher)
    assert {n.server_words for n in watcher.notes} == {UNCONFIRMED}
    assert len(uids(world)) == len(watcher.notes) == 6
    flags = {m.flags for m in world.source.content["INBOX"].messages.values()}
    assert flags == {frozenset({"\\Seen"})}


def test_one_mailbox_on_both_sides_is_not_emptied() -> None:
    """Every message is its own copy there, and equal byte for byte."""
    world = filled()
    world.destination = world.source
    before = bodies(world.source)
    watcher = Watcher()
    world.run(watcher=watcher)
    assert bodies(world.source) == before
    assert {n.server_words for n in watcher.notes} == {UNCONFIRMED}
    assert len(watcher.notes) == 9


def test_a_line_that_is_always_lost_ends_the_removing_only() -> None:
    """The copies are fine; what is left is named, and the next run goes on."""
    world, watcher = filled(), Watcher()

    def die(step: str) -> None:
        if step == "expunge":
            raise ConnectionLost(server_words="gone", side=Side.SOURCE)

    world.source.before = die
    report = world.run(watcher=watcher)
    assert (report.total("copied"), report.verdict) == (9, Verdict.EXCEPTIONS)
    assert {(n.code, n.outcome, n.server_words) for n in watcher.notes} == {
        (Code.NOT_DELETED, Outcome.COPIED, "gone")
    }
    mended(world)
    world.ledger.begin_run()
    assert world.run().total("deleted_at_source") == 9


def test_a_stop_is_heard_between_some_and_more() -> None:
    """And the next attempt goes on."""
    world = filled()
    for after in range(8):
        with suppress(Stopped):
            world.run(watcher=Watcher(stop_after=after))
    report = world.run()
    assert (report.verdict, report.total("deleted_at_source")) == (Verdict.VERIFIED, 9)


def test_nothing_is_removed_by_nobody() -> None:
    """To ask for deletion and give nothing to do it with is a fault of the caller."""
    world = World()
    with pytest.raises(ValueError, match="deletion"):
        world.run(SYNCED)


def test_what_is_copied_once_leaves_where_it_was_copied() -> None:
    """The other places of the same message are no copies of it, and stay."""
    world = Emptied()
    world.fill("INBOX", message(1), message(2))
    world.fill("Work", message(1))
    once = replace(SYNCED, messages=MessageChoice(once=True))
    report = world.run(once)
    assert (report.total("skipped"), report.total("deleted_at_source")) == (1, 2)
    assert uids(world, "Work") == [1]


def test_what_is_left_out_by_age_stays() -> None:
    """It was not copied, however old it has to be to leave."""
    world = filled()
    young = MessageChoice(max_age_days=10)
    older = replace(SYNCED, messages=young, source_deletion=SourceDeletion.OLDER)
    report = world.run(older)
    assert (report.total("skipped"), report.total("deleted_at_source")) == (9, 0)
    assert held(world.source) == 9
