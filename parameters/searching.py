"""--search: of IMAP's SEARCH (RFC 9051, 6.4.4) the conditions that a choice of messages has.

The rest is refused by name. Nothing of it is ever sent to a server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from parameters.reading import Usage


@dataclass(frozen=True, slots=True)
class Condition:
    """`field` is one of sync.options.MessageChoice."""

    field: str
    value: date | int


def conditions(text: str) -> tuple[Condition, ...]:
    """What all has to hold. Raises Usage for what cannot be chosen by here."""
    words = iter(text.replace('"', " ").split())
    return tuple(one for word in words for one in _condition(word, words))


def _condition(word: str, rest: Iterator[str]) -> Iterator[Condition]:
    key = word.upper()
    if key == "ALL":
        return
    if key == "SINCE":
        yield Condition("since", _date(next(rest, "")))
    elif key == "LARGER":
        yield Condition("min_size", _number(key, next(rest, ""), 0) + 1)
    elif key == "SMALLER":
        yield Condition("max_size", _number(key, next(rest, ""), 2) - 1)
    else:
        raise Usage(f"--search {word} is not supported: {_why(key)}.")


def _why(key: str) -> str:
    reasons = (why for pattern, why in _REASONS if re.fullmatch(pattern, key))
    return next(reasons, "SINCE, LARGER and SMALLER are")


_REASONS = (
    (r"OR|NOT|[(].*", "what is asked for has to hold all together: SINCE, LARGER and SMALLER"),
    (
        r"SENT(SINCE|BEFORE|ON)",
        "messages are chosen by when they arrived, and not by their header Date: use SINCE",
    ),
    (r"BEFORE|ON", "use --minage=DAYS, which holds for later runs, too"),
    (r"YOUNGER", "use --maxage=DAYS"),
    (r"OLDER", "use --minage=DAYS"),
    (
        r"(UN)?(ANSWERED|DELETED|DRAFT|FLAGGED|KEYWORD|SEEN)|NEW|OLD|RECENT",
        "messages are not chosen by their flags, which change from run to run",
    ),
    (
        r"BCC|BODY|CC|FROM|HEADER|SUBJECT|TEXT|TO",
        "messages are not chosen by what is written in them",
    ),
    (r"UID", "messages are not chosen by their numbers"),
)

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def _date(text: str) -> date:
    match = re.fullmatch(r"(\d{1,2})-([a-z]{3})-(\d{4})", text.lower(), re.ASCII)
    wrong = Usage(f"--search SINCE takes a day such as 31-Jan-2024, and not {text!r}.")
    if match is None:
        raise wrong
    day, month, year = match.groups()
    try:
        return date(int(year), _MONTHS.index(month) + 1, int(day))
    except ValueError as error:
        raise wrong from error


def _number(key: str, text: str, lowest: int) -> int:
    short = text.isascii() and text.isdigit() and len(text) <= 12
    if not short or int(text) < lowest:
        raise Usage(f"--search {key} takes a number of bytes from {lowest}, and not {text!r}.")
    return int(text)
