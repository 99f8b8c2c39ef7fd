"""A mail is handed over encrypted and once; every refusal has its words."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from jobs.smtp import Envelope, NotSent, hand_over
from launch.certificates import Authority
from settings import MailServer, Settings
from tests.conftest import free_port
from tests.jobs.post_office import PostOffice, post_office

TO = Envelope("notices@example.net", "me@example.com")
Open = Callable[..., PostOffice]


@pytest.fixture
def tls(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.pem.decode())


@pytest.fixture
def opened(tmp_path: Path, authority: Authority) -> Iterator[Open]:
    """Open a post office; keywords are those of post_office."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(post_office(tmp_path, authority, **how))


def server(url: str) -> MailServer:
    found = Settings.from_env({"SMTP_URL": url, "MAIL_FROM": TO.sender}).smtp
    assert found is not None
    return found


def mail() -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Grüße"
    message.set_content(".A line with a dot.\n.\nÄnderung\n", cte="quoted-printable")
    return message


def refused(url: str, tls: ssl.SSLContext, to: Envelope = TO) -> NotSent:
    with pytest.raises(NotSent) as refusal:
        hand_over(server(url), to, mail(), tls)
    return refusal.value


@pytest.mark.parametrize(
    ("scheme", "security", "login"),
    [("smtp", "starttls", True), ("smtps", "tls", True), ("smtp+plain", "plain", False)],
)
def test_a_mail_arrives_as_it_was_written(
    scheme: str, security: str, login: bool, opened: Open, tls: ssl.SSLContext
) -> None:
    """In each of the three ways, logged in where TLS allows it, with its dots and its letters."""
    office = opened(security=security)
    hand_over(server(office.url(scheme, login)), TO, mail(), tls)
    (message,) = office.messages
    assert message["Subject"] == "Grüße"
    assert message.get_content().splitlines() == [".A line with a dot.", ".", "Änderung"]
    assert (office.taken[0].mail_from, office.recipients) == (TO.sender, [TO.recipient])


def test_a_server_may_want_no_login(opened: Open, tls: ssl.SSLContext) -> None:
    """A relay for this machine."""
    office = opened(login=False)
    hand_over(server(office.url(login=False)), TO, mail(), tls)
    assert len(office.taken) == 1


def test_no_mail_goes_out_without_the_encryption_that_was_asked_for(
    opened: Open, tls: ssl.SSLContext
) -> None:
    """A server without STARTTLS gets neither the password nor the mail."""
    office = opened(security="plain")
    assert "offers no encryption" in refused(office.url("smtp"), tls).words
    assert "does not speak TLS" in refused(office.url("smtps"), tls).words
    assert "offers no login" in refused(office.url("smtp+plain"), tls).words
    assert office.taken == []


def test_a_certificate_is_verified(opened: Open, tls: ssl.SSLContext) -> None:
    """One for another name, and one of an authority that nobody knows."""
    office = opened(names=("mail.example.net",))
    refusal = refused(office.url(), tls)
    assert "not trusted" in refusal.words
    assert "IP address mismatch" in refusal.server_words
    stranger = refused(opened().url(), ssl.create_default_context())
    assert "not trusted" in stranger.words
    assert not stranger.for_good


def test_a_refused_login_is_told_in_the_servers_words(opened: Open, tls: ssl.SSLContext) -> None:
    """And tried again: the operator may mend it."""
    office = opened()
    url = office.url().replace("p%40ss", "other")
    refusal = refused(url, tls)
    assert "does not accept the login" in refusal.words
    assert refusal.server_words.startswith("535 ")
    assert not refusal.for_good
    bare = refused(office.url(login=False), tls)
    assert "Authentication required" in bare.server_words


@pytest.mark.parametrize(
    ("answer", "for_good"),
    [("550 5.1.1 No such user", True), ("451 4.7.1 Greylisted, try later", False)],
)
def test_a_refused_recipient_is_final_only_where_the_server_says_so(
    answer: str, for_good: bool, opened: Open, tls: ssl.SSLContext
) -> None:
    """5xx is for good, 4xx is not."""
    office = opened()
    office.at_recipient = lambda _address: answer
    refusal = refused(office.url(), tls)
    assert refusal.words == "The mail server 127.0.0.1 takes no mail for me@example.com."
    assert (refusal.server_words, refusal.for_good) == (answer, for_good)


@pytest.mark.parametrize(("answer", "for_good"), [("554 Spam", True), ("452 Disk full", False)])
def test_a_refused_mail_is_final_only_where_the_server_says_so(
    answer: str, for_good: bool, opened: Open, tls: ssl.SSLContext
) -> None:
    """The answer to the whole mail counts as that to its recipient."""
    office = opened()
    office.at_mail = lambda: answer
    refusal = refused(office.url(), tls)
    assert (refusal.server_words, refusal.for_good) == (answer, for_good)


def test_a_server_that_is_not_there_is_told(tls: ssl.SSLContext) -> None:
    """Nothing listens, or the name does not exist."""
    port = free_port()
    words = refused(f"smtp://127.0.0.1:{port}", tls).words
    assert words == f"The mail server 127.0.0.1 refuses connections on port {port}."
    assert "was not found" in refused("smtp://nowhere.invalid", tls).words


@contextmanager
def raw(*lines: bytes, stays: bool = True) -> Iterator[int]:
    """A server that says these lines, one after each command, and then nothing or goodbye."""
    listener = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            for number, line in enumerate(lines):
                if number:
                    connection.recv(4096)
                connection.sendall(line)
            if stays:
                done.wait(30)
            else:
                connection.recv(4096)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    done.set()
    thread.join()
    listener.close()


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (b"220 hello\r\n",),
        (b"220 hello\r\n", b"250 hello\r\n", b"250 sender\r\n", b"250 to\r\n", b"354 go\r\n"),
    ],
)
def test_a_server_that_falls_silent_is_left(
    lines: tuple[bytes, ...], tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its greeting, at a command, and after the mail."""
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS", "TAKEN_SECONDS"):
        monkeypatch.setattr(f"jobs.smtp.{name}", 0.3)
    with raw(*lines) as port:
        refusal = refused(f"smtp+plain://127.0.0.1:{port}", tls)
    assert refusal.words == "The mail server 127.0.0.1 did not answer in time."
    assert not refusal.for_good


def test_a_server_that_hangs_up_is_told(tls: ssl.SSLContext) -> None:
    """In the middle of the conversation."""
    with raw(b"220 hello\r\n", b"250 hello\r\n", stays=False) as port:
        assert "hung up" in refused(f"smtp+plain://127.0.0.1:{port}", tls).words
    with raw(b"554 We do not know you\r\nand never will\r\n") as port:
        refusal = refused(f"smtp+plain://127.0.0.1:{port}", tls)
    assert refusal.server_words == "554 We do not know you"


def test_a_bad_farewell_does_not_make_a_mail_unsent(tls: ssl.SSLContext) -> None:
    """The server has it: sent again it would arrive twice."""
    answers = (b"220 hello\r\n", b"250 hello\r\n", b"250 sender\r\n", b"250 to\r\n", b"354 go\r\n")
    with raw(*answers, b"250 taken\r\n", stays=False) as port:
        hand_over(server(f"smtp+plain://127.0.0.1:{port}"), TO, mail(), tls)


def test_an_address_that_the_server_cannot_carry_is_final(
    opened: Open, tls: ssl.SSLContext
) -> None:
    """SMTPUTF8 is not offered everywhere."""
    office = opened()
    refusal = refused(office.url(), tls, Envelope(TO.sender, "jörg@example.com"))
    assert "takes no address with such letters" in refusal.words
