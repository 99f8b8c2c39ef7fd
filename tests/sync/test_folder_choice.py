"""Which folders are brought over, and that the others are named."""

from __future__ import annotations

import re

import pytest

from sync.folder_choice import choose
from sync.model import Folder, FolderList, Namespace
from sync.options import FolderChoice, Mode, Pattern, SyncOptions
from sync.report import Verdict
from tests.sync.sides import World, message

OURS = FolderList(
    Namespace("", "/"),
    (
        Folder("INBOX", "/", subscribed=True),
        Folder("INBOX/Sub", "/"),
        Folder("Junk", "/"),
        Folder("Work", "/", subscribed=True),
        Folder("Work/Old", "/"),
        Folder("Work/Old/Spam", "/"),
        Folder("Workshop", "/"),
        Folder("[Gmail]", "/", selectable=False),
    ),
)


def patterns(*texts: str) -> tuple[Pattern, ...]:
    return tuple(re.compile(text) for text in texts)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (FolderChoice(folders=frozenset({"inbox"})), "INBOX"),
        (FolderChoice(folders=frozenset({"Inbox/Sub", "Junk"})), "INBOX/Sub Junk"),
        (FolderChoice(trees=("Work",)), "Work Work/Old Work/Old/Spam"),
        (FolderChoice(trees=("Inbox",)), "INBOX INBOX/Sub"),
        (FolderChoice(only_subscribed=True), "INBOX Work"),
        (FolderChoice(include=patterns("shop", "Junk")), "Junk Workshop"),
        (
            FolderChoice(trees=("Work",), include=patterns("Old"), exclude=patterns("Spam")),
            "Work/Old",
        ),
        (
            FolderChoice(exclude=patterns("(?i)spam|junk", "shop")),
            "INBOX INBOX/Sub Work Work/Old",
        ),
    ],
)
def test_a_choice(choice: FolderChoice, names: str) -> None:
    """The named ones or all; of these the subscribed, of these the included; but the excluded."""
    left_out = choose(OURS, choice).left_out
    assert [f.name for f in OURS.folders if f.name not in left_out][:-1] == names.split()
    assert "[Gmail]" not in left_out, "it holds nothing"


def test_what_is_named_and_not_there_is_told() -> None:
    """A structure alone is there; so is INBOX in any case."""
    choice = FolderChoice(frozenset({"Wrok", "Inbox", "work"}), trees=("[Gmail]", "inbox/Sub", "x"))
    assert choose(OURS, choice).missing == ("Wrok", "work", "x")


def world() -> World:
    world = World()
    world.fill("INBOX", message(1))
    world.fill("Spam", message(2))
    world.fill("Empty")
    world.fill("Full", message(3))
    return world


def test_what_is_left_out_is_not_looked_at_and_is_named() -> None:
    """Not made, not counted, not asked for its status; and the run is verified."""
    sides = world()
    asked: list[str] = []
    source = sides.source
    status = source.status
    source.status = lambda folders: (  # type: ignore[method-assign]
        asked.extend(folder.name for folder in folders),
        status(folders),
    )[1]
    report = sides.run(SyncOptions(folders=FolderChoice(exclude=patterns("(?i)spam"))))
    assert report.verdict is Verdict.VERIFIED
    assert report.left_out == ("Spam",)
    assert [folder.source for folder in report.folders] == ["INBOX", "Empty", "Full"]
    assert "INBOX.Spam" not in sides.destination.content
    assert set(asked) == {"INBOX", "Empty", "Full"}


def test_a_named_folder_that_is_not_there_is_an_exception() -> None:
    """The run is not simply verified: what somebody asked for is not there."""
    report = world().run(SyncOptions(folders=FolderChoice(folders=frozenset({"Full", "Fool"}))))
    assert (report.verdict, report.missing) == (Verdict.EXCEPTIONS, ("Fool",))
    assert report.total("copied") == 1


def test_a_choice_that_changes_leaves_what_is_there() -> None:
    """Neither mode ALL nor a narrower choice touches a folder that is left out now."""
    sides = world()
    sides.run()
    sides.destination.content["INBOX.Spam"].add(message(9))
    report = sides.run(SyncOptions(mode=Mode.ALL, folders=FolderChoice(exclude=patterns("Spam"))))
    assert sides.destination.writes == []
    assert len(sides.destination.content["INBOX.Spam"].messages) == 2
    assert report.left_out == ("Spam",)


def test_empty_folders_are_skipped() -> None:
    """skip_empty: not made, not subscribed, and named; made as soon as there is mail; one that has
    become empty stays in step."""
    sides = world()
    sides.source.content["Empty"].subscribed = True
    options = SyncOptions(mode=Mode.ALL, folders=FolderChoice(skip_empty=True))
    report = sides.run(options)
    assert report.left_out == ("Empty",)
    assert "INBOX.Empty" not in sides.destination.content
    sides.source.content["Empty"].add(message(5))
    sides.source.content["Full"].messages.clear()
    report = sides.run(SyncOptions(mode=Mode.ALL, folders=options.folders, allow_removal=True))
    assert report.left_out == ()
    assert len(sides.destination.content["INBOX.Empty"].messages) == 1
    assert not sides.destination.content["INBOX.Full"].messages


@pytest.mark.parametrize("dry", [True, False])
def test_empty_folders_are_made_by_default(dry: bool) -> None:
    """And a rehearsal makes none."""
    sides = world()
    sides.run(SyncOptions(dry_run=dry))
    assert ("INBOX.Empty" in sides.destination.content) is not dry


@pytest.mark.parametrize(
    ("options", "subscribed"),
    [
        (SyncOptions(), {"INBOX.Full"}),
        (SyncOptions(subscribe=False), set()),
        (SyncOptions(subscribe_all=True), {"INBOX", "INBOX.Empty", "INBOX.Full", "INBOX.Spam"}),
        (SyncOptions(subscribe=False, subscribe_all=True), None),
    ],
)
def test_subscriptions(options: SyncOptions, subscribed: set[str] | None) -> None:
    """As at the source, none, or all; a second run sends neither CREATE nor SUBSCRIBE."""
    sides = world()
    sides.source.content["Full"].subscribed = True
    sides.run(options)
    found = {name for name, folder in sides.destination.content.items() if folder.subscribed}
    assert found == (set(sides.destination.content) if subscribed is None else subscribed)
    sides.run(options)
    assert sides.destination.writes == []
