"""What identifies a message is the same whichever server hands out its header."""

from __future__ import annotations

import pytest

from sync.header_fields import LONGEST, cut_short, identity
from sync.model import Identity
from sync.telling import readable

PLAIN = b"Message-ID: <a@x>\r\nDate: now\r\nFrom: me\r\nSubject: a b\r\n\r\nbody"
WANTED = Identity("<a@x>", "now", "me", "a b")


@pytest.mark.parametrize(
    "header",
    [
        PLAIN,
        PLAIN.replace(b"\r\n", b"\n"),
        PLAIN.replace(b"\r\n", b"\r"),
        PLAIN.replace(b"\r\n", b"\r\r\n"),
        PLAIN.replace(b"Subject:", b"Subject :"),
        PLAIN.replace(b"Subject: a b", b"sUBJECT\t:\r\n a\r\n\tb \r\n "),
        b"From me@x Sat Jan  1 00:00:00 2000\r\n" + PLAIN,
        b"Other: x\r\n y\r\n" + PLAIN.replace(b"\r\n\r\nbody", b""),
        PLAIN.replace(b"\r\n\r\n", b"\r\nno empty line\r\n"),
        PLAIN + b"\r\nSubject: of the body",
        PLAIN.replace(b"\r\n\r\n", b"\r\nSubject: another\r\nDate: then\r\n\r\n"),
        PLAIN.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * LONGEST + b"\r\n\r\n"),
    ],
)
def test_one_header_in_many_spellings(header: bytes) -> None:
    """Line ends, folds, blanks before the colon, a From line, no end: one identity."""
    assert identity(header) == WANTED


@pytest.mark.parametrize(
    ("stored", "altered"),
    [
        ("Subject: grüße", b"Subject: grXXXXe"),
        ("Subject: a\0b", b"Subject: a\x80b"),
        ("Sub\0ject: x", b"Sub\x80ject: x"),
        ("Subject: a\rX: b", b"Subject: a\r\nX: b"),
    ],
)
def test_what_a_server_alters_makes_no_other_message(stored: str, altered: bytes) -> None:
    """8-bit bytes and NUL count as one character each, whatever a server puts there."""
    assert identity(stored.encode()) == identity(altered)


@pytest.mark.parametrize("header", [b"", b"\r\n", b"\r\nSubject: of the body", b"no field"])
def test_a_message_without_a_header(header: bytes) -> None:
    """Nothing identifies it, and its body is no header."""
    assert identity(header) == Identity()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"Subject: nul ", True),
        (b"Subject: a\r\nX-Last: an open line", True),
        (b"Subject: a\r\n\r\n", False),
        (b"Subject: a\n", False),
        (b"Subject: a\r\n", False),
        (b"", False),
        (b"x" * LONGEST, False),
    ],
)
def test_a_header_that_ends_within_a_line_is_cut(header: bytes, *, expected: bool) -> None:
    """A Cyrus ends it at the first NUL; what is as long as was asked for is no sign of that."""
    assert cut_short(header) is expected


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Grüße".encode(), "Grüße"),
        ("Grüße – “so”".encode("windows-1252"), "Grüße – “so”"),
        ("Grüße,\r\n\tzweite Zeile".encode(), "Grüße, zweite Zeile"),
        ("ü =?utf-8?Q?=C3=9F?=".encode(), "ü =?utf-8?Q?=C3=9F?="),
        (b"nul \0 in it", "nul in it"),
        (b"\x81\xff", "\ufffdÿ"),
        (b"plain", "plain"),
    ],
)
def test_a_raw_subject_is_shown_as_it_was_meant(subject: bytes, shown: str) -> None:
    """UTF-8, else Windows-1252; what identifies the message stays as it is."""
    header = b"From: a@b\r\nSubject: " + subject + b"\r\nX-After: b\r\n\r\nSubject: body"
    found = identity(header)
    assert readable(found.shown or found.subject) == shown
    assert found.subject.isascii()
