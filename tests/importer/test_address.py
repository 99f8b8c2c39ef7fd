"""The Mailbox column becomes an address, or says why it cannot."""

from __future__ import annotations

import pytest

from importer.address import AddressFault, mailbox_address
from importer.finding import Level

DOMAINS = ("example.test", "müller.example")


def address(text: str, domain: str = "example.test") -> str:
    return mailbox_address(text, domain=domain, domains=DOMAINS)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("info", "info@example.test"),
        (" jane.doe\u200b", "jane.doe@example.test"),
        ("info@EXAMPLE.Test", "info@example.test"),
        ("info@Müller.example", "info@xn--mller-kva.example"),
        ("info@xn--mller-kva.example", "info@xn--mller-kva.example"),
        ("info@mu\u0308ller.example", "info@xn--mller-kva.example"),
    ],
)
def test_accepted(text: str, wanted: str) -> None:
    """The part before the @, or a whole address in one of the organization's domains."""
    assert address(text) == wanted


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "mailbox_empty"),
        ("   ", "mailbox_empty"),
        ("info@", "mailbox_without_domain"),
        ("info@elsewhere.example", "mailbox_foreign_domain"),
        ("info@sub.example.test", "mailbox_foreign_domain"),
        ("a b", "mailbox_invalid"),
        ("büro", "mailbox_invalid"),
        ("a..b", "mailbox_invalid"),
        ("@example.test", "mailbox_invalid"),
        ("a@b@example.test", "mailbox_invalid"),
        ("a\r\nb", "mailbox_invalid"),
        ("x" * 65, "mailbox_invalid"),
        ('"a b"', "mailbox_invalid"),
    ],
)
def test_refused(text: str, code: str) -> None:
    """Each fault names the field, the reason and the remedy."""
    with pytest.raises(AddressFault) as caught:
        address(text)
    finding = caught.value.finding
    assert (finding.level, finding.code, finding.field) == (Level.BLOCKING, code, "mailbox")
    assert finding.hint


def test_no_domain_anywhere() -> None:
    """Without a domain of the migration a name alone is not enough."""
    with pytest.raises(AddressFault, match="no domain"):
        address("info", domain="")
