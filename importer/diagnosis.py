"""Errors in words: for every code what happened and why, and what a person can do about it."""

from __future__ import annotations

from importer.diagnosis_words import WORDS, Words
from importer.finding import Finding, Level
from importer.providers import connection_advice, login_advice, provider_of
from sync.errors import Code, Side

_PLACES = {
    Side.SOURCE: "The old mail server",
    Side.DESTINATION: "The destination's mail server",
    None: "The mail server",
}
_FIELDS_OF_DESTINATION = {"source_username": "mailbox", "source_password": "mailbox_password"}
_ASK = "Ask the administrator of this installation: the destination's settings are theirs."
_LOGIN_CODES = (Code.LOGIN_REFUSED, Code.LOGIN_DISABLED)
_UNNAMED = (Code.HOST_UNKNOWN, Code.HOST_REFUSED)


def explain(
    code: Code,
    *,
    side: Side | None = None,
    host: str = "",
    server_words: str = "",
    username: str = "",
) -> Finding:
    """The finding for an error. A provider that is known adds its own advice.

    A host that is unknown and one that may not be reached look the same to the last letter, so
    that nobody can learn by trying which names and machines an inner network has."""
    if code in _UNNAMED:
        code, server_words = Code.HOST_UNKNOWN, ""
    entry = _entry(code, side)
    words = entry.words.format(
        server=_server(side, host), host=host or "the server", username=username or "this user"
    )
    return Finding(
        entry.level,
        str(code),
        words,
        _hint(code, entry, side, host=host, server_words=server_words),
        server_words,
        _field(entry, side),
    )


def explain_stored(
    code: str, *, side: str = "", server_words: str = "", username: str = ""
) -> Finding:
    """As explain, of what a database keeps; a code that nobody knows has words too."""
    known = next((one for one in Code if one == code), None)
    if known is None:
        return UNKNOWN
    place = next((one for one in Side if one == side), None)
    return explain(known, side=place, server_words=server_words, username=username)


_OUR_WORDS = {
    Code.ALTERED: "What is different",
    Code.INCOMPLETE: "Not shown",
    Code.UNREAD_ANSWER: "The line",
    Code.DELETION_REFUSED: "Namely",
    Code.REMOVAL_WAITS: "Namely",
    Code.FOLDERS_WOULD_MERGE: "Namely",
    Code.OPTIONS_REFUSED: "Namely",
}


def said(code: str) -> str:
    """What stands before the words that are kept with a code: most are the server's own."""
    return next((words for one, words in _OUR_WORDS.items() if one == code), "The server said")


UNKNOWN = Finding(
    Level.BLOCKING,
    Code.INTERNAL,
    "Something went wrong that has no name yet.",
    "Try it again; if it comes back, tell your administrator.",
)


def _entry(code: Code, side: Side | None) -> Words:
    if side is Side.DESTINATION and code is Code.LOGIN_REFUSED:
        return _DESTINATION_LOGIN
    return WORDS[code]


_DESTINATION_LOGIN = Words(
    "{server} does not accept this password for the mailbox {username}. A mailbox that exists "
    "keeps the password that it has.",
    "Enter the mailbox's present password, or set a new one in the hosting's administration "
    "and enter that.",
    field="source_password",
)


def _server(side: Side | None, host: str) -> str:
    return f"{_PLACES[side]} {host}" if host else _PLACES[side]


def _hint(code: Code, entry: Words, side: Side | None, *, host: str, server_words: str) -> str:
    advice = ""
    if side is not Side.DESTINATION and code in _LOGIN_CODES:
        advice = login_advice(host, server_words)
        if code is Code.LOGIN_REFUSED and advice and provider_of(host):
            advice = f"{advice} Otherwise: {entry.hint}"
    elif code in (Code.TOO_MANY_CONNECTIONS, Code.THROTTLED, Code.LOGIN_TEMPORARY):
        advice = connection_advice(server_words)
    elif side is Side.DESTINATION and entry.field == "source_host":
        advice = _ASK
    return advice or entry.hint


def _field(entry: Words, side: Side | None) -> str:
    if side is not Side.DESTINATION:
        return entry.field
    return _FIELDS_OF_DESTINATION.get(entry.field, "" if "source" in entry.field else entry.field)
