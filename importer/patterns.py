"""Regular expressions that a person writes: compiled by RE2, so that none of them can take long.

RE2 looks at each character once, whatever the expression. For that it has no references back to a
group and does not look ahead or behind. `(?i)` may stand anywhere: it holds from there to the end
of its group.
"""

from __future__ import annotations

from typing import cast

import re2

from sync.options import Pattern

LONGEST_PATTERN = 500
"""Characters."""
MOST_MEMORY = 1024 * 1024
"""Bytes that one expression may take, compiled."""
DEFAULT_EXCLUDE = "(?i)spam|(?i)junk"
"""What mailcow leaves out by default."""


class PatternError(ValueError):
    """`text` is no expression that can be used, and `why` says it in words. `position` is where in
    the text, counted in characters from 0; None where there is no one place."""

    def __init__(self, text: str, why: str, position: int | None = None) -> None:
        self.text = text
        self.why = why
        self.position = position
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "" if self.position is None else f", at character {self.position + 1}"
        shown = self.text if len(self.text) <= LONGEST_PATTERN else self.text[:40] + "…"
        return f"{shown!r} is no regular expression{place}: {self.why}."


def compile_pattern(text: str) -> Pattern:
    """Raises PatternError for what RE2 does not take, and for what is longer than 500 characters.
    What matches anywhere in a name matches; '^' and '$' stand for its ends."""
    if not text:
        raise PatternError(text, "it is empty, and would match everything")
    if len(text) > LONGEST_PATTERN:
        raise PatternError(text, f"it has more than {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        return cast(Pattern, re2.compile(text, options))
    except UnicodeEncodeError as error:
        raise PatternError(text, "it has half a character", error.start) from error
    except re2.error as error:
        raise _in_words(text, error.args[0]) from error


def _in_words(text: str, said: bytes | str) -> PatternError:
    """RE2 says what it met, and which part of the text that was."""
    message = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    what, _, part = message.partition(": ")
    why = next((words for start, words in _WORDS if message.startswith(start)), what)
    # What is missing at the end is told with the whole of the text before it.
    placed = text.count(part) == 1 and what not in _WITHOUT_PLACE
    return PatternError(text, why, text.find(part) if placed else None)


_BEHIND = "it looks ahead or behind, which cannot be done here"
_WITHOUT_PLACE = frozenset({"missing )", "unexpected )"})
_WORDS = (
    *((f"invalid perl operator: {start}", _BEHIND) for start in ("(?=", "(?!", "(?<=", "(?<!")),
    ("invalid perl operator: (?>", "groups that are never tried again cannot be used here"),
    ("invalid perl operator", "a group of this kind cannot be used here"),
    *(
        (
            f"invalid escape sequence: \\{digit}",
            "it refers back to a group, which cannot be done here",
        )
        for digit in "123456789gk"
    ),
    ("invalid escape sequence", "this character has no meaning after a backslash"),
    ("invalid repetition size", "it repeats more than 1000 times"),
    ("invalid character class range", "the range of characters runs backwards"),
    ("invalid character class", "there is no such class of characters"),
    ("bad repetition operator", "it repeats what repeats already"),
    ("no argument for repetition", "there is nothing before the sign that repeats"),
    ("missing argument to repetition", "there is nothing before the sign that repeats"),
    ("missing )", "a ')' is missing"),
    ("unexpected )", "there is a ')' without '('"),
    ("missing ]", "a ']' is missing"),
    ("trailing \\", "nothing stands after the last backslash"),
    ("pattern too large", "it would grow too large"),
)
