"""Rows that would mix or repeat mail find each other."""

from __future__ import annotations

from importer.duplicates import RowKey, duplicates
from importer.finding import Level


def row(number: int, **changed: object) -> RowKey:
    values: dict[str, object] = {
        "id": number,
        "label": f"line {number}",
        "mailbox": f"m{number}@example.test",
        "host": "imap.old.example",
        "port": 993,
        "username": f"u{number}",
    }
    return RowKey(**(values | changed))  # type: ignore[arg-type]


def codes(*rows: RowKey) -> dict[int, list[str]]:
    return {number: [f.code for f in found] for number, found in duplicates(rows).items()}


def test_different_rows() -> None:
    """No finding where nothing is the same; an empty list is fine too."""
    assert codes(row(1), row(2)) == {}
    assert codes() == {}


def test_same_mailbox_in_any_case() -> None:
    """Mailboxes are one in any letter case, and each row names the others."""
    found = duplicates([row(3, mailbox="Info@Example.test"), row(5, mailbox="info@example.test")])
    assert "line 5" in found[3][0].words
    assert "line 3" in found[5][0].words
    assert found[3][0].level is Level.BLOCKING


def test_same_source() -> None:
    """The same login at the same server, in any letter case of the server, is fetched twice."""
    assert codes(row(1, username="x", host="IMAP.old.example"), row(2, username="x")) == {
        1: ["duplicate_source"],
        2: ["duplicate_source"],
    }


def test_two_doors_of_one_server() -> None:
    """143 and 993 lead to the same mailbox; other ports may be other servers."""
    assert codes(row(1, username="x", port=143), row(2, username="x", port=993))
    assert not codes(row(1, username="x", port=10143), row(2, username="x", port=11143))


def test_usernames_that_differ_by_case() -> None:
    """They may be two mailboxes, so that is a warning."""
    found = duplicates([row(1, username="Info"), row(2, username="info")])
    assert [f.level for f in found[1]] == [Level.WARNING]


def test_empty_fields_are_nobodys_double() -> None:
    """Rows that still have to be filled in do not block each other."""
    assert codes(row(1, mailbox="", username=""), row(2, mailbox="", username="")) == {}
    assert codes(row(1, host="", username="x"), row(2, host="", username="x")) == {}


def test_many_doubles_are_counted() -> None:
    """Five are named, the rest is a number."""
    found = duplicates([row(n, mailbox="same@example.test") for n in range(1, 21)])
    assert "line 2, line 3, line 4, line 5, line 6 and 14 more" in found[1][0].words


def test_odd_names_stay_texts() -> None:
    """What looks like a number or a missing value is compared as the text that it is."""
    assert codes(row(1, username="NA"), row(2, username="nan"), row(3, username="007")) == {}
    assert codes(row(1, username="007"), row(2, username="7")) == {}


def test_ten_thousand_rows() -> None:
    """10,000 rows, half of them doubles."""
    rows = [row(n, mailbox=f"m{n % 7500}@example.test") for n in range(10_000)]
    assert len(duplicates(rows)) == 5000
