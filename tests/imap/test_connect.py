"""Greeting, TLS, login: what must be so before anything is said, and what ends the session."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest

from imap import Login, NetworkPolicy, Server, open_source
from launch.dovecot import Dovecot
from sync.errors import Code, ConnectFailed, SyncError
from sync.model import FolderStatus
from sync.options import Security
from tests.imap.conftest import Scene
from tests.imap.failing import failure, offering, plain_capability, says
from tests.imap.policy import policy_for
from tests.imap.scripted import BARE, Gone, ScriptedServer, Talk

Context = Callable[..., ssl.SSLContext]


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        (b"* BYE come back later", Code.SERVER_BYE),
        (b"* BYE Too many connections from your IP", Code.TOO_MANY_CONNECTIONS),
        (b"* PREAUTH welcome root", Code.PREAUTH),
        (b"220 mail ESMTP", Code.NOT_IMAP),
        (b"+OK POP3", Code.NOT_IMAP),
        (b"HTTP/1.1 400 Bad Request", Code.NOT_IMAP),
        (b"a1 OK too early", Code.NOT_IMAP),
        (b"\x00\xff\x15\x03", Code.NOT_IMAP),
        (b"x" * 20_000_000, Code.NOT_IMAP),
    ],
)
@pytest.mark.parametrize("security", [Security.NONE, Security.STARTTLS])
def test_what_is_no_welcome_gets_no_byte(
    scene: Scene, greeting: bytes, code: Code, security: Security
) -> None:
    """Only `* OK` is answered: whatever else listens there never hears from us."""
    server = scene.serve(says(greeting))
    assert failure(server.port, security).code is code
    assert server.heard == []


def test_silence_times_out(scene: Scene) -> None:
    """A server that says nothing is given up after the operator's time."""
    server = scene.serve(says())
    assert failure(server.port, Security.NONE).code is Code.CONNECT_TIMEOUT
    assert server.heard == []


def test_hanging_up_at_once_is_a_good_bye(scene: Scene) -> None:
    """A connection that is closed before its greeting."""
    assert failure(scene.serve().port, Security.NONE).code is Code.SERVER_BYE


def test_nobody_listens() -> None:
    """A closed port."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert failure(port, Security.TLS).code is Code.CONNECT_REFUSED


def test_the_address_is_checked_before_connecting(scene: Scene) -> None:
    """Without the operator's leave, loopback is refused and not even knocked at."""
    server = scene.serve()
    policy = NetworkPolicy((ip_network("10.0.0.0/8"),), frozenset({server.port}))
    source = open_source(Server("localhost", server.port, Security.NONE), Login("a", "b"), policy)
    with pytest.raises(ConnectFailed) as caught:
        source.folders()
    assert caught.value.code is Code.HOST_REFUSED
    assert server.connections == 0


def test_starttls_that_is_not_offered_ends_the_session(scene: Scene) -> None:
    """No fall back to clear text when STARTTLS is taken out of the capabilities."""
    server = scene.serve(offering(b"AUTH=PLAIN"))
    assert failure(server.port, Security.STARTTLS).code is Code.STARTTLS_MISSING
    assert [line.split()[1] for line in server.heard] == [b"CAPABILITY"]


@pytest.mark.parametrize("status", [b"NO not today", b"BAD what"])
def test_starttls_that_is_refused_ends_the_session(scene: Scene, status: bytes) -> None:
    """Nor when the server says no."""

    def script(talk: Talk) -> None:
        plain_capability(talk, b"STARTTLS AUTH=PLAIN")
        talk.answer(b"STARTTLS", status=status)
        talk.line()

    server = scene.serve(script)
    assert failure(server.port, Security.STARTTLS).code is Code.STARTTLS_REFUSED
    assert [line.split()[1] for line in server.heard] == [b"CAPABILITY", b"STARTTLS"]


@pytest.mark.parametrize(
    "injected", [b"* CAPABILITY IMAP4rev1 AUTH=EVIL\r\n", b"m1 OK in\r\n", b"x"]
)
def test_bytes_before_the_handshake_end_the_session(scene: Scene, injected: bytes) -> None:
    """What is sent along with the answer to STARTTLS was not encrypted and is not believed."""

    def script(talk: Talk) -> None:
        plain_capability(talk, b"STARTTLS AUTH=PLAIN")
        tag, _ = talk.expect(b"STARTTLS")
        talk.raw(tag + b" OK go on\r\n" + injected)
        talk.line()

    server = scene.serve(script)
    assert failure(server.port, Security.STARTTLS).code is Code.STARTTLS_INJECTION


def test_capabilities_of_the_greeting_are_not_asked_for(scene: Scene) -> None:
    """One round trip from the greeting to what is asked for."""

    def script(talk: Talk) -> None:
        talk.say(b"* OK [CAPABILITY IMAP4rev1 LITERAL+ AUTH=PLAIN] ready")
        talk.answer(b"LOGIN", status=b"OK [CAPABILITY IMAP4rev1 UIDPLUS] in")
        talk.answer(b'LIST "" "*"', b'* LIST () "/" INBOX')
        talk.answer(b"LSUB")
        talk.line()

    assert [folder.name for folder in scene.source(script).folders().folders] == ["INBOX"]


def test_statuses_come_with_the_folders(scene: Scene) -> None:
    """LIST-STATUS: one question; a server that cannot answer it is asked for the names alone."""
    offers = "IMAP4rev1 LIST-EXTENDED LIST-STATUS CONDSTORE STATUS=SIZE"

    def script(talk: Talk) -> None:
        talk.welcome(offers)
        asked = talk.answer(
            b"LIST",
            b'* LIST () "/" INBOX',
            b"* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 5)",
            b'* LIST () "/" a',
            b"* STATUS a (MESSAGES 3)",
        )
        assert asked.endswith(
            b"RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ))"
        )
        talk.answer(b"LIST", status=b"BAD what?")
        talk.answer(b'LIST "" "*"', b'* LIST () "/" b')
        talk.line()

    source = scene.source(script)
    listed = source.folders()
    assert listed.statuses == {"INBOX": FolderStatus(7, 9, 3, 5)}
    assert [folder.name for folder in source.folders().folders] == ["b", "INBOX"]


def test_capabilities_are_asked_anew_after_starttls(
    scene: Scene, server_context: Context, ca_file: str
) -> None:
    """What was offered in clear text counts for nothing afterwards."""

    def script(talk: Talk) -> None:
        plain_capability(talk, b"STARTTLS LOGINDISABLED")
        talk.answer(b"STARTTLS")
        talk.start_tls(server_context())
        talk.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1")
        talk.answer(b"LOGIN", status=b"OK [CAPABILITY IMAP4rev1 UIDPLUS] in")
        talk.line()

    server = scene.serve(script)
    source = open_source(
        Server("localhost", server.port, Security.STARTTLS),
        Login("me", "secret"),
        policy_for(server.port, ca_file=ca_file),
    )
    source.connect()
    assert source.capabilities.names == {"IMAP4REV1", "UIDPLUS"}
    source.close()


@pytest.mark.parametrize(
    ("names", "days", "trusted", "code"),
    [
        (("localhost",), (-30, -1), True, Code.CERTIFICATE_EXPIRED),
        (("localhost",), (1, 30), True, Code.CERTIFICATE_EXPIRED),
        (("other.test",), (-1, 30), True, Code.CERTIFICATE_NAME),
        (("localhost",), (-1, 30), False, Code.CERTIFICATE_UNTRUSTED),
    ],
)
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_bad_certificate_ends_the_session(
    scene: Scene,
    server_context: Context,
    ca_file: str,
    *,
    names: tuple[str, ...],
    days: tuple[int, int],
    trusted: bool,
    code: Code,
    security: Security,
) -> None:
    """Expired, not yet valid, for another name, from nobody we trust: no login is sent."""

    def script(talk: Talk) -> None:
        if security is Security.STARTTLS:
            plain_capability(talk, b"STARTTLS")
            talk.answer(b"STARTTLS")
        try:
            talk.start_tls(server_context(names, days))
        except (ssl.SSLError, OSError) as error:
            raise Gone from error
        talk.say(b"* OK hello")
        talk.line()

    server = scene.serve(script)
    assert failure(server.port, security, ca_file=ca_file if trusted else "").code is code
    assert not any(b"secret" in line for line in server.heard)


def test_the_certificate_is_checked_against_the_name_given(
    source_server: Dovecot, accounts: Iterator[str], ca_file: str
) -> None:
    """The address is connected to, the name is proven: an address in the certificate counts for
    an address, a name for a name."""
    login = Login(next(accounts), "pass word")
    for host in ("localhost", "127.0.0.1"):
        port = source_server.spec.tls_port
        source = open_source(Server(host, port), login, policy_for(port, ca_file=ca_file))
        source.connect()
        source.close()


def test_tls_to_a_port_that_speaks_plain(source_server: Dovecot) -> None:
    """The usual mistake: TLS asked for at the port of STARTTLS."""
    assert failure(source_server.spec.port, Security.TLS).code is Code.TLS_NOT_SPOKEN


def test_a_lost_line_is_replaced(scene: Scene) -> None:
    """The next call after a loss connects anew, waiting as long as the server asked for."""

    def first(talk: Talk) -> None:
        talk.welcome(BARE)
        talk.expect(b"LIST")
        talk.say(b"* BYE Request is throttled. Suggested Backoff Time: 2500 milliseconds")

    def second(talk: Talk) -> None:
        talk.welcome(BARE)
        talk.answer(b"LIST", b'* LIST () "/" INBOX')
        talk.answer(b"LSUB")
        talk.line()

    source = scene.source(first, second)
    with pytest.raises(SyncError) as caught:
        source.folders()
    assert caught.value.code is Code.THROTTLED
    assert [folder.name for folder in source.folders().folders] == ["INBOX"]
    assert scene.pauses == [2.5]


def test_a_server_that_is_away_for_a_moment(scene: Scene) -> None:
    """Coming back is tried more than once; coming the first time is not."""

    def dies(talk: Talk) -> None:
        talk.welcome(BARE)
        talk.expect(b"LIST")

    def busy(talk: Talk) -> None:
        talk.say(b"* BYE Too many connections")

    def works(talk: Talk) -> None:
        talk.welcome(BARE)
        talk.answer(b"LIST", b'* LIST () "/" INBOX')
        talk.answer(b"LSUB")
        talk.line()

    source = scene.source(dies, busy, busy, works)
    with pytest.raises(SyncError):
        source.folders()
    assert source.folders().folders
    assert scene.pauses == [2.0, 8.0]
    fresh = scene.source(busy, works)
    with pytest.raises(ConnectFailed):
        fresh.connect()


def test_close_may_be_called_at_any_time() -> None:
    """Before the first connection, and twice."""

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.line()

    server = ScriptedServer(script)
    source = open_source(
        Server("localhost", server.port, Security.NONE), Login("a", "b"), policy_for(server.port)
    )
    source.close()
    source.connect()
    source.close()
    source.close()
    server.stop()
    assert server.heard[-1].endswith(b"LOGOUT")
