"""From what was typed or read to rows of the store, with each mailbox as a whole address."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy.orm import Session

from importer.address import AddressFault, mailbox_address
from importer.rows import Fault, Reading, Row
from store import scope
from store.accounts import NewAccount
from store.tables import Migration
from wizard.forms.accounts import AccountForm


def typed_mailbox(session: Session, migration: Migration, form: AccountForm) -> str | None:
    """The whole address, or None with the reason at the form's field."""
    own = scope.domains(session, migration.organization_id)
    try:
        return mailbox_address(form.mailbox.data, domain=migration.domain, domains=own)
    except AddressFault as fault:
        found = fault.finding
        form.mailbox.errors = [f"{found.words} {found.hint}".strip()]
        return None


def from_file(session: Session, migration: Migration, found: Reading) -> list[NewAccount]:
    """Every row of the file; those with a fault carry all that is wrong with their line."""
    own = scope.domains(session, migration.organization_id)
    faults: dict[int, list[Fault]] = {}
    for fault in found.faults:
        faults.setdefault(fault.line, []).append(fault)
    guessed = found.encoding if found.guessed else ""
    return [
        replace(
            _new(row, _address(row.mailbox, migration.domain, own), faults.get(row.line, [])),
            guessed=guessed,
        )
        for row in found.rows
    ]


def _address(text: str, domain: str, own: tuple[str, ...]) -> str:
    """What is no address stays as it stands: the check says what is wrong with it."""
    try:
        return mailbox_address(text, domain=domain, domains=own)
    except AddressFault:
        return text


def _new(row: Row, mailbox: str, faults: list[Fault]) -> NewAccount:
    return NewAccount(
        source_username=row.source_username,
        mailbox=mailbox,
        source_password=row.source_password,
        mailbox_password=row.mailbox_password,
        source_host=row.source_host,
        source_port=row.source_port,
        line=row.line,
        fault=_fault(row, faults),
    )


def _fault(row: Row, faults: list[Fault]) -> dict[str, Any] | None:
    """The row's finding, and beside it each single fault with its column and value."""
    if row.fault is None:
        return None
    finding = row.fault
    return {
        "code": finding.code,
        "words": finding.words,
        "hint": finding.hint,
        "field": finding.field,
        "all": [asdict(fault) for fault in faults],
    }
