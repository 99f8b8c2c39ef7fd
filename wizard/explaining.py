"""The stored codes in words, for the pages and the report."""

from __future__ import annotations

from importer import diagnosis
from importer.finding import Finding, Level
from store.tables import AccountRun, NoteRow
from sync.errors import Code, Side

_UNKNOWN = Finding(
    Level.BLOCKING,
    Code.INTERNAL,
    "Something went wrong that has no name yet.",
    "Try it again; if it comes back, tell your administrator.",
)


def explain_run(run: AccountRun) -> Finding:
    """Why an account did not end well, and what to do."""
    side = next((one for one in Side if one == run.error_side), None)
    username = run.account.mailbox if side is Side.DESTINATION else run.account.source_username
    return explain(run.error, run.server_words, username, side=side)


def explain(
    code: str, server_words: str = "", username: str = "", *, side: Side | None = None
) -> Finding:
    """Why an account or a folder did not end well, and what to do."""
    known = next((one for one in Code if one == code), None)
    if known is None:
        return _UNKNOWN
    return diagnosis.explain(known, side=side, server_words=server_words, username=username)


def reason_of(note: NoteRow) -> str:
    """Why one message needs a word."""
    known = next((one for one in Code if one == note.code), None)
    if known is None:
        return _UNKNOWN.words
    side = Side.SOURCE if known == Code.UNREADABLE else None
    return diagnosis.explain(known, side=side, server_words=note.server_words).words
