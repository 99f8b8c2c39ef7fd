"""Who is told about a result: e-mail addresses, as a person types several of them."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email


class RecipientFault(ValueError):
    """One of the addresses is none; str() says which and why, for a person."""


def recipients(text: str) -> tuple[str, ...]:
    """F14: the addresses between the semicolons, each checked. Raises RecipientFault."""
    return tuple(_checked(part) for part in map(str.strip, text.split(";")) if part)


def _checked(part: str) -> str:
    try:
        return validate_email(part, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise RecipientFault(
            f"{part[:80]} is no e-mail address: {error} Separate several by semicolons."
        ) from None


def as_mailed(address: str) -> str:
    """The address as SMTP carries it, its domain in ASCII. Raises RecipientFault."""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError as error:
        raise RecipientFault(f"{address[:80]} is no e-mail address: {error}") from None
    if "=?" in address:
        raise RecipientFault(f"{address[:80]} would be read as an encoded word, not as an address.")
    return found.ascii_email or found.normalized
