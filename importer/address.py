"""From what stands in the Mailbox column to an address at the destination."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from importer.finding import Finding, Level
from importer.hosts import strip_invisible

_FIELD = "mailbox"


class AddressFault(ValueError):
    """The text is no address that this organization may fill; `finding` says why."""

    def __init__(self, code: str, words: str, hint: str) -> None:
        super().__init__(words)
        self.finding = Finding(Level.BLOCKING, code, words, hint, field=_FIELD)


def mailbox_address(text: str, *, domain: str, domains: Collection[str]) -> str:
    """The whole address. `text` is the part before the @, which is then at `domain`, or a full
    address at one of the organization's `domains`. The domain is returned in lower case and in
    its ASCII form; the part before the @ as typed. Raises AddressFault."""
    text = strip_invisible(text)
    if not text:
        raise AddressFault(
            "mailbox_empty",
            "The mailbox is empty.",
            "Fill in the part before the @ of the mailbox that the mail shall go to.",
        )
    local, at, named = text.rpartition("@")
    local, named = (local, named) if at else (named, domain)
    if not strip_invisible(named):
        raise _without_domain(text)
    address = _validated(local, named, text)
    _refuse_foreign(address, text, {ascii_domain(known) for known in (domain, *domains) if known})
    return address


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """Lower case, in the form that stands in DNS; what cannot be converted is left as it is."""
    plain = strip_invisible(domain).lower().rstrip(".")
    try:
        return _parsed(f"a@{plain}").ascii_domain
    except EmailNotValidError:
        return plain


def _parsed(address: str) -> ValidatedEmail:
    """Syntax alone: whether the domain is one of ours is asked elsewhere, not in DNS."""
    return validate_email(
        address,
        check_deliverability=False,
        globally_deliverable=False,
        test_environment=True,
        allow_smtputf8=False,
        strict=True,
    )


def _validated(local: str, domain: str, text: str) -> str:
    try:
        valid = _parsed(f"{local}@{ascii_domain(domain)}")
    except EmailNotValidError as error:
        raise AddressFault(
            "mailbox_invalid",
            f"“{_short(text)}” cannot be a mailbox. {_sentence(str(error))}",
            "Correct the mailbox, for example: info or jane.doe",
        ) from None
    return f"{valid.local_part}@{valid.ascii_domain}"


def _refuse_foreign(address: str, text: str, known: Collection[str]) -> None:
    found = address.rpartition("@")[2]
    if found not in known:
        raise AddressFault(
            "mailbox_foreign_domain",
            f"“{_short(text)}” is at {found}, which is not one of your organization's domains.",
            "Write only the part before the @, or ask your administrator to add the domain.",
        )


def _without_domain(text: str) -> AddressFault:
    return AddressFault(
        "mailbox_without_domain",
        f"“{_short(text)}” has no domain, and the migration has none either.",
        "Choose the destination's domain in step 1, or write the whole address.",
    )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _sentence(text: str) -> str:
    """email-validator's words, which end with a full stop most of the time."""
    text = _short(text) if len(text) > 200 else text
    return text if text.endswith(".") else text + "."
