"""Duplicates at the destination: what is removed, and what never is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import Code
from sync.intent import FolderKey, Pair
from sync.memory import MemoryMessage, MemoryServer
from sync.model import Namespace
from sync.options import Mode, SyncOptions
from sync.report import MailboxReport, Verdict
from tests.sync.sides import World, content, message

REMOVE = SyncOptions(delete_duplicates=True)


def bodies(world: World, folder: str = "INBOX") -> Counter[bytes]:
    return Counter(one.body for one in world.destination.content[folder].messages.values())


def add(world: World, *messages: MemoryMessage) -> list[int]:
    return [world.destination.content["INBOX"].add(one) for one in messages]


def removed(report: MailboxReport) -> int:
    return report.total("duplicates_removed")


def test_what_equals_a_copy_goes_and_the_copies_stay() -> None:
    """k at the source stay k, though more are at the destination."""
    world = World()
    world.fill("INBOX", message(1), message(2), message(2), message(3))
    add(world, *(message(1) for _ in range(3)), *(message(2) for _ in range(4)))
    report = world.run(REMOVE)
    assert removed(report) == 4
    assert report.total("removed") == 0
    assert report.verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)
    world.ledger.begin_run()
    assert removed(world.run(REMOVE)) == 0
    assert world.destination.writes == []


def test_of_what_is_nobodys_copy_one_stays() -> None:
    """Messages that the source has not are kept once; the one that stays is not marked as
    deleted."""
    world = World()
    world.fill("INBOX", message(1))
    uids = add(world, message(9, flags=("\\Deleted",)), message(9), message(9), message(8))
    report = world.run(REMOVE)
    assert removed(report) == 2
    left = world.destination.content["INBOX"].messages
    assert sorted(uid for uid in left if uid in uids) == [uids[1], uids[3]]
    assert bodies(world) == Counter([message(n).body for n in (1, 8, 9)])


def test_one_byte_of_difference_is_enough() -> None:
    """Equal in size, Message-ID, date, sender and subject, and still two messages."""
    world = World()
    world.fill("INBOX", message(1, text="hello"))
    add(world, message(1, text="hellO"), message(1, text="hello"), message(2, message_id=False))
    assert removed(world.run(REMOVE)) == 0
    assert len(bodies(world)) == 3


def test_line_ends_make_a_difference_too() -> None:
    """What servers alter when they store a message makes two messages of it here."""
    world = World()
    one = message(1)
    add(world, one, replace(one, body=one.body.replace(b"hello\r\n", b"hello\0\n")))
    add(world, replace(one, body=one.body.replace(b"hello\r\n", b"hello\x80\n")))
    assert removed(world.run(REMOVE)) == 0


def test_only_what_looks_alike_is_read() -> None:
    """No body is read where size or the identifying fields are unlike another's."""
    world, steps = World(), list[str]()
    world.fill("INBOX", message(1))
    add(world, message(11), message(12), message(13, text="longer"), message(13, text="shorter"))
    world.run()
    world.ledger.begin_run()
    world.destination.before = steps.append
    assert removed(world.run(REMOVE)) == 0
    assert "body" not in steps
    add(world, message(12))
    assert removed(world.run(REMOVE)) == 1
    assert steps.count("body") == 2


@pytest.mark.parametrize("mode", Mode)
def test_a_rehearsal_shows_the_number_and_removes_nothing(mode: Mode) -> None:
    """The dry run's numbers are those of the run that follows; mode ALL removes those without a
    message at the source as such."""
    world = World()
    world.fill("INBOX", message(1), message(2), message(3))
    add(world, message(1), message(1), message(9), message(9))
    options = replace(REMOVE, mode=mode)
    dry = world.run(replace(options, dry_run=True))
    assert world.destination.writes == []
    real = world.run(options)
    for name in ("copied", "present", "removed", "duplicates_removed"):
        assert dry.total(name) == real.total(name)
    assert (real.total("removed"), removed(real)) == ((3, 0) if mode is Mode.ALL else (0, 2))
    world.ledger.begin_run()
    world.run(options)
    assert world.destination.writes == []


def test_more_than_half_is_refused() -> None:
    """As any removal: of a folder that an earlier run filled more than half goes only if that is
    allowed."""
    world = World()
    world.fill("INBOX", message(1))
    world.run()
    add(world, message(1), message(1))
    world.fill("INBOX", message(2))
    world.ledger.begin_run()
    (inbox,) = world.run(REMOVE).folders
    assert (inbox.error, inbox.copied, inbox.duplicates_removed) == (Code.DELETION_REFUSED, 1, 0)
    add(world, message(1))
    assert removed(world.run(replace(REMOVE, dry_run=True))) == 3, "a rehearsal tells it"
    assert bodies(world).total() == 5
    assert removed(world.run(replace(REMOVE, allow_removal=True))) == 3


def test_without_uidplus_it_is_refused_in_words() -> None:
    """A server that could only expunge more than was asked for loses nothing; the other folders are
    done."""
    world = World(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=False))
    world.fill("INBOX", message(1))
    world.fill("Work", message(2))
    add(world, message(1), message(1))
    report = world.run(REMOVE)
    refused, done = report.folders
    assert (refused.error, refused.duplicates_removed) == (Code.REMOVAL_UNSUPPORTED, 0)
    assert done.verified
    assert bodies(world).total() == 2
    assert report.verdict is Verdict.NOT_VERIFIED


def test_a_copy_whose_uid_is_not_known_may_be_any() -> None:
    """Where an earlier run could not learn the uid of a copy nothing is called a duplicate."""
    world = World()
    world.fill("INBOX", message(1))
    world.run()
    world.ledger.record(FolderKey("INBOX", 1, "INBOX", 1), [Pair(1, 0, len(message(1).body))])
    add(world, message(1))
    assert removed(world.run(REMOVE)) == 0
    assert bodies(world).total() == 2


def test_the_one_that_stays_has_to_be_there_still() -> None:
    """If somebody removes the message that was to stay, its equal is not removed."""
    world = World()
    world.fill("INBOX", message(1))
    kept, _ = add(world, message(9), message(9))

    def expunge(step: str) -> None:
        if step == "append":
            world.destination.content["INBOX"].messages.pop(kept, None)

    world.destination.before = expunge
    assert removed(world.run(REMOVE)) == 0
    assert bodies(world)[message(9).body] == 1


NUMBERS = st.lists(st.integers(0, 3), max_size=8)


@given(source=NUMBERS, destination=NUMBERS, mode=st.sampled_from(Mode))
@settings(max_examples=80, deadline=None)
def test_whatever_is_there(source: list[int], destination: list[int], mode: Mode) -> None:
    """Afterwards each content is there as often as at the source, or once where only the
    destination had it; the flags of copies and all that is unequal is untouched."""
    world = World()
    world.fill("INBOX", *(message(n) for n in source))
    add(world, *(message(n) for n in destination))
    world.run(replace(REMOVE, mode=mode))
    ours, theirs = Counter(source), Counter(destination)
    wanted = {
        message(n).body: ours[n] or (0 if mode is Mode.ALL else min(theirs[n], 1)) for n in range(4)
    }
    assert bodies(world) == Counter({body: number for body, number in wanted.items() if number})
