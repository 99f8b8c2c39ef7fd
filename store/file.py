"""SQLite's file: opened where it is, never made, and known again.

Somebody may remove it, or put another one there, while we run. What is open goes on with the old
one, what is opened anew would see the new one, or make an empty one: so neither is used.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from store.trouble import GONE, REPLACED, DatabaseGone


def opened_only(url: str) -> URL:
    """The same file, which is not made where there is none. Only store.schema.upgrade makes one."""
    parsed = make_url(url)
    path = path_of(url)
    if path is None or "uri" in parsed.query:
        return parsed
    name = "file:" + path.absolute().as_posix().translate(_ESCAPED)
    return parsed.set(database=name, query={**parsed.query, "mode": "rw", "uri": "true"})


_ESCAPED = str.maketrans({"%": "%25", "?": "%3f", "#": "%23"})


def path_of(url: str) -> Path | None:
    """None: it is no file."""
    parsed = make_url(url)
    named = parsed.database or ""
    is_file = parsed.get_backend_name() == "sqlite" and named not in ("", ":memory:")
    return Path(named) if is_file else None


class DatabaseFile:
    """What a process remembers of it: which file it is, and the number that it was given."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: tuple[int, ...] | None = None

    @classmethod
    def of(cls, url: str) -> DatabaseFile:
        return cls(path_of(url))

    def refuse_moved(self) -> None:
        """Before anything is opened, which might spoil what still belongs to the one that was
        there. Raises DatabaseGone."""
        if self._known is None or self._path is None:
            return
        if self._place() != self._known[:2]:
            raise DatabaseGone(REPLACED)

    def refuse_another(self, connection: Connection) -> None:
        """At the beginning of a transaction. Raises DatabaseGone."""
        if self._path is None:
            return
        number = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        seen = (*self._place(), number)
        if self._known is None:
            self._known = seen
        elif self._known != seen:
            raise DatabaseGone(REPLACED)

    def _place(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._path or "")
        except OSError:
            raise DatabaseGone(GONE) from None
        return found.st_dev, found.st_ino


def number(connection: Connection) -> None:
    """Give the database a number of its own, by which it is known again, where it has none."""
    if connection.exec_driver_sql("PRAGMA user_version").scalar_one() == 0:
        given = 1 + secrets.randbelow(2**31 - 1)
        connection.exec_driver_sql(f"PRAGMA user_version = {given}")
