"""INTERNALDATE as an instant, to compare what two servers print differently.

RFC 9051, section 9, knows one form. Servers print others whose meaning is plain, and these are
read as well:

    Mon, 7 Feb 2021 09:12:30 +0100 (CET)      RFC 5322, with or without the day's name
    7-Feb-2021 09:12:30 GMT, … (CET), …       a zone by its name
    Sun Feb  7 09:12:30 2021                  asctime, which has none and means UTC
    2021-02-07T09:12:30Z                      RFC 3339
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache, lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMBERED = {name: number for number, name in enumerate(_MONTHS, 1)}
_USUAL = re.compile(r"([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})\Z", re.ASCII)
_ZONES = {
    **dict.fromkeys(("UT", "UTC", "GMT", "Z", "WET"), 0),
    **dict.fromkeys(("CET", "MEZ", "BST", "WEST"), 60),
    **dict.fromkeys(("CEST", "MESZ", "EET", "SAST"), 120),
    **dict.fromkeys(("EEST", "MSK"), 180),
    "JST": 540,
    "KST": 540,
    "EDT": -240,
    **dict.fromkeys(("EST", "CDT"), -300),
    **dict.fromkeys(("CST", "MDT"), -360),
    **dict.fromkeys(("MST", "PDT"), -420),
    "PST": -480,
}
"""Minutes east of UTC; those of RFC 5322, and what servers of Europe, Africa and Asia print."""


def spelled(internaldate: str) -> datetime | None:
    """A date-time in its own zone; None when it is none.

    Example: ' 7-Feb-2021 09:12:30 +0100'."""
    match = _USUAL.match(internaldate)
    if match is None:
        return _otherwise(internaldate.strip())
    day, month, year, hour, minute, second, offset = match.groups()
    zone, number = _offset(offset), _NUMBERED.get(month.lower())
    if zone is None or number is None:
        return None
    try:
        seconds = min(int(second), 59)
        return datetime(int(year), number, int(day), int(hour), int(minute), seconds, tzinfo=zone)
    except ValueError:
        return None


@cache
def _forms() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Made when the first odd date comes: most servers print none."""
    day_name = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+)?"
    time = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    offset = r"(?P<offset>[+-]\d\d:?\d\d)"
    name = r"(?P<name>[A-Za-z]{1,5})"
    zone = rf"(?:\s*{offset}|\s*{name})?(?:\s*\((?P<word>[^)]*)\))?"
    mail = (
        day_name + r"(?P<day>\d{1,2})[-\s/](?P<month>[A-Za-z]{3})[a-z]*[-\s/]"
        r"(?P<year>\d{4}|\d\d)[,\s]\s*" + time + zone + r"\Z"
    )
    asctime = (
        day_name
        + r"(?P<month>[A-Za-z]{3})[a-z]*\s+(?P<day>\d{1,2})\s+"
        + time
        + rf"(?:\s+(?:{offset}|{name}))?\s+(?P<year>\d{{4}})(?P<word>)\Z"
    )
    numbers = r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)[T\s]\s*" + time + zone + r"\Z"
    return re.compile(mail, re.I), re.compile(asctime, re.I), re.compile(numbers, re.I)


@lru_cache(1024)
def _otherwise(text: str) -> datetime | None:
    """In one of the forms that no RFC of IMAP knows."""
    text = text.strip('"')
    mail, asctime, numbers = _forms()
    match = mail.match(text) or asctime.match(text) or numbers.match(text)
    if match is None:
        return None
    said = match.groupdict()
    named = said["name"] or said["word"] or ("UTC" if match.re is asctime else "")
    zone = _zone(said["offset"], named)
    if zone is None:
        return None
    try:
        month = int(said["number"]) if "number" in said else _NUMBERED[said["month"].lower()]
        hour, minute = int(said["hour"]), int(said["minute"])
        second = min(int(said["second"] or 0), 59)
        year, day = _year(said["year"]), int(said["day"])
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (KeyError, ValueError):
        return None


def _year(text: str) -> int:
    """RFC 5322, section 4.3."""
    return int(text) if len(text) > 2 else int(text) + (2000 if int(text) < 50 else 1900)


def _zone(offset: str | None, name: str) -> timezone | None:
    """None for no zone, and for one that nobody knows: then the instant is not known either."""
    if offset:
        return _offset(offset)
    known = _ZONES.get(name.upper())
    return None if known is None else timezone(timedelta(minutes=known))


@lru_cache(256)
def _offset(text: str) -> timezone | None:
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


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
