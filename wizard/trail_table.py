"""Lines of the audit trail as rows of a table, for files and for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from store.trail import Line, Wanted
from wizard.history_words import happened
from wizard.words import ROLES

HEADER = (
    "Time (UTC)",
    "Times",
    "Last time (UTC)",
    "What",
    "Note",
    "Who",
    "Role",
    "Organization of the person",
    "From",
    "Organization",
    "Migration",
)


def cells(line: Line) -> Sequence[object]:
    """By HEADER."""
    return (
        moment(line.at),
        line.times,
        moment(line.last_at) if line.last_at else "",
        happened(line.kind),
        line.note,
        line.who,
        ROLES.get(line.role, line.role),
        line.who_of,
        line.address,
        line.organization,
        line.migration_id,
    )


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def filters(wanted: Wanted, organization: str) -> str:
    """What was asked for, in a sentence."""
    last = wanted.until and wanted.until - timedelta(days=1)
    asked = {
        "organization": organization,
        "person": wanted.person,
        "what": happened(wanted.kind) if wanted.kind else "",
        "from": f"{wanted.since:%Y-%m-%d}" if wanted.since else "",
        "to": f"{last:%Y-%m-%d}" if last else "",
        "text": wanted.text,
    }
    told = "; ".join(f"{name}: {value}" for name, value in asked.items() if value)
    return f"{told}." if told else "All lines."
