"""How sizes, counts and times are written, on the pages and in mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def size(value: int | None) -> str:
    """Bytes in the unit that leaves at most four digits: 999 bytes, 1.2 MB."""
    if value is None:
        return "–"
    if value < 1000:
        return "1 byte" if value == 1 else f"{value} bytes"
    amount = float(value)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5:
            return f"{amount:.1f} {unit}" if amount < 99.95 else f"{amount:.0f} {unit}"
    return f"{amount / 1000:.1f} TB"


def number(value: int | None) -> str:
    """With a thin space between the thousands, which no language reads as a decimal sign."""
    return "–" if value is None else f"{value:,}".replace(",", "\u202f")


def count(value: int, one: str, many: str = "") -> str:
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def when(value: datetime | None, zone: str = "UTC") -> str:
    """A stored UTC time in words."""
    if value is None:
        return "–"
    there = value.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{there.day} {there:%b %Y, %H:%M} {there.tzname()}"


def duration(value: timedelta | None) -> str:
    if value is None:
        return "–"
    seconds = max(0, int(value.total_seconds()))
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
