"""Servers restored from a backup: the same UIDVALIDITY, and uids that mean other messages."""

from __future__ import annotations

from copy import deepcopy

import pytest

from sync.errors import Code
from sync.intent import FolderKey
from sync.journal import Telling
from sync.memory import MemoryMessage, MemoryServer
from sync.options import Mode, SyncOptions
from sync.report import Outcome, Verdict
from sync.resting import RESTLESS
from sync.stamps import moment, stamp_of
from tests.sync.sides import DATE, Watcher, World, content, message

LATER = "18-Jul-2024 02:44:25 +0200"
MODES = [Mode.FLAGS_AND_NEW, Mode.NEW, Mode.ALL]


def other(number: int, *, alike: bool) -> MemoryMessage:
    """A message that is no copy of any; `alike` in size and date to message(number)."""
    body = message(number).body.replace(b"Message-ID: <m", b"Message-ID: <o")
    return MemoryMessage(body, DATE) if alike else MemoryMessage(body + b"more\r\n", LATER)


def world(telling: Telling) -> World:
    made = World()
    made.source.telling = made.destination.telling = telling
    made.fill("Work", *(message(number) for number in range(10, 20)))
    assert made.run().verdict is Verdict.VERIFIED
    made.ledger.begin_run()
    return made


def restore(server: MemoryServer, name: str, *, lost: int, came: list[MemoryMessage]) -> None:
    """To the state before its last `lost` messages; then others came."""
    folder = server.content[name]
    before = deepcopy(folder)
    for uid in sorted(before.messages)[-lost:]:
        del before.messages[uid]
    before.uidnext -= lost
    before.journal = type(before.journal)()
    for one in came:
        before.add(one)
    server.content[name] = before


def bodies(server: MemoryServer, name: str) -> set[bytes]:
    return {one.body for one in server.content[name].messages.values()}


@pytest.mark.parametrize("telling", list(Telling))
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("came", [0, 1, 4, 9])
def test_a_destination_that_lost_copies_gets_them_again(
    telling: Telling, mode: Mode, alike: bool, came: int
) -> None:
    """Whatever was delivered there since has their uids: all that the source has is there
    afterwards, and it is said."""
    one = world(telling)
    strangers = [other(number, alike=alike) for number in range(10, 10 + came)]
    restore(one.destination, "INBOX.Work", lost=4, came=strangers)
    one.source.content["Work"].add(message(30))
    watcher = Watcher()
    report = one.run(SyncOptions(mode=mode, allow_removal=True), watcher)
    there = bodies(one.destination, "INBOX.Work")
    if report.verdict in (Verdict.VERIFIED, Verdict.EXCEPTIONS):
        skipped = watcher.counts[Outcome.SKIPPED]
        assert len(bodies(one.source, "Work") - there) == skipped
        assert not skipped or telling is Telling.NOTHING
    if telling is not Telling.NOTHING:
        assert bodies(one.source, "Work") <= there
        assert Code.UIDS_REUSED in {note.code for note in watcher.notes}
    if mode is not Mode.ALL:
        assert {stranger.body for stranger in strangers} <= there


@pytest.mark.parametrize("telling", list(Telling))
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("came", [4, 9])
def test_what_came_into_a_restored_source_is_copied(
    telling: Telling, alike: bool, came: int
) -> None:
    """Its uids are known as those of other messages."""
    one = world(telling)
    strangers = [other(number, alike=alike) for number in range(10, 10 + came)]
    restore(one.source, "Work", lost=4, came=strangers)
    one.source.content["Work"].add(message(30))
    one.run()
    assert bodies(one.source, "Work") <= bodies(one.destination, "INBOX.Work")
    assert one.run().verdict in (Verdict.VERIFIED, Verdict.EXCEPTIONS)
    assert "APPEND" not in one.destination.writes


def test_another_size_of_the_same_message_is_no_other_message() -> None:
    """A server that measures anew: nothing is sent, and nothing is said."""
    one = world(Telling.QRESYNC)
    work = one.source.content["Work"]
    work.messages = {
        uid: MemoryMessage(old.body, LATER, old.flags) for uid, old in work.messages.items()
    }
    watcher = Watcher()
    work.add(message(30))
    one.ledger.rest(key_of(one), RESTLESS)
    report = one.run(watcher=watcher)
    assert one.destination.writes == ["APPEND"]
    assert report.verdict is Verdict.VERIFIED
    assert watcher.notes == []


def key_of(one: World) -> FolderKey:
    return next(key for key in one.ledger._pages if key.source == "Work")


def test_a_restored_mailbox_with_equal_numbers_is_seen_when_it_is_listed() -> None:
    """As many messages came as were lost, alike in size and date: only headers tell."""
    one = world(Telling.NOTHING)
    restore(
        one.destination, "INBOX.Work", lost=3, came=[other(n, alike=True) for n in (17, 18, 19)]
    )
    watcher = Watcher()
    one.run(watcher=watcher)
    assert bodies(one.source, "Work") <= bodies(one.destination, "INBOX.Work")
    assert Code.UIDS_REUSED in {note.code for note in watcher.notes}
    assert one.run().verdict is Verdict.VERIFIED
    assert content(one.source)["INBOX"] == content(one.destination)["INBOX"]


def test_stamps_see_through_zones_only() -> None:
    """The same moment in another zone is the same; another second, or size, is not."""
    assert stamp_of(10, "17-Jul-2024 02:44:25 +0200") == stamp_of(10, "17-Jul-2024 00:44:25 +0000")
    assert stamp_of(10, " 7-Jul-2024 02:44:25 +0200") != stamp_of(10, " 7-Jul-2024 02:44:26 +0200")
    assert stamp_of(10, DATE) != stamp_of(11, DATE)
    assert stamp_of(10, "nonsense") != stamp_of(10, "no sense")
    assert moment("nonsense") == moment("") == -1
    assert moment("17-Jul-2024 02:44:25 +0200") == 1_721_177_065
