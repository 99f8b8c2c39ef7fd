"""Every foreign error and every refusal becomes one of sync.errors, here and nowhere else."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl

from imap.parse import response_code, words
from sync.errors import (
    AuthenticationFailed,
    Code,
    ConnectFailed,
    ConnectionLost,
    FolderBusy,
    FolderError,
    MessageError,
    Side,
)

_TOO_MANY = re.compile(
    rb"too many|maximum number|maximum.{0,20}connection|connection limit|simultaneous", re.I
)
_PASSING = re.compile(rb"temporar|try again|again later|internal|unavailable|not available", re.I)
_THROTTLE = re.compile(
    rb"throttl|backoff time|bandwidth|rate limit|too many (?:commands|req)", re.I
)
_WAIT = re.compile(
    rb"(?:backoff time|retry after|try again (?:in|after)|wait)\D{0,10}(\d{1,9})\s*(ms|milli|s|m)?",
    re.I,
)
_FULL = re.compile(rb"quota|mailbox (?:is |size )?(?:full|limit)|no space|disk (?:is )?full", re.I)
_GONE = re.compile(rb"doesn't exist|does not exist|no such|unknown mailbox", re.I)
_CERTIFICATE = {
    9: Code.CERTIFICATE_EXPIRED,
    10: Code.CERTIFICATE_EXPIRED,
    62: Code.CERTIFICATE_NAME,
    64: Code.CERTIFICATE_NAME,
}
"""OpenSSL's X509_V_ERR numbers: not yet valid, expired, host name, IP address."""
_NOT_TLS = ("WRONG_VERSION", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER", "PACKET_LENGTH")
_LATER = (b"UNAVAILABLE", b"INUSE")
_PASSING_CODES = {b"UNAVAILABLE", b"INUSE", b"SERVERBUG", b"THROTTLED", b"LIMIT"}
LONGEST_WAIT = 3600.0


def connect_failure(error: Exception, side: Side, host: str) -> ConnectFailed:
    """What went wrong before the login, by the foreign error."""
    code, said = _connect_code(error)
    return ConnectFailed(code, said, side=side, where=host)


def _connect_code(error: Exception) -> tuple[Code, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, Code.CERTIFICATE_UNTRUSTED), ""
    if isinstance(error, ssl.SSLEOFError):
        return Code.SERVER_BYE, ""
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or ""
        spoken = not any(hint in reason for hint in _NOT_TLS)
        # OpenSSL's own words are not the server's, and help nobody beside ours.
        return (Code.TLS_FAILED if spoken else Code.TLS_NOT_SPOKEN), ""
    if isinstance(error, socket.gaierror | UnicodeError):
        return Code.HOST_UNKNOWN, ""
    if isinstance(error, TimeoutError):
        return Code.CONNECT_TIMEOUT, ""
    if isinstance(error, ConnectionRefusedError):
        return Code.CONNECT_REFUSED, ""
    if isinstance(error, OSError):
        return Code.UNREACHABLE, ""
    if isinstance(error, imaplib.IMAP4.error):
        return Code.NOT_IMAP, ""
    return Code.INTERNAL, type(error).__name__


def line_failure(error: Exception, side: Side, host: str, farewell: bytes = b"") -> ConnectionLost:
    """What went wrong on a line that had been working. `farewell` is the server's BYE, if any."""
    if farewell:
        return farewell_failure(farewell, side, host)
    code = Code.TIMED_OUT if isinstance(error, TimeoutError) else Code.CONNECTION_LOST
    if isinstance(error, imaplib.IMAP4.error | ValueError):
        code = Code.PROTOCOL
    return ConnectionLost(code, side=side, where=host)


def farewell_failure(text: bytes, side: Side, host: str) -> ConnectionLost:
    """BYE in the middle of the work."""
    code = Code.THROTTLED if throttled(text) else Code.CONNECTION_LOST
    return ConnectionLost(
        code, words(text), side=side, where=host, suggested_wait=suggested_wait(text)
    )


def throttle_failure(text: bytes, side: Side, host: str) -> ConnectionLost:
    """The server wants us to come back later."""
    return ConnectionLost(
        Code.THROTTLED, words(text), side=side, where=host, suggested_wait=suggested_wait(text)
    )


def throttled(text: bytes) -> bool:
    """Whether a refusal means 'slower', not 'no'."""
    return response_code(text).name == b"THROTTLED" or bool(_THROTTLE.search(text))


def suggested_wait(text: bytes) -> float:
    """Seconds that the server asks to wait, 0 when it names none. Exchange: 'Suggested Backoff
    Time: 299961 milliseconds'."""
    match = _WAIT.search(text)
    if match is None:
        return 0.0
    unit = (match[2] or b"s").lower()
    factor = 0.001 if unit in (b"ms", b"milli") else 60.0 if unit == b"m" else 1.0
    return min(int(match[1]) * factor, LONGEST_WAIT)


def greeting_failure(text: bytes, side: Side, host: str) -> ConnectFailed:
    """BYE instead of a welcome."""
    code = Code.TOO_MANY_CONNECTIONS if _TOO_MANY.search(text) else Code.SERVER_BYE
    wait = suggested_wait(text)
    return ConnectFailed(code, words(text), side=side, where=host, suggested_wait=wait)


def login_failure(
    text: bytes, side: Side, host: str, secret: str = ""
) -> ConnectFailed | AuthenticationFailed:
    """A refused login: for now, or until a person changes something."""
    said, code, wait = words(text, secret), response_code(text).name, suggested_wait(text)
    if _TOO_MANY.search(text):
        busy = Code.TOO_MANY_CONNECTIONS
        return ConnectFailed(busy, said, side=side, where=host, suggested_wait=wait)
    if code == b"PRIVACYREQUIRED":
        return ConnectFailed(Code.LOGIN_DISABLED, said, side=side, where=host)
    if code in (b"AUTHENTICATIONFAILED", b"AUTHORIZATIONFAILED", b"EXPIRED"):
        return AuthenticationFailed(Code.LOGIN_REFUSED, said, side=side, where=host)
    if code in _PASSING_CODES or throttled(text) or _PASSING.search(text):
        passing = Code.LOGIN_TEMPORARY
        return ConnectFailed(passing, said, side=side, where=host, suggested_wait=wait)
    return AuthenticationFailed(Code.LOGIN_REFUSED, said, side=side, where=host)


def folder_failure(text: bytes, side: Side, name: str) -> FolderError:
    """NO to EXAMINE, STATUS, CREATE and their like."""
    if later(text):
        wait = suggested_wait(text)
        refused = Code.FOLDER_REFUSED
        return FolderBusy(refused, words(text), side=side, where=name, suggested_wait=wait)
    gone = response_code(text).name in (b"NONEXISTENT", b"TRYCREATE") or _GONE.search(text)
    code = Code.FOLDER_MISSING if gone else Code.FOLDER_REFUSED
    return FolderError(code, words(text), side=side, where=name)


def later(text: bytes) -> bool:
    """Whether a refusal holds for now only: the same may be asked once more after a while."""
    return busy(text) or response_code(text).name == b"LIMIT"


def busy(text: bytes) -> bool:
    """Whether an APPEND was refused for a reason that is neither the message nor its folder."""
    return throttled(text) or response_code(text).name in _LATER


def no_room(text: bytes) -> bool:
    """Whether the mailbox is full; Courier says so without a code: 'You exceed your mail quota'."""
    code = response_code(text).name
    return code == b"OVERQUOTA" or (code in (b"", b"ALERT") and bool(_FULL.search(text)))


def append_failure(text: bytes, name: str) -> MessageError:
    """NO to one message. What stops more than the message is sorted out before."""
    code = response_code(text).name
    cause = Code.APPEND_REFUSED
    if no_room(text):
        cause = Code.QUOTA
    elif code == b"TOOBIG" or (code == b"LIMIT" and b"identical" not in text.lower()):
        cause = Code.TOO_LARGE
    return MessageError(cause, words(text), side=Side.DESTINATION, where=name)
