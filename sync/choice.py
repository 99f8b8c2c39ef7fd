"""Which messages are newly copied, and which may be removed: by age and by size (H4). Pure.

What is at the destination already stays present and in step. Removed, on either side, is nothing
but what is within the same limits by its own date and size there.

    max_age_days    left out: older than so many times 24 hours, by internal date
    min_age_days    left out: younger than that
    since           left out: of a day before this one, as the source's server spells its dates
                    (RFC 9051, section 6.4.4: "disregarding time and timezone")
    max_size        left out: larger, as listed
    min_size        left out: smaller

A message without a readable date has no age: it is never left out for it, and never removed where
an age is a limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sync.dates import spelled
from sync.errors import Code
from sync.messages import Messages
from sync.options import MessageChoice, SyncOptions


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Messages that are not copied, for one reason."""

    code: Code
    messages: Messages


def dated(options: SyncOptions) -> SyncOptions:
    """With the moment that ages are counted from: this one, if none is given."""
    return options if options.as_of else replace(options, as_of=datetime.now(UTC))


def chosen(candidates: Messages, options: SyncOptions) -> tuple[Messages, tuple[LeftOut, ...]]:
    """Those that are to be copied, and the others. Raises ValueError when an age is asked for and
    `as_of` is not given."""
    choice = options.messages
    ages, sizes = _ages(options), _sizes(choice)
    if ages is None and sizes is None:
        return candidates, ()
    kept, outside = array("I"), {Code.OUTSIDE_AGE: array("I"), Code.OUTSIDE_SIZE: array("I")}
    for at in range(len(candidates)):
        if ages and not ages(candidates.internaldate(at)):
            outside[Code.OUTSIDE_AGE].append(at)
        elif sizes and not sizes(candidates.sizes[at]):
            outside[Code.OUTSIDE_SIZE].append(at)
        else:
            kept.append(at)
    left_out = (LeftOut(code, candidates.select(places)) for code, places in outside.items())
    return candidates.select(kept), tuple(one for one in left_out if one.messages)


def bounded(options: SyncOptions) -> bool:
    """Whether a message may be outside."""
    choice = options.messages
    ages = choice.max_age_days or choice.min_age_days or choice.since
    return bool(ages or choice.max_size or choice.min_size)


def inside(messages: Messages, options: SyncOptions) -> Callable[[int], bool]:
    """Whether the message at this place is known to be within the limits. Raises ValueError as
    `chosen` does."""
    ages, sizes = _ages(options), _sizes(options.messages)

    def known(at: int) -> bool:
        if ages:
            date = messages.internaldate(at)
            if spelled(date) is None or not ages(date):
                return False
        return not sizes or sizes(messages.sizes[at])

    return known


def outside(messages: Messages, options: SyncOptions) -> array[int]:
    """Uids of those that are not known to be within the limits."""
    if not bounded(options):
        return array("I")
    within = inside(messages, options)
    return array("I", (uid for at, uid in enumerate(messages.uids) if not within(at)))


def _ages(options: SyncOptions) -> Callable[[str], bool] | None:
    """Whether an internal date is within the limits; None: there are none."""
    choice = options.messages
    if not (choice.max_age_days or choice.min_age_days or choice.since):
        return None
    if options.as_of is None:
        raise ValueError("an age is asked for, and no moment to count it from")
    now = options.as_of
    oldest, youngest = timedelta(days=choice.max_age_days), timedelta(days=choice.min_age_days)

    def within(internaldate: str) -> bool:
        date = spelled(internaldate)
        if date is None:
            return True
        if choice.since and date.date() < choice.since:
            return False
        age = now - date
        return (not oldest or age <= oldest) and (not youngest or age >= youngest)

    return within


def _sizes(choice: MessageChoice) -> Callable[[int], bool] | None:
    if not (choice.max_size or choice.min_size):
        return None
    largest, smallest = choice.max_size, choice.min_size
    return lambda size: size >= smallest and not (largest and size > largest)
