"""The table of floors in docs/design.md against what the files really import."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from tests.house.tree import ROOT, imports, product


@dataclass(frozen=True)
class Room:
    floor: int
    may_import: tuple[str, ...]
    knows: tuple[str, ...]

    def allows(self, module: str) -> bool:
        return self.may_import == ("all",) or _is_one_of(module, self.may_import)

    def has_in_hand(self, module: str) -> bool:
        return _is_one_of(module, self.knows)


def _is_one_of(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def read_table() -> dict[str, Room]:
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = text.split("| floor | room |")[1].split("\n\n")[0]
    rooms = {}
    for line in table.splitlines()[2:]:
        floor, names, allowed, known = (cell.strip() for cell in line.strip("|").split("|"))
        for name in names.split(", "):
            rooms[name] = Room(int(floor), _list(allowed), _list(known))
    return rooms


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split(", ") if part)


ROOMS = read_table()
DOORS = {("sync/__main__.py", "shell")}
"""`python -m sync` only opens the door to the shell, which stands above."""


def test_every_room_stands_in_the_table() -> None:
    """A folder with code that the table does not name has no rules, so there is none."""
    assert {source.room for source in product()} == set(ROOMS)


def test_the_table_itself_goes_down_only() -> None:
    """No room may import from a floor above its own, and none from its own but by name."""
    for name, room in ROOMS.items():
        for allowed in room.may_import:
            if allowed != "all":
                below = ROOMS[allowed.split(".")[0]]
                assert below.floor <= room.floor, f"{name} would import {allowed} from above"


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_a_room_imports_what_the_table_allows(name: str) -> None:
    """Imports go down only."""
    room = ROOMS[name]
    wrong = [
        f"{source.name} imports {module}"
        for source in product()
        if source.room == name
        for module in imports(source)
        if module.split(".")[0] in ROOMS
        and module.split(".")[0] != name
        and not room.allows(module)
        and (source.name, module.split(".")[0]) not in DOORS
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(n for n, r in ROOMS.items() if r.floor < 4))
def test_a_third_party_stays_in_its_room(name: str) -> None:
    """Below the top floor a room knows the libraries that the table names, and no others."""
    room = ROOMS[name]
    wrong = [
        f"{source.name} imports {module}"
        for source in product()
        if source.room == name
        for module in imports(source)
        if module.split(".")[0] not in (*ROOMS, *sys.stdlib_module_names)
        and not room.has_in_hand(module)
    ]
    assert not wrong, "\n".join(wrong)
