"""Rows that would fill one mailbox twice, or fetch one mailbox twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from importer.address import ascii_domain
from importer.finding import Finding, Level

_SHOWN = 5
_MAIL_PORTS = frozenset({143, 993})


@dataclass(frozen=True, slots=True)
class RowKey:
    """What tells one row from another. `label` names it for a person, as in 'line 7'.

    `mailbox` is the whole address, host and port those that are connected to."""

    id: int
    label: str
    mailbox: str
    host: str
    port: int
    username: str


def duplicates(rows: Sequence[RowKey]) -> Mapping[int, tuple[Finding, ...]]:
    """Findings by row id; a row without any is absent. Empty fields are nobody's double."""
    findings: dict[int, list[Finding]] = {}
    for group in _groups(rows, _mailbox_key):
        _add(findings, group, _same_mailbox)
    for group in _groups(rows, _source_key):
        if len({row.username for row in group}) == 1:
            _add(findings, group, _same_source)
        else:
            _add(findings, group, _same_source_but_case)
    return {number: tuple(found) for number, found in findings.items()}


def _groups(rows: Sequence[RowKey], key: Callable[[RowKey], Hashable]) -> Iterator[list[RowKey]]:
    keys = pd.Series([key(row) for row in rows], dtype=object)
    repeated = keys[keys.duplicated(keep=False) & keys.astype(bool)]
    for places in repeated.groupby(repeated, sort=False).indices.values():
        yield [rows[repeated.index[place]] for place in places]


def _mailbox_key(row: RowKey) -> str:
    local, at, domain = row.mailbox.strip().rpartition("@")
    return f"{local.casefold()}@{ascii_domain(domain)}" if at else domain.casefold()


def _source_key(row: RowKey) -> str:
    """143 and 993 are two doors of one server. Letter case is looked at later."""
    if not row.username.strip() or not row.host.strip():
        return ""
    port = 0 if row.port in _MAIL_PORTS else row.port
    return f"{ascii_domain(row.host)}\n{port}\n{row.username.strip().casefold()}"


def _add(
    findings: dict[int, list[Finding]], group: list[RowKey], make: Callable[[str], Finding]
) -> None:
    for row in group:
        findings.setdefault(row.id, []).append(make(_others(row, group)))


def _others(row: RowKey, group: list[RowKey]) -> str:
    """'line 3, line 9 and 12 more'."""
    shown = [other.label for other in group[: _SHOWN + 1] if other.id != row.id][:_SHOWN]
    left = len(group) - 1 - len(shown)
    if left:
        return f"{', '.join(shown)} and {left} more"
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]


def _same_mailbox(others: str) -> Finding:
    return Finding(
        Level.BLOCKING,
        "duplicate_mailbox",
        f"The same mailbox stands in {others}: the mail of all would be mixed in it.",
        "Correct the mailbox, or remove the row that is not wanted.",
        field="mailbox",
    )


def _same_source(others: str) -> Finding:
    return Finding(
        Level.BLOCKING,
        "duplicate_source",
        f"The same server and username stand in {others}: the same mail would be fetched twice.",
        "Correct the username, or remove the row that is not wanted.",
        field="source_username",
    )


def _same_source_but_case(others: str) -> Finding:
    return Finding(
        Level.WARNING,
        "duplicate_source_case",
        f"The same server and username stand in {others}, written in another letter case; "
        "for most servers that is the same mailbox.",
        "Make sure that these are different mailboxes.",
        field="source_username",
    )
