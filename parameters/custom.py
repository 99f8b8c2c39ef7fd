"""A migration's custom parameters (H8): imapsync's options, typed into one field.

`--param=value` and bare switches, apart by blanks or lines. A value with blanks stands in quotation
marks; a backslash is a backslash. What was typed goes to no shell and to no other program.
"""

from __future__ import annotations

import shlex
from itertools import pairwise

from parameters.options import Option, Sort
from parameters.reading import Given, Usage, option_named, take


def parse_custom(text: str) -> Given:
    """Raises Usage, which names the first parameter that cannot be taken, and why."""
    given = Given()
    words = _words(text)
    for word, following in pairwise([*words, "-"]):
        if not word.startswith("-") or word.strip("-") == "":
            raise Usage(f"{word!r} is no parameter. {_FORM}")
        name, equals, value = word.lstrip("-").partition("=")
        option = option_named(name)
        if option.elsewhere:
            raise Usage(f"--{option.name} cannot be set here: {option.elsewhere}.")
        if option.takes_value and not equals:
            raise Usage(_corrected(option, following))
        if equals and not option.takes_value:
            raise Usage(f"--{option.name} takes no value.")
        if option.sort is Sort.TEXT and not value:
            raise Usage(f"--{option.name} needs a value.")
        take(given, option, value)
    return given


_FORM = "Each begins with --, and a value with blanks stands in quotation marks."


def _words(text: str) -> list[str]:
    """As a shell would part them, but for its other signs."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = lexer.escape = ""
    try:
        return list(lexer)
    except ValueError as error:
        raise Usage(
            "A quotation mark is not closed. Put a value with one into the other."
        ) from error


def _corrected(option: Option, following: str) -> str:
    name = option.name
    if following.startswith("-"):
        return f"--{name} needs a value: --{name}=VALUE."
    value = f'"{following}"' if any(sign.isspace() for sign in following) else following
    return f"Write --{name}={value}, and not --{name} {value}."
