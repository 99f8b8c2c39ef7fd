"""Passwords and keys that are known when they are seen, and how they are looked for.

Each begins and ends with MARK and its number, with odd characters between, so that one that was
cut at such a character, or written in another form, is found all the same. Nothing here is taken
from imap.hiding: what hides them is what is put to the test.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MARK = "kAnari"
_SEEN = 60
"""Bytes shown on either side of what was found."""


def canary(number: int, odd: str = "") -> str:
    """Of a password's usual length, with what policies ask for."""
    return f"{MARK}{number:02}{odd or '-x-'}{MARK}{number:02}"


def _base64(raw: bytes) -> Iterator[bytes]:
    """Wherever it stands among other bytes: the letters that no neighbor has a part in."""
    for before in range(3):
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        yield base64.b64encode(b"\0" * before + raw + b"\0\0")[first:last]


_RAW = MARK.encode()
ANY_CASE = (
    _RAW,
    _RAW.hex().encode(),
    _RAW.hex(" ").encode(),
    _RAW.hex(":").encode(),
    b"".join(b"\\x%02x" % one for one in _RAW),
    b"".join(b"%%%02x" % one for one in _RAW),
    b"".join(b"&#%d;" % one for one in _RAW),
    b"".join(b"\\u%04x" % one for one in _RAW),
    MARK.encode("utf-16-le"),
)
AS_IS = tuple(_base64(_RAW))


@dataclass
class Hoard:
    """What was seen, and where; the same thing is kept once, so that all can be searched."""

    pieces: dict[bytes, str] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    def add(self, where: str, data: bytes | str) -> None:
        raw = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        self.places.add(where)
        self.pieces.setdefault(raw, where)

    def found(self) -> list[str]:
        """Where a canary sings, with what stands around it."""
        return [f"{where}: {said!r}" for raw, where in self.pieces.items() for said in search(raw)]


def search(raw: bytes) -> Iterable[bytes]:
    """The first of each form."""
    folded = raw.lower()
    for needle in ANY_CASE:
        if (at := folded.find(needle.lower())) >= 0:
            yield _around(raw, at)
    for needle in AS_IS:
        if (at := raw.find(needle)) >= 0:
            yield _around(raw, at)


def _around(raw: bytes, at: int) -> bytes:
    return raw[max(0, at - _SEEN) : at + _SEEN]
