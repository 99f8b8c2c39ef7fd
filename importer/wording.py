"""The words for what is wrong with a file, a line or a cell of it."""

from __future__ import annotations

from importer.rows import Column, Fault, FileFault

_SHAPE = "IMAP server;IMAP username;IMAP password;Mailbox;Password"
_QUOTE = (
    'A password with a semicolon stands in quotation marks ("pa;ss"); '
    "a quotation mark inside is doubled."
)

_FILE = {
    "file_empty": ("The file holds no accounts.", "Choose a file with accounts in it."),
    "file_only_header": (
        "The file has a header line and nothing below it.",
        "Add one line for each account.",
    ),
    "file_too_large": (
        "The file is larger than {limit} MB, which no list of accounts is.",
        "Choose the CSV file, or cut it into several.",
    ),
    "file_too_many_rows": (
        "The file has more than {limit:,} accounts, the most that one migration takes.",
        "Cut it into several files.",
    ),
    "file_delimiter": (
        "The columns are divided by {name}, but semicolons are needed.",
        f"Save the file with semicolons: {_SHAPE}",
    ),
    "file_no_columns": (
        "No line has a semicolon, so there are no columns to read.",
        f"Each line must look like this: {_SHAPE}",
    ),
    "file_eight_columns": (
        "The lines have eight columns: this is the list that is sent with a support ticket.",
        f"Make a file of five columns: {_SHAPE}",
    ),
}

_LINE = {
    "unclosed_quote": (
        "a quotation mark is opened and never closed, so the columns cannot be told apart.",
        f"Close it before the next semicolon. {_QUOTE}",
    ),
    "text_after_quote": (
        "text stands behind a closing quotation mark, where a semicolon should be.",
        _QUOTE,
    ),
    "line_too_long": (
        "it is longer than 8,192 characters, which no account needs.",
        "Look for a line break that is missing.",
    ),
    "too_many_columns": (
        "it has {count} columns instead of 5; most often a password holds a semicolon.",
        _QUOTE,
    ),
    "too_few_columns": (
        "it has {count} column(s) instead of 5.",
        f"Fill in what is missing: {_SHAPE}",
    ),
    "trailing_semicolon": (
        "it ends with one more semicolon than other lines do, which may belong to the password.",
        "If it does, put the password in quotation marks; if not, remove the semicolon.",
    ),
}

_CELL = {
    "blank_around_quotes": (
        "there is a blank next to the quotation marks, and it is unclear whether it belongs "
        "to the password.",
        "Remove it, or put it inside the quotation marks.",
    ),
    "line_break": ("there is a line break inside the value.", "Remove the line break."),
    "value_too_long": ("the value is too long to be real.", "Correct the value."),
    "bad_host": ("this is no server name: {why}.", "Write it like imap.example.com."),
}


def file_fault(code: str, *, limit: int = 0, name: str = "") -> FileFault:
    words, hint = _FILE[code]
    return FileFault(code, words.format(limit=limit, name=name), hint)


def line_fault(code: str, line: int, *, count: int = 0) -> Fault:
    words, hint = _LINE[code]
    value = f"{count} columns" if count else ""
    return Fault(line, "", value, words.format(count=count), hint, str(code))


def cell_fault(code: str, line: int, column: Column, shown: str, *, why: str = "") -> Fault:
    """`shown` is what may be shown of the value."""
    words, hint = _CELL[code]
    said = f"{column.heading}: {words.format(why=why)}"
    return Fault(line, column.heading, shown, said, hint, code, str(column))
