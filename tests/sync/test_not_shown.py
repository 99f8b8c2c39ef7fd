"""Servers that show only a part of what they have: never green, and nothing follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from sync.errors import Code, FolderError
from sync.listing import Changes, Listing
from sync.memory import MemoryServer
from sync.model import Asked, FolderList, Namespace, Since
from sync.options import Mode, SyncOptions
from sync.report import Verdict
from tests.sync.sides import Watcher, World, content, message


class Sparing(MemoryServer):
    """Shows at most `most` messages of a folder: the highest ones, as RFC 9738 allows. `lies` tells
    whether EXISTS and the listing agree, so that only STATUS knows of the others."""

    most = 1_000_000
    unread: tuple[str, ...] = ()
    lies = False

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        for listing in super().listings(asked):
            if isinstance(listing, FolderError):
                yield listing
                continue
            kept = listing.messages[-self.most :] if self.most else listing.messages[:0]
            hidden = 0 if self.lies else len(listing.messages) - len(kept)
            status = listing.status
            if self.lies:
                status = replace(status, messages=len(kept))
            yield replace(listing, messages=kept, status=status, hidden=hidden, unread=self.unread)

    def changes(self, asked: Sequence[Since]) -> Iterator[Changes | Listing | FolderError]:
        yield from self.listings([Asked(since.folder) for since in asked])


def sparing(*, most: int = 1_000_000, side: str = "source") -> World:
    world = World()
    if side == "source":
        world.source = Sparing()
    else:
        world.destination = Sparing(Namespace("INBOX.", "."))
    world.fill("Work", *(message(number) for number in range(10)))
    server = world.source if side == "source" else world.destination
    assert isinstance(server, Sparing)
    server.most = most
    return world


@pytest.mark.parametrize("lies", [False, True])
@pytest.mark.parametrize("mode", list(Mode))
def test_what_the_source_hides_is_failed(mode: Mode, lies: bool) -> None:
    """What it shows is copied, the rest is found and failed, and the folder never rests."""
    world = sparing(most=4)
    source = world.source
    assert isinstance(source, Sparing)
    source.lies = lies
    watcher = Watcher()
    report = world.run(SyncOptions(mode=mode), watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    (work,) = (folder for folder in report.folders if folder.source == "Work")
    assert (work.found, work.copied, work.failed) == (10, 4, 6)
    assert work.error is Code.INCOMPLETE
    assert report.exceptions == 6
    assert [note.code for note in watcher.notes] == [Code.INCOMPLETE]
    assert world.run(SyncOptions(mode=mode)).verdict is Verdict.NOT_VERIFIED
    source.most = 1_000_000
    assert world.run(SyncOptions(mode=mode)).verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)


@pytest.mark.parametrize("lies", [False, True])
def test_nothing_is_removed_because_the_source_hides_it(lies: bool) -> None:
    """Mode ALL, with a ledger that knows all of them."""
    world = sparing()
    source = world.source
    assert isinstance(source, Sparing)
    options = SyncOptions(mode=Mode.ALL)
    assert world.run(options).verdict is Verdict.VERIFIED
    source.most, source.lies = 7, lies
    source.content["Work"].add(message(99))
    report = world.run(options)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert report.total("removed") == 0
    assert len(world.destination.content["INBOX.Work"].messages) == 11
    source.most = 1_000_000
    assert world.run(options).verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)


@pytest.mark.parametrize("with_ledger", [True, False])
def test_what_the_destination_hides_is_not_sent_again(with_ledger: bool) -> None:
    """Its folder fails, in a run that knows of the copies and in one that does not."""
    world = sparing(side="destination")
    destination = world.destination
    assert isinstance(destination, Sparing)
    assert world.run().verdict is Verdict.VERIFIED
    if not with_ledger:
        world.ledger = type(world.ledger)()
    destination.most = 6
    world.source.content["Work"].add(message(99))
    report = world.run()
    assert report.verdict is Verdict.NOT_VERIFIED
    assert "APPEND" not in destination.writes
    destination.most = 1_000_000
    assert world.run().verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)


def test_copies_that_the_destination_hides_are_not_missing() -> None:
    """Copied, then not shown: not verified, nothing is sent again, and the next run finds them."""
    world = sparing(side="destination")
    destination = world.destination
    assert isinstance(destination, Sparing)

    def hide(step: str) -> None:
        if step == "appended":
            destination.most = 3

    destination.before = hide
    report = world.run()
    assert report.verdict is Verdict.NOT_VERIFIED
    assert report.total("copied") == 10
    destination.before, destination.most = (lambda step: None), 1_000_000
    assert world.run().verdict is Verdict.VERIFIED
    assert "APPEND" not in destination.writes
    assert content(world.destination) == content(world.source)


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_line_that_cannot_be_read_is_never_green(side: str) -> None:
    """It may have been about a message."""
    world = sparing(side=side)
    server = world.source if side == "source" else world.destination
    assert isinstance(server, Sparing)
    server.unread = ("7 FETCH UID nonsense",)
    watcher = Watcher()
    report = world.run(watcher=watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert {note.code for note in watcher.notes} == {Code.UNREAD_ANSWER}
    assert "7 FETCH UID nonsense" in {note.server_words for note in watcher.notes}


class Mumbling(MemoryServer):
    """One line of its list of folders makes no sense."""

    def folders(self) -> FolderList:
        return replace(super().folders(), unread=('LIST () "/" "half',))


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_folder_list_that_cannot_be_read_is_never_green(side: str) -> None:
    """Mail is copied, no folder is removed, and the line is named."""
    world = World()
    if side == "source":
        world.source = Mumbling()
    else:
        world.destination = Mumbling(Namespace("INBOX.", "."))
    world.fill("Work", message(1))
    world.destination.make_folder("INBOX.half").add(message(2))
    watcher = Watcher()
    report = world.run(SyncOptions(mode=Mode.ALL), watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert report.exceptions == 1
    assert report.total("removed") == 0
    assert [(note.code, note.server_words) for note in watcher.notes] == [
        (Code.UNREAD_ANSWER, 'LIST () "/" "half')
    ]
    assert len(world.destination.content["INBOX.Work"].messages) == 1


def test_mail_that_comes_and_goes_is_not_hidden() -> None:
    """STATUS had counted a message that is gone when it is listed, and one has come since."""
    world = World()
    world.fill("Work", *(message(number) for number in range(3)))
    looks = 0

    def move(step: str) -> None:
        nonlocal looks
        looks += step == "messages"
        if step == "messages" and looks == 2:
            world.source.content["Work"].messages.pop(1)
        if step == "status" and looks > 1:
            world.source.content["Work"].add(message(50))

    world.source.before = move
    report = world.run()
    assert Code.INCOMPLETE not in {folder.error for folder in report.folders}
    assert report.total("failed") == 0
