"""Nothing foreign leaves the room: every error of the libraries and the system has its own."""

from __future__ import annotations

import imaplib
import socket
import ssl

import imapclient.exceptions
import pytest

from imap import faults
from sync.errors import Code, ConnectFailed, ConnectionLost, Side


def subclasses(root: type[Exception]) -> list[type[Exception]]:
    found = [root]
    for child in root.__subclasses__():
        found += subclasses(child)
    return found


FOREIGN = sorted(
    {
        kind
        for root in (OSError, imaplib.IMAP4.error)
        for kind in subclasses(root)
        if kind.__module__ in ("builtins", "socket", "ssl", "imaplib", "imapclient.exceptions")
    }
    | {UnicodeError, ValueError, EOFError, imapclient.exceptions.LoginError},
    key=lambda kind: kind.__qualname__,
)


def make(kind: type[Exception]) -> Exception:
    error = kind.__new__(kind)
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_code, error.verify_message = 20, "unable to get local issuer certificate"
    return error


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__qualname__)
def test_every_foreign_error_has_a_name_of_ours(kind: type[Exception]) -> None:
    """While connecting, and on a line that worked."""
    connecting = faults.connect_failure(make(kind), Side.SOURCE, "mail.test")
    working = faults.line_failure(make(kind), Side.SOURCE, "mail.test")
    assert type(connecting) is ConnectFailed
    assert type(working) is ConnectionLost
    assert connecting.where == working.where == "mail.test"


def test_the_walk_is_not_empty() -> None:
    """The libraries' own errors are among those walked."""
    names = {kind.__qualname__ for kind in FOREIGN}
    assert {"IMAP4.abort", "IMAP4.readonly", "LoginError", "SSLEOFError", "gaierror"} <= names


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (socket.gaierror(), Code.HOST_UNKNOWN),
        (TimeoutError(), Code.CONNECT_TIMEOUT),
        (ConnectionRefusedError(), Code.CONNECT_REFUSED),
        (OSError("no route"), Code.UNREACHABLE),
        (imaplib.IMAP4.abort("x"), Code.NOT_IMAP),
        (ssl.SSLError(1, "handshake failure"), Code.TLS_FAILED),
    ],
)
def test_connecting_fails_by_name(error: Exception, code: Code) -> None:
    """Each has the code by which it is explained."""
    assert faults.connect_failure(error, Side.SOURCE, "h").code is code


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"Suggested Backoff Time: 299961 milliseconds", 299.961),
        (b"[THROTTLED] try again in 30 seconds", 30.0),
        (b"Retry after 5 minutes", 300.0),
        (b"wait 10 s", 10.0),
        (b"Suggested Backoff Time: 999999999 milliseconds", 3600.0),
        (b"nothing said 500", 0.0),
    ],
)
def test_waits_that_servers_suggest(text: bytes, seconds: float) -> None:
    """Taken at their word, up to an hour."""
    assert faults.suggested_wait(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[OVERQUOTA] Quota exceeded (mailbox for user is full)", Code.QUOTA),
        (b"You exceeded your mail quota exceeded", Code.QUOTA),
        (b"[TOOBIG] Message too large", Code.TOO_LARGE),
        (b"[LIMIT] Message size exceeds", Code.TOO_LARGE),
        (b"[LIMIT] Too many identical emails", Code.APPEND_REFUSED),
        (b"[CANNOT] virus", Code.APPEND_REFUSED),
        (b"no reason", Code.APPEND_REFUSED),
    ],
)
def test_refusals_of_a_message(text: bytes, code: Code) -> None:
    """Full, too large, and all the rest with the server's words."""
    error = faults.append_failure(text, "Sent")
    assert (error.code, error.where) == (code, "Sent")
    assert error.server_words == text.decode()
