"""docs/options.md against the table."""

from __future__ import annotations

from parameters.__main__ import document
from parameters.options import OPTIONS, REPEATED, grouped
from tests.house.tree import ROOT


def test_the_documentation_is_the_table() -> None:
    """`python -m parameters > docs/options.md` would change nothing."""
    assert (ROOT / "docs" / "options.md").read_text(encoding="utf-8") == document()


def test_no_option_is_two() -> None:
    """Each name stands in one group only, with '#' or without."""
    names = [
        name
        for option in grouped()
        for name in {option.name.replace("#", "1"), option.name.replace("#", "2")}
    ]
    assert sorted(names) == sorted(OPTIONS)
    assert set(OPTIONS) >= REPEATED
