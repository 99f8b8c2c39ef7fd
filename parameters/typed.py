"""Choices as words NAME=VALUE, for a command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from typing import Any

from parameters.choices import Choices, ChoicesUnreadable, from_json, to_json
from parameters.reading import Usage

ELSEWHERE = {
    "places": "give folders their places with --custom --f1f2=A=B",
    "source_deletion": "a deletion in the source is chosen and confirmed on the page",
    "source_deletion_amount": "a deletion in the source is chosen and confirmed on the page",
    "source_deletion_unit": "a deletion in the source is chosen and confirmed on the page",
}
NAMES = tuple(field.name for field in fields(Choices) if field.name not in ELSEWHERE)
_YES_NO = {"yes": True, "no": False}


def typed(words: Iterable[str], choices: Choices) -> Choices:
    """These choices with what the words say. Limits are not looked at (parameters.faults).

    Raises Usage for a name that is none and for a value of another kind."""
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip().replace("-", "_")
        if name in ELSEWHERE:
            raise Usage(f"{name} cannot be set here: {ELSEWHERE[name]}.")
        if name not in NAMES or not equals:
            raise Usage(f"{word!r} is no option. They are NAME=VALUE, and {', '.join(NAMES)}.")
        choices = replace(choices, **{name: _value(name, value, getattr(choices, name))})
    return choices


def _value(name: str, text: str, now: Any) -> Any:
    kind = type(now)
    if kind is bool and text not in _YES_NO:
        raise Usage(f"{name} is yes or no, and not {text!r}.")
    if kind is int and not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Usage(f"{name} is a whole number, and not {text!r}.")
    told: Any = _YES_NO[text] if kind is bool else int(text) if kind is int else text
    if now is None or isinstance(now, date):
        told = text or None
    try:
        return getattr(from_json(to_json(Choices()) | {name: told}), name)
    except ChoicesUnreadable as error:
        raise Usage(f"{name} cannot be {text!r}.") from error
