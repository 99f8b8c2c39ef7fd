"""Servers that never end: they are left in time, in little memory, and a stop is heard."""

from __future__ import annotations

import random
import resource
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from imap import Heedful, Login, Server, Throttle, open_destination, open_source
from imap.deflate import Deflated
from imap.patience import CRAWL, GRACE, Patience
from imap.wire import Wire
from sync.asking import messages
from sync.errors import Code, ConnectFailed, ConnectionLost, Side, Stopped, StopReason
from sync.model import Fetched, Folder, Outgoing, Unreadable, Wanted
from sync.options import Security
from tests.imap.conftest import Scene
from tests.imap.policy import policy_for
from tests.imap.scripted import Gone, Script, Talk
from tests.imap.talking import talk

INBOX = Folder("INBOX")
SHORT = 0.4
"""A timeout; five of them are the patience with one command."""
HEARD = 5.0
"""Seconds within which a stop is heard, whatever the server does."""


def endlessly(say: Callable[[Talk], None], pause: float = 0.0) -> Script:
    """Greets, takes one command, and then says the same until the client hangs up."""

    def script(server: Talk) -> None:
        with suppress(Gone):
            server.line()
            while True:
                say(server)
                time.sleep(pause)

    return script


def lines(*said: bytes) -> Callable[[Talk], None]:
    return lambda server: server.say(*said)


def drops(text: bytes) -> Callable[[Talk], None]:
    """One byte at a time."""
    left = iter(text * 1000)
    return lambda server: server.raw(bytes([next(left)]))


ENDLESS = {
    "keepalives": endlessly(lines(b"* OK Still here"), 0.02),
    "keepalives at full speed": endlessly(lines(*[b"* OK Still here"] * 5000)),
    "news": endlessly(lines(b"* 5 EXISTS", b"* 1 RECENT"), 0.02),
    "nonsense": endlessly(lines(*[b"what is this?"] * 5000)),
    "empty lines": endlessly(lines(*[b""] * 5000)),
    "one byte at a time": endlessly(drops(b"* OK this is a long line "), 0.05),
    "a line without end": endlessly(lambda server: server.raw(b"* LIST () / " + b"x" * 65536)),
    "a search without end": endlessly(lambda server: server.raw(b"* SEARCH" + b" 1" * 65536)),
    "folders": endlessly(lines(*[b'* LIST () "/" "%s"' % (b"x" * 900)] * 500)),
    "large lines": endlessly(lines(b"* OK " + b"x" * 100_000)),
    "literals": endlessly(lambda server: server.raw(b"* LIST () NIL " + b"{0}\r\n " * 5000)),
    "a literal without end": endlessly(
        lambda server: server.raw(b"* LIST () NIL {9999999999}\r\n")
    ),
    "slow folders": endlessly(lines(b'* LIST () "/" "x"'), SHORT * 0.7),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_answer_is_without_end(name: str) -> None:
    """Nothing that a server says, but progress, keeps a command open: it ends the line, and costs
    little memory until then."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with talk(ENDLESS[name]) as dialogue:
        dialogue.wire.allow(SHORT)
        begun = time.monotonic()
        with pytest.raises(ConnectionLost) as lost:
            dialogue.ask(b"LIST")
        assert time.monotonic() - begun < 30
    assert lost.value.code in (Code.TIMED_OUT, Code.PROTOCOL)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200 * 1024


def test_patience_is_given_back_by_what_is_of_use() -> None:
    """A server that tells one folder after the other has all the time it needs, if each comes
    soon; a word now and then that it is still there gives it none."""

    def script(server: Talk) -> None:
        tag, _ = server.expect(b"LIST")
        for number in range(60):
            server.say(*[b'* LIST () "/" "%d"' % number] * 30)
            time.sleep(SHORT * 0.15)
        server.say(tag + b" OK done")

    with talk(script) as dialogue:
        dialogue.wire.allow(SHORT)
        begun = time.monotonic()
        assert dialogue.ask(b"LIST").ok
        assert time.monotonic() - begun > 6 * SHORT


def test_a_body_has_its_time_while_it_comes() -> None:
    """Bytes of a body at a sane rate are progress, however long all of them take."""
    pieces = 40

    def script(server: Talk) -> None:
        server.line()
        server.raw(b"* 1 FETCH (BODY[] {%d}\r\n" % (pieces * CRAWL))
        for _ in range(pieces):
            server.raw(b"x" * CRAWL)
            time.sleep(0.1)
        server.raw(b")\r\nm1 OK done\r\n")

    with talk(script) as dialogue:
        dialogue.wire.allow(SHORT)
        answer = dialogue.ask(b"FETCH")
    assert len(answer.untagged[0][1]) == pieces * CRAWL


def stop_after(seconds: float) -> Heedful:
    """As a person asks for it, while the line waits."""
    at = time.monotonic() + seconds
    return Heedful(lambda: StopReason.STOP if time.monotonic() > at else None)


def greets(server: Talk) -> None:
    server.welcome("IMAP4rev1")


def with_tls(context: ssl.SSLContext, script: Script) -> Script:
    def secured(server: Talk) -> None:
        server.start_tls(context)
        script(server)

    return secured


def silent(server: Talk) -> None:
    """Whatever it hears."""
    with suppress(Gone):
        while True:
            server.line()


def after_login(script: Script) -> Script:
    def both(server: Talk) -> None:
        greets(server)
        script(server)

    return both


STUBBORN = {
    "says nothing": silent,
    "says that it is there": endlessly(lines(b"* OK Still here"), 0.1),
    "drips": endlessly(drops(b"* OK this is a long line "), 0.1),
    "drips a literal": endlessly(drops(b'* LIST () "/" {900000}\r\n' + b"x" * 900), 0.004),
    "lists folders": endlessly(lines(b'* LIST () "/" "x"'), 0.01),
}


@contextmanager
def heard_in_time() -> Iterator[None]:
    begun = time.monotonic()
    with pytest.raises(Stopped) as stopped:
        yield
    assert GRACE < time.monotonic() - begun < HEARD
    assert stopped.value.reason is StopReason.STOP


@pytest.mark.parametrize(
    ("secure", "throttled"), [(False, False), (True, False), (True, True)], ids=["", "TLS", "slow"]
)
@pytest.mark.parametrize("manner", STUBBORN)
def test_a_stop_is_heard_whatever_the_server_does(
    scene: Scene,
    server_context: Callable[[], ssl.SSLContext],
    ca_file: str,
    *,
    manner: str,
    secure: bool,
    throttled: bool,
) -> None:
    """In clear text and under TLS, with a limit of speed and without."""
    script = after_login(STUBBORN[manner])
    port = scene.serve(with_tls(server_context(), script) if secure else script).port
    source = open_source(
        Server("localhost", port, Security.TLS if secure else Security.NONE),
        Login("me", "secret"),
        policy_for(port, ca_file=ca_file, timeout=60.0),
        throttle=Throttle(200_000, time.sleep) if throttled else None,
        heed=stop_after(0.2),
    )
    with heard_in_time():
        source.folders()
    source.close()


@pytest.mark.parametrize("security", Security)
def test_a_stop_is_heard_before_the_login(scene: Scene, security: Security) -> None:
    """A server that takes the connection and says nothing: no greeting, no handshake."""
    if security is Security.STARTTLS:
        port = scene.serve(after_starttls).port
    else:
        port = scene.serve(lambda server: time.sleep(6)).port
    source = open_source(
        Server("localhost", port, security),
        Login("me", "secret"),
        policy_for(port, timeout=60.0),
        heed=stop_after(0.2),
    )
    with heard_in_time():
        source.connect()


def after_starttls(server: Talk) -> None:
    server.say(b"* OK hello")
    server.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS")
    server.answer(b"STARTTLS")
    time.sleep(6)


def test_a_stop_is_heard_while_nobody_accepts() -> None:
    """A server whose queue of connections is full."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    port = full.getsockname()[1]
    waiting = []
    for _ in range(4):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(("127.0.0.1", port))
    source = open_source(
        Server("127.0.0.1", port, Security.NONE),
        Login("me", "secret"),
        policy_for(port, timeout=60.0),
        heed=stop_after(0.2),
    )
    with heard_in_time():
        source.connect()
    for one in (*waiting, full):
        one.close()


@pytest.mark.parametrize("deflated", [False, True])
@pytest.mark.parametrize("secure", [False, True])
def test_a_stop_is_heard_by_who_sends(
    server_context: Callable[[], ssl.SSLContext], *, secure: bool, deflated: bool
) -> None:
    """To a server that reads nothing of it."""
    ours, theirs = socket.socketpair()
    wire = Wire(ours, Side.DESTINATION, "x", patience=Patience(stop_after(0.2)))
    wire.allow(60.0)
    if secure:
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
        kept: list[ssl.SSLSocket] = []
        other = threading.Thread(
            target=lambda: kept.append(server_context().wrap_socket(theirs, server_side=True))
        )
        other.start()
        wire.start_tls(blind, "x")
        other.join()
        theirs = kept[0]
    if deflated:
        wire.sock = Deflated(wire.sock, b"")
    with heard_in_time():
        while True:
            wire.write(random.randbytes(100_000))
    assert wire.closed
    theirs.close()


def test_a_stop_is_heard_amid_a_large_body(scene: Scene) -> None:
    """It may come to a better place by itself; after a while it is not waited for."""

    def script(server: Talk) -> None:
        server.welcome("IMAP4rev1")
        server.open_folder(1)
        tag, _ = server.expect(b"UID FETCH")
        server.say(b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "" RFC822.SIZE 90000000)', tag + b" OK")
        server.expect(b"UID FETCH")
        server.raw(b'* 1 FETCH (UID 1 FLAGS () INTERNALDATE "" BODY[] {90000000}\r\n')
        with suppress(Gone):
            while True:
                server.raw(b"x" * 10_000)
                time.sleep(0.02)

    port = scene.serve(script).port
    source = open_source(
        Server("localhost", port, Security.NONE),
        Login("me", "secret"),
        policy_for(port, timeout=60.0),
        heed=stop_after(0.2),
    )
    listing = messages(source, INBOX)
    with heard_in_time():
        for _, answer in source.bodies([Wanted(INBOX, listing.status.uidvalidity, (1,))]):
            assert isinstance(answer, Fetched)
            for _ in answer.chunks:
                pass
    source.close()


def test_who_ends_by_himself_is_not_interrupted() -> None:
    """In the time between a stop's being asked for and its being insisted on answers still come."""

    def script(server: Talk) -> None:
        tag, _ = server.expect(b"NOOP")
        time.sleep(1.2)
        server.say(tag + b" OK done")

    with talk(script) as dialogue:
        dialogue.wire = Wire(
            dialogue.wire.sock, Side.SOURCE, "x", patience=Patience(stop_after(0.0))
        )
        dialogue.wire.allow(60.0)
        assert dialogue.ask(b"NOOP").ok


@pytest.mark.parametrize("opening", [b"* OK hello", b"* CAPABILITY " + b"x" * 900])
def test_an_opening_is_not_without_end(scene: Scene, opening: bytes) -> None:
    """What a server says before the login is kept by the library: so much, and no more."""

    def script(server: Talk) -> None:
        server.say(b"* OK hello")
        with suppress(Gone):
            while True:
                server.say(*[opening] * 1000)

    source = scene.source(script)
    with pytest.raises(ConnectFailed) as failed:
        source.connect()
    assert failed.value.code is Code.NOT_IMAP


def test_a_body_that_nobody_asked_for_is_no_progress(scene: Scene) -> None:
    """A source that sends other messages than those it was asked for is left."""

    def script(server: Talk) -> None:
        server.welcome("IMAP4rev1")
        server.open_folder(1)
        server.expect(b"UID FETCH")
        body = b'* 1 FETCH (UID 9 FLAGS () INTERNALDATE "" BODY[] {100000}\r\n'
        with suppress(Gone):
            while True:
                server.raw(body + b"x" * 100_000 + b")\r\n")

    source = scene.source(script, script, script)
    ((_, answer),) = source.bodies([Wanted(INBOX, 7, (1,))])
    assert isinstance(answer, Unreadable)


def test_a_destination_that_only_says_that_it_is_there(scene: Scene) -> None:
    """An APPEND has its time, and no more."""

    def script(server: Talk) -> None:
        server.welcome()
        endlessly(lines(b"* OK Still here"), 0.02)(server)

    port = scene.serve(script).port
    destination = open_destination(
        Server("localhost", port, Security.NONE),
        Login("me", "secret"),
        policy_for(port, timeout=SHORT),
    )
    message = Outgoing(INBOX, 0, 4, "", frozenset(), iter([b"body"]))
    with pytest.raises(ConnectionLost) as lost:
        list(destination.append([message]))
    destination.close()
    assert lost.value.code is Code.TIMED_OUT


def test_a_header_that_is_too_long_costs_no_line() -> None:
    """What is too long to be of use is passed over, and the answer goes on."""

    def script(server: Talk) -> None:
        tag, _ = server.expect(b"FETCH")
        long = b"x" * (2 * 1024 * 1024)
        server.raw(b"* 1 FETCH (UID 1 BODY[HEADER] {%d}\r\n" % len(long) + long + b")\r\n")
        server.say(b"* 2 FETCH (UID 2 BODY[HEADER] {1}", b"y)", tag + b" OK done")

    with talk(script) as dialogue:
        answer = dialogue.ask(b"FETCH")
    assert [parts[1] for parts in answer.untagged] == [b"", b"y"]
