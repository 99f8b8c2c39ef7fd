"""INTERNALDATE as an instant, to compare what two servers print differently."""

from __future__ import annotations

from datetime import UTC, datetime


def spelled(internaldate: str) -> datetime | None:
    """A date-time of RFC 9051, section 9, in its own zone; None when it is none.

    Example: ' 7-Feb-2021 09:12:30 +0100'."""
    try:
        return datetime.strptime(internaldate.strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return None


def instant(internaldate: str) -> datetime | None:
    """The same moment in UTC."""
    date = spelled(internaldate)
    try:
        return date.astimezone(UTC) if date else None
    except OverflowError:
        return None


def same_instant(one: str, other: str) -> bool:
    """Whether both mean one moment; an unreadable date is like none."""
    return one == other or instant(one) == instant(other)
