"""Both servers for the pre-flight check, and a scripted one for what real servers do rarely."""

from __future__ import annotations

import imaplib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import IO

import pytest

from imap.server import Login, NetworkPolicy, Server
from importer.preflight import CheckSubject
from launch.dovecot import Dovecot
from provisioners import open_provisioner
from provisioners.base import Provisioner
from sync.options import Mode, Security

SOURCE_PASSWORD = "Old-Secret-1"
PASSWORD = "New-Secret-2026"


class ScriptedServer:
    """Greets, then answers each command with the next line; '{tag}' is the command's tag."""

    def __init__(self, greeting: bytes, answers: tuple[str, ...]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._greeting = greeting
        self._answers = answers
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            # A client that has heard enough hangs up with a reset.
            with line, line.makefile("rwb", buffering=0) as stream, suppress(ConnectionError):
                self._talk(stream)

    def _talk(self, stream: IO[bytes]) -> None:
        stream.write(self._greeting)
        for answer in self._answers:
            tag = stream.readline().split(b" ", 1)[0].decode("ascii", "replace")
            stream.write(answer.replace("{tag}", tag).encode())

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedServer]]:
    started: list[ScriptedServer] = []

    def start(greeting: bytes, *answers: str) -> ScriptedServer:
        started.append(ScriptedServer(greeting, answers))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def policy(ca_file: str) -> NetworkPolicy:
    """Loopback and every port allowed; the tests' authority trusted."""
    return NetworkPolicy(
        allowed_networks=(ip_network("127.0.0.0/8"),),
        allowed_ports=frozenset(range(1, 65536)),
        connect_timeout=5,
        read_timeout=10,
        ca_file=ca_file,
    )


@pytest.fixture
def provisioner(destination_server: Dovecot) -> Provisioner:
    users: Path = destination_server.spec.users_file
    return open_provisioner("dovecot-passwd", {"users_file": str(users)})


@pytest.fixture
def subject(source_server: Dovecot, destination_server: Dovecot, address: str) -> CheckSubject:
    """A good row: the mailbox does not exist yet at the destination."""
    source_server.add_user(address, SOURCE_PASSWORD)
    put(source_server, address, SOURCE_PASSWORD, messages=3)
    return CheckSubject(
        source=Server("localhost", source_server.spec.tls_port, Security.TLS),
        login=Login(address, SOURCE_PASSWORD),
        mailbox=address.partition("@")[0],
        mailbox_password=PASSWORD,
        domain="example.test",
        domains=("example.test",),
        destination=Server("localhost", destination_server.spec.tls_port, Security.TLS),
        password_policy="konsoleh",
        mode=Mode.FLAGS_AND_NEW,
    )


def put(server: Dovecot, address: str, password: str, *, messages: int) -> None:
    """So many messages of 1,000 bytes in INBOX, over a new connection."""
    message = b"Subject: x\r\n\r\n" + b"x" * 984 + b"\r\n"
    client = imaplib.IMAP4("127.0.0.1", server.spec.port, timeout=20)
    until_noticed(client, address, password)
    for _ in range(messages):
        client.append("INBOX", "", "", message)
    client.logout()


def until_noticed(client: imaplib.IMAP4, address: str, password: str) -> None:
    """Dovecot looks at its users file once a second: a login may need a second try."""
    pause = threading.Event()
    for _ in range(20):
        try:
            client.login(address, password)
        except imaplib.IMAP4.error:
            pause.wait(0.1)
        else:
            return
    raise RuntimeError(f"{address} cannot log in")
