"""konsoleH's CSV: bytes in, rows out. Every line of data becomes a row; nothing is dropped."""

from __future__ import annotations

from itertools import islice

from importer.encoding import decode
from importer.header import header_order
from importer.hosts import HostFault, split_host, strip_invisible
from importer.records import WIDTH, Record, records
from importer.rows import COLUMNS, HIDDEN, Column, Fault, Reading, Row
from importer.wording import cell_fault, file_fault, line_fault

SIZE_LIMIT = 64 * 1024 * 1024
"""In bytes; an upload is stopped earlier, by the operator's own limit."""

_DELIMITERS = ((",", "commas"), ("\t", "tabs"), ("|", "vertical bars"))


def read(
    data: bytes, *, rows_limit: int, size_limit: int = SIZE_LIMIT, encoding: str = ""
) -> Reading:
    """All rows and all faults of a file, in one of importer.encoding.ENCODINGS if it is chosen.
    Raises FileFault when it cannot be read as a whole."""
    if len(data) > size_limit:
        raise file_fault("file_too_large", limit=size_limit // (1024 * 1024))
    decoded = decode(data, encoding)
    found = _without_separator_line(list(islice(records(decoded.text), rows_limit + 3)))
    order = header_order(found[0].cells) if found else None
    body = found[1:] if order else found
    _refuse_whole_file(body, header=order is not None, rows_limit=rows_limit)
    reader = _RowReader(order or COLUMNS, extra_columns=_all_have_blank_extras(found))
    rows = tuple(reader.row(record) for record in body)
    return Reading(rows, tuple(reader.faults), decoded.encoding, order is not None, decoded.guessed)


def _without_separator_line(found: list[Record]) -> list[Record]:
    """Excel understands a first line such as 'sep=;' and some programs write it."""
    if found and found[0].text.strip().casefold() == "sep=;":
        return found[1:]
    return found


def _refuse_whole_file(body: list[Record], *, header: bool, rows_limit: int) -> None:
    if not body:
        raise file_fault("file_only_header" if header else "file_empty")
    if len(body) > rows_limit:
        raise file_fault("file_too_many_rows", limit=rows_limit)
    if any(record.broken is None and len(record.cells) == WIDTH for record in body):
        return
    for sign, name in _DELIMITERS:
        if all(record.text.count(sign) >= WIDTH - 1 for record in body):
            raise file_fault("file_delimiter", name=name)
    if all(";" not in record.text for record in body):
        raise file_fault("file_no_columns")
    if all(record.broken is None and len(record.cells) == 8 for record in body) and any(
        any(cell.strip() for cell in record.cells[WIDTH:]) for record in body
    ):
        raise file_fault("file_eight_columns")


def _all_have_blank_extras(found: list[Record]) -> bool:
    """A semicolon at the end of every line is a habit of the program that wrote the file; one at
    the end of some lines may be the last character of a password."""
    whole = [record for record in found if record.broken is None]
    return all(len(record.cells) > WIDTH and _extras_blank(record) for record in whole)


def _extras_blank(record: Record) -> bool:
    return not any(cell.strip() for cell in record.cells[WIDTH:])


class _RowReader:
    """Makes rows from records and collects every fault on the way."""

    def __init__(self, order: tuple[Column, ...], *, extra_columns: bool) -> None:
        self._order = order
        self._extra_columns = extra_columns
        self.faults: list[Fault] = []

    def row(self, record: Record) -> Row:
        if record.broken is not None:
            return self._salvaged(record, line_fault(record.broken, record.line))
        if len(record.cells) > WIDTH and _extras_blank(record):
            if not self._extra_columns:
                return self._salvaged(record, line_fault("trailing_semicolon", record.line))
        elif len(record.cells) != WIDTH:
            return self._salvaged(record, self._wrong_count(record))
        return self._whole(record)

    def _wrong_count(self, record: Record) -> Fault:
        code = "too_many_columns" if len(record.cells) > WIDTH else "too_few_columns"
        return line_fault(code, record.line, count=len(record.cells))

    def _whole(self, record: Record) -> Row:
        before = len(self.faults)
        values = dict(zip(self._order, record.cells, strict=False))
        for place in record.spaced:
            if place < WIDTH and self._order[place].secret:
                self._add("blank_around_quotes", record.line, self._order[place])
        for column, value in values.items():
            values[column] = self._cell(record.line, column, value)
        host, port = self._host(record.line, values[Column.SOURCE_HOST])
        found = self.faults[before:]
        return Row(
            line=record.line,
            source_host=host,
            source_port=port,
            source_username=values[Column.SOURCE_USERNAME],
            source_password=values[Column.SOURCE_PASSWORD],
            mailbox=values[Column.MAILBOX],
            mailbox_password=values[Column.MAILBOX_PASSWORD],
            fault=found[0].finding() if found else None,
        )

    def _cell(self, line: int, column: Column, value: str) -> str:
        """Passwords exactly as they stand, all else without blanks at both ends."""
        value = value if column.secret else strip_invisible(value)
        if not column.secret and ("\n" in value or "\r" in value):
            self._add("line_break", line, column, value)
        if len(value) > column.longest:
            self._add("value_too_long", line, column, value[:60] + "…")
            return "" if column.secret else value[: column.longest]
        return value

    def _host(self, line: int, value: str) -> tuple[str, int]:
        try:
            return split_host(value)
        except HostFault as fault:
            self._add("bad_host", line, Column.SOURCE_HOST, value, why=str(fault))
            return value, 0

    def _add(self, code: str, line: int, column: Column, value: str = "", *, why: str = "") -> None:
        shown = HIDDEN if column.secret else value[:80]
        self.faults.append(cell_fault(code, line, column, shown, why=why))

    def _salvaged(self, record: Record, fault: Fault) -> Row:
        """Of a line whose columns are in doubt, only what cannot be a password is taken over:
        the server, if the first cell looks like one, and then the username behind it."""
        self.faults.append(fault)
        host, port, username = "", 0, ""
        if self._order == COLUMNS and record.cells and _looks_like_host(record.cells[0]):
            host, port = split_host(record.cells[0])
            username = strip_invisible("".join(record.cells[1:2]))[:320]
        return Row(record.line, host, port, username, fault=fault.finding())


def _looks_like_host(text: str) -> bool:
    try:
        host, _ = split_host(text)
    except HostFault:
        return False
    return len(host) <= 255 and ("." in host or ":" in host or host == "localhost")
