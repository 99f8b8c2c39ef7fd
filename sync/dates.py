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
from functools import lru_cache

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NAME = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?\s+)?"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_ZONE = r"(?:\s*(?P<offset>[+-]\d\d:?\d\d)|\s*(?P<name>[A-Za-z]{1,5}))?(?:\s*\((?P<word>[^)]*)\))?"
_MAIL = re.compile(
    _DAY_NAME + r"(?P<day>\d{1,2})[-\s/](?P<month>[A-Za-z]{3})[a-z]*[-\s/](?P<year>\d{4}|\d\d)"
    r"[,\s]\s*" + _TIME + _ZONE + r"\Z",
    re.I,
)
_ASCTIME = re.compile(
    _DAY_NAME + r"(?P<month>[A-Za-z]{3})[a-z]*\s+(?P<day>\d{1,2})\s+" + _TIME + r"(?:\s+"
    r"(?:(?P<offset>[+-]\d\d:?\d\d)|(?P<name>[A-Za-z]{1,5})))?\s+(?P<year>\d{4})(?P<word>)\Z",
    re.I,
)
_NUMBERS = re.compile(
    r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)[T\s]\s*" + _TIME + _ZONE + r"\Z", re.I
)
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
    text = internaldate.strip()
    try:
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return _otherwise(text)


@lru_cache(1024)
def _otherwise(text: str) -> datetime | None:
    """In one of the forms that no RFC of IMAP knows."""
    text = text.strip('"')
    match = _MAIL.match(text) or _ASCTIME.match(text) or _NUMBERS.match(text)
    if match is None:
        return None
    said = match.groupdict()
    named = said["name"] or said["word"] or ("UTC" if match.re is _ASCTIME else "")
    zone = _zone(said["offset"], named)
    if zone is None:
        return None
    try:
        month = (
            int(said["number"]) if "number" in said else 1 + _MONTHS.index(said["month"].lower())
        )
        hour, minute = int(said["hour"]), int(said["minute"])
        second = min(int(said["second"] or 0), 59)
        return datetime(_year(said["year"]), month, int(said["day"]), hour, minute, second, 0, zone)
    except ValueError:
        return None


def _year(text: str) -> int:
    """RFC 5322, section 4.3."""
    return int(text) if len(text) > 2 else int(text) + (2000 if int(text) < 50 else 1900)


def _zone(offset: str | None, name: str) -> timezone | None:
    """None for no zone, and for one that nobody knows: then the instant is not known either."""
    if offset:
        minutes = int(offset[1:3]) * 60 + int(offset[-2:])
        if minutes >= 24 * 60:
            return None
        return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    known = _ZONES.get(name.upper())
    return None if known is None else timezone(timedelta(minutes=known))


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
