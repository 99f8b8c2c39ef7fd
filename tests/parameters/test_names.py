"""Every option of imapsync has a place in the table."""

from __future__ import annotations

from pathlib import Path

import pytest

from parameters.options import OPTIONS, Sort
from parameters.reading import Usage, read

NAMES = (Path(__file__).parent / "imapsync_names.txt").read_text(encoding="utf-8").split()
"""Its names, negations among them; '=' for those that take a value."""


@pytest.mark.parametrize("spelled", NAMES)
def test_an_option_is_taken_or_refused_with_a_reason(spelled: str) -> None:
    """None of them is called unknown, and a value is taken where imapsync takes one."""
    name, equals, _ = spelled.partition("=")
    option = OPTIONS[name]
    if option.sort is Sort.REFUSED:
        with pytest.raises(Usage, match=r"is not supported: .{10,}"):
            read([f"--{name}"])
        return
    assert option.takes_value == bool(equals)
    assert len(option.words) > 5


def test_names_that_scripts_use_make_no_difference_and_say_so() -> None:
    """Each with why, in the order in which they were given."""
    words = ("--skipsize", "--noauthmd5", "--nocheckfoldersexist", "--id", "--syncflagsaftercopy")
    given = read([*words, "--skipheader", "X-Keywords", "--errorsdump", "--subscribe_all"])
    assert given.flags == {"subscribe_all"}
    assert [note.split()[0] for note in given.notes] == [*words, "--skipheader", "--errorsdump"]
