"""How fast a run is, and how long it will still take: pure, and rather silent than wrong.

rate        what was copied in the last minute
time left   what is left, at the rate of the last minutes (ten at most): by messages or by bytes,
            whichever takes longer. Accounts without a plan yet are taken to need, of what their
            checks have seen, the same share as those that are known

not said    until the accounts that are known make a fifth of all, until messages have been seen
            to move for half a minute, and while nothing moves
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from importer.amounts import number
from store.samples import Point
from store.workload import Knowledge, Work

WINDOW = timedelta(seconds=60)
LONG_WINDOW = timedelta(minutes=10)
ENOUGH = 0.2
"""The share of all accounts of which must be known what they need."""

_SEEN = timedelta(seconds=30)
_STALE = timedelta(seconds=30)
_SHORTEST = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Amount:
    """Messages and bytes; or both a second."""

    messages: float
    size: float


def rate(points: Sequence[Point], now: datetime, window: timedelta = WINDOW) -> Amount | None:
    """A second, over the window. None: too little has been seen, or nothing lately."""
    if not points or now - points[-1].at > _STALE:
        return None
    last = points[-1]
    within = [one for one in points if one.at >= last.at - window]
    seconds = (last.at - within[0].at).total_seconds()
    if seconds < _SHORTEST.total_seconds():
        return None
    first = within[0]
    return Amount((last.messages - first.messages) / seconds, (last.size - first.size) / seconds)


def time_left(
    points: Sequence[Point], work: Mapping[Knowledge, Work], now: datetime
) -> timedelta | None:
    """None: it cannot be said yet."""
    points = _moving(points)
    if not points or now - points[0].at < _SEEN:
        return None
    # A third of the time so far: young runs are judged by their youth, old ones by ten minutes.
    window = min(LONG_WINDOW, max(WINDOW, (now - points[0].at) / 3))
    speed, left = rate(points, now, window), left_to_copy(work)
    if speed is None or left is None or left.messages <= 0:
        return None
    if speed.messages <= 0 or (speed.size <= 0 and left.size > 0):
        return None
    by_size = left.size / speed.size if left.size > 0 else 0.0
    return timedelta(seconds=max(left.messages / speed.messages, by_size))


def _moving(points: Sequence[Point]) -> Sequence[Point]:
    """From when the first message was copied: comparing both sides says nothing of the speed."""
    begun = next((at for at, one in enumerate(points) if one.messages > points[0].messages), None)
    return () if begun is None else points[begun:]


def left_to_copy(work: Mapping[Knowledge, Work]) -> Amount | None:
    """None: of too few accounts it is known."""
    empty = Work()
    done, planned = work.get(Knowledge.DONE, empty), work.get(Knowledge.PLANNED, empty)
    unknown = work.get(Knowledge.UNKNOWN, empty)
    if not unknown.accounts:
        return Amount(planned.left, planned.size_left)
    accounts = done.accounts + planned.accounts
    seen = done.checked_messages + planned.checked_messages
    if accounts < ENOUGH * (accounts + unknown.accounts):
        return None
    if unknown.checked < unknown.accounts or done.checked + planned.checked < accounts or not seen:
        return None
    if seen < ENOUGH * (seen + unknown.checked_messages):
        return None
    share = (done.copied + planned.copied + planned.left) / seen
    bulk = done.checked_size + planned.checked_size
    needed = done.size_copied + planned.size_copied + planned.size_left
    size_share = needed / bulk if bulk else share
    return Amount(
        planned.left + share * unknown.checked_messages,
        planned.size_left + size_share * unknown.checked_size,
    )


def about(left: timedelta) -> str:
    """As exact as an estimate can be: about 25 min, about 3 h 30 min."""
    minutes = left.total_seconds() / 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 10:
        return f"about {round(minutes)} min"
    if minutes < 58:
        return f"about {5 * round(minutes / 5)} min"
    if minutes < 5 * 60:
        hours, rest = divmod(15 * round(minutes / 15), 60)
        return f"about {hours} h {rest} min" if rest else f"about {hours} h"
    if minutes < 48 * 60:
        return f"about {round(minutes / 60)} h"
    return f"about {round(minutes / 60 / 24)} days"


def each_second(messages: float) -> str:
    """12 messages/s, 0.3 messages/s"""
    shown = f"{messages:.1f}" if 0 < messages < 9.95 else number(round(messages))
    return f"{shown} messages/s"
