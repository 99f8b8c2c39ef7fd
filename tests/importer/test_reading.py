"""konsoleH's CSV, as people really send it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.reading import read
from importer.rows import Fault, FileFault, Reading, Row

HEADER = "IMAP server;IMAP username;IMAP password;Mailbox;Password"
LINE = "imap.old.example;info;Old-1;info;New-1"


def rows_of(text: str | bytes, limit: int = 100) -> Reading:
    data = text.encode() if isinstance(text, str) else text
    return read(data, rows_limit=limit)


def only(text: str | bytes) -> Row:
    (row,) = rows_of(text).rows
    assert row.fault is None, row.fault
    return row


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in rows_of(text).faults]


class TestEncodings:
    @pytest.mark.parametrize(
        ("codec", "mark", "name"),
        [
            ("utf-8", b"", "UTF-8"),
            ("utf-8", b"\xef\xbb\xbf", "UTF-8"),
            ("utf-16-le", b"\xff\xfe", "UTF-16"),
            ("utf-16-be", b"\xfe\xff", "UTF-16"),
            ("utf-16-le", b"", "UTF-16"),
            ("utf-16-be", b"", "UTF-16"),
            ("cp1252", b"", "Windows-1252"),
        ],
    )
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_all_are_read_alike(self, codec: str, mark: bytes, name: str, end: str) -> None:
        """An umlaut and a euro in a password arrive whole, in every encoding and line end."""
        text = f"imap.old.example;büro;Grüße-€;buero;Ä1{end}" * 2
        found = rows_of(mark + text.encode(codec))
        assert found.encoding == name
        assert [row.line for row in found.rows] == [1, 2]
        assert found.rows[1].source_password == "Grüße-€"
        assert found.rows[1].mailbox_password == "Ä1"

    def test_mixed_encodings_are_refused(self) -> None:
        """A file that is partly UTF-8 would give wrong passwords whichever way it is read."""
        data = "h.example;u;ü;m;p\n".encode() + "h.example;u;ü;m;p\n".encode("cp1252")
        with pytest.raises(FileFault, match="line 1 is UTF-8"):
            rows_of(data)

    def test_bytes_that_are_no_text_at_all(self) -> None:
        """A byte that Windows-1252 does not have is named with its line."""
        with pytest.raises(FileFault, match="Line 2 holds bytes"):
            rows_of(LINE.encode() + b"\nh.example;u;\x81;m;p\n")

    def test_a_broken_utf_16_file(self) -> None:
        """Half a character at the end is no reason for a stack trace."""
        with pytest.raises(FileFault, match="not UTF-16"):
            rows_of(b"\xff\xfe" + LINE.encode("utf-16-le") + b"x")


class TestValues:
    @pytest.mark.parametrize(
        "password",
        ["000123", "NA", "null", "nan", "None", "TRUE", "1e5", "  two blanks  ", "=1+1", "'x", "#x",
         "ab\"cd", "\t", "\u00a0x", "0x1F", "1,5"],
    )  # fmt: skip
    def test_passwords_are_kept_exactly(self, password: str) -> None:
        """Nothing takes a password for a number, a missing value or a formula, or trims it."""
        row = only(f"imap.old.example;info;{password};info;{password}")
        assert (row.source_password, row.mailbox_password) == (password, password)

    def test_quoted_values(self) -> None:
        """Semicolons, doubled quotation marks and line breaks inside quotation marks are kept."""
        row = only('imap.old.example;info;"pa;ss""word";info;"first\r\nsecond\n;third"\r\n')
        assert row.source_password == 'pa;ss"word'
        assert row.mailbox_password == "first\r\nsecond\n;third"

    def test_empty_quotes_are_an_empty_value(self) -> None:
        """Two quotation marks with nothing between them are nothing."""
        assert only('imap.old.example;info;"";info;x').source_password == ""

    def test_blanks_around_other_values_are_removed(self) -> None:
        """Around server, username and mailbox, blanks are of copy and paste and are removed."""
        row = only(" imap.old.example\u200b ;\u00a0info ;Old;\tinfo ; New")
        assert (row.source_host, row.source_username, row.mailbox) == (
            "imap.old.example", "info", "info",
        )  # fmt: skip
        assert row.mailbox_password == " New"

    @given(
        st.lists(
            st.tuples(*[st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)] * 2),
            min_size=1,
            max_size=8,
        )
    )
    def test_what_is_quoted_comes_back(self, passwords: list[tuple[str, str]]) -> None:
        """Any two passwords, quoted by RFC 4180, come back character for character."""
        lines = [
            ";".join(
                [
                    "imap.old.example",
                    "u",
                    *(f'"{p.replace(chr(34), chr(34) * 2)}"' for p in (a, "m", b)),
                ]
            )
            for a, b in passwords
        ]
        found = rows_of("\r\n".join(lines))
        assert [(r.source_password, r.mailbox_password) for r in found.rows] == passwords
        assert found.faults == ()

    @pytest.mark.parametrize(
        ("text", "host", "port"),
        [
            ("imap.old.example", "imap.old.example", 0),
            ("imap.old.example:143", "imap.old.example", 143),
            ("192.0.2.1:10143", "192.0.2.1", 10143),
            ("[2001:db8::1]:993", "2001:db8::1", 993),
            ("[2001:db8::1]", "2001:db8::1", 0),
            ("2001:db8::1", "2001:db8::1", 0),
            ("müller.example:993", "müller.example", 993),
            ("", "", 0),
        ],
    )
    def test_server_with_and_without_port(self, text: str, host: str, port: int) -> None:
        """A port may stand behind the server; an empty server is the migration's."""
        row = only(f"{text};info;Old;info;New")
        assert (row.source_host, row.source_port) == (host, port)

    @pytest.mark.parametrize(
        "text",
        [
            "imap://x.example",
            "x.example:0",
            "x.example:65536",
            "x.example:",
            "x y",
            "u@x.example",
            "[::1",
            "x.example:²",
        ],
    )
    def test_what_is_no_server(self, text: str) -> None:
        """A server that cannot be one is a fault of its column, and the row keeps the rest."""
        found = rows_of(f"{text};info;Old;info;New")
        (fault,) = found.faults
        assert (fault.code, fault.column, fault.value) == ("bad_host", "IMAP server", text)
        assert found.rows[0].source_password == "Old"
        assert found.rows[0].fault is not None
        assert found.rows[0].fault.field == "source_host"


class TestHeader:
    @pytest.mark.parametrize(
        "header",
        [
            HEADER,
            HEADER.upper(),
            "IMAP-Server;IMAP-Benutzername;IMAP-Passwort;Postfach;Passwort",
            "Server;User;IMAP Kennwort;E-Mail;Kennwort",
            '"IMAP server";"IMAP username";"IMAP password";"Mailbox";"Password"',
        ],
    )
    def test_recognised(self, header: str) -> None:
        """English and German names of columns, in any letter case, are no account."""
        found = rows_of(f"{header}\n{LINE}\n")
        assert found.header
        assert [row.line for row in found.rows] == [2]

    def test_another_order(self) -> None:
        """With all five names the columns may stand in any order."""
        row = only("Mailbox;Password;IMAP server;IMAP username;IMAP password\nm;p2;h.example;u;p1")
        assert (row.mailbox, row.mailbox_password) == ("m", "p2")
        assert (row.source_host, row.source_username, row.source_password) == (
            "h.example", "u", "p1",
        )  # fmt: skip

    def test_a_row_with_such_words_is_no_header(self) -> None:
        """Somebody whose username is 'user' and password 'passwort' is not lost."""
        found = rows_of("imap.old.example;user;password;postfach;passwort")
        assert not found.header
        assert len(found.rows) == 1

    def test_excels_separator_line(self) -> None:
        """'sep=;' in front of the header is for Excel only."""
        found = rows_of(f"sep=;\n{HEADER}\n{LINE}")
        assert [row.line for row in found.rows] == [3]


class TestFaultyRows:
    def test_nothing_is_dropped(self) -> None:
        """Every line of data is a row, and every fault names the line on which it stands."""
        text = f'{LINE}\n\nh.example;u;p\n;;;;\n{LINE};x\nh.example;u;"p;m;n\n{LINE}\n'
        found = rows_of(text)
        assert [row.line for row in found.rows] == [1, 3, 5, 6, 7]
        assert [row.line for row in found.rows if row.fault] == [3, 5, 6]
        assert faults(text) == [
            (3, "too_few_columns"), (5, "too_many_columns"), (6, "unclosed_quote"),
        ]  # fmt: skip

    def test_lines_are_counted_through_line_breaks_in_quotes(self) -> None:
        """A fault behind a value of three lines has the line that an editor shows."""
        text = f'h.example;u;"a\r\nb\r\nc";m;p\r\n{LINE}\r\nh.example;u\r\n'
        assert [row.line for row in rows_of(text).rows] == [1, 4, 5]
        assert faults(text) == [(5, "too_few_columns")]

    @pytest.mark.parametrize(
        "follower",
        [
            LINE,
            'h.example;u;"pa;ss";m;p',
            'h.example;u;"a""b";m;p',
            'h.example;u;p";m;p',
            'h.example;u;"x";"y";"z"',
        ],
    )
    @pytest.mark.parametrize("column", [2, 4])
    def test_an_unclosed_quote_costs_one_line(self, follower: str, column: int) -> None:
        """What follows an unclosed quotation mark is read, whatever quotation marks it has."""
        cells = ["h.example", "u", "p", "m", "q"]
        cells[column] = '"' + cells[column]
        found = rows_of("\n".join([";".join(cells), follower, LINE]))
        assert [row.line for row in found.rows] == [1, 2, 3]
        assert found.rows[0].fault is not None
        assert found.rows[0].fault.code == "unclosed_quote"
        assert found.rows[2].fault is None

    def test_text_behind_a_quote(self) -> None:
        """A closing quotation mark in the middle of a value is said to be one."""
        assert faults('h.example;u;"pa"ss;m;p') == [(1, "text_after_quote")]

    def test_a_blank_beside_the_quotes_of_a_password(self) -> None:
        """Whether it belongs to the password is for a person to say; elsewhere it does not."""
        assert faults('h.example;u; "p";m;q') == [(1, "blank_around_quotes")]
        assert only('h.example; "u" ;p;"m" ;q').source_username == "u"

    def test_a_semicolon_at_the_end_of_every_line(self) -> None:
        """That is the program that wrote the file, and no column."""
        found = rows_of(f"{HEADER};\n{LINE};\n{LINE};\n")
        assert found.faults == ()
        assert found.rows[0].mailbox_password == "New-1"

    def test_a_semicolon_at_the_end_of_one_line(self) -> None:
        """That may be the last character of a password, and is asked about."""
        assert faults(f"{LINE}\n{LINE};\n") == [(2, "trailing_semicolon")]

    def test_values_that_are_too_long(self) -> None:
        """They are named and cut, so that no table overflows."""
        found = rows_of(f"{'h' * 300};{'u' * 400};p;m;p\n{LINE}")
        assert [(f.line, f.field) for f in found.faults] == [
            (1, "source_host"), (1, "source_username"),
        ]  # fmt: skip
        assert len(found.rows[0].source_host) == 255
        assert len(found.rows[0].source_username) == 320

    def test_no_password_is_shown(self) -> None:
        """Not in faults, nor in findings, nor in what a row prints, even from unsure columns."""
        secret = "S3cret-Word"
        lines = [
            f"h.example;u;{secret};;m;{secret}", f"u;{secret};m;{secret}",
            f"{secret};m;x", f'h.example;u;"{secret};m;{secret}', f'h.example;u; "{secret}";m;p',
            f'h.example;u;"{secret}"x;m;p', f"h.example;u;{secret * 200};m;p",
            f"h.example;u;{secret};m;{secret};", LINE,
        ]  # fmt: skip
        found = rows_of("\n".join(lines))
        assert len(found.rows) == len(lines)
        assert len(found.faults) == len(lines) - 1
        shown = repr(found) + "".join(r.mailbox + r.source_username for r in found.rows)
        assert secret not in shown

    def test_a_fault_says_what_to_do(self) -> None:
        """Line, value, reason and remedy are there for whoever mends the file."""
        (fault,) = rows_of(f"{LINE}\nh.example;u;pa;ss;m;p\n").faults
        assert isinstance(fault, Fault)
        assert (fault.line, fault.value) == (2, "6 columns")
        assert "most often a password holds a semicolon" in fault.words
        assert '"pa;ss"' in fault.hint
        row = rows_of(f"{LINE}\nh.example;u;pa;ss;m;p\n").rows[1]
        assert (row.source_host, row.source_username, row.mailbox) == ("h.example", "u", "")
