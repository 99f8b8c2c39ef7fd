"""Fields and checks that several forms share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from wtforms import Field, Form, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from importer.hosts import HostFault, is_odd_number, split_host

_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def options(pairs: Iterable[tuple[str | int, str]]) -> list[SelectChoice]:
    """What a list or a row of buttons offers: (value, label)."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


def strip(text: str | None) -> str:
    return (text or "").strip()


class LineField(StringField):  # type: ignore[misc]
    """One line of text, without blanks around it. A control character in it is refused."""

    def __init__(self, label: str, validators: Any = (), **options: Any) -> None:
        checks = [no_control, *validators]
        super().__init__(label, checks, filters=[strip], **options)


class SecretField(StringField):  # type: ignore[misc]
    """A password: taken exactly as typed, never sent back to the page."""

    def _value(self) -> str:
        return ""


def no_control(_form: Form, field: Field) -> None:
    if _CONTROL.search(field.data or ""):
        raise ValidationError("This holds a line break or another character that cannot be typed.")


def no_line_break(_form: Form, field: Field) -> None:
    if re.search(r"[\x00\r\n]", field.data or ""):
        raise ValidationError("A password for IMAP cannot hold a line break.")


def host_name(_form: Form, field: Field) -> None:
    """A name or an address, alone. Whether it may be reached is the check's question."""
    text = field.data or ""
    if not text:
        return
    if "://" in text or "/" in text:
        raise ValidationError("Only the server's name: leave out https:// and everything after it.")
    if "@" in text:
        raise ValidationError("This looks like an e-mail address. The server's name is needed.")
    if text.startswith("[") and text.endswith("]"):
        text = field.data = text[1:-1]
    if re.fullmatch(r"[0-9A-Fa-f:.]+", text) and text.count(":") > 1:
        return
    if ":" in text:
        raise ValidationError("Only the server's name: the port has a field of its own.")
    _check_labels(text)


def _check_labels(text: str) -> None:
    try:
        labels = text.rstrip(".").encode("idna").decode("ascii").split(".")
    except UnicodeError:
        labels = []
    if is_odd_number(text):
        raise ValidationError(
            "An IPv4 address has four decimal numbers without leading zeros: 192.0.2.1."
        )
    if not labels or not all(_NAME.fullmatch(label) for label in labels):
        raise ValidationError("Write the server as imap.example.com or as an IP address.")


def host_and_port(_form: Form, field: Field) -> None:
    try:
        split_host(field.data or "")
    except HostFault as fault:
        raise ValidationError(f"This is no server: {fault}.") from None


def whole_number(low: int, high: int) -> Callable[[Form, Field], None]:
    def check(_form: Form, field: Field) -> None:
        if field.data is None or not low <= field.data <= high:
            # WTForms' own words for a letter in a number field say less.
            field.errors = []
            raise ValidationError(f"A whole number from {low} to {high} is needed.")

    return check
