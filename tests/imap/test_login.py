"""Logging in: any password, and what a refusal means."""

from __future__ import annotations

import base64
import time

import pytest

from imap import Login, Server, open_source
from launch.dovecot import Dovecot
from sync.errors import AuthenticationFailed, Code, ConnectFailed, SyncError
from sync.options import Security
from tests.imap.conftest import Scene
from tests.imap.failing import failure, offering, plain_capability
from tests.imap.policy import policy_for
from tests.imap.scripted import Talk


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (b"NO [AUTHENTICATIONFAILED] Authentication failed.", AuthenticationFailed, "refused"),
        (b"NO Invalid credentials", AuthenticationFailed, "refused"),
        (b"NO [EXPIRED] change it", AuthenticationFailed, "refused"),
        (b"BAD bad", AuthenticationFailed, "refused"),
        (b"NO [ALERT] Please log in via your web browser", AuthenticationFailed, "refused"),
        (b"NO [UNAVAILABLE] Temporary authentication failure", ConnectFailed, "temporary"),
        (b"NO [LIMIT] Rate limit hit", ConnectFailed, "temporary"),
        (b"NO [INUSE] busy", ConnectFailed, "temporary"),
        (b"NO System error, try again later", ConnectFailed, "temporary"),
        (
            b"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded",
            ConnectFailed,
            "connections",
        ),
        (b"NO [ALERT] Too many simultaneous connections.", ConnectFailed, "connections"),
        (b"NO [PRIVACYREQUIRED] no", ConnectFailed, "disabled"),
    ],
)
def test_a_refused_login_tells_what_to_do(
    scene: Scene, status: bytes, kind: type[SyncError], code: str
) -> None:
    """Wrong password, server busy and too many connections are three different things."""

    def script(talk: Talk) -> None:
        plain_capability(talk, b"")
        talk.answer(b"LOGIN", status=status)
        talk.line()

    error = failure(scene.serve(script).port, Security.NONE)
    assert type(error) is kind
    assert code in error.code.value
    assert error.server_words in status.decode()


@pytest.mark.parametrize(
    ("bye", "code"),
    [
        (b"* BYE [UNAVAILABLE] Server busy", Code.LOGIN_TEMPORARY),
        (b"* BYE Maximum number of connections exceeded", Code.TOO_MANY_CONNECTIONS),
        (b"* BYE [AUTHENTICATIONFAILED] no", Code.LOGIN_REFUSED),
        (b"", Code.LOGIN_TEMPORARY),
    ],
)
def test_a_login_that_ends_in_bye(scene: Scene, bye: bytes, code: Code) -> None:
    """Some servers refuse by hanging up."""

    def script(talk: Talk) -> None:
        plain_capability(talk, b"")
        talk.expect(b"LOGIN")
        if bye:
            talk.say(bye)

    assert failure(scene.serve(script).port, Security.NONE).code is code


def test_a_server_that_repeats_the_password(scene: Scene) -> None:
    """The server's words are shown without it."""

    def script(talk: Talk) -> None:
        plain_capability(talk, b"")
        talk.answer(b"LOGIN", status=b"NO wrong: top secret")
        talk.line()

    assert failure(scene.serve(script).port, Security.NONE).server_words == "NO wrong: •••"[3:]


def test_logindisabled_is_respected(scene: Scene) -> None:
    """No password goes out where the server says that it must not."""
    server = scene.serve(offering(b"LOGINDISABLED"))
    assert failure(server.port, Security.NONE).code is Code.LOGIN_DISABLED
    assert len(server.heard) == 1


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b", 'x" {3}\r\nm2 DELETE INBOX'])
@pytest.mark.parametrize("place", ["username", "password"])
def test_line_ends_in_a_login_do_not_reach_the_wire(scene: Scene, bad: str, place: str) -> None:
    """No command can be smuggled in by a user name or a password."""
    server = scene.serve(offering(b"AUTH=PLAIN"))
    login = Login(bad, "x") if place == "username" else Login("x", bad)
    assert failure(server.port, Security.NONE, login=login).code is Code.BAD_ARGUMENT
    assert len(server.heard) == 1


PASSWORDS = [
    "simple",
    "two words",
    " leading and trailing ",
    'quo"te',
    "back\\slash",
    "();*&§$%{5}[]",
    "pässwörd €",
    "日本語 😀",
    "\u00a0\u200b",
    "NIL",
    "{3+}",
    "x" * 200,
]


@pytest.mark.parametrize("security", [Security.NONE, Security.TLS])
def test_any_password_logs_in(source_server: Dovecot, ca_file: str, security: Security) -> None:
    """Passwords are opaque: quotes, braces, blanks and every script arrive as they are."""
    spec = source_server.spec
    port = spec.tls_port if security is Security.TLS else spec.port
    policy = policy_for(port, ca_file=ca_file, timeout=20.0)
    names = [f"pw{number}-{security.value}@example.test" for number in range(len(PASSWORDS))]
    for name, password in zip(names, PASSWORDS, strict=True):
        coded = base64.b64encode(password.encode()).decode()
        source_server.add_user(name, coded, scheme="PLAIN.b64")
    time.sleep(1.1)
    for name, password in zip(names, PASSWORDS, strict=True):
        source = open_source(Server("localhost", port, security), Login(name, password), policy)
        source.connect()
        source.close()


@pytest.mark.parametrize("offered", [b"", b"AUTH=PLAIN", b"AUTH=PLAIN SASL-IR", b"LITERAL+"])
def test_a_password_beyond_ascii_on_any_server(scene: Scene, offered: bytes) -> None:
    """By AUTHENTICATE PLAIN where it is offered, else as a literal."""
    wanted = "pässword".encode()
    got: list[bytes] = []

    def script(talk: Talk) -> None:
        plain_capability(talk, offered)
        tag, _, command = talk.line().partition(b" ")
        if command.startswith(b"AUTHENTICATE PLAIN"):
            coded = command[18:].strip()
            if not coded:
                talk.say(b"+ ")
                coded = talk.line()
            got.append(base64.b64decode(coded).split(b"\0")[2])
        else:
            if not command.endswith(b"+}"):
                talk.say(b"+ go on")
            got.append(talk.body(len(wanted)))
            talk.line()
        talk.say(tag + b" OK in")
        talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1")
        talk.line()

    server = scene.serve(script)
    source = open_source(
        Server("localhost", server.port, Security.NONE),
        Login("me", wanted.decode()),
        policy_for(server.port),
    )
    source.connect()
    source.close()
    assert got == [wanted]
