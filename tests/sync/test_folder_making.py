"""Folders that the destination will not make under their own names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from sync.errors import Code, ConnectionLost, FolderBusy, FolderError, Side
from sync.folder_making import FEW
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
    """Four are tried, each twice; then the folder's messages are failed, with the server's words,
    and the others arrive. No later run asks for one of them, and each names it."""
    sides = world(lambda name: name != "Work", "INBOX", "x.y/z", "Work")
    report = sides.run()
    assert report.verdict is Verdict.NOT_VERIFIED
    (found,) = (folder for folder in report.folders if folder.source == "x.y/z")
    assert (found.failed, found.error, found.server_words) == (1, Code.FOLDER_REFUSED, "No.")
    assert report.total("copied") == 2
    assert isinstance(sides.destination, Choosy)
    asked = ["INBOX.x_y.z", "INBOX.x_y.z-2", "INBOX.x_y_z", found.destination]
    assert re.fullmatch(r"INBOX\.Folder-\d{5}", found.destination)
    assert sides.destination.asked == ["INBOX.Work", *(name for name in asked for _ in range(2))]
    sides.destination.asked.clear()
    for _ in range(2):
        again = sides.run()
        (found,) = (folder for folder in again.folders if folder.source == "x.y/z")
        assert (found.failed, found.error, found.server_words) == (1, Code.FOLDER_REFUSED, "No.")
        assert sides.destination.asked == []
    sides.run(SyncOptions(retry_refused=True))
    assert len(sides.destination.asked) == 8
    sides.destination.dislikes = lambda _: False
    sides.run()
    assert len(sides.destination.asked) == 8
    assert sides.run(SyncOptions(retry_refused=True)).verdict is Verdict.VERIFIED


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


@pytest.mark.parametrize("number", [1, 40])
def test_each_ends_up_somewhere(number: int) -> None:
    """A server that takes nothing but plain letters: every folder has a place of its own, with its
    mail; no name is asked for twice but where few are refused; the next run asks for nothing; and
    one without the ledger finds the same places, and doubles nothing."""
    odd = ["{5}", 'a"b', "a;b", "[x]", "cr\u00e4me", "\U0001f4e7", "\U0001f4e8", "a!", "nil", "NIL"]
    odd += [f"odd!{n}" for n in range(number)]

    def dislikes(name: str) -> bool:
        return re.fullmatch(r"[A-Za-z0-9_. -]+", name) is None

    sides = world(dislikes, *odd)
    report = sides.run()
    assert report.verdict is Verdict.VERIFIED
    places = {folder.source: folder.destination for folder in report.folders}
    assert len(set(places.values())) == len(places) == len(odd) + 1
    assert all(len(sides.destination.content[places[name]].messages) == 1 for name in odd)
    assert places["{5}"] == "INBOX._5_"
    assert re.fullmatch(r"INBOX\.Folder-\d{5}", places["\U0001f4e7"])
    assert isinstance(sides.destination, Choosy)
    asked = sides.destination.asked
    assert len(asked) <= len(set(asked)) + (FEW if number > FEW else len(asked))
    asked.clear()
    sides.run()
    assert (asked, sides.destination.writes) == ([], [])
    held = content(sides.destination)
    sides.ledger = type(sides.ledger)()
    sides.run()
    assert content(sides.destination) == held


def test_a_refused_name_is_used_once_somebody_has_made_it() -> None:
    """It is there, though nobody asks for it."""
    sides = world(lambda name: True, "Files")
    options = SyncOptions(folders=FolderChoice(places=(("Files", "INBOX.Files"),)))
    assert sides.run(options).verdict is Verdict.NOT_VERIFIED
    sides.destination.make_folder("INBOX.Files")
    assert sides.run(options).verdict is Verdict.VERIFIED


def test_another_choice_is_asked_for() -> None:
    """What a person has chosen and was refused is not asked for again; what he chooses then is."""
    sides = world(lambda name: name.startswith("x"), "A")
    assert isinstance(sides.destination, Choosy)
    for place, asked in (("x1", 2), ("x1", 0), ("x2", 2), ("x1", 0), ("good", 1)):
        sides.destination.asked.clear()
        sides.run(SyncOptions(folders=FolderChoice(places=(("A", f"INBOX.{place}"),))))
        assert len(sides.destination.asked) == asked


def test_a_name_that_is_refused_for_now_is_asked_for_by_the_next_run() -> None:
    """Under no other name."""
    sides = world(lambda name: False, "Work")
    real = sides.destination.create

    def create(names: Sequence[str]) -> dict[str, FolderError]:
        return {name: FolderBusy(Code.FOLDER_REFUSED, "[INUSE] later") for name in names}

    sides.destination.create = create  # type: ignore[method-assign]
    assert sides.run().verdict is Verdict.NOT_VERIFIED
    sides.destination.create = real  # type: ignore[method-assign]
    report = sides.run()
    assert report.verdict is Verdict.VERIFIED
    assert {folder.destination for folder in report.folders} == {"INBOX", "INBOX.Work"}


def broken_at(side: Side, folder: str) -> ConnectionLost:
    lost = ConnectionLost(server_words="", side=side)
    lost.folder = folder
    return lost


class Deadly(MemoryServer):
    """Dies at one folder's name, at this step of each visit."""

    def __init__(self, step: str, folder: str, side: Side) -> None:
        super().__init__(Namespace("INBOX.", ".") if side is Side.DESTINATION else None)
        self.step, self.folder, self.side, self.deaths = step, folder, side, 0

    def die(self, step: str, names: Sequence[str]) -> None:
        if step == self.step and self.folder in names:
            self.deaths += 1
            raise broken_at(self.side, self.folder)

    def create(self, names: Sequence[str]) -> dict[str, FolderError]:
        for name in names:
            self.die("create", [name])
            super().create([name])
        return {}

    def subscribe(self, names: Sequence[str]) -> dict[str, FolderError]:
        self.die("subscribe", names)
        return dict(super().subscribe(names))

    def status(self, folders):  # type: ignore[no-untyped-def]
        self.die("status", [folder.name for folder in folders])
        return super().status(folders)

    def listings(self, asked):  # type: ignore[no-untyped-def]
        for one in asked:
            self.die("examine", [one.folder.name])
            yield from super().listings([one])

    def changes(self, asked):  # type: ignore[no-untyped-def]
        for one in asked:
            self.die("examine", [one.folder.name])
            yield from super().changes([one])


WRITES = ["create", "subscribe"]
READS = ["status", "examine"]


@pytest.mark.parametrize(
    ("step", "side"),
    [
        *((step, Side.DESTINATION) for step in (*WRITES, *READS)),
        *((step, Side.SOURCE) for step in READS),
    ],
)
def test_a_folder_at_which_the_line_breaks_costs_itself(step: str, side: Side) -> None:
    """At most: where it is only its name it gets another one, and a subscription costs nothing.
    The others are brought over whole, and the next run dies no more of the name."""
    deadly = Deadly(step, "{5}" if side is Side.SOURCE else "INBOX.{5}", side)
    sides = World(source=deadly) if side is Side.SOURCE else World(destination=deadly)
    for number, name in enumerate(("INBOX", "A", "{5}", "Z")):
        sides.fill(name, message(number), message(number + 10))
        sides.source.content[name].subscribed = True
    report = sides.run()
    told = {folder.source: folder for folder in report.folders}
    odd = told.pop("{5}")
    assert all(folder.verified and folder.copied == 2 for folder in told.values())
    assert deadly.deaths <= 4
    if step == "examine":
        assert (odd.error, odd.failed, odd.found) == (Code.CONNECTION_LOST, 2, 2)
        assert report.verdict is Verdict.NOT_VERIFIED
    else:
        assert (odd.copied, report.verdict) == (2, Verdict.VERIFIED)
    if step == "create":
        assert odd.destination == "INBOX._5_"
        deadly.deaths = 0
        sides.ledger.begin_run()
        sides.run()
        assert (deadly.deaths, sides.destination.writes) == (0, [])


def test_the_only_folder_is_not_given_up() -> None:
    """There the account ends, to be tried again: nothing else could be saved."""
    deadly = Deadly("examine", "INBOX", Side.SOURCE)
    sides = World(source=deadly)
    sides.fill("INBOX", message(1))
    with pytest.raises(ConnectionLost):
        sides.run()
    assert deadly.deaths == 3
