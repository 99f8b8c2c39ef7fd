"""New passwords that may not be what people were given."""

from __future__ import annotations

import pytest

from importer.doubtful import doubts
from importer.encoding import ENCODINGS
from importer.finding import Level
from importer.reading import read

SECRET = "Geheim-2026-Wörter"


def words(password: str, guessed: str = "") -> list[str]:
    found = doubts(password, line=7, guessed=guessed)
    assert all(one.level is Level.WARNING for one in found)
    assert all(one.field == "mailbox_password" for one in found)
    assert not any(password in f"{one.words} {one.hint}" for one in found)
    return [one.words for one in found]


@pytest.mark.parametrize(
    ("password", "place", "shown"),
    [
        (" New-Secret-2026", "begins", "“ ” (U+0020, space)"),
        ("New-Secret-2026 ", "ends", "“ ” (U+0020, space)"),
        ("New-Secret-2026\t", "ends", "U+0009"),
        ("\xa0New-Secret-2026", "begins", "U+00A0, no-break space"),
        ("New-Secret-2026\u200b", "ends", "U+200B, zero width space"),
        ('"New-Secret-2026', "begins", '“"” (U+0022, quotation mark)'),
        ("“New-Secret-2026", "begins", "““” (U+201C"),
        ("=New-Secret-2026", "begins", "“=” (U+003D, equals sign)"),
        ("New-Secret-2026=", "ends", "“=” (U+003D, equals sign)"),
        ("'New-Secret-2026", "begins", "“'” (U+0027, apostrophe)"),
        ("New-Secret-2026’", "ends", "“’” (U+2019"),
    ],
)
def test_ends(password: str, place: str, shown: str) -> None:
    """The line, the end, and the one character beside its code; never the password."""
    (said, *_) = words(password)
    assert said.startswith(f"Line 7 of the file, column Password: the new password {place} with ")
    assert shown in said


@pytest.mark.parametrize(
    "password", ["New-Secret-2026", "a=b'c\"d e", "ordentlich: ß", "ÄÖÜ", "пароль", "", "漢字"]
)
def test_nothing_is_said_without_a_reason(password: str) -> None:
    """Signs in the middle, and other languages in a file that says its encoding."""
    assert words(password) == []


@pytest.mark.parametrize("codec", ["cp1252", "iso8859-1", "mac_roman", "cp850", "cp437"])
@pytest.mark.parametrize("text", ["Wörter-2026", "naïve-2026", "10€-2026", "Größe"])
def test_utf8_that_was_read_as_something_else(codec: str, text: str) -> None:
    """Saved in a wrong encoding before: it is seen in a file that says its encoding, too."""
    broken = text.encode().decode(codec, "replace")
    said = words(f"Geheim-{broken}")[-1]
    assert "looks as if it had been saved in a wrong encoding" in said
    assert "character 8" in said or "character 9" in said or "character 10" in said


@pytest.mark.parametrize("sign", ["\u200b", "\xad", "\x85", "a\u0301", "\u2028", "\x07"])
def test_what_nobody_types(sign: str) -> None:
    """Signs that are not seen, and letters in two pieces."""
    said = words(f"New-{sign}-Secret")
    assert "which keyboards do not send like this" in said[0]


@pytest.mark.parametrize("codec", ["mac_roman", "cp850", "iso8859-15", "cp1252"])
def test_a_guessed_encoding_is_a_doubt(codec: str) -> None:
    """A list in whatever 8-bit encoding: either it is refused, or each such password is named with
    what it is read as; and with the encoding chosen it is read right, without a doubt."""
    data = f"imap.old.example;a@old.example;x;a;{SECRET}\r\n".encode(codec)
    found = read(data, rows_limit=10)
    (row,) = found.rows
    assert found.guessed
    (said,) = words(row.mailbox_password, guessed=found.encoding)
    assert "character 14 of the new password is “" in said
    assert "Windows-1252" in said
    key = next(key for key, (known, _) in ENCODINGS.items() if known.replace("-", "_") == codec
               or known == codec)  # fmt: skip
    again = read(data, rows_limit=10, encoding=key)
    assert again.rows[0].mailbox_password == SECRET
    assert not again.guessed
    assert words(again.rows[0].mailbox_password) == []


@pytest.mark.parametrize("wrong", ["cp1252", "iso8859-1"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_encoded_twice(wrong: str, mark: bytes) -> None:
    """It is named, and read again as what it was."""
    twice = f"imap.old.example;a;x;a;{SECRET}\n".encode().decode(wrong).encode()
    (row,) = read(mark + twice, rows_limit=10).rows
    assert "wrong encoding" in words(row.mailbox_password)[0]
    (row,) = read(mark + twice, rows_limit=10, encoding="utf-8-twice").rows
    assert row.mailbox_password == SECRET


def test_what_says_its_encoding_is_no_guess() -> None:
    """UTF-8, with or without a mark, and UTF-16 with one; without it is one."""
    line = f"imap.old.example;a;x;a;{SECRET}\n"
    for data in (line.encode(), line.encode("utf-8-sig"), line.encode("utf-16")):
        assert not read(data, rows_limit=10).guessed
    assert read(line.encode("utf-16-le"), rows_limit=10).guessed
