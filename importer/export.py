"""Tables for a spreadsheet: nothing in them can run as a formula."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

_BEGINNERS = frozenset("=+-@\t\r\n＝＋－＠")
_SKIPPED = frozenset("\"'“”‘’`")


def table_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with byte order mark, semicolons, CRLF: what a spreadsheet opens by a double click.

    Texts that a spreadsheet would take for a formula get an apostrophe in front; numbers stay.
    None becomes an empty field."""
    return b"\xef\xbb\xbf" + _text(header, rows, titles=True)


def table_pieces(
    header: Sequence[str], pieces: Iterable[Sequence[Sequence[object]]]
) -> Iterator[bytes]:
    """The same file, some rows at a time: for a table that is larger than the memory."""
    yield table_csv(header, ())
    for rows in pieces:
        yield _text(header, rows, titles=False)


def _text(header: Sequence[str], rows: Iterable[Sequence[object]], *, titles: bool) -> bytes:
    columns = [defused(title) for title in header]
    cells = [[_cell(value) for value in row] for row in rows]
    table = pd.DataFrame(cells, columns=columns, dtype=object)
    text = table.to_csv(sep=";", index=False, header=titles, lineterminator="\r\n")
    return text.encode("utf-8", errors="replace")


def defused(text: str) -> str:
    """With an apostrophe in front when a spreadsheet could run it, blanks and quotes aside."""
    if text[:1] in ("\t", "\r", "\n"):
        return "'" + text
    for char in text:
        if char in _BEGINNERS:
            return "'" + text
        if not (char.isspace() or char in _SKIPPED or _invisible(char)):
            return text
    return text


def _invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cc")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    return defused(str(value).replace("\x00", ""))
