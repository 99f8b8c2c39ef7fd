"""Which messages are already there. Pure.

Messages are matched as multisets: k identical ones at the source need k at the destination. The
header fields of sync.model.Identity put messages into groups; inside a group the content decides,
but for the plain case of exactly one message with the same Message-ID on each side.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from sync.model import Identity

_KEY = 16


class Candidates:
    """Messages of one side that may have twins on the other, in some 30 bytes each: of what
    identifies a message a digest is kept."""

    __slots__ = ("_keys", "_named", "sizes", "uids")

    def __init__(self) -> None:
        self.uids, self.sizes = array("I"), array("Q")
        self._keys, self._named = bytearray(), bytearray()

    def add(self, uid: int, size: int, identity: Identity) -> None:
        """`size` in bytes."""
        fields = (identity.message_id, identity.date, identity.sender, identity.subject)
        text = "\n".join(fields).encode("utf-8", "surrogatepass")
        self.uids.append(uid)
        self.sizes.append(size)
        self._keys += hashlib.blake2b(text, digest_size=_KEY).digest()
        self._named.append(bool(identity.message_id))

    def key(self, at: int) -> bytes:
        """Equal for equal identities."""
        return bytes(self._keys[at * _KEY : (at + 1) * _KEY])

    def named(self, at: int) -> bool:
        """Whether it has a Message-ID."""
        return bool(self._named[at])

    def __len__(self) -> int:
        return len(self.uids)


@dataclass(frozen=True, slots=True)
class Doubt:
    """These need their content digest before they can be matched."""

    source: tuple[int, ...]
    destination: tuple[int, ...]


class Matching:
    """The candidates of one folder pair.

    `sizes_decide` False takes a single twin with the same Message-ID for the same message whatever
    its size: right where the destination's messages are known to have come just after an intent."""

    def __init__(
        self, source: Candidates, destination: Candidates, *, sizes_decide: bool = True
    ) -> None:
        self._sure: dict[int, int] = {}
        self._doubtful: list[tuple[list[int], list[int]]] = []
        for ours, theirs in groups(source, destination):
            one, other = ours[0], theirs[0]
            same_size = source.sizes[one] == destination.sizes[other] or not sizes_decide
            if len(ours) == len(theirs) == 1 and source.named(one) and same_size:
                self._sure[source.uids[one]] = destination.uids[other]
            else:
                uids = sorted(source.uids[at] for at in ours)
                self._doubtful.append((uids, sorted(destination.uids[at] for at in theirs)))

    @property
    def doubt(self) -> Doubt:
        return Doubt(
            tuple(sorted(uid for ours, _ in self._doubtful for uid in ours)),
            tuple(sorted(uid for _, theirs in self._doubtful for uid in theirs)),
        )

    def pairs(
        self, source_digests: Mapping[int, bytes], destination_digests: Mapping[int, bytes]
    ) -> dict[int, int]:
        """Source uid → destination uid. A uid without a digest (it vanished) has no twin."""
        found = dict(self._sure)
        for ours, theirs in self._doubtful:
            stock: dict[bytes, list[int]] = defaultdict(list)
            for uid in reversed(theirs):
                if uid in destination_digests:
                    stock[destination_digests[uid]].append(uid)
            for uid in ours:
                twins = stock.get(source_digests.get(uid, b""))
                if twins:
                    found[uid] = twins.pop()
        return found


def digest(chunks: Iterable[bytes]) -> bytes:
    """16 bytes that are equal for messages which differ only as servers make them differ when they
    store them: line ends as CRLF, and NUL as 0x80 (Dovecot)."""
    content = hashlib.blake2b(digest_size=16)
    pending_cr = False
    for chunk in chunks:
        text = (b"\r" if pending_cr else b"") + chunk
        pending_cr = text.endswith(b"\r")
        if pending_cr:
            text = text[:-1]
        content.update(text.replace(b"\r\n", b"\n").replace(b"\0", b"\x80"))
    if pending_cr:
        content.update(b"\r")
    return content.digest()


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
