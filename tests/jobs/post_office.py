"""A real mail server on loopback: TLS, login, and the moods that such servers have."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from launch.certificates import Authority, issue
from tests.conftest import free_port

USER, PASSWORD = "notices@example.net", "p@ss/word 12"
Answer = str | Callable[[], str]


@dataclass
class PostOffice:
    """What it has taken, and how it answers: an empty answer means that it takes the mail."""

    port: int = field(default_factory=free_port)
    taken: list[Envelope] = field(default_factory=list)
    connections: int = 0
    at_recipient: Callable[[str], str] = lambda _address: ""
    at_mail: Callable[[], str] = lambda: ""
    hangs: bool = False

    @property
    def messages(self) -> list[EmailMessage]:
        return [_parsed(envelope) for envelope in self.taken]

    @property
    def recipients(self) -> list[str]:
        return sorted(address for envelope in self.taken for address in envelope.rcpt_tos)

    def url(self, scheme: str = "smtp", login: bool = True) -> str:
        user = "notices%40example.net:p%40ss%2Fword%2012@" if login else ""
        return f"{scheme}://{user}127.0.0.1:{self.port}"

    # The names of the methods are aiosmtpd's.
    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        refusal = self.at_recipient(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        while self.hangs:
            await asyncio.sleep(0.05)
        refusal = self.at_mail()
        if not refusal:
            self.taken.append(envelope)
        return refusal or "250 Taken"

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str,
        responses: list[str],
    ) -> list[str]:  # fmt: skip
        self.connections += 1
        session.host_name = hostname
        return responses


@contextmanager
def post_office(
    directory: Path,
    authority: Authority,
    *,
    security: str = "starttls",
    login: bool = True,
    names: tuple[str, ...] = ("localhost", "127.0.0.1"),
    password: str = PASSWORD,
) -> Iterator[PostOffice]:
    """One that asks for a login over TLS; keywords make it another. A plain one has no login."""
    office = PostOffice()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*issue(authority, directory, names=names))
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        authenticator=partial(_authenticate, password),
        auth_required=login and security == "starttls",
        # aiosmtpd does not count TLS from the first byte as TLS.
        auth_require_tls=security != "tls",
        enable_SMTPUTF8=False,
        **({"ssl_context": tls} if security == "tls" else {}),
        **({"tls_context": tls, "require_starttls": True} if security == "starttls" else {}),
    )
    controller.start()
    yield office
    office.hangs = False
    controller.stop()


def _authenticate(
    password: str, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: Any
) -> AuthResult:
    known = LoginPassword(USER.encode(), password.encode())
    return AuthResult(success=said == known, handled=False)


def _parsed(envelope: Envelope) -> EmailMessage:
    content = envelope.content
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=POLICY)
    assert isinstance(message, EmailMessage)
    return message
