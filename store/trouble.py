"""Why the database cannot be used, in words for the people who wait and for the operator."""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
    TimeoutError,
)


class DatabaseGone(SQLAlchemyError):
    """The file at the database's place is not the one that this process began with."""


GONE = (
    "The database's file was removed while Mailhaul runs. Nothing was made in its place. "
    "The operator has to put it back."
)
REPLACED = (
    "The database's file was replaced while Mailhaul runs. Nothing is read from it or written to "
    "it. The operator has to put the right one back, or start Mailhaul again."
)
AWAY = "The database does not answer: nothing can be shown or done."

_KINDS = (
    (("no space left", "disk is full", "disk full", "could not extend file"), "full"),
    (("too many connections", "too many clients", "remaining connection slots"), "connections"),
    (("database is locked", "database table is locked"), "busy"),
    (("readonly database", "read-only"), "read-only"),
    (("malformed", "not a database", "disk i/o error"), "damaged"),
    (("no such table", "no such column", "does not exist"), "tables"),
    (("unable to open database file",), "missing"),
)
_WORDS = {
    "full": "The database's disk is full: nothing can be stored. The operator has to make room.",
    "connections": "The database has no connection left. Try again in a moment; if it stays so, "
    "the operator has to allow more.",
    "busy": "The database is busy. Try again in a moment.",
    "read-only": "The database can only be read: nothing can be stored. The operator has to allow "
    "writing.",
    "damaged": "The database's file cannot be read. The operator has to restore it from a backup.",
    "tables": "The database has not this version's tables. Start Mailhaul with `make run`, which "
    "makes them, or correct DATABASE_URL or DATA_DIR.",
    "missing": "There is no database at the place where it is looked for. Correct DATABASE_URL or "
    "DATA_DIR; `make run` makes a new one.",
}


def words(error: SQLAlchemyError) -> str:
    """One or two sentences. Of a mistake of ours, too: whoever asks knows that it is none."""
    if isinstance(error, DatabaseGone):
        return str(error)
    if isinstance(error, TimeoutError):
        return _WORDS["connections"]
    said = str(getattr(error, "orig", "") or error).lower()
    for signs, kind in _KINDS:
        if any(sign in said for sign in signs):
            return _WORDS[kind]
    return AWAY


def is_away(error: Any) -> bool:
    """Whether it is the database that cannot be used, and not what was asked of it."""
    if isinstance(error, DatabaseGone | TimeoutError | OperationalError | InterfaceError):
        return True
    if isinstance(error, ProgrammingError | DatabaseError):
        return words(error) != AWAY
    return False
