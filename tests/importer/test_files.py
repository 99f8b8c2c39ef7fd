"""Whole files: what is refused at once, and how long anything may take."""

from __future__ import annotations

import pytest

from importer.reading import read
from importer.rows import FileFault

HEADER = "IMAP server;IMAP username;IMAP password;Mailbox;Password"
LINE = "imap.old.example;info;Old-1;info;New-1"


class TestWholeFiles:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "file_empty"),
            (b" \r\n\r\n", "file_empty"),
            (b"\xef\xbb\xbf", "file_empty"),
            (b";;;;\n;;;;\n", "file_empty"),
            (HEADER.encode(), "file_only_header"),
            (LINE.replace(";", ",").encode(), "file_delimiter"),
            (LINE.replace(";", "\t").encode(), "file_delimiter"),
            (f"{HEADER}\n{LINE}".replace(";", "|").encode(), "file_delimiter"),
            (b"h,u,a;b,m,p\nh,u,c,m,p", "file_delimiter"),
            (b"Dear support, please move my mail.", "file_no_columns"),
            (b"d;a;MAILBOX;p;;h;u;p\n" * 2, "file_eight_columns"),
            (b"PK\x03\x04" + b"x" * 100, "file_binary"),
            (b"\x00\x01\x02" * 100, "file_binary"),
            (b"a;b;\x01\x02\x03\x04", "file_binary"),
            (f"{LINE}\n".encode() * 101, "file_too_many_rows"),
        ],
    )
    def test_refused_with_words(self, data: bytes, code: str) -> None:
        """What is wrong with the whole file is said once, with what to do."""
        with pytest.raises(FileFault) as caught:
            read(data, rows_limit=100)
        assert caught.value.code == code
        assert caught.value.words.endswith(".")
        assert caught.value.hint

    def test_the_most_rows(self) -> None:
        """Exactly as many rows as are allowed are read, header or not."""
        assert len(read((HEADER + f"\n{LINE}" * 100).encode(), rows_limit=100).rows) == 100

    def test_too_large(self) -> None:
        """A file beyond the limit is refused before it is looked at."""
        with pytest.raises(FileFault, match="larger than 1 MB"):
            read(b"x" * (2 << 20), rows_limit=5, size_limit=1 << 20)


class TestMuch:
    def test_ten_thousand_rows(self) -> None:
        """10,000 rows with quoted passwords are all read."""
        data = b"".join(
            b'imap.old.example;u%d;"pa;ss""%d";u%d;"New;%d"\r\n' % (n, n, n, n)
            for n in range(10_000)
        )
        found = read(data, rows_limit=10_000)
        assert (len(found.rows), found.faults) == (10_000, ())

    @pytest.mark.parametrize(
        "data",
        [
            b'"' * 4_000_000,
            b'"\n' * 2_000_000,
            b"\n" * 4_000_000 + LINE.encode(),
            b";" * 4_000_000 + b"x",
            b'a;b;"\n' * 20_000,
            (b'a;b;"' + b"x" * 150 + b"\n") * 20_000,
            (b" " * 180 + b'";\n') * 20_000,
            b'a;"' + b'""' * 2_000_000,
        ],
        ids=["quotes", "quote-lines", "blank", "semicolons", "unclosed", "long", "spaces", "pairs"],
    )
    def test_hostile_files(self, data: bytes) -> None:
        """4 MB of anything end: they are read, or refused with advice."""
        try:
            outcome = bool(read(data, rows_limit=50_000).rows)
        except FileFault as fault:
            outcome = bool(fault.hint)
        assert outcome
