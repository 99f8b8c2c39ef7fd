"""Domains appended to and removed from usernames, and what a blank login stands for."""

from __future__ import annotations

import pytest

from importer.usernames import append_domain, remove_domain, source_login


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("info", "info@old.example"),
        (" info ", "info@old.example"),
        ("info@other.example", "info@other.example"),
        ("", ""),
    ],
)
def test_append(before: str, after: str) -> None:
    """F8: only a name without a domain gets one."""
    assert append_domain(before, "old.example") == after
    assert append_domain(before, "@old.example") == after


def test_append_nothing() -> None:
    """No domain, no change."""
    assert append_domain("info", "") == "info"


@pytest.mark.parametrize(
    ("before", "after"),
    [("info@old.example", "info"), ("a@b@old.example", "a@b"), ("info", "info"), ("", "")],
)
def test_remove(before: str, after: str) -> None:
    """F9: what stands behind the last @ goes."""
    assert remove_domain(before) == after


def test_blank_login_is_the_mailboxs_own() -> None:
    """F7: what is typed wins, what is blank is the account's own."""
    own = source_login("", "", address="a@b.example", mailbox_password="own")
    assert (own.username, own.password) == ("a@b.example", "own")
    typed = source_login("x", " typed ", address="a@b.example", mailbox_password="own")
    assert (typed.username, typed.password) == ("x", " typed ")
