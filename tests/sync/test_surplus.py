"""Mode ALL: folders that only the destination has."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sync.errors import Code
from sync.model import SpecialUse
from sync.options import FolderChoice, Mode, SyncOptions
from sync.report import Verdict
from tests.sync.sides import World, content, message

ALL = SyncOptions(mode=Mode.ALL)


def world() -> World:
    """INBOX and Work at the source; at the destination some more, which it has made itself."""
    made = World()
    made.fill("INBOX", message(1))
    made.fill("Work", message(2), message(3))
    for name, numbers in {"INBOX.Old": (7,), "INBOX.Old.Inside": (8, 9), "INBOX.Empty": ()}.items():
        place = made.destination.make_folder(name)
        for number in numbers:
            place.add(message(number))
    return made


def test_the_destination_becomes_exactly_the_source() -> None:
    """Its own folders go, with their messages; each is named in the report. A second run writes
    nothing."""
    one = world()
    report = one.run(ALL)
    assert report.verdict is Verdict.VERIFIED
    assert content(one.destination) == content(one.source)
    gone = {f.destination: f.removed for f in report.folders if f.folder_removed}
    assert gone == {"INBOX.Old": 1, "INBOX.Old.Inside": 2, "INBOX.Empty": 0}
    assert {f.source for f in report.folders if f.folder_removed} == {""}
    again = one.run(ALL)
    assert again.verdict is Verdict.VERIFIED
    assert one.destination.writes == []


@pytest.mark.parametrize("mode", [Mode.FLAGS_AND_NEW, Mode.NEW])
def test_no_other_mode_removes_a_folder(mode: Mode) -> None:
    """Nor a message in one."""
    one = world()
    before = content(one.destination)
    one.run(SyncOptions(mode=mode))
    assert {name: before[name] for name in before} == {
        name: mail for name, mail in content(one.destination).items() if name in before
    } | {name: mail for name, mail in before.items() if name == "INBOX"}


@pytest.mark.parametrize("side", ["source", "destination"])
def test_no_folder_goes_where_a_namespace_was_not_told(side: str) -> None:
    """Under its prefix folders might have other places."""
    one = world()
    server = one.source if side == "source" else one.destination
    folders = server.folders
    server.folders = lambda: replace(folders(), namespace_told=False)  # type: ignore[method-assign]
    assert one.run(ALL).verdict is Verdict.VERIFIED
    assert {"INBOX.Old", "INBOX.Empty"} <= one.destination.content.keys()
    assert "EXPUNGE" not in one.destination.writes


def test_a_dry_run_tells_the_same_and_touches_nothing() -> None:
    """Folder by folder."""
    one = world()
    before = content(one.destination)
    told = one.run(replace(ALL, dry_run=True))
    assert content(one.destination) == before
    done = one.run(ALL)

    def plan(report: object) -> list[tuple[str, int, bool]]:
        folders = report.folders  # type: ignore[attr-defined]
        return sorted((f.destination, f.removed, f.folder_removed) for f in folders)

    assert plan(told) == plan(done)


def test_what_people_need_stays_and_is_only_emptied() -> None:
    """INBOX, folders with a special use, and folders that hold one that stays."""
    one = World()
    one.fill("Work", message(1))
    for name in ("INBOX.Archive", "INBOX.Archive.Sent"):
        one.destination.make_folder(name).add(message(5))
    one.destination.content["INBOX.Archive.Sent"].special_use = SpecialUse.SENT
    report = one.run(ALL)
    assert report.verdict is Verdict.VERIFIED
    assert {"INBOX.Archive", "INBOX.Archive.Sent"} <= set(one.destination.content)
    assert not one.destination.content["INBOX.Archive.Sent"].messages
    assert not one.destination.content["INBOX.Archive"].messages


def test_folders_are_left_alone_where_that_is_asked_for() -> None:
    """imapsync's --delete2 by itself: messages go, and only from folders that the source has."""
    one = world()
    one.run(replace(ALL, remove_folders=False))
    assert len(one.destination.content["INBOX.Old.Inside"].messages) == 2


@pytest.mark.parametrize(
    "choice",
    [
        FolderChoice(folders=frozenset({"Work"})),
        FolderChoice(trees=("Work",)),
        FolderChoice(include=(re.compile("Work"),)),
        FolderChoice(only_subscribed=True),
    ],
)
def test_where_only_some_folders_are_chosen_no_other_is_touched(choice: FolderChoice) -> None:
    """What was not meant at the source is not meant at the destination either."""
    one = world()
    one.run(replace(ALL, folders=choice))
    assert {"INBOX.Old", "INBOX.Old.Inside", "INBOX.Empty"} <= set(one.destination.content)


def test_what_is_excluded_stays_as_it_is() -> None:
    """A folder that the source has too, and one that only the destination has."""
    one = world()
    one.fill("Spam", message(30))
    one.destination.make_folder("INBOX.Spam").add(message(31))
    one.destination.make_folder("INBOX.More Spam").add(message(32))
    one.run(replace(ALL, folders=FolderChoice(exclude=(re.compile("(?i)spam"),))))
    assert len(one.destination.content["INBOX.Spam"].messages) == 1
    assert len(one.destination.content["INBOX.More Spam"].messages) == 1
    assert "INBOX.Old" not in one.destination.content


def test_with_a_subfolder_nothing_outside_it_is_touched() -> None:
    """And what stands in it without a source goes."""
    one = world()
    one.destination.make_folder("INBOX.Moved.Left over").add(message(40))
    one.run(replace(ALL, subfolder="Moved"))
    assert "INBOX.Moved.Left over" not in one.destination.content
    assert "INBOX.Old" in one.destination.content


def test_mail_that_came_after_an_earlier_run_is_asked_about() -> None:
    """A folder that somebody has made since stays, with the number, and so does what it is in;
    allowed, it goes. An empty one goes unasked, beside it too."""
    one = world()
    one.run(ALL)
    one.destination.make_folder("INBOX.New life").add(message(50))
    one.destination.make_folder("INBOX.New life.Inside").add(message(51))
    one.destination.make_folder("INBOX.Hollow.Filled").add(message(52))
    one.destination.make_folder("INBOX.Hollow")
    one.destination.make_folder("INBOX.Beside")
    report = one.run(ALL)
    asked = {f.destination: (f.error, f.server_words, f.removed) for f in report.folders if f.error}
    assert asked == {
        name: (Code.DELETION_REFUSED, f"{name}: 1 of 1 messages", 0)
        for name in ("INBOX.New life", "INBOX.New life.Inside", "INBOX.Hollow.Filled")
    }
    assert report.verdict is Verdict.NOT_VERIFIED
    assert len(one.destination.content["INBOX.New life"].messages) == 1
    assert "INBOX.Hollow" in one.destination.content
    assert "INBOX.Beside" not in one.destination.content
    report = one.run(replace(ALL, allow_removal=True))
    assert report.verdict is Verdict.VERIFIED
    assert "INBOX.New life" not in one.destination.content
    one.destination.make_folder("INBOX.Nothing")
    one.run(ALL)
    assert "INBOX.Nothing" not in one.destination.content


def test_nothing_goes_while_something_is_not_proven() -> None:
    """A source folder that cannot be read leaves the destination's own folders alone."""
    one = world()
    one.destination.uidplus = False
    report = one.run(ALL)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert "INBOX.Old" in one.destination.content
