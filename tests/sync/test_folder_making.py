"""Folders that the destination will not make under their own names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from sync.errors import Code, FolderError
from sync.memory import MemoryServer
from sync.model import Namespace
from sync.options import FolderChoice, Mode, SyncOptions
from sync.report import Verdict
from tests.sync.sides import World, content, message


class Choosy(MemoryServer):
    """Makes no folder whose name it does not like."""

    def __init__(self, dislikes: Callable[[str], bool]) -> None:
        super().__init__(Namespace("INBOX.", "."))
        self.dislikes = dislikes
        self.asked: list[str] = []

    def create(self, names: Sequence[str]) -> dict[str, FolderError]:
        self.asked += names
        refused = [name for name in names if self.dislikes(name.removeprefix("INBOX."))]
        super().create([name for name in names if name not in refused])
        return {name: FolderError(Code.FOLDER_REFUSED, "No.", where=name) for name in refused}


def world(dislikes: Callable[[str], bool], *names: str) -> World:
    made = World(destination=Choosy(dislikes))
    for number, name in enumerate(names):
        made.fill(name, message(number))
    return made


@pytest.mark.parametrize(
    ("dislikes", "name", "place"),
    [
        (lambda name: name == "Files", "Files", "Files-2"),
        (lambda name: "&" in name, "R & D", "R _ D"),
        (lambda name: name != name.strip(), " front", "front"),
        (lambda name: "%" in name or "*" in name, "100%/a*b", "100_.a_b"),
        (lambda name: "." in name, "Work/Old/2019", "Work_Old_2019"),
        (lambda name: name.startswith("Work."), "Work/Old", "Work_Old"),
        (lambda name: len(name) > 150, "n" * 200, None),
        (lambda name: "\u200b" in name, "zero\u200bwidth", "zero_width"),
    ],
)
def test_another_name_is_found(
    dislikes: Callable[[str], bool], name: str, place: str | None
) -> None:
    """Reserved, doubtful, too deep, too long: the mail arrives all the same, the report says
    where, and a second run asks for nothing."""
    sides = world(dislikes, "INBOX", name)
    report = sides.run()
    assert report.verdict is Verdict.VERIFIED
    (found,) = (folder for folder in report.folders if folder.source == name)
    assert found.created
    if place is not None:
        assert found.destination == f"INBOX.{place}"
    assert len(sides.destination.content[found.destination].messages) == 1
    sides.run()
    assert sides.destination.writes == []


def test_no_name_at_all() -> None:
    """Three are tried, each twice; then the folder's messages are failed, with the server's words,
    and the others arrive."""
    sides = world(lambda name: name.startswith("x"), "INBOX", "x.y/z", "Work")
    report = sides.run()
    assert report.verdict is Verdict.NOT_VERIFIED
    (found,) = (folder for folder in report.folders if folder.source == "x.y/z")
    assert (found.failed, found.error, found.server_words) == (1, Code.FOLDER_REFUSED, "No.")
    assert report.total("copied") == 2
    assert isinstance(sides.destination, Choosy)
    asked = ["INBOX.x_y.z", "INBOX.x_y.z-2", "INBOX.x_y_z"]
    assert sides.destination.asked == ["INBOX.Work", *(name for name in asked for _ in range(2))]


def test_a_passing_refusal_changes_no_name() -> None:
    """A server that says no once and yes then."""
    refusals = iter([True])
    sides = world(lambda _: next(refusals, False), "Work")
    report = sides.run()
    assert report.verdict is Verdict.VERIFIED
    assert {folder.destination for folder in report.folders} == {"INBOX", "INBOX.Work"}


def test_what_a_person_chose_is_not_replaced() -> None:
    """Nobody looks for it elsewhere."""
    sides = world(lambda name: name == "Files", "A")
    report = sides.run(SyncOptions(folders=FolderChoice(places=(("A", "INBOX.Files"),))))
    (found,) = (folder for folder in report.folders if folder.source == "A")
    assert (found.destination, found.error) == ("INBOX.Files", Code.FOLDER_REFUSED)


def test_a_renamed_folder_gives_way_to_one_of_that_name() -> None:
    """And to one that is made in the same breath."""
    sides = world(lambda name: "%" in name, "a%b", "a_b", "a*b", "a%b%")
    report = sides.run()
    places = {folder.source: folder.destination for folder in report.folders}
    assert places["a_b"] == "INBOX.a_b"
    assert places["a%b"] == "INBOX.a_b-2"
    assert len(set(places.values())) == 5


def test_a_place_of_an_earlier_run_that_is_refused_now() -> None:
    """Somebody has removed it, and it cannot be made again: the folder goes elsewhere."""
    sides = world(lambda name: False, "Work")
    sides.run()
    del sides.destination.content["INBOX.Work"]
    assert isinstance(sides.destination, Choosy)
    sides.destination.dislikes = lambda name: name == "Work"
    report = sides.run()
    assert report.verdict is Verdict.VERIFIED
    assert len(sides.destination.content["INBOX.Work-2"].messages) == 1


def test_mode_all_keeps_what_stands_under_another_name() -> None:
    """Also without a ledger, which would know that the folder went there."""
    sides = world(lambda name: name == "Files" or "%" in name, "INBOX", "Files", "a%b")
    options = SyncOptions(mode=Mode.ALL, allow_removal=True)
    sides.run(options)
    held = content(sides.destination)
    assert set(held) == {"INBOX", "Files-2", "a_b"}
    sides.ledger = type(sides.ledger)()
    sides.run(options)
    assert sides.destination.writes == []
    assert content(sides.destination) == held
