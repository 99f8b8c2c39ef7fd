"""Logging in. A password is any text: it is sent as the bytes it has in UTF-8, and never shown."""

from __future__ import annotations

import base64
import re

from imap import faults
from imap.capabilities import parse_capabilities
from imap.dialogue import Answer, Dialogue, astring
from imap.hiding import keep_hidden
from imap.parse import Parts, response_code, words
from imap.server import Login
from sync.errors import AuthenticationFailed, Code, ConnectFailed, ConnectionLost
from sync.model import Capabilities

NAME, VERSION = "Mailhaul", "0.1"
"""What servers are told of us."""
_SIMPLE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e ]+\Z")
"""Text that every server reads alike in quotes: ASCII without the quote and the backslash."""


def log_in(dialogue: Dialogue, login: Login, *, identify: bool = True) -> None:
    """Log in and learn what the server offers from now on. With `identify` it is told who we are
    where it offers that (ID, RFC 2971), without waiting: some servers open no folder before.

    Raises AuthenticationFailed when a person has to change something, ConnectFailed when not."""
    for text in (login.username, login.password, login.authuser):
        if any(c in text for c in "\r\n\0"):
            raise AuthenticationFailed(Code.BAD_ARGUMENT, side=dialogue.side, where=dialogue.host)
    keep_hidden(dialogue.wire, login.password)
    try:
        answer = _try(dialogue, login)
    except ConnectionLost as lost:
        raise _lost(dialogue, lost, login.password) from lost
    if not answer.ok:
        raise faults.login_failure(answer.text, dialogue.side, dialogue.host, login.password)
    known = _told(answer)
    if known is None and identify and "ID" in dialogue.capabilities.names:
        _identify(dialogue)
        identify = False
    if known is None:
        known = parse_capabilities(_listed(dialogue.ask(b"CAPABILITY").untagged) or b"")
    dialogue.capabilities = known
    if identify and "ID" in known.names:
        _identify(dialogue)


def _identify(dialogue: Dialogue) -> None:
    dialogue.mention(b'ID ("name" "%b" "version" "%b")' % (NAME.encode(), VERSION.encode()))


def _try(dialogue: Dialogue, login: Login) -> Answer:
    names = dialogue.capabilities.names
    plain, disabled = "AUTH=PLAIN" in names, "LOGINDISABLED" in names
    if disabled and not plain:
        raise ConnectFailed(Code.LOGIN_DISABLED, side=dialogue.side, where=dialogue.host)
    if login.authuser:
        return _authenticate_plain(dialogue, login)
    simple = _SIMPLE.match(login.username) and _SIMPLE.match(login.password)
    if plain and (disabled or not simple):
        return _authenticate_plain(dialogue, login)
    return dialogue.ask(
        b"LOGIN", astring(login.username.encode()), astring(login.password.encode())
    )


def _authenticate_plain(dialogue: Dialogue, login: Login) -> Answer:
    identity = f"{login.username}\0{login.authuser}" if login.authuser else f"\0{login.username}"
    secret = base64.b64encode(f"{identity}\0{login.password}".encode())
    if "SASL-IR" in dialogue.capabilities.names:
        return dialogue.ask(b"AUTHENTICATE PLAIN", secret)
    tag = dialogue.send(b"AUTHENTICATE PLAIN")
    dialogue.wire.flush()
    while not (line := dialogue.response()).startswith(b"+"):
        if not line.startswith(b"* "):
            return Answer(*dialogue.tagged(line, tag))
        dialogue.rest(line)
    dialogue.wire.write(secret + b"\r\n")
    return dialogue.answer(tag)


def _lost(
    dialogue: Dialogue, lost: ConnectionLost, secret: str
) -> ConnectFailed | AuthenticationFailed:
    """Many servers refuse a login by hanging up; why, their BYE tells."""
    if farewell := dialogue.wire.farewell:
        failure = faults.login_failure(farewell, dialogue.side, dialogue.host, secret)
        if failure.code is not Code.LOGIN_REFUSED or response_code(farewell).name:
            return failure
    code = Code.CONNECT_TIMEOUT if lost.code is Code.TIMED_OUT else Code.LOGIN_TEMPORARY
    said = words(dialogue.wire.farewell, secret)
    return ConnectFailed(code, said, side=dialogue.side, where=dialogue.host)


def _told(answer: Answer) -> Capabilities | None:
    """What the server offers from now on, if the answer to the login says so."""
    if answer.code.name == b"CAPABILITY":
        return parse_capabilities(answer.code.arguments)
    listed = _listed(answer.untagged)
    return None if listed is None else parse_capabilities(listed)


def _listed(untagged: tuple[Parts, ...]) -> bytes | None:
    for parts in untagged:
        kind, _, rest = parts[0].partition(b" ")
        if kind.upper() == b"CAPABILITY":
            return rest
    return None
