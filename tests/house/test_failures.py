"""docs/failures.md against the tests that it names."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.tree import ROOT

TEXT = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
ROWS = {
    int(cells[0]): cells
    for line in TEXT.splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0].isdecimal()
}


def test_every_row_stands_once() -> None:
    """From 1 to 62, in their order, each with four cells."""
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)]
    assert numbers == list(range(1, 63))
    assert {len(cells) for cells in ROWS.values()} == {4}


@pytest.mark.parametrize("number", sorted(ROWS))
def test_a_row_is_shown_or_says_why_not(number: int) -> None:
    """Each named function is there; a row without one gives the reason."""
    proof = ROWS[number][3]
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", proof)
    assert named or proof.startswith("no test: ")
    for file, function in named:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert function in functions, f"{file} has no {function}"
