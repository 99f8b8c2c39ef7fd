"""What a notice says, and what it cannot be made to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from jobs.letters import Origin, compose
from store.mails import Letter
from store.notices import Kind

HERE = Origin("Mailhaul <notices@example.net>", "https://mailhaul.example.net")
AT = datetime(2026, 11, 3, 9, 11, tzinfo=UTC).replace(tzinfo=None)

ABOUT = {
    "migration_id": 12,
    "name": "Spring move",
    "source": "imap.old.example",
    "destination": "Our mail cluster",
    "domain": "example.com",
    "mode": "new",
    "threads": 4,
    "zone": "Europe/Berlin",
}
RUN = ABOUT | {"run": 3, "dry_run": False, "started_at": "2026-11-03T09:11:00"}
TOTALS = {
    "accounts": 40,
    "complete": 40,
    "verified": 40,
    "failed_accounts": 0,
    "found": 4711,
    "copied": 4700,
    "present": 11,
    "skipped": 0,
    "failed": 0,
    "vanished": 0,
    "size_copied": 812_000_000,
}
FULL = {
    "account": 7,
    "mailbox": "jane@example.com",
    "username": "jane@old.example",
    "run": 3,
    "code": "quota",
    "side": "destination",
    "server_words": "[OVERQUOTA] <b>Quota</b> exceeded\r\nBcc: x@example.org",
}
ENDED: dict[str, Any] = RUN | {
    "completed_at": "2026-11-03T10:43:12",
    "totals": TOTALS,
    "skips": 0,
    "failures": [],
    "more": 0,
}
FAILED = ENDED | {
    "totals": TOTALS | {"complete": 15, "verified": 15, "failed_accounts": 25},
    "failures": [FULL] * 20,
    "more": 5,
}
FACTS: dict[str, dict[str, Any]] = {
    Kind.STARTED: RUN | {"accounts": 40, "by": "rita@example.net"},
    Kind.FINISHED: ENDED,
    Kind.FAILED: FAILED,
    Kind.ACTION: ABOUT | {"failures": [FULL], "accounts": 1, "more": 0},
    Kind.TEST: ABOUT | {"by": "rita@example.net"},
}
MARKUP = "{{7*7}} <script>alert(1)</script> {% raw %} %s"


def letter(kind: str, **changes: Any) -> Letter:
    return Letter(5, "me@example.com", 1, kind, FACTS[kind] | changes, AT)


def written(kind: str, origin: Origin = HERE, **changes: Any) -> EmailMessage:
    """As it goes over the line and is read again."""
    message = compose(letter(kind, **changes), "me@example.com", origin)
    read = message_from_bytes(message.as_bytes(), policy=SMTP)
    assert isinstance(read, EmailMessage)
    return read


def bodies(message: EmailMessage) -> tuple[str, str]:
    """Text and HTML."""
    found = [message.get_body((kind,)) for kind in ("plain", "html")]
    texts = [body.get_content() for body in found if body is not None]
    assert len(texts) == 2
    return texts[0], texts[1]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (Kind.STARTED, "Started: Spring move"),
        (Kind.FINISHED, "Verified: Spring move"),
        (Kind.FAILED, "Ended, 25 of 40 accounts failed: Spring move"),
        (Kind.ACTION, "1 account needs you: Spring move"),
        (Kind.TEST, "Test notice: Spring move"),
    ],
)
def test_every_kind_is_text_and_html_with_the_headers_of_a_machine(
    kind: Kind, subject: str
) -> None:
    """Date, Message-ID, Auto-Submitted; the text comes first, as RFC 2046 wants it."""
    message = written(kind)
    assert message["Subject"] == subject
    assert (message["From"], message["To"]) == (HERE.sender, "me@example.com")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime is not None
    assert message["Message-ID"] == "<mailhaul.5.20261103091100000000@example.net>"
    assert message.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert max(map(len, message.as_bytes().splitlines())) <= 998
    assert message.as_bytes().isascii()
    for body in bodies(message):
        assert "migration #12" in body
        assert "https://mailhaul.example.net/migrations/12" in body


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_links_anywhere_unless_the_address_is_set(kind: Kind) -> None:
    """The address on which a request came in says nothing about the one that people use."""
    for body in bodies(written(kind, replace(HERE, public_url=""))):
        assert "http" not in body
        assert "href" not in body


def test_the_end_is_told_with_its_numbers_in_the_migrations_zone() -> None:
    """Found and what became of it, accounts, size, time, and the link to the report."""
    text, html = bodies(written(Kind.FINISHED))
    for body in (text, html):
        for shown in ("4\u202f711", "4\u202f700", "812 MB", "1 h 32 min", "10:11 CET", "11:43 CET"):
            assert shown in body
        assert "https://mailhaul.example.net/migrations/12/report?run=3" in body
        assert "Every message found is at the destination." in body
        assert "Accounts that failed" not in body


def test_failed_accounts_are_told_in_the_words_of_the_pages() -> None:
    """What happened, what to do, and the server's own words; twenty, and how many more."""
    text, html = bodies(written(Kind.FAILED))
    for body in (text, html):
        assert body.count("jane@example.com") == 20
        assert "mailbox is full" in body
        assert "Raise its quota" in body
        assert "and 5 more" in body
        assert "/migrations/12/runs/3/accounts/7" in html
    assert "[OVERQUOTA] <b>Quota</b> exceeded Bcc: x@example.org" in text
    assert "[OVERQUOTA] &lt;b&gt;Quota&lt;/b&gt; exceeded" in html


def test_a_login_is_named_by_the_side_that_refused_it() -> None:
    """The source knows the username, the destination the mailbox."""
    refused = FULL | {"code": "login_refused", "server_words": ""}
    at_source = bodies(written(Kind.ACTION, failures=[refused | {"side": "source"}]))[0]
    at_destination = bodies(written(Kind.ACTION, failures=[refused]))[0]
    assert "(jane@old.example)" in at_source
    assert "mailbox jane@example.com" in at_destination


def test_a_dry_run_is_called_one() -> None:
    """In both mails, and with nothing said to be proven."""
    assert written(Kind.STARTED, dry_run=True)["Subject"].startswith("Dry run started")
    end = written(Kind.FINISHED, dry_run=True, totals=TOTALS | {"verified": 0})
    assert end["Subject"] == "Dry run ended: Spring move"
    assert "Nothing was written" in bodies(end)[0]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    "name",
    [
        "Move\r\nBcc: x@example.org",
        "Move\nBcc: x@example.org\n\nText",
        "Move\u2028Bcc: x@example.org",
        "Move\x0b\x85Bcc: x@example.org",
        "=?utf-8?q?Move=0D=0ABcc:_x@example.org?=",
        "M" * 400 + "\r\nBcc: x@example.org",
    ],
)
def test_a_name_adds_no_header(kind: Kind, name: str) -> None:
    """Whatever it holds, the mail has one recipient and the headers it always has."""
    message = written(kind, name=name)
    assert message["Bcc"] is None
    assert message.keys() == written(kind).keys()
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize("field", ["recipient", "sender"])
@pytest.mark.parametrize(
    "bad",
    ["me@example.com\r\nBcc: x@example.org", "=?utf-8?q?me=0D=0ABcc=3A_x?=@example.com"],
)
def test_a_line_break_in_an_address_is_refused(bad: str, field: str) -> None:
    """Such a mail is not written at all, also where the line break is an encoded one."""
    to, origin = (bad, HERE) if field == "recipient" else ("me@example.com", Origin(bad))
    with pytest.raises(ValueError, match=r"linefeed|CR or LF|line break"):
        compose(letter(Kind.TEST), to, origin).as_bytes()


@pytest.mark.parametrize("kind", list(Kind))
def test_text_from_people_and_servers_is_text(kind: Kind) -> None:
    """No template in a name, no markup in the HTML."""
    changes: dict[str, Any] = {
        "name": MARKUP,
        "source": MARKUP,
        "destination": MARKUP,
        "by": MARKUP,
    }
    if kind in (Kind.FAILED, Kind.ACTION):
        changes["failures"] = [FULL | {"mailbox": MARKUP, "server_words": MARKUP}]
    text, html = bodies(written(kind, **changes))
    for body in (text, html):
        assert "49" not in body
    assert "{{7*7}}" in text
    assert "<script" not in html
    assert "&lt;script&gt;" in html
