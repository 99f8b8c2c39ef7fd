"""What goes along with a message in an APPEND: flags and date, as a server will take them.

A flag or a date never costs a message: what no server can take is left out beforehand, and what
this server refuses is left out when the message is sent again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from imap.dialogue import Literal, astring
from imap.names import wire_name
from sync import dates
from sync.model import Folder

_DATE = re.compile(
    r"([ 0-3]?\d-[A-Za-z]{3}-\d{4}) ((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d) ([+-]\d\d[0-5]\d)\Z"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_YEARS = range(1970, 2038)
"""Outside these Dovecot says OK and stores another year."""
_SYSTEM = {
    flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")
}
_KEYWORD = re.compile(r"[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]{1,100}\Z")
_LAST_STAGE = 2
_FARTHEST = 1400
"""Hours and minutes from UTC."""


class Target:
    """A folder that messages go to. `permanent` are its PERMANENTFLAGS, as far as known."""

    def __init__(self, folder: Folder, permanent: frozenset[str]) -> None:
        self.folder = folder
        self.argument: bytes | Literal = astring(wire_name(folder))
        self.permanent = permanent

    @property
    def name(self) -> str:
        return self.folder.name


@dataclass(slots=True)
class Item:
    """One message on its way to the server. `pieces` is its body when it is kept for a second
    attempt; each `stage` leaves out more of what is not the body."""

    place: int
    target: Target
    size: int
    date: str
    flags: frozenset[str]
    pieces: list[bytes] = field(default_factory=list, repr=False)
    stage: int = 0

    def head(self) -> bytes:
        """Flags and date, with a blank behind each."""
        if self.stage >= _LAST_STAGE:
            return b"() "
        flags = _listed(self.flags, self.target.permanent, self.stage == 0)
        spelled = wire_date(self.date)
        return b"(%b) %b " % (flags, spelled) if spelled else b"(%b) " % flags

    def simplify(self) -> bool:
        """Go on to a stage that sends less than this one; False when there is none."""
        now = self.head()
        while self.stage < _LAST_STAGE:
            self.stage += 1
            if self.head() != now:
                return True
        return False


@lru_cache(4096)
def _listed(flags: frozenset[str], permanent: frozenset[str], keywords: bool) -> bytes:
    return b" ".join(wire_flags(flags, permanent, keywords=keywords))


@lru_cache(4096)
def has_keywords(flags: frozenset[str]) -> bool:
    """Whether a server may take offence at any of these: at the system flags none does."""
    return any(flag.lower() not in _SYSTEM for flag in flags)


def wire_flags(
    flags: Iterable[str], permanent: frozenset[str], *, keywords: bool = True
) -> list[bytes]:
    """Those that a folder with these PERMANENTFLAGS keeps, whatever their case; an empty
    `permanent` says nothing. \\Recent is the server's own and never sent."""
    known = {flag.lower() for flag in permanent}
    free = not permanent or "\\*" in known
    kept: dict[str, str] = {}
    for flag in sorted(flags):
        name = flag.lower()
        if name in _SYSTEM and (not known or name in known):
            kept[name] = _SYSTEM[name]
        elif keywords and (free or name in known) and _KEYWORD.match(flag):
            kept.setdefault(name, flag)
    return [flag.encode() for flag in kept.values()]


def wire_date(text: str) -> bytes:
    """A quoted date-time, or b'' for one that a server would refuse or turn into another."""
    match = _DATE.match(text.strip()) or _DATE.match(_reworded(text))
    if match is None:
        return b""
    spelled, time, zone = match.groups()
    day = _day(spelled)
    if not day or int(zone[1:]) > _FARTHEST:
        return b""
    return f'"{day} {time} {zone}"'.encode()


def _reworded(text: str) -> str:
    """A date in another readable form, as the RFC spells it; '' for what is no date."""
    found = dates.spelled(text)
    if found is None:
        return ""
    month = _MONTHS[found.month - 1]
    return f"{found.day:02}-{month}-{found.year:04} {found:%H:%M:%S %z}"


@lru_cache(4096)
def _day(text: str) -> str:
    """A date as the RFC spells it, or '' for one that is none."""
    day, month, year = text.split("-")
    if month.title() not in _MONTHS or int(year) not in _YEARS:
        return ""
    try:
        date(int(year), _MONTHS.index(month.title()) + 1, int(day))
    except ValueError:
        return ""
    return f"{int(day):2}-{month.title()}-{year}"
