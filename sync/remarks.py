"""What a ledger remembers beside pairs: stamps, judgements and refusals, as rows keep them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from sync.errors import Code
from sync.intent import FolderKey, Judgement, Known, Refusal, RefusedName, Stamp
from sync.ledger_kinds import Kind, pack_rows, pair_rows
from sync.stamps import Stamps

T = TypeVar("T")


class Remarks:
    """Rows are read in their order, so that a later one outranks an earlier one."""

    def __init__(self) -> None:
        self.stamps = Stamps()
        self.judgements: dict[int, Judgement] = {}
        self.refused: dict[int, Refusal] = {}

    def read(self, kind: str, packed: bytes) -> None:
        """A row of another kind is passed over."""
        if kind == Kind.STAMPED:
            self.stamps.put_rows(pair_rows(packed))
        elif kind == Kind.JUDGED:
            for uid, judged in _unpacked(packed):
                _enter(self.judgements, uid, Judgement(**judged) if judged else None)
        elif kind == Kind.REFUSED:
            for uid, refused in _unpacked(packed):
                _enter(self.refused, uid, Refusal(**refused) if refused else None)

    def forget(self, uids: Iterable[int]) -> None:
        """Their copies are gone, and what was said of these."""
        gone = set(uids)
        self.stamps.drop(gone)
        for uid in gone & self.judgements.keys():
            del self.judgements[uid]

    def packed(self) -> Iterator[tuple[Kind, bytes]]:
        """All of it in as few rows as possible."""
        if self.stamps:
            yield Kind.STAMPED, pack_rows(self.stamps.rows())
        if self.judgements:
            yield Kind.JUDGED, _packed(self.judgements)
        if self.refused:
            yield Kind.REFUSED, _packed(self.refused)


class RemarkingLedger(ABC):
    """The verbs of sync.ports.Remarking for a ledger that can write a settled row."""

    @abstractmethod
    def _write(self, key: FolderKey, kind: Kind, packed: bytes) -> None: ...

    def stamp(self, key: FolderKey, stamps: Mapping[int, Stamp]) -> None:
        if stamps:
            columns = stamps if isinstance(stamps, Stamps) else Stamps()
            for uid, stamp in stamps.items() if columns is not stamps else ():
                columns.put(uid, stamp)
            self._write(key, Kind.STAMPED, pack_rows(columns.rows()))

    def judge(self, key: FolderKey, judged: Mapping[int, Judgement | None]) -> None:
        if judged:
            self._write(key, Kind.JUDGED, _packed(judged))

    @abstractmethod
    def judged_elsewhere(self, key: FolderKey) -> Iterator[Known]: ...

    def refuse(self, key: FolderKey, refused: Mapping[int, Refusal | None]) -> None:
        if refused:
            self._write(key, Kind.REFUSED, _packed(refused))

    def refuse_name(self, source: str, refused: RefusedName) -> None:
        key = FolderKey(source, 0, refused.destination, 0)
        self._write(key, Kind.NAME, refused.words.encode("utf-8", "surrogatepass"))


def is_of_names(key: FolderKey) -> bool:
    """Whether the key stands for a folder name that was refused, and for no folder."""
    return not key.source_uidvalidity and not key.destination_uidvalidity


def refused_names(
    rows: Iterable[tuple[str, str, bytes]],
) -> Mapping[str, tuple[RefusedName, ...]]:
    """From source name, destination name and packed words, in the order written."""
    found: dict[str, dict[str, RefusedName]] = {}
    for source, destination, packed in rows:
        words = packed.decode("utf-8", "surrogatepass")
        found.setdefault(source, {})[destination] = RefusedName(destination, words)
    return {source: tuple(names.values()) for source, names in found.items()}


def _enter(known: dict[int, T], uid: int, value: T | None) -> None:
    if value is None:
        known.pop(uid, None)
    else:
        known[uid] = value


def _packed(remarks: Mapping[int, Judgement | None] | Mapping[int, Refusal | None]) -> bytes:
    rows = {uid: _row(one) if one else None for uid, one in remarks.items()}
    return json.dumps(rows, separators=(",", ":")).encode()


def _row(remark: Judgement | Refusal) -> dict[str, Any]:
    """What is false is left out: hardly any remark says more."""
    return {name: value for name, value in asdict(remark).items() if value is not False}


def _unpacked(packed: bytes) -> Iterator[tuple[int, dict[str, Any] | None]]:
    for uid, row in json.loads(packed).items():
        yield int(uid), row and row | {"code": Code(row["code"])}
