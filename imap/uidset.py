"""UID sets (RFC 9051, section 9): ranges out, ranges in, never longer than a server bears."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sync.uids import Range, UidRanges

LONGEST = 900
"""Bytes of one set: with its command around it, it stays below 1,000."""
MOST = 1_000_000
"""More uids than this in a server's answer are an attack, not an answer."""


def uid_sets(
    uids: Sequence[int], *, most: int = MOST, longest: int = LONGEST
) -> Iterator[tuple[bytes, list[int]]]:
    """Each set in its wire form and the uids it stands for, ascending; `most` uids and `longest`
    bytes in each."""
    text: list[bytes] = []
    members: list[int] = []
    length = 0
    for first, last in _ranges(sorted(set(uids)), most):
        word = _word(first, last)
        size = last - first + 1
        if text and (length + len(word) + 1 > longest or len(members) + size > most):
            yield b",".join(text), members
            text, members, length = [], [], 0
        text.append(word)
        members.extend(range(first, last + 1))
        length += len(word) + 1
    if text:
        yield b",".join(text), members


def range_sets(uids: UidRanges) -> Iterator[bytes]:
    """The same of ranges, however many uids they span."""
    text: list[bytes] = []
    length = 0
    for first, last in uids.ranges:
        word = _word(first, last)
        if text and length + len(word) + 1 > LONGEST:
            yield b",".join(text)
            text, length = [], 0
        text.append(word)
        length += len(word) + 1
    if text:
        yield b",".join(text)


def parse_ranges(text: bytes) -> UidRanges | None:
    """The uids of a set in any order; None if it is no set."""
    found: list[Range] = []
    for word in text.split(b","):
        first, _, last = word.partition(b":")
        if not first.isdigit() or not (last or first).isdigit() or len(word) > 21:
            return None
        low, high = sorted((int(first), int(last or first)))
        found.append((low, high))
    return UidRanges.spanning(found)


def parse_uid_set(text: bytes) -> tuple[int, ...] | None:
    """The uids in the order written, as APPENDUID lists them (RFC 4315); None if it is no set."""
    uids: list[int] = []
    for word in text.split(b","):
        first, _, last = word.partition(b":")
        if not first.isdigit() or not (last or first).isdigit() or len(word) > 21:
            return None
        low, high = sorted((int(first), int(last or first)))
        if high - low + len(uids) >= MOST:
            return None
        uids.extend(range(low, high + 1))
    return tuple(uids)


def _word(first: int, last: int) -> bytes:
    return b"%d" % first if first == last else b"%d:%d" % (first, last)


def _ranges(uids: Iterable[int], most: int) -> Iterator[tuple[int, int]]:
    first = last = 0
    for uid in uids:
        if first and uid == last + 1 and uid - first < most:
            last = uid
            continue
        if first:
            yield first, last
        first = last = uid
    if first:
        yield first, last
