"""A client's commands as a server reads them: words, strings, lists, literals, sets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

LITERAL = re.compile(rb"\{(\d+)(\+?)\}\Z")
_TOKEN = re.compile(
    rb' *(?:([()])|"((?:[^"\\]|\\.)*)"|((?:[^\s()"\[]+(?:\[[^\]]*\])?(?:<[\d.]+>)?)))', re.S
)


class Text(bytes):
    """A string in quotes."""


class Lit(bytes):
    """A string that came as a literal."""


Word = bytes | list["Word"]


def words(parts: list[bytes]) -> list[Word]:
    """`parts` are text, literal, text, … as they were read."""
    top: list[Word] = []
    stack = [top]
    for at, part in enumerate(parts):
        if at % 2:
            stack[-1].append(Lit(part))
            continue
        for match in _TOKEN.finditer(LITERAL.sub(b"", part)):
            bracket, text, atom = match.groups()
            if bracket == b"(":
                inner: list[Word] = []
                stack[-1].append(inner)
                stack.append(inner)
            elif bracket == b")":
                if len(stack) > 1:
                    stack.pop()
            elif text is not None:
                stack[-1].append(Text(re.sub(rb"\\(.)", rb"\1", text)))
            else:
                stack[-1].append(atom)
    return top


def members(text: bytes, there: Iterable[int]) -> list[int]:
    """Those of `there` that the set names, ascending."""
    uids = sorted(there)
    last = uids[-1] if uids else 0
    ranges = list(_ranges(text, last))
    return [uid for uid in uids if any(low <= uid <= high for low, high in ranges)]


def _ranges(text: bytes, last: int) -> Iterator[tuple[int, int]]:
    for word in text.split(b","):
        first, colon, second = word.partition(b":")
        low = last if first == b"*" else int(first)
        high = low if not colon else last if second == b"*" else int(second)
        yield min(low, high), max(low, high)


def gaps(text: bytes, there: Iterable[int], uidnext: int) -> bytes:
    """What the set names below `uidnext` and is not there, in ranges."""
    found: list[bytes] = []
    uids = sorted(there)
    for low, high in _ranges(text, uidnext - 1):
        edges = [low - 1, *(uid for uid in uids if low <= uid <= high), min(high, uidnext - 1) + 1]
        found += [
            b"%d:%d" % (before + 1, after - 1)
            for before, after in pairwise(edges)
            if after - before > 1
        ]
    return b",".join(found)


def spelled(uids: Iterable[int]) -> bytes:
    """A set of these, in ranges."""
    found: list[list[int]] = []
    for uid in sorted(uids):
        if found and found[-1][1] == uid - 1:
            found[-1][1] = uid
        else:
            found.append([uid, uid])
    return b",".join(b"%d" % a if a == b else b"%d:%d" % (a, b) for a, b in found)
