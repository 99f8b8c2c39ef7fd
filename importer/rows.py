"""What is read from a file: rows, their faults, and what stops a whole file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from importer.finding import Finding, Level


class Column(StrEnum):
    """konsoleH's five columns, in its order. The value is the form field that mends it."""

    SOURCE_HOST = "source_host"
    SOURCE_USERNAME = "source_username"
    SOURCE_PASSWORD = "source_password"
    MAILBOX = "mailbox"
    MAILBOX_PASSWORD = "mailbox_password"

    @property
    def heading(self) -> str:
        """The column's name as konsoleH writes it."""
        return HEADINGS[self]

    @property
    def secret(self) -> bool:
        return self in (Column.SOURCE_PASSWORD, Column.MAILBOX_PASSWORD)

    @property
    def longest(self) -> int:
        """How many characters are kept: more than any server takes."""
        return LONGEST[self]


HEADINGS = {
    Column.SOURCE_HOST: "IMAP server",
    Column.SOURCE_USERNAME: "IMAP username",
    Column.SOURCE_PASSWORD: "IMAP password",
    Column.MAILBOX: "Mailbox",
    Column.MAILBOX_PASSWORD: "Password",
}
LONGEST = {
    Column.SOURCE_HOST: 255,
    Column.SOURCE_USERNAME: 320,
    Column.SOURCE_PASSWORD: 1000,
    Column.MAILBOX: 320,
    Column.MAILBOX_PASSWORD: 1000,
}
COLUMNS = tuple(Column)
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of data. `line` is the physical line, from 1, on which it begins.

    A line that could not be read is a row too, with what could be read and its `fault`."""

    line: int
    source_host: str = ""
    source_port: int = 0
    """0: the file gave none."""
    source_username: str = ""
    source_password: str = field(default="", repr=False)
    mailbox: str = ""
    mailbox_password: str = field(default="", repr=False)
    fault: Finding | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row could not be read. `column` is a heading, '' for the whole line; `value` is what
    stood there, never a password."""

    line: int
    column: str
    value: str
    words: str
    hint: str
    code: str
    field: str = ""

    def finding(self) -> Finding:
        words = f"Line {self.line} of the file: {self.words}"
        return Finding(Level.BLOCKING, self.code, words, self.hint, field=self.field)


@dataclass(frozen=True, slots=True)
class Reading:
    """`encoding` is a name for a person, `guessed` when the file does not say it; `header` tells
    whether the first line was one."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    encoding: str
    header: bool
    guessed: bool = False


class FileFault(Exception):
    """The file as a whole cannot be read: `words` say why, `hint` what to do."""

    def __init__(self, code: str, words: str, hint: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.hint = hint
