"""Tables that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import io

import pytest

from importer.export import table_csv


def cells(*rows: tuple[object, ...]) -> list[list[str]]:
    data = table_csv([f"c{n}" for n in range(len(rows[0]))], rows)
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))[1:]


def test_shape() -> None:
    """Byte order mark, semicolons, CRLF, quotation marks only where needed."""
    data = table_csv(["Mailbox", "Messages"], [("büro", 3401), ("a;b", None)])
    assert data == '\ufeffMailbox;Messages\r\nbüro;3401\r\n"a;b";\r\n'.encode()


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", "  =1",
     '"=1', "'=1", " \u00a0-2+3", "\u200b=1", "\ufeff=1", "“=1", "-"],
)  # fmt: skip
def test_formulas_are_defused(text: str) -> None:
    """An apostrophe in front makes a text of what could be run."""
    assert cells((text, 1)) == [["'" + text, "1"]]


@pytest.mark.parametrize("text", ["info@example.test", "a=b", "007", "NA", "null", "", " x", "1-2"])
def test_other_texts_stay(text: str) -> None:
    """Leading zeros, NA and blanks are nobody's business."""
    assert cells((text, "x")) == [[text, "x"]]


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula; a truth is a word; nothing is nothing."""
    assert cells((-5, 2.5, True, None)) == [["-5", "2.5", "yes", ""]]


def test_headings_are_defused_too() -> None:
    """Nothing in the file begins with a sign, not even its first line."""
    assert table_csv(["=x"], []) == b"\xef\xbb\xbf'=x\r\n"


def test_what_cannot_be_written() -> None:
    """Half a character from a broken subject, or a NUL, costs no report."""
    assert cells(("a\ud800b\x00c", 1)) == [["a?bc", "1"]]
