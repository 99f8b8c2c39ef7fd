"""From arguments to options and their values, as imapsync's reader takes them.

`--name value`, `--name=value`, with one dash or two, in any case, 'no-' as 'no'. A value is taken
as it stands, also when it begins with a dash. Names are never shortened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from parameters.options import OPTIONS, OURS, REPEATED, Option, Sort

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_VERBATIM = ("password1", "password2", "passfile1", "passfile2")


class Usage(ValueError):
    """An option is wrong; the text says how."""


@dataclass(slots=True)
class Given:
    """What was asked for. `notes` tell of options that make no difference."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def last(self, name: str) -> str | None:
        values = self.values.get(name)
        return values[-1] if values else None

    def number(self, name: str, lowest: int, highest: int) -> int | None:
        """Raises Usage for what is no whole number from `lowest` to `highest`."""
        text = self.last(name)
        if text is None:
            return None
        short = text.isascii() and text.isdigit() and len(text) <= 15
        if not short or not lowest <= int(text) <= highest:
            raise Usage(f"--{name} takes a number from {lowest} to {highest}, and not {text!r}.")
        return int(text)


def read(arguments: Sequence[str]) -> Given:
    """Raises Usage, which names the first option that cannot be taken."""
    given = Given()
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("-") or argument.strip("-") == "":
            raise Usage(f"{argument!r} is no option. Every option begins with --.")
        name, equals, value = argument.lstrip("-").partition("=")
        option = option_named(name)
        if option.takes_value and not equals:
            value = _next(rest, option)
        elif equals and not option.takes_value:
            raise Usage(f"--{option.name} takes no value.")
        take(given, option, value)
    return given


def _next(rest: Iterator[str], option: Option) -> str:
    value = next(rest, None)
    if value is None:
        raise Usage(f"--{option.name} needs a value.")
    return value


def take(given: Given, option: Option, value: str) -> None:
    """One option more. Raises Usage for a character that no folder, pattern or number has."""
    if option.name not in _VERBATIM and _CONTROL.search(value):
        raise Usage(f"--{option.name}: its value has a line break or another control character.")
    if option.sort is Sort.FLAG:
        given.flags.add(option.name)
    elif option.sort in (Sort.HARMLESS, Sort.HARMLESS_WITH_VALUE):
        given.notes.append(f"--{option.name} makes no difference: {option.words}.")
    elif option.name in REPEATED:
        given.values.setdefault(option.name, []).append(value)
    else:
        given.values[option.name] = [value]


def option_named(name: str) -> Option:
    """Raises Usage for one that is unknown or refused."""
    key = name.lower()
    if key.startswith("no-"):
        key = "no" + key[3:]
    option = OPTIONS.get(key)
    if option is None:
        raise Usage(f"--{name} is not known.{_suggestion(key)}")
    if option.sort is Sort.REFUSED:
        raise Usage(f"--{name} is not supported: {option.words}.")
    return option


NEVER_SUGGESTED = frozenset({"delete", "delete1"})
"""A slip of the hand leads nobody to what removes mail from a source."""


def _suggestion(name: str) -> str:
    ours = (option.name for option in OPTIONS.values() if option.sort in OURS)
    known = [one for one in ours if one not in NEVER_SUGGESTED]
    longer = sorted(one for one in known if name and one.startswith(name))
    close = longer[:3] or get_close_matches(name, known, 2, 0.75)
    return f" Do you mean {' or '.join(f'--{one}' for one in close)}?" if close else ""
