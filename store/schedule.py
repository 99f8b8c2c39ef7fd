"""When runs start: a time typed in a zone becomes UTC, and a rhythm its next slot. Pure.

typed                                          meant
a time that summer time leaves out, 02:30      the clock an hour on, 03:30: the same moment
a time that it brings twice, 02:30             the first of the two

slots that are whole days apart keep the time of day, whatever the clocks do;
all others count minutes that pass, so that 90 minutes are 90 minutes in every night
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from store.tables import Migration

LEAST_MINUTES, MOST_MINUTES = 1, 43_800
USUAL_MINUTES = 20

_DAY = 24 * 60


class Oddity(StrEnum):
    LEFT_OUT = "left out"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class Moment:
    """`utc` without a zone. `oddity`: what the clocks of that place do at the typed time."""

    utc: datetime
    oddity: Oddity | None = None


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Slots `minutes` apart from `first` on, none after `until` (None: for good). Times in UTC."""

    first: datetime
    minutes: int
    zone: str
    until: datetime | None = None

    def after(self, at: datetime) -> datetime | None:
        """The first slot later than `at`. None: there is none any more."""
        if at < self.first:
            slot = self.first
        elif self.minutes % _DAY:
            step = timedelta(minutes=self.minutes)
            slot = self.first + ((at - self.first) // step + 1) * step
        else:
            slot = self._same_time_of_day(at)
        return slot if self.until is None or slot <= self.until else None

    def _same_time_of_day(self, at: datetime) -> datetime:
        step, first = timedelta(minutes=self.minutes), local(self.first, self.zone)
        # A change of the clocks moves a slot by less than a day, and so by less than a step.
        number = max(1, (at - self.first) // step)
        while (slot := moment(first + number * step, self.zone).utc) <= at:
            number += 1
        return slot


def moment(typed: datetime, zone: str) -> Moment:
    """What a clock of this zone means. Raises zoneinfo.ZoneInfoNotFoundError."""
    there = typed.replace(tzinfo=ZoneInfo(zone), fold=0)
    utc = there.astimezone(UTC).replace(tzinfo=None)
    if local(utc, zone) != typed:
        return Moment(utc, Oddity.LEFT_OUT)
    twice = there.utcoffset() != there.replace(fold=1).utcoffset()
    return Moment(utc, Oddity.TWICE if twice else None)


def local(utc: datetime, zone: str) -> datetime:
    """What the clocks of this zone show, without a zone."""
    return utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def advance(migration: Migration, at: datetime) -> None:
    """Set the next start to the one after `at`: the first slot in the future, or none.

    The first start of a loop is what its slots are counted from, whoever made it."""
    if not migration.loop:
        migration.next_start_at = None
        return
    if migration.loop_from is None:
        migration.loop_from = at.replace(microsecond=0)
    migration.next_start_at = Rhythm(
        migration.loop_from, migration.loop_minutes, migration.timezone, migration.loop_until
    ).after(at)
