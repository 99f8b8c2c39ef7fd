"""What the operator sets, and the words for what cannot be used."""

from __future__ import annotations

import pytest

from settings import MailServer, Settings, SettingsError

FROM = {"MAIL_FROM": "Mailhaul <notices@example.net>"}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", None),
        ("smtp://mail.example.net", MailServer("mail.example.net", 587, "starttls")),
        ("smtps://mail.example.net", MailServer("mail.example.net", 465, "tls")),
        ("smtp+plain://127.0.0.1:2525/", MailServer("127.0.0.1", 2525, "plain")),
        (
            "smtp://me%40example.net:p%40ss%2Fword@mail.example.net:2587",
            MailServer("mail.example.net", 2587, "starttls", "me@example.net", "p@ss/word"),
        ),
    ],
)
def test_a_mail_server_is_one_address(url: str, server: MailServer | None) -> None:
    """smtp with STARTTLS, smtps with TLS from the first byte, smtp+plain only where it says so."""
    assert Settings.from_env({"SMTP_URL": url, **FROM}).smtp == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.net:587",
        "http://mail.example.net",
        "smtp://me:secret@mail.example.net:port",
        "smtp://me:sec#ret@mail.example.net",
        "smtp://me:sec/ret@mail.example.net",
        "smtp://me@mail.example.net",
        "smtp://:secret@mail.example.net",
        "smtp://me:secret@",
        "smtp://me:s%C3%A9cret@mail.example.net",
    ],
)
def test_a_mail_servers_password_is_in_no_error(url: str) -> None:
    """What cannot be read is refused with the variable's name and without its value."""
    with pytest.raises(SettingsError, match="SMTP_URL") as refusal:
        Settings.from_env({"SMTP_URL": url, **FROM})
    assert "sec" not in str(refusal.value)


def test_a_mail_servers_password_is_in_no_print() -> None:
    """Settings may be printed."""
    settings = Settings.from_env({"SMTP_URL": "smtp://me:hunter2@mail.example.net", **FROM})
    assert "hunter2" not in repr(settings)


def test_the_sender_is_the_login_unless_named() -> None:
    """One address; nothing is guessed where the login is none."""
    url = "smtp://me%40example.net:secret@mail.example.net"
    assert Settings.from_env({"SMTP_URL": url}).mail_from == "me@example.net"
    assert Settings.from_env({"SMTP_URL": url, **FROM}).mail_from == FROM["MAIL_FROM"]
    for sender in ("", "nobody", "a@example.net, b@example.net", "a@example.net\nBcc: b@x.example"):
        with pytest.raises(SettingsError, match="MAIL_FROM"):
            Settings.from_env({"SMTP_URL": "smtp://mail.example.net", "MAIL_FROM": sender})
    assert Settings.from_env({}).mail_from == ""


def test_links_go_out_only_with_an_address_that_was_set() -> None:
    """The address on which the server listens is not the one that people use."""
    assert Settings.from_env({"LISTEN": "127.0.0.1:9000"}).public_url == ""
    settings = Settings.from_env({"BASE_URL": "https://mailhaul.example.com/"})
    assert settings.public_url == "https://mailhaul.example.com"


@pytest.mark.parametrize(
    ("environment", "open_"),
    [
        ({}, False),
        ({"METRICS": "1"}, True),
        ({"METRICS_TOKEN": "s3cret"}, True),
        ({"METRICS_TOKEN": "s3cret", "METRICS": "0"}, False),
    ],
)
def test_metrics_are_switched_on_by_hand_or_by_a_token(
    environment: dict[str, str], open_: bool
) -> None:
    """Off by default; the token is in no print."""
    settings = Settings.from_env(environment)
    assert settings.metrics is open_
    assert "s3cret" not in repr(settings)
