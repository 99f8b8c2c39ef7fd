"""Copies compared with their originals byte for byte: many messages of many folders in one stream.

Both sides are read message by message and only digests are kept, those of SLICE messages at most;
of messages that differ both sides are read once more, to tell what was altered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sync.alteration import Alteration, Alterations, alterations
from sync.errors import ConnectionLost, FolderError, MessageError, Side
from sync.fingerprint import Fingerprint, fingerprint
from sync.matching import exact_digest
from sync.model import Fetched, Unreadable, Vanished, Wanted
from sync.ports import Reader
from sync.twins import Sides
from sync.work import Work

SLICE = 2_000
LOSSES = 3
"""So many lost lines in a row, without a message between them, are not overcome here."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Pairs of one folder, by source uid, with uids that are known on both sides."""

    work: Work
    pairs: Mapping[int, int]

    @property
    def ours(self) -> Wanted:
        key = self.work.key
        return Wanted(self.work.pair.source, key.source_uidvalidity, tuple(self.pairs))

    @property
    def theirs(self) -> Wanted:
        key, places = self.work.key, tuple(self.pairs.values())
        return Wanted(self.work.pair.destination, key.destination_uidvalidity, places)


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one pair. All fields at their defaults: both sides are equal."""

    work: Work
    uid: int
    altered: Alterations = ()
    absent: Side | None = None
    """It is not there any more."""
    unreadable: MessageError | None = None

    @property
    def equal(self) -> bool:
        return not self.altered and self.absent is None and self.unreadable is None

    @property
    def gone_at_source(self) -> bool:
        return self.absent is Side.SOURCE


@dataclass(frozen=True, slots=True)
class Closed:
    """The folder could not be read on one side, or is not the one that was listed."""

    work: Work
    error: FolderError


Digest = bytes | Fingerprint
_Answer = Digest | Vanished | Unreadable


@dataclass(slots=True)
class _Read:
    """What one side has answered, by folder and uid."""

    answers: dict[tuple[str, int], _Answer] = field(default_factory=dict)
    refused: dict[str, FolderError] = field(default_factory=dict)

    def left(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        open_ones = (
            Wanted(
                one.folder,
                one.uidvalidity,
                tuple(uid for uid in one.uids if (one.folder.name, uid) not in self.answers),
            )
            for one in wanted
            if one.folder.name not in self.refused
        )
        return [one for one in open_ones if one.uids]


def compare(sides: Sides, asked: Iterable[Copies]) -> Iterator[Compared | Closed]:
    """One answer for each pair, or one for its folder, folder after folder as asked.

    Raises ConnectionLost only when new connections did not help."""
    for some in _slices(asked):
        yield from _compare(sides, some)


def fingerprints(reader: Reader, wanted: Wanted) -> dict[int, Fingerprint]:
    """By uid. What is gone or cannot be read is left out. Raises FolderError, and ConnectionLost
    when new connections did not help."""
    if not wanted.uids:
        return {}
    found = _read(reader, [wanted], fingerprint)
    for error in found.refused.values():
        raise error
    answers = found.answers.items()
    return {uid: one for (_, uid), one in answers if isinstance(one, Fingerprint)}


def _slices(asked: Iterable[Copies]) -> Iterator[list[Copies]]:
    some: list[Copies] = []
    room = SLICE
    for copies in asked:
        rows = iter(copies.pairs.items())
        while taken := dict(islice(rows, room)):
            some.append(Copies(copies.work, taken))
            room -= len(taken)
            if not room:
                yield some
                some, room = [], SLICE
    if some:
        yield some


def _compare(sides: Sides, some: Sequence[Copies]) -> Iterator[Compared | Closed]:
    ours, theirs = _both(sides, some, exact_digest)
    differing = [Copies(c.work, dict(_differing(c, ours, theirs))) for c in some]
    again = [copies for copies in differing if copies.pairs]
    if again:
        for first, second in zip((ours, theirs), _both(sides, again, fingerprint), strict=True):
            first.answers.update(second.answers)
            first.refused.update(second.refused)
    for copies in some:
        pair = copies.work.pair
        error = ours.refused.get(pair.source.name) or theirs.refused.get(pair.destination.name)
        if error is not None:
            yield Closed(copies.work, error)
            continue
        for uid, there in copies.pairs.items():
            mine = ours.answers.get((pair.source.name, uid))
            other = theirs.answers.get((pair.destination.name, there))
            yield _judge(copies.work, uid, mine, other)


def _both(
    sides: Sides, some: Sequence[Copies], of: Callable[[Iterable[bytes]], Digest]
) -> tuple[_Read, _Read]:
    return (
        _read(sides.source, [copies.ours for copies in some], of),
        _read(sides.destination, [copies.theirs for copies in some], of),
    )


def _differing(copies: Copies, ours: _Read, theirs: _Read) -> Iterator[tuple[int, int]]:
    pair = copies.work.pair
    for uid, there in copies.pairs.items():
        mine = ours.answers.get((pair.source.name, uid))
        other = theirs.answers.get((pair.destination.name, there))
        if isinstance(mine, bytes) and isinstance(other, bytes) and mine != other:
            yield uid, there


def _read(
    reader: Reader, wanted: Sequence[Wanted], of: Callable[[Iterable[bytes]], Digest]
) -> _Read:
    """A line that breaks costs what was not read yet."""
    found, losses = _Read(), 0
    while left := found.left(wanted):
        try:
            for one, answer in reader.bodies(left):
                if isinstance(answer, Fetched):
                    found.answers[one.folder.name, answer.meta.uid] = of(answer.chunks)
                else:
                    found.answers[one.folder.name, answer.uid] = answer
                losses = 0
        except ConnectionLost:
            losses += 1
            if losses >= LOSSES:
                raise
        except FolderError as error:
            names = [one.folder.name for one in left]
            found.refused[error.where if error.where in names else names[0]] = error
        else:
            break
    return found


def _judge(work: Work, uid: int, mine: _Answer | None, other: _Answer | None) -> Compared:
    for answer in (mine, other):
        if isinstance(answer, Unreadable):
            return Compared(work, uid, unreadable=answer.error)
    for answer, side in ((mine, Side.SOURCE), (other, Side.DESTINATION)):
        if answer is None or isinstance(answer, Vanished):
            return Compared(work, uid, absent=side)
    if isinstance(mine, Fingerprint) and isinstance(other, Fingerprint):
        return Compared(work, uid, altered=alterations(mine, other))
    # Two kinds of digest: one side could not be read a second time.
    return Compared(work, uid, altered=() if mine == other else (Alteration.CONTENT,))
