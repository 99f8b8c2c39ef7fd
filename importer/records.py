"""From a text to its records: fields between semicolons, quotation marks, exact line numbers.

A quoted field may hold semicolons, doubled quotation marks and line breaks, kept exactly. A
quotation mark that is never closed costs its own line only: reading resumes on the next one. The
time is linear in the text, whatever it holds, since no field is looked at beyond LONGEST_FIELD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

WIDTH = 5
LONGEST_LINE = 8192
LONGEST_FIELD = 2048

_BLANK_LINES = re.compile(r"(?:[ \t;]*+(?:\r\n|\r|\n))++")
_LINE = re.compile(r"[^\r\n]*+")
_BREAK = re.compile(r"\r\n|\r|\n")
_OPENING = re.compile(r'[ \t]*+"')
_QUOTED = re.compile(r'([ \t]*+)"([^"]*+(?:""[^"]*+)*+)"([ \t]*+)')
_PLAIN = re.compile(r"[^;\r\n]*+")


class Broken(StrEnum):
    """Why a record's fields could not be told apart."""

    UNCLOSED = "unclosed_quote"
    AFTER_QUOTE = "text_after_quote"
    TOO_LONG = "line_too_long"


@dataclass(frozen=True, slots=True)
class Record:
    """`cells` as they stand in the file; of a broken record, those before the fault.

    `spaced` numbers the quoted cells with blanks around their quotation marks; `text` is the first
    physical line. Both may hold passwords."""

    line: int
    cells: tuple[str, ...] = field(repr=False)
    text: str = field(repr=False)
    broken: Broken | None = None
    spaced: tuple[int, ...] = ()


def records(text: str) -> Iterator[Record]:
    """All records that are not blank. A line of nothing but semicolons is blank."""
    at, line = 0, 1
    while at < len(text):
        if blank := _BLANK_LINES.match(text, at):
            line += _breaks(text, at, blank.end())
            at = blank.end()
            continue
        first_end = _end_of_line(text, at)
        if not text[at:first_end].strip(" \t;"):
            return
        record, stop = _record(text, at, first_end, line)
        yield record
        after = _BREAK.match(text, stop)
        stop = after.end() if after else stop
        line += _breaks(text, at, stop)
        at = stop


def _record(text: str, start: int, first_end: int, line: int) -> tuple[Record, int]:
    """The record that begins at `start`, and where it ends."""
    if first_end - start > LONGEST_LINE:
        head = text[start : start + LONGEST_LINE]
        return _broken(head, line, Broken.TOO_LONG), first_end
    first = text[start:first_end]
    if '"' not in first:
        return Record(line, tuple(first.split(";")), first), first_end
    cells, spaced, stop, broken = _fields(text, start)
    if broken is None and stop > first_end and _swallowed(text, first, cells, stop):
        broken = Broken.UNCLOSED
    if broken is not None:
        return _broken(first, line, broken), first_end
    return Record(line, tuple(cells), first, spaced=tuple(spaced)), stop


def _fields(text: str, at: int) -> tuple[list[str], list[int], int, Broken | None]:
    cells: list[str] = []
    spaced: list[int] = []
    while True:
        if _OPENING.match(text, at, at + LONGEST_FIELD):
            quoted = _QUOTED.match(text, at, at + LONGEST_FIELD)
            if quoted is None:
                return cells, spaced, at, Broken.UNCLOSED
            if text[quoted.end() : quoted.end() + 1] not in ("", ";", "\r", "\n"):
                one_line = _BREAK.search(quoted[0]) is None
                return cells, spaced, at, Broken.AFTER_QUOTE if one_line else Broken.UNCLOSED
            if quoted[1] or quoted[3]:
                spaced.append(len(cells))
            cells.append(quoted[2].replace('""', '"'))
            at = quoted.end()
        else:
            end = _PLAIN.match(text, at).end()  # type: ignore[union-attr]
            cells.append(text[at:end])
            at = end
        if text[at : at + 1] != ";":
            return cells, spaced, at, None
        at += 1


def _swallowed(text: str, first: str, cells: list[str], stop: int) -> bool:
    """Whether a record over several lines is rather one with a mark that was never closed."""
    if len(cells) < WIDTH or any(cell.strip() for cell in cells[WIDTH:]):
        return True
    last_start = max(text.rfind("\n", 0, stop), text.rfind("\r", 0, stop)) + 1
    both_look_whole = text.count(";", last_start, stop) >= WIDTH - 1
    return both_look_whole and first.count(";") >= WIDTH - 1


def _broken(first: str, line: int, why: Broken) -> Record:
    cells = tuple(takewhile(lambda cell: '"' not in cell, first.split(";")))
    return Record(line, cells, first, why)


def _end_of_line(text: str, at: int) -> int:
    return _LINE.match(text, at).end()  # type: ignore[union-attr]


def _breaks(text: str, start: int, end: int) -> int:
    pairs = text.count("\r\n", start, end)
    return text.count("\n", start, end) + text.count("\r", start, end) - pairs
