"""Folders that stand as they stood, and yet are others: a server that was restored from a backup
may have come to the same numbers with other mail.

To open all that rests would cost what resting spares. So of three folders, those into which the
most mail has come, each side is asked for the highest message, in one question; where one of them
is another than the ledger remembers, everything is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.at_once import both
from sync.errors import ConnectionLost
from sync.folders import FolderPair
from sync.intent import FolderKey, Known, Rest
from sync.listing import Changes
from sync.model import Since, WhichFlags
from sync.ports import Ledger, Reader
from sync.prepare import Prepared
from sync.reused_uids import told_otherwise
from sync.twins import Sides

PROBED_FOLDERS = 3


def believed(
    prepared: Prepared, sides: Sides, ledger: Ledger, *, together: bool = True
) -> Prepared:
    """The same, or all awake. `together`: both sides are asked at the same time."""
    pairs = [pair for pair in prepared.pairs if pair.source.name in prepared.unchanged]
    pairs.sort(key=lambda pair: -prepared.unchanged[pair.source.name].source.uidnext)
    asked: list[tuple[FolderPair, Known, int]] = []
    for pair in pairs[:PROBED_FOLDERS]:
        known = ledger.load(key_of(pair, prepared.unchanged[pair.source.name]))
        highest = next((uid for uid in reversed([*known.stamps]) if known.pairs.get(uid)), 0)
        if highest:
            asked.append((pair, known, highest))
    try:
        return prepared if _as_known(asked, prepared, sides, together=together) else prepared.awake
    except ConnectionLost:
        # Whoever looks at the folders asks again.
        return prepared.awake


def key_of(pair: FolderPair, rest: Rest) -> FolderKey:
    source, destination = pair.source.name, pair.destination.name
    return FolderKey(source, rest.source.uidvalidity, destination, rest.destination.uidvalidity)


def _as_known(
    asked: Sequence[tuple[FolderPair, Known, int]],
    prepared: Prepared,
    sides: Sides,
    *,
    together: bool,
) -> bool:
    of_source, of_destination = list[Since](), list[Since]()
    for pair, known, uid in asked:
        rest, none = prepared.unchanged[pair.source.name], WhichFlags.NONE
        of_source.append(Since(pair.source, rest.source, none, (uid,)))
        of_destination.append(Since(pair.destination, rest.destination, none, (known.pairs[uid],)))
    source, destination = both(
        lambda: _changes(sides.source, of_source),
        lambda: _changes(sides.destination, of_destination),
        together=together,
    )
    for (_, known, uid), mine, other in zip(asked, source, destination, strict=True):
        if mine is None or other is None or any(told_otherwise(known, mine, other)):
            return False
        if not _shown(mine, uid) or not _shown(other, known.pairs[uid]):
            return False
    return True


def _shown(changes: Changes, uid: int) -> bool:
    """Whether the message that was asked for is there."""
    return changes.probed.position(uid) >= 0


def _changes(reader: Reader, asked: Sequence[Since]) -> list[Changes | None]:
    """None: it is not as it is said to be."""
    answers = list(reader.changes(asked)) if asked else []
    return [answer if isinstance(answer, Changes) else None for answer in answers]
