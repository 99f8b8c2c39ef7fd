"""The ledger of one mailbox in a file: sync.ports.Ledger over SQLite, one row a batch.

One file may hold many mailboxes, each under a subject of its own. Whoever has a mailbox open holds
a lock on it that dies with the process. A run that was cut off is gone on with: what it had sent
counts as sent by the run that resumes it, until `end_run`.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sync.errors import Code, RunError
from sync.file_lock import FileLock
from sync.intent import FolderKey, Intent, Known, Pair, Place, RefusedName, Rest
from sync.ledger_kinds import Kind, pack_pairs
from sync.ledger_rows import (
    DAY,
    Row,
    fold,
    marks_of,
    pack_marks,
    pack_rest,
    pack_uids,
    settled_before,
    squeeze,
    unpack_rest,
)
from sync.remarks import RemarkingLedger, refused_names

ROWS_OF_A_FOLDER = 32
"""More settled rows than this, beside one for each day, are folded when a run ends."""

_VERSION = 3
_APPLICATION = 0x4D484C31
_TABLES = """
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE,
  run INTEGER NOT NULL, ended INTEGER NOT NULL);
CREATE TABLE folder (
  id INTEGER PRIMARY KEY, mailbox_id INTEGER NOT NULL REFERENCES mailbox,
  source BLOB NOT NULL, source_uidvalidity INTEGER NOT NULL,
  destination BLOB NOT NULL, destination_uidvalidity INTEGER NOT NULL, rest BLOB,
  UNIQUE (mailbox_id, source, source_uidvalidity, destination, destination_uidvalidity));
CREATE TABLE batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT, folder_id INTEGER NOT NULL REFERENCES folder,
  run INTEGER NOT NULL, kind TEXT NOT NULL, settled INTEGER NOT NULL,
  uidnext INTEGER NOT NULL, packed BLOB NOT NULL, at INTEGER NOT NULL);
CREATE INDEX batch_folder ON batch (folder_id, id);
"""
_FOLDER_OF_KEY = """
SELECT id FROM folder WHERE mailbox_id = ? AND source = ? AND source_uidvalidity = ?
AND destination = ? AND destination_uidvalidity = ?
"""
_LEFT_ELSEWHERE = """
SELECT EXISTS (SELECT 1 FROM batch JOIN folder ON folder.id = folder_id
WHERE mailbox_id = ? AND (source = ? OR destination = ?) AND folder_id IS NOT ? AND kind = ?)
"""
_JUDGED_ELSEWHERE = """
SELECT DISTINCT folder_id FROM batch JOIN folder ON folder.id = folder_id
WHERE mailbox_id = ? AND (source = ? OR destination = ?) AND folder_id IS NOT ? AND kind = ?
ORDER BY folder_id
"""
_PLACES = """
SELECT source, destination, rest FROM folder WHERE mailbox_id = ?
AND NOT (source_uidvalidity = 0 AND destination_uidvalidity = 0) ORDER BY id
"""
_NAMES = """
SELECT source, destination, packed FROM batch JOIN folder ON folder.id = folder_id
WHERE mailbox_id = ? AND kind = ? ORDER BY batch.id
"""
_KEEPING = """
SELECT DISTINCT source, destination FROM batch JOIN folder ON folder.id = folder_id
WHERE mailbox_id = ? AND kind = ?
"""


class LedgerUnusable(RunError):
    """The file cannot be read or written, or is no ledger; `server_words` are the reason."""


class FileLedger(RemarkingLedger):
    """`subject` names source and destination mailbox: pairs of another subject are not seen.

    Raises LedgerUnusable, and LedgerInUse while another process has the same mailbox open."""

    def __init__(self, path: Path, subject: str, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock: FileLock | None = None
        self._db: sqlite3.Connection | None = None
        try:
            with self._readable():
                self._lock = FileLock(path.with_name(path.name + ".lock"), subject)
                self._db = _open(path)
                self._mailbox, self._run = _begin(self._db, subject)
        except BaseException:
            self.close()
            raise

    def places(self) -> Mapping[str, Place]:
        query = _PLACES
        with self._reading() as db:
            rows = db.execute(query, (self._mailbox,)).fetchall()
            keeping: defaultdict[bytes, set[str]] = defaultdict(set)
            for source, destination in db.execute(_KEEPING, (self._mailbox, Kind.LEFT)):
                keeping[source].add(_text(destination))
        return {
            _text(source): Place(_text(destination), unpack_rest(rest), frozenset(keeping[source]))
            for source, destination, rest in rows
        }

    def load(self, key: FolderKey) -> Known:
        with self._reading() as db:
            folder = self._find(db, key)
            names = (_bytes(key.source), _bytes(key.destination))
            values = (self._mailbox, *names, folder, Kind.LEFT)
            guarded = bool(db.execute(_LEFT_ELSEWHERE, values).fetchone()[0])
            return replace(fold(_rows(db, folder), self._run), guarded=guarded)

    def intend(self, key: FolderKey, intent: Intent) -> int:
        return self._add(key, Kind.SENT, pack_uids(intent.uids), uidnext=intent.uidnext, settled=0)

    def settle(self, key: FolderKey, number: int, pairs: Sequence[Pair]) -> None:
        with self._writing() as db:
            query = "UPDATE batch SET settled = 1, packed = ?, at = ? WHERE id = ?"
            db.execute(query, (pack_pairs(pairs), int(self._clock()), number))

    def record(self, key: FolderKey, pairs: Collection[Pair]) -> None:
        if pairs:
            self._add(key, Kind.FOUND, pack_pairs(pairs))

    def rest(self, key: FolderKey, rest: Rest) -> None:
        with self._writing() as db:
            folder = self._find(db, key) or self._make(db, key)
            db.execute("UPDATE folder SET rest = ? WHERE id = ?", (pack_rest(rest), folder))

    def forget(self, key: FolderKey, uids: Sequence[int]) -> None:
        if uids:
            self._add(key, Kind.GONE, pack_uids(uids))

    def leave(self, key: FolderKey, uids: Sequence[int]) -> None:
        with self._reading() as db:
            # Even a machine that loses power must not forget this.
            db.execute("PRAGMA synchronous = FULL")
            self._add(key, Kind.LEFT, pack_uids(uids))
            db.execute("PRAGMA synchronous = NORMAL")

    def settled_before(self, key: FolderKey, moment: datetime) -> Collection[int]:
        with self._reading() as db:
            return settled_before(_rows(db, self._find(db, key)), moment)

    def mark(self, key: FolderKey, marks: Sequence[tuple[int, bytes]]) -> None:
        self._add(key, Kind.MARKED, pack_marks(marks))

    def marks(self, key: FolderKey) -> Iterator[tuple[int, bytes]]:
        with self._reading() as db:
            return marks_of(list(_rows(db, self._find(db, key))))

    def refused_names(self) -> Mapping[str, tuple[RefusedName, ...]]:
        with self._reading() as db:
            rows = db.execute(_NAMES, (self._mailbox, Kind.NAME)).fetchall()
        return refused_names(
            (_text(source), _text(there), packed) for source, there, packed in rows
        )

    def judged_elsewhere(self, key: FolderKey) -> Iterator[Known]:
        with self._reading() as db:
            names = (_bytes(key.source), _bytes(key.destination))
            values = (self._mailbox, *names, self._find(db, key), Kind.JUDGED)
            folders = db.execute(_JUDGED_ELSEWHERE, values).fetchall()
            found = [fold(_rows(db, folder), self._run) for (folder,) in folders]
        yield from (known for known in found if known.judgements)

    def _write(self, key: FolderKey, kind: Kind, packed: bytes) -> None:
        self._add(key, kind, packed)

    def end_run(self) -> None:
        """The mailbox was gone through to its end: what comes next is another run."""
        with self._writing() as db:
            db.execute("UPDATE mailbox SET ended = 1 WHERE id = ?", (self._mailbox,))
            _compact(db, self._mailbox, self._run)

    def close(self) -> None:
        """Give the file and the mailbox free. May be called twice."""
        if self._db is not None:
            self._db.close()
        if self._lock is not None:
            self._lock.release()
        self._db = self._lock = None

    def _add(
        self, key: FolderKey, kind: Kind, packed: bytes, *, uidnext: int = 0, settled: int = 1
    ) -> int:
        with self._writing() as db:
            folder = self._find(db, key) or self._make(db, key)
            at = int(self._clock())
            return _insert(db, Row(folder, self._run, kind, bool(settled), uidnext, packed, at))

    def _find(self, db: sqlite3.Connection, key: FolderKey) -> int | None:
        found = db.execute(_FOLDER_OF_KEY, (self._mailbox, *_columns(key))).fetchone()
        return found[0] if found else None

    def _make(self, db: sqlite3.Connection, key: FolderKey) -> int:
        query = "INSERT INTO folder VALUES (NULL, ?, ?, ?, ?, ?, NULL)"
        return db.execute(query, (self._mailbox, *_columns(key))).lastrowid or 0

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._readable():
            if self._db is None:
                raise sqlite3.ProgrammingError("the ledger is closed")
            yield self._db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as db, _transaction(db):
            yield db

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = f"{self._path}: {error}"
            raise LedgerUnusable(Code.INTERNAL, reason, where=str(self._path)) from error


def _open(path: Path) -> sqlite3.Connection:
    """Made when it is missing, for nobody else's eyes: it names logins and folders."""
    path.touch(mode=0o600)
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        # A killed process loses nothing of a WAL. A machine that loses power may lose the last
        # rows: then their messages are matched anew, and found.
        db.execute("PRAGMA synchronous = NORMAL")
        with _transaction(db):
            _check_or_make(db)
        db.execute("PRAGMA journal_mode = WAL")
    except BaseException:
        db.close()
        raise
    return db


def _check_or_make(db: sqlite3.Connection) -> None:
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty and not application:
        for statement in _TABLES.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
        db.execute(f"PRAGMA user_version = {_VERSION}")
    elif application != _APPLICATION:
        raise sqlite3.DatabaseError("this is a database, but not a ledger")
    elif version == 1:
        _add_times(db)
    elif version == 2:
        # It has no remarks yet; a program that knows only version 2 must not misread ours.
        db.execute(f"PRAGMA user_version = {_VERSION}")
    elif version != _VERSION:
        raise sqlite3.DatabaseError(f"a ledger of version {version}, and {_VERSION} is understood")


def _add_times(db: sqlite3.Connection) -> None:
    """Version 1 did not tell when: what it knows counts as copied now."""
    db.execute("ALTER TABLE batch ADD COLUMN at INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE batch SET at = ?", (int(time.time()),))
    db.execute(f"PRAGMA user_version = {_VERSION}")


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _begin(db: sqlite3.Connection, subject: str) -> tuple[int, int]:
    """The mailbox's number and its run: a new one, or the one that was cut off."""
    with _transaction(db):
        db.execute("INSERT OR IGNORE INTO mailbox VALUES (NULL, ?, 1, 0)", (subject,))
        db.execute("UPDATE mailbox SET run = run + ended, ended = 0 WHERE subject = ?", (subject,))
        query = "SELECT id, run FROM mailbox WHERE subject = ?"
        number, run = db.execute(query, (subject,)).fetchone()
    return number, run


def _rows(db: sqlite3.Connection, folder: int | None) -> Iterator[Row]:
    query = "SELECT id, run, kind, settled, uidnext, packed, at FROM batch WHERE folder_id = ?"
    for number, run, kind, settled, uidnext, packed, at in db.execute(
        query + " ORDER BY id", (folder,)
    ):
        yield Row(number, run, kind, bool(settled), uidnext, packed, at)


def _insert(db: sqlite3.Connection, row: Row) -> int:
    """Add this row; its `number` is the folder's."""
    query = "INSERT INTO batch VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
    values = (row.number, row.run, row.kind, row.settled, row.uidnext, row.packed, row.at)
    return db.execute(query, values).lastrowid or 0


def _compact(db: sqlite3.Connection, mailbox: int, run: int) -> None:
    """Fold each folder's many rows into one a day. One with an open intent is left for later."""
    query = f"""
    SELECT folder_id FROM batch JOIN folder ON folder.id = folder_id WHERE mailbox_id = ?
    GROUP BY folder_id
    HAVING count(*) > ? + count(DISTINCT at / {DAY}) AND min(settled) = 1
    """
    for (folder,) in db.execute(query, (mailbox, ROWS_OF_A_FOLDER)).fetchall():
        rows = list(_rows(db, folder))
        db.execute("DELETE FROM batch WHERE folder_id = ?", (folder,))
        for row in squeeze(rows, run):
            _insert(db, replace(row, number=folder))


def _columns(key: FolderKey) -> tuple[bytes | int, ...]:
    return (
        _bytes(key.source),
        key.source_uidvalidity,
        _bytes(key.destination),
        key.destination_uidvalidity,
    )


def _bytes(name: str) -> bytes:
    """A name is the server's, and may hold what is no character (lone surrogates)."""
    return name.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
