"""Connections for the tests of the wire: to scripted servers and to real ones."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imap import (
    ImapDestination,
    ImapSource,
    Login,
    Server,
    open_destination,
    open_source,
)
from launch.certificates import Authority, issue
from launch.dovecot import Dovecot
from sync.options import Security
from tests.imap.copying import Copy
from tests.imap.line import Line
from tests.imap.policy import policy_for
from tests.imap.scripted import Script, ScriptedServer


class Scene:
    """A scripted server, the clients made for it, and the pauses they wanted."""

    def __init__(self) -> None:
        self.servers: list[ScriptedServer] = []
        self.readers: list[ImapSource] = []
        self.pauses: list[float] = []

    def serve(self, *scripts: Script) -> ScriptedServer:
        self.servers.append(ScriptedServer(*scripts))
        return self.servers[-1]

    def source(self, *scripts: Script, timeout: float = 3.0) -> ImapSource:
        port = self.serve(*scripts).port
        source = open_source(
            Server("localhost", port, Security.NONE),
            Login("me", "secret"),
            policy_for(port, timeout=timeout),
            wait=self.pauses.append,
        )
        self.readers.append(source)
        return source

    def destination(self, *scripts: Script) -> ImapDestination:
        port = self.serve(*scripts).port
        destination = open_destination(
            Server("localhost", port, Security.NONE),
            Login("me", "secret"),
            policy_for(port),
            wait=self.pauses.append,
        )
        self.readers.append(destination)
        return destination

    @property
    def heard(self) -> list[bytes]:
        return self.servers[-1].heard

    def end(self) -> None:
        for reader in self.readers:
            reader.close()
        for server in self.servers:
            server.stop()


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Scripted servers; a script that heard something else than it expected fails the test."""
    scene = Scene()
    yield scene
    scene.end()


@pytest.fixture(scope="session")
def server_context(
    open_dir: Path, authority: Authority
) -> Callable[[tuple[str, ...], tuple[int, int]], ssl.SSLContext]:
    """The server's end of TLS, with a certificate for these names and days."""
    numbers = iter(range(1000))

    def make(
        names: tuple[str, ...] = ("localhost",), days: tuple[int, int] = (-1, 825)
    ) -> ssl.SSLContext:
        directory = open_dir / f"certificate{next(numbers)}"
        directory.mkdir()
        certificate, key = issue(authority, directory, names=names, days=days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    return make


@pytest.fixture(scope="session")
def accounts(source_server: Dovecot) -> Iterator[str]:
    """Addresses that nobody has used. Made all at once: Dovecot looks at its list of users only
    once a second."""
    names = [f"imap{number}@example.test" for number in range(60)]
    for name in names:
        source_server.add_user(name, "pass word")
    time.sleep(1.1)
    return iter(names)


@pytest.fixture
def account(accounts: Iterator[str]) -> Login:
    return Login(next(accounts), "pass word")


@pytest.fixture
def mailbox(
    source_server: Dovecot, account: Login, ca_file: str
) -> Iterator[tuple[ImapSource, ImapDestination]]:
    """A new mailbox on a real server, read by STARTTLS and written by TLS."""
    spec = source_server.spec
    policy = policy_for(spec.port, spec.tls_port, ca_file=ca_file, timeout=30.0)
    reader = open_source(Server("localhost", spec.port, Security.STARTTLS), account, policy)
    writer = open_destination(Server("localhost", spec.tls_port, Security.TLS), account, policy)
    yield reader, writer
    reader.close()
    writer.close()


@pytest.fixture
def logins(accounts: Iterator[str]) -> tuple[Login, Login]:
    """Of two empty mailboxes."""
    return Login(next(accounts), "pass word"), Login(next(accounts), "pass word")


@pytest.fixture
def new_copy(
    source_server: Dovecot, logins: tuple[Login, Login], ca_file: str
) -> Iterator[Callable[..., Copy]]:
    """A copy between the two; keywords are those of Line."""
    made: list[Line] = []

    def make(**line: int) -> Copy:
        spec = source_server.spec
        lines = [Line(spec.tls_port, **line), Line(spec.port, **line)]
        made.extend(lines)
        return Copy(lines, logins, ca_file)

    yield make
    for line in made:
        line.close()
