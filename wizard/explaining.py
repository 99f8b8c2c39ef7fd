"""The stored codes in words, for the pages and the report."""

from __future__ import annotations

from importer.diagnosis import explain_stored
from importer.finding import Finding
from store.tables import AccountRun, NoteRow
from sync.errors import Code, Side


def explain_run(run: AccountRun) -> Finding:
    """Why an account did not end well, and what to do."""
    at_destination = run.error_side == Side.DESTINATION
    username = run.account.mailbox if at_destination else run.account.source_username
    return explain(run.error, run.server_words, username, side=run.error_side)


def explain(code: str, server_words: str = "", username: str = "", *, side: str = "") -> Finding:
    """Why an account or a folder did not end well, and what to do."""
    return explain_stored(code, side=side, server_words=server_words, username=username)


def reason_of(note: NoteRow) -> str:
    """Why one message needs a word."""
    side = Side.SOURCE if note.code == Code.UNREADABLE else ""
    return explain_stored(note.code, side=side, server_words=note.server_words).words
