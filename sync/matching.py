"""Which messages are already there. Pure.

Messages are matched as multisets: k identical ones at the source need k at the destination. The
header fields of sync.model.Identity put messages into groups; inside a group the content decides,
but for the plain case of exactly one message with the same Message-ID on each side.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.model import Identity


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may have a twin on the other side. `size` in bytes."""

    uid: int
    size: int
    identity: Identity


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
        self,
        source: Sequence[Candidate],
        destination: Sequence[Candidate],
        *,
        sizes_decide: bool = True,
    ) -> None:
        there = _groups(destination)
        self._sure: dict[int, int] = {}
        self._doubtful: list[tuple[list[Candidate], list[Candidate]]] = []
        for identity, ours in _groups(source).items():
            theirs = there.get(identity)
            if not theirs:
                continue
            if len(ours) == len(theirs) == 1 and _plain(ours[0], theirs[0], sizes_decide):
                self._sure[ours[0].uid] = theirs[0].uid
            else:
                self._doubtful.append((ours, theirs))

    @property
    def doubt(self) -> Doubt:
        return Doubt(
            tuple(sorted(c.uid for ours, _ in self._doubtful for c in ours)),
            tuple(sorted(c.uid for _, theirs in self._doubtful for c in theirs)),
        )

    def pairs(
        self, source_digests: Mapping[int, bytes], destination_digests: Mapping[int, bytes]
    ) -> dict[int, int]:
        """Source uid → destination uid. A uid without a digest (it vanished) has no twin."""
        found = dict(self._sure)
        for ours, theirs in self._doubtful:
            stock: dict[bytes, list[int]] = defaultdict(list)
            for candidate in sorted(theirs, key=lambda c: -c.uid):
                if candidate.uid in destination_digests:
                    stock[destination_digests[candidate.uid]].append(candidate.uid)
            for candidate in sorted(ours, key=lambda c: c.uid):
                twins = stock.get(source_digests.get(candidate.uid, b""))
                if twins:
                    found[candidate.uid] = twins.pop()
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


def _groups(candidates: Sequence[Candidate]) -> dict[Identity, list[Candidate]]:
    groups: dict[Identity, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.identity].append(candidate)
    return groups


def _plain(ours: Candidate, theirs: Candidate, sizes_decide: bool) -> bool:
    same_size = ours.size == theirs.size or not sizes_decide
    return bool(ours.identity.message_id) and same_size
