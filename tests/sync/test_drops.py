"""Lines that break at folders each time: those folders are set aside, and the account goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sync.errors import Code, ConnectionLost, FolderError, Side
from sync.listing import Listing
from sync.memory import MemoryServer
from sync.model import Asked, Namespace
from sync.report import Verdict
from tests.sync.sides import World, message


def lost(folder: str) -> ConnectionLost:
    error = ConnectionLost(side=Side.DESTINATION)
    error.folder = folder
    return error


class MakesNone(MemoryServer):
    """Dies of each new name."""

    def create(self, names: Sequence[str]) -> Mapping[str, FolderError]:
        raise lost(names[0])


class DiesAt(MemoryServer):
    """Of one folder's listing."""

    bad = "INBOX.Bad"

    def listings(self, asked: Sequence[Asked]) -> Iterator[Listing | FolderError]:
        if any(one.folder.name == self.bad for one in asked):
            raise lost(self.bad)
        return super().listings(asked)


def test_a_destination_that_dies_of_each_new_name_costs_no_folder_that_is_there() -> None:
    """However many names there are: what it has is worked on, and each of the others is failed and
    told of. The names are asked for again by the next run, which may meet another server."""
    one = World(destination=MakesNone(Namespace("INBOX.", ".")))
    one.fill("INBOX", message(1))
    for number in range(20):
        one.fill(f"F{number}", message(100 + number))
    report = one.run()
    assert report.verdict is Verdict.NOT_VERIFIED
    assert one.destination.writes == ["APPEND"]
    errors = {row.source: row.error for row in report.folders}
    assert errors.pop("INBOX") is None
    assert set(errors.values()) == {Code.CONNECTION_LOST}
    assert len(errors) == 20


def test_the_one_folder_that_has_work_to_do_is_set_aside_too() -> None:
    """The others are at rest, and said to be."""
    one = World(destination=DiesAt(Namespace("INBOX.", ".")))
    for number in range(3):
        one.fill(f"F{number}", message(100 + number))
    one.fill("Bad", message(1))
    for _ in range(3):
        report = one.run()
        one.ledger.begin_run()
        told = {row.source: (row.verified, row.error) for row in report.folders}
        assert told.pop("Bad") == (False, Code.CONNECTION_LOST)
        assert set(told.values()) == {(True, None)}
