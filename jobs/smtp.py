"""One mail handed to the operator's mail server: encrypted, verified, logged in, within bounds.

smtp://        STARTTLS, and no mail without it
smtps://       TLS from the first byte
smtp+plain://  no encryption, only where the operator says so
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from imap.hiding import keep_hidden, without_secrets
from settings import MailServer

CONNECT_SECONDS = 15
ANSWER_SECONDS = 30
TAKEN_SECONDS = 120
"""For the answer to the whole mail. Who hangs up sooner gets it sent again, and so twice."""

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Envelope:
    """`sender` and `recipient` are bare addresses."""

    sender: str
    recipient: str


class NotSent(Exception):
    """The mail was not taken. `for_good`: and the same mail will not be taken later either."""

    def __init__(self, words: str, server_words: str = "", *, for_good: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.server_words = server_words
        self.for_good = for_good


def hand_over(
    server: MailServer, envelope: Envelope, message: EmailMessage, tls: ssl.SSLContext
) -> None:
    """Returns when the server has taken the mail. Raises NotSent."""
    try:
        with _session(server, tls) as line:
            line.send_message(message, envelope.sender, [envelope.recipient])
    except (OSError, smtplib.SMTPException) as error:
        raise _refusal(error, server, envelope) from error


@contextmanager
def _session(server: MailServer, tls: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    with closing(_connected(server, tls)) as line:
        _wait_at_most(line, ANSWER_SECONDS)
        line.ehlo_or_helo_if_needed()
        if server.security == "starttls":
            _encrypt(line, server, tls)
        keep_hidden(line, server.password)
        if server.username:
            if not line.has_extn("auth"):
                raise NotSent(f"{_place(server)} offers no login with a password.")
            line.login(server.username, server.password)
        yield line
        # The mail is taken: whatever becomes of the farewell, it must not be sent again.
        with suppress(OSError, smtplib.SMTPException):
            line.quit()


def _connected(server: MailServer, tls: ssl.SSLContext) -> smtplib.SMTP:
    host, port, name = server.host, server.port, socket.gethostname()
    if server.security == "tls":
        return _TlsLine(host, port, name, timeout=CONNECT_SECONDS, context=tls)
    return _Line(host, port, name, timeout=CONNECT_SECONDS)


def _encrypt(line: smtplib.SMTP, server: MailServer, tls: ssl.SSLContext) -> None:
    """Never goes on without it: password and mail would be readable on the way."""
    if not line.has_extn("starttls"):
        raise NotSent(f"{_place(server)} offers no encryption (STARTTLS) on port {server.port}.")
    line.starttls(context=tls)
    line.ehlo()


class _Line(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        _wait_at_most(self, TAKEN_SECONDS)
        return super().data(msg)


class _TlsLine(_Line, smtplib.SMTP_SSL):
    pass


def _wait_at_most(line: smtplib.SMTP, seconds: float) -> None:
    if line.sock is not None:
        line.sock.settimeout(seconds)


def _refusal(error: Exception, server: MailServer, envelope: Envelope) -> NotSent:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = error.recipients[envelope.recipient]
        words = f"{_place(server)} takes no mail for {envelope.recipient}."
        return NotSent(words, answer(code, said), for_good=code >= 500)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error, _place(server), envelope)
    if isinstance(error, ssl.SSLCertVerificationError):
        words = f"{_place(server)} has a certificate that is not trusted here."
        return NotSent(words, clean(error.verify_message))
    # smtplib tells a silent server from one that hung up only by what came before.
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else None
    for kind, words in _WORDS:
        if isinstance(error, kind) or isinstance(cause, kind):
            return NotSent(words.format(place=_place(server), port=server.port))
    return NotSent(f"{_place(server)} cannot be reached over the network.")


def _answered(error: smtplib.SMTPResponseException, place: str, envelope: Envelope) -> NotSent:
    said = answer(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return NotSent(f"{place} does not accept the login that this installation has.", said)
    if isinstance(error, smtplib.SMTPSenderRefused):
        return NotSent(f"{place} takes no mail from {envelope.sender}.", said)
    if isinstance(error, smtplib.SMTPDataError):
        return NotSent(f"{place} did not take this mail.", said, for_good=error.smtp_code >= 500)
    return NotSent(f"{place} broke the conversation off.", said)


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "{place} was not found."),
    (ConnectionRefusedError, "{place} refuses connections on port {port}."),
    (TimeoutError, "{place} did not answer in time."),
    (ssl.SSLError, "{place} does not speak TLS with us on port {port}."),
    (smtplib.SMTPNotSupportedError, "{place} takes no address with such letters."),
    (smtplib.SMTPServerDisconnected, "{place} hung up."),
    (ConnectionError, "{place} hung up."),
)


def _place(server: MailServer) -> str:
    return f"The mail server {server.host}"


def answer(code: int, said: bytes | str) -> str:
    """A server's answer in one line, with its number."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return clean(f"{code} {text}" if code > 0 else text)


def clean(text: str) -> str:
    """Without line breaks and other control characters, and not longer than a page can show."""
    text = without_secrets(text)
    plain = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(plain.split())[:_LONGEST]
