"""What a server has altered in a message that it stored, told from digests of both sides. Pure.

equal byte for byte                                        not altered
equal but for line ends, and those at the very end         line ends
and for each NUL, which is 0x80 there                      NUL (Dovecot does it without a word)
the same text below another header                         header
anything else                                              no server's known way: another content
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Alteration(StrEnum):
    """In words that stand beside the message in a report."""

    LINE_ENDS = "line ends"
    NUL = "NUL characters replaced"
    HEADER = "header rewritten, text the same"
    SIZE = "another size, not read back"
    CONTENT = "the content is another"

    @property
    def known(self) -> bool:
        """Servers do so when they store a message, and the text that people read is the same."""
        return self is not Alteration.CONTENT


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A message in digests of 16 bytes, each blind to more of what servers alter."""

    exact: bytes
    lines: bytes
    """Line ends of any kind are one; those at the end are none."""
    soft: bytes
    """And NUL is 0x80."""
    text: bytes
    """Of that only what stands below the header; b'' when there is nothing."""


def fingerprint(chunks: Iterable[bytes]) -> Fingerprint:
    """Of the message that comes in these chunks. Holds one chunk at a time."""
    exact, lines, soft = (_digest() for _ in range(3))
    text = _Text()
    for chunk in _even(_counted(chunks, exact)):
        lines.update(chunk)
        plain = chunk.replace(b"\0", b"\x80")
        soft.update(plain)
        text.take(plain)
    return Fingerprint(exact.digest(), lines.digest(), soft.digest(), text.digest())


def alteration(before: Fingerprint, after: Fingerprint) -> Alteration | None:
    """From the source's message to its copy; None when they are equal."""
    if before.exact == after.exact:
        return None
    if before.lines == after.lines:
        return Alteration.LINE_ENDS
    if before.soft == after.soft:
        return Alteration.NUL
    if before.text and before.text == after.text:
        return Alteration.HEADER
    return Alteration.CONTENT


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


def _counted(chunks: Iterable[bytes], exact: hashlib.blake2b) -> Iterator[bytes]:
    for chunk in chunks:
        exact.update(chunk)
        yield chunk


def _even(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same with LF for every line end, and without those at the end."""
    pending_cr = False
    held = 0
    """Line ends that may be the last ones."""
    for chunk in chunks:
        text = (b"\r" if pending_cr else b"") + chunk
        pending_cr = text.endswith(b"\r")
        if pending_cr:
            text = text[:-1]
        even = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        kept = even.rstrip(b"\n")
        if kept:
            yield from _line_ends(held)
            yield kept
            held = 0
        held += len(even) - len(kept)


def _line_ends(number: int) -> Iterator[bytes]:
    """So many, in pieces: a message may consist of them."""
    for left in range(number, 0, -65_536):
        yield b"\n" * min(left, 65_536)


class _Text:
    """The digest of what follows the first empty line."""

    def __init__(self) -> None:
        self._digest = _digest()
        self._before = b"\n"
        """The last line end of the header, if it may be followed by the empty line."""
        self._below = False
        self._any = False

    def take(self, chunk: bytes) -> None:
        if not self._below:
            joined = self._before + chunk
            head, empty, chunk = joined.partition(b"\n\n")
            self._below = bool(empty)
            if not self._below:
                self._before = b"\n" if head.endswith(b"\n") else b""
                return
        self._any |= bool(chunk)
        self._digest.update(chunk)

    def digest(self) -> bytes:
        return self._digest.digest() if self._any else b""
