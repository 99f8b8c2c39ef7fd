"""The ledger of one account in SQL: sync.ports.Ledger in the rows of sync.ledger_rows.

Every write proves in its own transaction that the worker still owns the account run; one that does
not is told so and has written nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from store.engine import Store
from store.recount import recount
from store.states import AccountRunState
from store.tables import AccountRun, LedgerBatch, LedgerFolder, now
from sync.errors import Stopped, StopReason
from sync.intent import FolderKey, Intent, Known, Pair, Place, RefusedName, Rest
from sync.ledger_kinds import Kind, pack_pairs
from sync.ledger_rows import (
    Row,
    fold,
    marks_of,
    pack_marks,
    pack_rest,
    pack_uids,
    settled_before,
    unpack_rest,
)
from sync.remarks import RemarkingLedger, refused_names

_OF_NAMES = (LedgerFolder.source_uidvalidity == 0) & (LedgerFolder.destination_uidvalidity == 0)
"""Folder names that were refused, and no folders."""


class SqlLedger(RemarkingLedger):
    """`subject` names source and destination mailbox: pairs of another subject are not seen."""

    def __init__(
        self, store: Store, account_id: int, account_run_id: int, token: int, *, subject: str = ""
    ) -> None:
        self._store = store
        self._account_id = account_id
        self._account_run_id = account_run_id
        self._token = token
        self._subject = subject
        self._folders: dict[FolderKey, int] = {}

    def places(self) -> Mapping[str, Place]:
        query = select(LedgerFolder.source, LedgerFolder.destination, LedgerFolder.rest)
        with self._store.read() as session:
            folders = query.where(self._mine, ~_OF_NAMES).order_by(LedgerFolder.id)
            rows = session.execute(folders).all()
            keeping = self._keeping(session)
        return {
            row.source: Place(
                row.destination, unpack_rest(row.rest), frozenset(keeping[row.source])
            )
            for row in rows
        }

    def load(self, key: FolderKey) -> Known:
        with self._store.read() as session:
            folder_id = self._find(session, key)
            known = fold(_rows(session, folder_id), self._account_run_id)
            return replace(known, guarded=self._left_elsewhere(session, key, folder_id))

    def intend(self, key: FolderKey, intent: Intent) -> int:
        return self._add(
            key, Kind.SENT, pack_uids(intent.uids), uidnext=intent.uidnext, settled=False
        )

    def settle(self, key: FolderKey, number: int, pairs: Sequence[Pair]) -> None:
        with self._store.write() as session:
            self._fence(session)
            batch = session.get_one(LedgerBatch, number)
            batch.packed = pack_pairs(pairs)
            batch.settled = True
            batch.at = now()
            if batch.account_run_id != self._account_run_id:
                # An earlier run's, which had ended before it was known what has arrived.
                recount(session, batch.account_run_id)

    def record(self, key: FolderKey, pairs: Collection[Pair]) -> None:
        if pairs:
            self._add(key, Kind.FOUND, pack_pairs(pairs))

    def rest(self, key: FolderKey, rest: Rest) -> None:
        with self._store.write() as session:
            self._fence(session)
            number = self._find(session, key) or self._make(session, key)
            session.get_one(LedgerFolder, number).rest = pack_rest(rest)

    def forget(self, key: FolderKey, uids: Sequence[int]) -> None:
        if uids:
            self._add(key, Kind.GONE, pack_uids(uids))

    def leave(self, key: FolderKey, uids: Sequence[int]) -> None:
        self._add(key, Kind.LEFT, pack_uids(uids))

    def settled_before(self, key: FolderKey, moment: datetime) -> Collection[int]:
        with self._store.read() as session:
            return settled_before(_rows(session, self._find(session, key)), moment)

    def mark(self, key: FolderKey, marks: Sequence[tuple[int, bytes]]) -> None:
        self._add(key, Kind.MARKED, pack_marks(marks))

    def marks(self, key: FolderKey) -> Iterator[tuple[int, bytes]]:
        with self._store.read() as session:
            return marks_of(list(_rows(session, self._find(session, key))))

    def refused_names(self) -> Mapping[str, tuple[RefusedName, ...]]:
        query = (
            select(LedgerFolder.source, LedgerFolder.destination, LedgerBatch.packed)
            .join(LedgerBatch, LedgerBatch.folder_id == LedgerFolder.id)
            .where(self._mine, LedgerBatch.kind == Kind.NAME)
            .order_by(LedgerBatch.id)
        )
        with self._store.read() as session:
            return refused_names(
                (row.source, row.destination, row.packed) for row in session.execute(query)
            )

    def judged_elsewhere(self, key: FolderKey) -> Iterator[Known]:
        folders = LedgerFolder.id == LedgerBatch.folder_id
        query = (
            select(LedgerFolder.id)
            .join(LedgerBatch, folders)
            .where(self._mine, _either(key), LedgerBatch.kind == Kind.JUDGED)
        )
        with self._store.read() as session:
            own = self._find(session, key)
            others = session.scalars(query.distinct().order_by(LedgerFolder.id)).all()
            numbers = [number for number in others if number != own]
            found = [fold(_rows(session, number), self._account_run_id) for number in numbers]
        yield from (known for known in found if known.judgements)

    def _write(self, key: FolderKey, kind: Kind, packed: bytes) -> None:
        self._add(key, kind, packed)

    def _left_elsewhere(self, session: Session, key: FolderKey, folder_id: int | None) -> bool:
        """Whether messages have left under another UIDVALIDITY, or for the same destination."""
        other = LedgerFolder.id != (folder_id or 0)
        query = _left(LedgerBatch.id).where(self._mine, _either(key), other)
        return session.scalar(query.limit(1)) is not None

    def _keeping(self, session: Session) -> defaultdict[str, set[str]]:
        """By source folder: where the copies are of what has left it."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        query = _left(LedgerFolder.source, LedgerFolder.destination).where(self._mine)
        for source, destination in session.execute(query.distinct()):
            found[source].add(destination)
        return found

    @property
    def _mine(self) -> ColumnElement[bool]:
        owner = LedgerFolder.account_id == self._account_id
        return owner & (LedgerFolder.subject == self._subject)

    def _add(
        self, key: FolderKey, kind: str, packed: bytes, *, uidnext: int = 0, settled: bool = True
    ) -> int:
        with self._store.write() as session:
            self._fence(session)
            batch = LedgerBatch(
                folder_id=self._find(session, key) or self._make(session, key),
                account_run_id=self._account_run_id,
                uidnext=uidnext,
                settled=settled,
                kind=kind,
                packed=packed,
            )
            session.add(batch)
            session.flush()
            return batch.id

    def _fence(self, session: Session) -> None:
        """Raises Stopped(FENCED) unless the account run is ours, and keeps it so until commit."""
        query = select(AccountRun.id).where(owned(self._account_run_id, self._token))
        if session.scalar(query.with_for_update()) is None:
            raise Stopped(StopReason.FENCED)

    def _find(self, session: Session, key: FolderKey) -> int | None:
        if key in self._folders:
            return self._folders[key]
        query = select(LedgerFolder.id).where(
            self._mine,
            LedgerFolder.source == key.source,
            LedgerFolder.source_uidvalidity == key.source_uidvalidity,
            LedgerFolder.destination == key.destination,
            LedgerFolder.destination_uidvalidity == key.destination_uidvalidity,
        )
        folder_id = session.scalar(query.order_by(LedgerFolder.id).limit(1))
        if folder_id is not None:
            self._folders[key] = folder_id
        return folder_id

    def _make(self, session: Session, key: FolderKey) -> int:
        folder = LedgerFolder(
            account_id=self._account_id,
            subject=self._subject,
            **asdict(key),
        )
        session.add(folder)
        session.flush()
        return folder.id


def _either(key: FolderKey) -> ColumnElement[bool]:
    """Of the source's folder, or of the destination's."""
    return (LedgerFolder.source == key.source) | (LedgerFolder.destination == key.destination)


def _left(*columns: Any) -> Select[Any]:
    """Of the batches that tell what has left the source."""
    folders = LedgerFolder.id == LedgerBatch.folder_id
    query = select(*columns).select_from(LedgerBatch).join(LedgerFolder, folders)
    return query.where(LedgerBatch.kind == Kind.LEFT)


def owned(account_run_id: int, token: int) -> ColumnElement[bool]:
    """True of the account run while the holder of this token may write to it."""
    return (
        (AccountRun.id == account_run_id)
        & (AccountRun.token == token)
        & (AccountRun.state == AccountRunState.RUNNING)
    )


def _rows(session: Session, folder_id: int | None) -> Iterator[Row]:
    query = select(LedgerBatch).where(LedgerBatch.folder_id == folder_id).order_by(LedgerBatch.id)
    for batch in session.scalars(query).all() if folder_id else ():
        yield Row(
            number=batch.id,
            run=batch.account_run_id,
            kind=batch.kind,
            settled=batch.settled,
            uidnext=batch.uidnext,
            packed=batch.packed,
            at=int(batch.at.replace(tzinfo=UTC).timestamp()),
        )
