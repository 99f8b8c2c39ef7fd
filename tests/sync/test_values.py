"""Flags and dates, compared as servers mean them."""

from __future__ import annotations

import pytest

from sync.dates import instant, same_instant
from sync.flags import keepable, same


def test_flags_ignore_case_and_recent() -> None:
    """\\seen is \\Seen; \\Recent is never wanted."""
    assert same(frozenset({"\\Seen", "Work"}), frozenset({"\\seen", "work"}))
    assert keepable(frozenset({"\\Recent", "\\Seen"}), frozenset()) == {"\\Seen"}


def test_only_permanent_flags_are_wanted() -> None:
    """A keyword needs '\\*', or its own name among the permanent flags."""
    wanted = frozenset({"\\Seen", "Work", "$Junk"})
    assert keepable(wanted, frozenset({"\\Seen", "$junk"})) == {"\\Seen", "$Junk"}
    assert keepable(wanted, frozenset({"\\Seen", "\\*"})) == wanted
    assert keepable(frozenset({"\\Odd"}), frozenset({"\\Seen", "\\*"})) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "31-Jun-2021 00:00:00 +0000",
        "1-Jan-0000",
        "7-Feb-2021 09:12:30",
        "7-Feb-2021 09:12:30 (Mars)",
        "Sun, 31 Feb 2021 09:12:30 GMT",
        "2021-02-07",
    ],
)
def test_no_date_is_no_instant(text: str) -> None:
    """What is no date-time of RFC 9051 is None, never an exception."""
    assert instant(text) is None


def test_one_moment_in_two_zones() -> None:
    """Servers print one moment in their own zones."""
    assert same_instant("17-Jul-2024 02:44:25 +0200", "17-Jul-2024 00:44:25 +0000")
    assert not same_instant("17-Jul-2024 02:44:25 +0200", "17-Jul-2024 02:44:25 +0000")
    assert same_instant(" 7-Jul-2024 02:44:25 +0200", "07-Jul-2024 02:44:25 +0200")


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 7 Feb 2021 09:12:30 +0100",
        "Sun, 07 Feb 2021 08:12:30 GMT",
        "7 Feb 21 08:12:30 UT",
        "Sunday, 07-Feb-21 08:12:30 GMT",
        "7-Feb-2021 09:12:30 +0100 (CET)",
        "7-Feb-2021 09:12:30 (CET)",
        "07-feb-2021 09:12:30 cet",
        "7-Feb-2021 09:12:30 +01:00",
        "Sun Feb  7 08:12:30 2021",
        "Sun Feb 7 03:12:30 EST 2021",
        "2021-02-07T08:12:30Z",
        "2021-02-07 09:12:30.123+01:00",
    ],
)
def test_a_date_in_another_readable_form(text: str) -> None:
    """What a person can read is the same moment in whatever form a server prints it."""
    assert same_instant(text, " 7-Feb-2021 09:12:30 +0100")
