"""Every error has words that a person understands, and something to do."""

from __future__ import annotations

import pytest

from importer.diagnosis import explain, explain_stored, said
from importer.finding import Level
from importer.providers import opening_advice
from sync.errors import Code, Side

FIELDS = {"", "source_host", "source_username", "source_password", "mailbox", "mailbox_password"}


@pytest.mark.parametrize("side", [None, *Side])
@pytest.mark.parametrize("code", list(Code))
def test_every_code(code: Code, side: Side | None) -> None:
    """Words and hint are sentences, filled in, without jargon left over from the code."""
    finding = explain(code, side=side, host="mx.example", server_words="no", username="u{0}")
    for text in (finding.words, finding.hint):
        assert text[0].isupper()
        assert text.endswith((".", ")"))
        assert "{" not in text.replace("u{0}", "")
        assert "_" not in text.replace("mail_max_userip_connections", "")
    assert finding.field in FIELDS
    assert explain(code, side=side).words[0].isupper()


@pytest.mark.parametrize("code", list(Code))
def test_a_fault_of_the_destination_is_not_blamed_on_the_source(code: Code) -> None:
    """No field of the source is named for an error at the destination."""
    assert not explain(code, side=Side.DESTINATION, host="h").field.startswith("source")


def test_the_inner_network_stays_hidden() -> None:
    """A host that is unknown and one that is forbidden cannot be told apart."""
    one = explain(Code.HOST_UNKNOWN, side=Side.SOURCE, host="db.lan", server_words="NXDOMAIN")
    other = explain(Code.HOST_REFUSED, side=Side.SOURCE, host="db.lan", server_words="10.0.0.7")
    assert one == other
    assert one.server_words == ""


@pytest.mark.parametrize(
    ("host", "said", "wanted"),
    [
        ("imap.gmail.com", "", "app password at myaccount.google.com"),
        ("mail.example", "[ALERT] Application-specific password required: x", "app password"),
        ("outlook.office365.com", "LOGIN failed.", "Microsoft has switched off passwords"),
        ("imap-mail.outlook.com", "", "browser"),
        ("imap.gmx.net", "", "POP3 and IMAP access"),
        ("imap.web.de", "", "only the part before the @"),
        ("imap.mail.me.com", "", "app-specific password"),
        ("imap.mail.yahoo.com", "", "app password"),
        ("imap.old.example", "", "Type the password again"),
        ("notgmail.com", "", "Type the password again"),
    ],
)
def test_providers_have_their_own_advice(host: str, said: str, wanted: str) -> None:
    """A refused login says what this provider asks for."""
    finding = explain(Code.LOGIN_REFUSED, side=Side.SOURCE, host=host, server_words=said)
    assert wanted in finding.hint
    assert finding.server_words == said
    assert finding.field == "source_password"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("[UNAVAILABLE] Maximum … (mail_max_userip_connections=10)", "mail_max_userip"),
        ("[ALERT] Too many simultaneous connections. (Failure)", "15 connections"),
        ("Try later", "fewer threads"),
    ],
)
def test_too_many_connections(said: str, wanted: str) -> None:
    """The limit that was met is named where it is known."""
    finding = explain(Code.TOO_MANY_CONNECTIONS, side=Side.SOURCE, host="h", server_words=said)
    assert wanted in finding.hint


def test_the_destinations_password() -> None:
    """A refused login at the destination speaks of the mailbox and its password."""
    finding = explain(Code.LOGIN_REFUSED, side=Side.DESTINATION, username="info@example.test")
    assert "info@example.test" in finding.words
    assert (finding.level, finding.field) == (Level.BLOCKING, "mailbox_password")


def test_what_a_database_keeps_has_words_whatever_it_is() -> None:
    """A code of another version, and a side that is none, are no reason to break a page."""
    assert "does not accept" in explain_stored("login_refused", username="jane").words
    assert (
        "mailbox jane" in explain_stored("login_refused", side="destination", username="jane").words
    )
    assert explain_stored("of_another_version", side="nowhere").words


def test_our_own_words_are_not_put_into_the_servers_mouth() -> None:
    """Numbers of ours, and lines that nobody could read, have a name of their own."""
    assert said(Code.INCOMPLETE) == "Not shown"
    assert said("unread_answer") == "The line"
    assert said(Code.LOGIN_REFUSED) == said("of_another_version") == "The server said"


@pytest.mark.parametrize(
    "host", ["imap.163.com", "imap.qiye.163.com", "imap.126.com", "other.test"]
)
def test_servers_that_open_nothing_to_strangers(host: str) -> None:
    """NetEase says so in few words, also under a customer's own name."""
    words = "EXAMINE Unsafe Login. Please contact kefu@188.com for help"
    assert "authorization code" in opening_advice(host, words)
    assert opening_advice("other.test", "no right") == ""
