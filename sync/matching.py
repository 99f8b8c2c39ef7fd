"""Which messages are already there. Pure.

Messages are matched as multisets: k identical ones at the source need k at the destination.

    both sides have one message with this identity, which has a Message-ID,    the same
    and sizes, headers and internal dates are equal
    the same Message-ID, or without one the same identity                      contents decide
    none has a Message-ID, or one hands out no header, and their internal
    dates are equal                                                            contents decide

An identity is what sync.model.Identity holds. Contents are compared by whoever asks, blind to what
servers alter when they store a message (sync.known_again).
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from sync.model import Identity

_KEY = 16
_NAME = 8
_NO_NAME = bytes(_NAME)
_HIDDEN = b"\xff" * _NAME
SLICE = 2_000
"""So many messages are compared by content together, unless one group has more."""


class Candidates:
    """Messages of one side that may have twins on the other, in some 60 bytes each: of what
    identifies a message digests are kept."""

    __slots__ = ("_heads", "_keys", "_names", "moments", "sizes", "uids")

    def __init__(self) -> None:
        self.uids, self.sizes, self.moments = array("I"), array("Q"), array("q")
        self._keys, self._names, self._heads = bytearray(), bytearray(), bytearray()

    def add(self, uid: int, size: int, identity: Identity, moment: int = -1) -> None:
        """`size` in bytes, `moment` in seconds since 1970, -1 where not known."""
        self._enter(uid, size, moment, identity_key(identity))
        name = identity.message_id.encode("utf-8", "surrogatepass")
        self._names += _digest(name, _NAME) if name else _NO_NAME
        self._heads += identity.header or _NO_NAME

    def add_unknown(self, uid: int, size: int, side: str, moment: int = -1) -> None:
        """One whose header is not handed out. Only its content can tell what it equals."""
        self._add_hidden(uid, size, moment, f"{side}\0{uid}")

    def add_headless(self, uid: int, size: int, moment: int = -1) -> None:
        """One that was read, and has no field to know it by: like all others of that kind."""
        self._add_hidden(uid, size, moment, "")

    def _add_hidden(self, uid: int, size: int, moment: int, key: str) -> None:
        self._enter(uid, size, moment, _digest(key.encode(), _KEY))
        self._names += _NO_NAME
        self._heads += _HIDDEN

    def _enter(self, uid: int, size: int, moment: int, key: bytes) -> None:
        self.uids.append(uid)
        self.sizes.append(size)
        self.moments.append(moment)
        self._keys += key

    def key(self, at: int) -> bytes:
        """Equal for equal identities."""
        return bytes(self._keys[at * _KEY : (at + 1) * _KEY])

    def name(self, at: int) -> bytes:
        """Equal for equal Message-IDs; b'' without one."""
        name = bytes(self._names[at * _NAME : (at + 1) * _NAME])
        return b"" if name == _NO_NAME else name

    def head(self, at: int) -> bytes:
        return bytes(self._heads[at * _NAME : (at + 1) * _NAME])

    def named(self, at: int) -> bool:
        """Whether it has a Message-ID."""
        return bool(self.name(at))

    def unknown(self, at: int) -> bool:
        """Whether its header is not handed out."""
        return self.head(at) == _HIDDEN

    def __len__(self) -> int:
        return len(self.uids)


def identity_key(identity: Identity) -> bytes:
    """16 bytes, equal for equal identities."""
    fields = (identity.message_id, identity.date, identity.sender, identity.subject)
    return _digest("\n".join(fields).encode("utf-8", "surrogatepass"), _KEY)


def _digest(data: bytes, size: int) -> bytes:
    return hashlib.blake2b(data, digest_size=size).digest()


@dataclass(frozen=True, slots=True)
class Group:
    """Messages, by uid, of which some on both sides may be the same. `named`: they have one
    Message-ID."""

    source: tuple[int, ...]
    destination: tuple[int, ...]
    named: bool = False


Compare = Callable[[Sequence[Group]], Mapping[int, int]]
"""By their contents, source uid → destination uid; what cannot be read has no twin."""


def match(
    source: Candidates,
    destination: Candidates,
    compare: Compare,
    *,
    sizes_decide: bool = True,
) -> dict[int, int]:
    """Source uid → destination uid of the candidates of one folder pair.

    `sizes_decide` False takes a single twin with the same Message-ID for the same message whatever
    its size: right where the destination's messages are known to have come just after an intent."""
    found = dict(_sure(source, destination, sizes_decide=sizes_decide))
    for kind in (_by_name, _by_moment):
        taken = set(found.values())
        left = [at for at, uid in enumerate(source.uids) if uid not in found]
        stock = [at for at, uid in enumerate(destination.uids) if uid not in taken]
        for some in _slices(kind(source, left, destination, stock)):
            found |= compare(some)
    return found


def _sure(
    source: Candidates, destination: Candidates, *, sizes_decide: bool
) -> Iterator[tuple[int, int]]:
    for ours, theirs in groups(source, destination):
        one, other = ours[0], theirs[0]
        if len(ours) != 1 or len(theirs) != 1 or not source.named(one):
            continue
        if not sizes_decide or _alike(source, one, destination, other):
            yield source.uids[one], destination.uids[other]


def _alike(source: Candidates, one: int, destination: Candidates, other: int) -> bool:
    """In size, header and internal date, as far as they are known. One Message-ID does not make one
    message: somebody may have edited it."""
    heads = source.head(one), destination.head(other)
    moments = source.moments[one], destination.moments[other]
    return (
        source.sizes[one] == destination.sizes[other]
        and (heads[0] == heads[1] or _NO_NAME in heads)
        and (moments[0] == moments[1] or -1 in moments)
    )


def _by_name(
    source: Candidates, left: list[int], destination: Candidates, stock: list[int]
) -> Iterator[Group]:
    def key(side: Candidates, at: int) -> bytes:
        return side.name(at) or side.key(at)

    mine, other = _Some(source, left, key), _Some(destination, stock, key)
    for ours, theirs in groups(mine, other):
        yield Group(mine.at(ours), other.at(theirs), named=source.named(left[ours[0]]))


def _by_moment(
    source: Candidates, left: list[int], destination: Candidates, stock: list[int]
) -> Iterator[Group]:
    def key(side: Candidates, at: int) -> bytes:
        return b"%d" % side.moments[at]

    mine, other = _Some(source, _dated(source, left), key), _Some(destination, stock, key)
    for ours, theirs in groups(mine, other):
        # Two Message-IDs are two messages, and so are one that has one and one that has none.
        named = [at for at in ours if source.named(mine.places[at])]
        unnamed = [at for at in ours if not source.named(mine.places[at])]
        unknown = [at for at in ours if source.unknown(mine.places[at])]
        free = [at for at in theirs if not destination.named(other.places[at])]
        hidden = [at for at in theirs if destination.unknown(other.places[at])]
        for some, others in ((unknown, theirs), (unnamed, free), (named, hidden)):
            if some and others:
                yield Group(mine.at(some), other.at(others))


def _dated(side: Candidates, places: Iterable[int]) -> list[int]:
    return [at for at in places if side.moments[at] >= 0]


class _Some:
    """Some of one side's candidates, by another key."""

    def __init__(
        self, side: Candidates, places: list[int], key: Callable[[Candidates, int], bytes]
    ) -> None:
        self.places = places
        self._side = side
        self._key = key

    def key(self, at: int) -> bytes:
        return self._key(self._side, self.places[at])

    def at(self, places: Iterable[int]) -> tuple[int, ...]:
        """Their uids."""
        return tuple(sorted(self._side.uids[self.places[at]] for at in places))

    def __len__(self) -> int:
        return len(self.places)


def _slices(all_groups: Iterable[Group]) -> Iterator[list[Group]]:
    some: list[Group] = []
    number = 0
    for group in all_groups:
        some.append(group)
        number += len(group.source) + len(group.destination)
        if number >= SLICE:
            yield some
            some, number = [], 0
    if some:
        yield some


def exact_digest(chunks: Iterable[bytes]) -> bytes:
    """16 bytes that are equal for equal bytes only."""
    content = hashlib.blake2b(digest_size=16)
    for chunk in chunks:
        content.update(chunk)
    return content.digest()


class Keyed(Protocol):
    """Messages in places from 0 on, each with the key by which it is compared."""

    def __len__(self) -> int: ...

    def key(self, at: int, /) -> bytes: ...


def groups(ours: Keyed, theirs: Keyed) -> Iterator[tuple[list[int], list[int]]]:
    """The places of those that have one key, where both sides have some."""
    first = len(ours)

    def key(at: int) -> bytes:
        return ours.key(at) if at < first else theirs.key(at - first)

    for _, group in groupby(sorted(range(first + len(theirs)), key=key), key):
        places = list(group)
        here = [at for at in places if at < first]
        there = [at - first for at in places if at >= first]
        if here and there:
            yield here, there
