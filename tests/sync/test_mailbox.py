"""One mailbox from end to end over memory servers: what is copied, and what never happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.errors import (
    Code,
    ConnectionLost,
    DestinationFull,
    FolderError,
    MessageError,
    Side,
    Stopped,
)
from sync.memory import MemoryMessage, MemoryServer
from sync.model import Namespace, Refused, SpecialUse
from sync.options import Mode, SyncOptions
from sync.report import Outcome, Verdict
from tests.sync.sides import DATE, Break, Killed, Refuse, Watcher, World, content, lost, message


def small_world(*, uidplus: bool = True) -> World:
    """Five folders; identical copies, messages without Message-ID, one Message-ID twice."""
    world = World(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=uidplus))
    world.fill("INBOX", *(message(n, flags=("\\Seen",)) for n in range(6)))
    world.fill("Work/Projects", *(message(7) for _ in range(4)), message(7, text="other"))
    world.fill(
        "No ids", *(message(0, message_id=False) for _ in range(3)), message(1, message_id=False)
    )
    world.fill("Sent", message(20), message(21, text="x" * 200_000))
    world.fill("Empty")
    return world


def assert_equal(world: World) -> None:
    assert content(world.destination) == content(world.source)


def test_everything_arrives_with_flags_and_dates() -> None:
    """After one run both sides hold the same messages, flags and dates in the same folders."""
    world, watcher = small_world(), Watcher()
    report = world.run(watcher=watcher)
    assert report.verdict is Verdict.VERIFIED
    assert_equal(world)
    assert report.total("copied") == report.total("found") == 17
    assert watcher.plan[0] == 17
    assert watcher.counts[Outcome.COPIED] == 17
    assert watcher.proofs == 1


def test_second_run_writes_nothing() -> None:
    """A run that finds nothing new sends no APPEND, STORE, CREATE or SUBSCRIBE."""
    world = small_world()
    world.run()
    world.ledger.begin_run()
    report = world.run()
    assert world.destination.writes == []
    assert report.total("present") == 17
    assert report.verdict is Verdict.VERIFIED


def test_unchanged_folders_are_not_even_listed() -> None:
    """Where nothing has changed on either side a run lists nothing, and asks for the highest
    message of some folders; where it has, both are asked what."""
    world, steps = small_world(), list[str]()
    world.run()
    world.source.before = world.destination.before = steps.append
    report = world.run()
    assert "messages" not in steps
    assert report.total("copied") == report.total("found") == 17, "by an attempt of the same run"
    world.ledger.begin_run()
    report = world.run()
    assert "messages" not in steps
    assert report.total("present") == report.total("found") == 17
    assert report.verdict is Verdict.VERIFIED
    world.destination.content["INBOX"].messages[1].flags = frozenset()
    steps.clear()
    assert world.run().total("flags_changed") == 1
    assert steps.count("changes") == 8, "three that rest, and one that does not, on both sides"
    assert steps.count("messages") == 2, "the original of what has changed, and the proof"
    steps.clear()
    world.run()
    assert "messages" not in steps


def test_mail_copied_by_another_tool_is_recognised() -> None:
    """Without a ledger nothing is doubled and nothing dropped: messages match as multisets."""
    world = small_world()
    world.run()
    world.source.content["Work/Projects"].add(message(7))
    world.ledger = type(world.ledger)()
    report = world.run()
    assert world.destination.writes.count("APPEND") == 1
    assert report.total("copied") == 1
    assert_equal(world)


def test_new_uidvalidity_copies_nothing_twice() -> None:
    """A folder made anew at the source is matched again; nothing is doubled, nothing deleted."""
    world = small_world()
    world.run()
    world.source.content["Work/Projects"].uidvalidity = 99
    world.run(SyncOptions(mode=Mode.ALL))
    assert "APPEND" not in world.destination.writes
    assert "EXPUNGE" not in world.destination.writes
    assert_equal(world)


def test_uidvalidity_change_during_the_run() -> None:
    """A folder that is made anew while it is read is listed again, and ends complete."""
    world = small_world()
    steps = iter(range(100))

    def renew(step: str) -> None:
        if step == "body" and next(steps) == 8:
            world.source.content["Work/Projects"].uidvalidity = 77
            raise ConnectionLost(side=Side.SOURCE)

    world.source.before = renew
    watcher = Watcher()
    report = world.run(watcher=watcher)
    assert_equal(world)
    assert report.verdict is Verdict.VERIFIED
    assert sum(watcher.counts.values()) == 17


@pytest.mark.parametrize("uidplus", [True, False])
@pytest.mark.parametrize("broken", [Side.SOURCE, Side.DESTINATION])
def test_killed_at_every_step(uidplus: bool, broken: Side) -> None:
    """Killed at any step, resumed once: nothing lost or doubled; a third run writes nothing."""
    step = 0
    while True:
        step += 1
        world = small_world(uidplus=uidplus)
        side = world.source if broken is Side.SOURCE else world.destination
        side.before = Break(step, Killed())
        try:
            world.run()
        except Killed:
            pass
        else:
            break
        report = world.run()
        assert report.verdict is Verdict.VERIFIED, step
        assert_equal(world)
        assert report.total("copied") == 17, "earlier attempts of one run count as copied"
        world.ledger.begin_run()
        world.run()
        assert world.destination.writes == [], step
    assert step > 30


@pytest.mark.parametrize("uidplus", [True, False])
@pytest.mark.parametrize("broken", [Side.SOURCE, Side.DESTINATION])
def test_line_lost_at_every_step(uidplus: bool, broken: Side) -> None:
    """A line that breaks once, anywhere, costs nothing: the same run ends complete."""
    step = 5
    while True:
        step += 1
        world = small_world(uidplus=uidplus)
        side = world.source if broken is Side.SOURCE else world.destination
        side.before = fault = Break(step, lost(broken))
        watcher = Watcher()
        report = world.run(watcher=watcher)
        if fault.seen < step:
            break
        assert report.verdict is Verdict.VERIFIED, step
        assert_equal(world)
        assert sum(watcher.counts.values()) == 17, step


def test_one_message_breaks_the_line_every_time() -> None:
    """A message at which the server always dies is set aside and named; the rest arrives."""
    world = small_world()

    class Source(MemoryServer):
        def bodies(self, wanted):  # type: ignore[no-untyped-def]
            for one, answer in super().bodies(wanted):
                if one.folder.name == "INBOX" and answer.meta.uid == 3:
                    raise ConnectionLost(server_words="gone", side=Side.SOURCE)
                yield one, answer

    source = Source()
    source.content = world.source.content
    world.source = source
    watcher = Watcher()
    report = world.run(watcher=watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert report.total("failed") == 1
    assert report.total("copied") == 16
    (note,) = watcher.notes
    assert (note.folder, note.uid, note.subject) == ("INBOX", 3, "2")
    assert all(folder.balanced for folder in report.folders)


def test_vanished_and_empty_messages_are_told() -> None:
    """Expunged by someone else during the run: vanished. Zero bytes: failed, never appended."""
    world = small_world()
    world.source.content["INBOX"].add(MemoryMessage(b"", DATE))
    seen: list[str] = []

    def expunge(step: str) -> None:
        if step == "body":
            seen.append(step)
            world.source.content["INBOX"].messages.pop(2, None)

    world.source.before = expunge
    watcher = Watcher()
    report = world.run(watcher=watcher)
    inbox = report.folders[0]
    assert (inbox.vanished, inbox.failed, inbox.copied) == (1, 1, 5)
    assert watcher.notes[0].code is Code.EMPTY_MESSAGE
    assert report.verdict is Verdict.EXCEPTIONS


class Choosy(MemoryServer):
    """Refuses messages whose text it does not like."""

    refuses: bytes = b""
    code: Code = Code.APPEND_REFUSED

    def append(self, messages):  # type: ignore[no-untyped-def]
        for outgoing in messages:
            body = b"".join(outgoing.chunks)
            if self.refuses in body:
                yield Refused(outgoing.number, MessageError(self.code, "NO, not this"))
                continue
            one = replace(outgoing, chunks=iter([body]))
            yield from super().append([one])


def test_refused_message_is_named_and_the_rest_arrives() -> None:
    """One refusal costs one message, with the server's words."""
    world = small_world()
    world.destination = Choosy(Namespace("INBOX.", "."))
    world.destination.refuses = b"m3@x.test"
    watcher = Watcher()
    report = world.run(watcher=watcher)
    assert (report.total("failed"), report.total("copied")) == (1, 16)
    assert watcher.notes[0].server_words == "NO, not this"
    assert report.verdict is Verdict.EXCEPTIONS


def test_full_mailbox_ends_the_account_with_every_message_told() -> None:
    """Three refusals for quota in a row: the account stops, and its report still balances."""
    world = small_world()
    world.destination = Choosy(Namespace("INBOX.", "."))
    world.destination.code = Code.QUOTA
    watcher = Watcher()
    with pytest.raises(DestinationFull):
        world.run(watcher=watcher)
    assert all(report.balanced and report.error is Code.QUOTA for report in watcher.reports)
    inbox = watcher.reports[0]
    assert inbox.failed == 6


def test_pause_ends_at_a_clean_point_and_resumes() -> None:
    """A pause leaves no open intent; the resumed run completes without a second copy."""
    world = small_world()
    with pytest.raises(Stopped):
        world.run(watcher=Watcher(stop_after=2))
    report = world.run()
    assert report.verdict is Verdict.VERIFIED
    assert_equal(world)


def test_dry_run_tells_what_a_run_then_does() -> None:
    """A dry run changes nothing and gives the very numbers of the run that follows."""
    world = small_world()
    dry = world.run(SyncOptions(dry_run=True))
    assert world.destination.writes == []
    assert set(world.destination.content) == {"INBOX"}
    assert dry.verdict is Verdict.DRY_RUN
    real = world.run()
    names = ("found", "copied", "present", "skipped", "size_copied")
    assert [[getattr(f, n) for n in names] for f in dry.folders] == [
        [getattr(f, n) for n in names] for f in real.folders
    ]


def test_flags_follow_but_not_in_mode_new() -> None:
    """Flags of present messages follow the source, unless the mode is new messages only."""
    world = small_world()
    world.run()
    inbox = world.source.content["INBOX"].messages
    inbox[1].flags = frozenset({"\\Flagged"})
    assert world.run(SyncOptions(mode=Mode.NEW)).total("flags_changed") == 0
    assert world.run().total("flags_changed") == 1
    assert_equal(world)


def test_removed_at_the_destination_stays_removed() -> None:
    """What a person deleted at the destination is not copied again, and is named as skipped."""
    world = small_world()
    world.run()
    world.ledger.begin_run()
    del world.destination.content["INBOX"].messages[1]
    watcher = Watcher()
    report = world.run(watcher=watcher)
    assert world.destination.writes == []
    assert report.total("skipped") == 1
    assert watcher.notes[0].code is Code.REMOVED_AT_DESTINATION


def test_mode_all_makes_both_sides_equal() -> None:
    """Mode all removes what the source has not, and copies again what was removed there."""
    world = small_world()
    world.run()
    world.ledger.begin_run()
    del world.destination.content["INBOX"].messages[1]
    del world.source.content["INBOX"].messages[6]
    world.destination.content["INBOX"].add(message(500))
    world.run(SyncOptions(mode=Mode.ALL))
    assert_equal(world)


def test_mode_all_never_empties_a_folder_unasked() -> None:
    """A source that is suddenly empty does not empty the destination: the removal waits until a
    person has looked."""
    world = small_world()
    world.run()
    world.source.content["INBOX"].messages.clear()
    for _ in range(2):
        report = world.run(SyncOptions(mode=Mode.ALL))
        inbox = report.folders[-1]
        assert (inbox.error, inbox.server_words, inbox.verified) == (
            Code.DELETION_REFUSED,
            "INBOX: 6 of 6 messages",
            False,
        )
        assert report.verdict is Verdict.NOT_VERIFIED
        assert len(world.destination.content["INBOX"].messages) == 6
    told = world.run(SyncOptions(mode=Mode.ALL, dry_run=True))
    assert told.total("removed") == 6
    world.run(SyncOptions(mode=Mode.ALL, allow_removal=True))
    assert not world.destination.content["INBOX"].messages


@pytest.mark.parametrize("duplicates", [False, True])
def test_a_removal_that_waits_stops_nothing_else(duplicates: bool) -> None:
    """New mail and flags go on in that folder as in all others, other folders lose what the source
    has lost, and folders that only the destination has go: run after run, nothing twice."""
    world = small_world()
    world.run()
    options = SyncOptions(mode=Mode.ALL, delete_duplicates=duplicates)
    inbox, work = world.source.content["INBOX"], world.source.content["Work/Projects"]
    for uid in (1, 2, 3, 4):
        del inbox.messages[uid]
    del work.messages[5]
    world.destination.make_folder("INBOX.Empty too")
    for number in range(3):
        world.ledger.begin_run()
        inbox.add(message(100 + number))
        inbox.messages[5] = replace(inbox.messages[5], flags=frozenset({f"mark{number}"}))
        work.add(message(200 + number))
        report = world.run(options)
        by_name = {folder.source: folder for folder in report.folders}
        held = by_name.pop("INBOX")
        assert (held.error, held.copied, held.flags_changed, held.removed) == (
            Code.DELETION_REFUSED,
            1,
            1,
            0,
        )
        assert held.server_words == f"INBOX: 4 of {6 + number} messages"
        assert all(folder.verified for folder in by_name.values())
        assert report.verdict is Verdict.NOT_VERIFIED
        if 6 + number + 1 >= 2 * 4:
            break
    assert "INBOX.Empty too" not in world.destination.content
    assert len(world.destination.content["INBOX"].messages) == 6 + number + 1
    report = world.run(replace(options, allow_removal=True))
    assert report.verdict is Verdict.VERIFIED
    assert_equal(world)


@pytest.mark.parametrize("verb", ["flags", "remove"])
def test_flags_and_removals_that_the_server_refuses_cost_nothing_else(verb: str) -> None:
    """New mail of that very folder is copied and proven; the folder is not verified, and says
    why."""
    world = small_world()
    world.run()
    world.ledger.begin_run()
    inbox = world.source.content["INBOX"]
    del inbox.messages[1]
    inbox.messages[2] = replace(inbox.messages[2], flags=frozenset({"\\Flagged"}))
    inbox.add(message(100))
    refusal = FolderError(Code.FOLDER_REFUSED, "no rights", side=Side.DESTINATION, where="INBOX")
    world.destination.before = Refuse("store" if verb == "flags" else "expunge", refusal)
    watcher = Watcher()
    report = world.run(SyncOptions(mode=Mode.ALL), watcher)
    told = {folder.source: folder for folder in report.folders}["INBOX"]
    assert (told.copied, told.failed, told.error, told.verified) == (
        1,
        0,
        Code.FOLDER_REFUSED,
        False,
    )
    assert watcher.proofs == 1
    assert (told.removed, told.flags_changed) == ((1, 0) if verb == "flags" else (0, 1))


def test_altered_content_is_told() -> None:
    """A server that replaces NUL by 0x80 without a word is found out by reading back."""

    class Replacing(MemoryServer):
        def append(self, messages):  # type: ignore[no-untyped-def]
            for one in messages:
                body = b"".join(one.chunks).replace(b"\0", b"\x80")
                changed = replace(one, chunks=iter([body]))
                yield from super().append([changed])

    world = small_world()
    world.destination = Replacing(Namespace("INBOX.", "."))
    world.source.content["INBOX"].add(message(9, text="a\0b"))
    watcher = Watcher()
    report = world.run(watcher=watcher)
    assert [(note.code, note.uid) for note in watcher.notes] == [(Code.ALTERED, 7)]
    assert report.verdict is Verdict.EXCEPTIONS


def test_acknowledged_but_missing_is_failed_and_copied_next_time() -> None:
    """Green needs proof: what the server confirmed but does not show is failed, then retried."""

    class Forgetful(MemoryServer):
        forget = True

        def append(self, messages):  # type: ignore[no-untyped-def]
            for outcome in super().append(messages):
                if self.forget and outcome.number == 1:
                    del self.content["INBOX"].messages[outcome.destination.uid]
                yield outcome

    world = World()
    world.fill("INBOX", *(message(n) for n in range(4)))
    world.destination = Forgetful(Namespace("INBOX.", "."))
    report = world.run()
    assert (report.total("failed"), report.verdict) == (1, Verdict.EXCEPTIONS)
    world.destination.forget = False
    assert world.run().verdict is Verdict.VERIFIED
    assert_equal(world)


def test_special_use_folder_is_found_by_its_use() -> None:
    """Sent mail goes into the destination's own Sent folder, whatever the source calls it."""
    world = World()
    world.fill("Gesendet", message(1))
    world.source.content["Gesendet"].special_use = SpecialUse.SENT
    world.destination.make_folder("INBOX.Sent").special_use = SpecialUse.SENT
    world.run()
    assert len(world.destination.content["INBOX.Sent"].messages) == 1
    assert "INBOX.Gesendet" not in world.destination.content


def test_the_source_is_never_written() -> None:
    """The source sees no command that changes anything."""
    world = small_world()
    world.run(SyncOptions(mode=Mode.ALL))
    assert world.source.writes == []


def test_equal_copies_keep_their_dates_and_flags() -> None:
    """Three equal messages with other flags and dates, matched without a ledger: each gets the copy
    with its own, and nothing is stored."""
    world = World()
    dates = ("1-Jan-2024", "2-Jan-2024", "2-Jan-2024")
    for date, flags in zip(dates, ((), ("\\Seen",), ("\\Flagged",)), strict=True):
        world.fill(
            "Work", MemoryMessage(message(1).body, f" {date} 10:00:00 +0000", frozenset(flags))
        )
    assert world.run().verdict is Verdict.VERIFIED
    copies = world.destination.content["INBOX.Work"]
    copies.messages = {10 - uid: one for uid, one in copies.messages.items()}
    copies.uidnext = 20
    world.ledger = type(world.ledger)()
    assert world.run().verdict is Verdict.VERIFIED
    assert world.destination.writes == []


def test_what_was_moved_away_and_back_is_not_doubled() -> None:
    """It gets a new uid in its old folder, and its copy there is its copy still."""
    world = World()
    world.fill("Work", *(message(number) for number in range(5)))
    world.run()
    work = world.source.content["Work"]
    for uid in (2, 4):
        work.add(work.messages.pop(uid))
    for options in (None, SyncOptions(mode=Mode.NEW), SyncOptions(mode=Mode.ALL)):
        assert world.run(options).verdict is Verdict.VERIFIED
        assert "APPEND" not in world.destination.writes
        assert content(world.destination) == content(world.source)
