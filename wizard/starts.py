"""When runs start, in words: a moment in the person's zone and in UTC, and a rhythm."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from store.schedule import Moment, Oddity, local

_HOUR, _DAY = 60, 24 * 60


def moment_words(utc: datetime, zone: str) -> str:
    """Friday 2 May 2031, 22:00 CEST (20:00 UTC). The day of UTC is named where it is another."""
    there = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    shown = f"{there:%A} {there.day} {there:%B %Y, %H:%M} {there.tzname()}"
    if zone == "UTC":
        return shown
    same_day = there.date() == utc.date()
    other = f"{utc:%H:%M} UTC" if same_day else f"{utc:%A} {utc.day} {utc:%B, %H:%M} UTC"
    return f"{shown} ({other})"


def interval_words(minutes: int) -> str:
    """every day, every 2 hours, every 90 minutes"""
    for length, name in ((_DAY, "day"), (_HOUR, "hour"), (1, "minute")):
        if minutes % length == 0:
            many = minutes // length
            return f"every {name}" if many == 1 else f"every {many} {name}s"
    raise ValueError("minutes are a whole number")


def oddity_words(typed: datetime, moment: Moment, zone: str) -> str:
    """What summer time does to a typed time; empty on all other days."""
    shown = local(moment.utc, zone)
    name = moment.utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).tzname()
    if moment.oddity == Oddity.LEFT_OUT:
        return (
            f"The clocks of {zone} go forward on that day and leave {typed:%H:%M} out: "
            f"it becomes {shown:%H:%M} {name}."
        )
    if moment.oddity == Oddity.TWICE:
        return (
            f"The clocks of {zone} go back on that day and show {typed:%H:%M} twice: "
            f"the first time is meant, {typed:%H:%M} {name}."
        )
    return ""
