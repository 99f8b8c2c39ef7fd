"""Digests of one message, each blind to more of what servers alter when they store it. Pure.

exact               nothing
lines               line ends: CR LF, LF, CR, and any number of CR before LF, are one; those at the
                    very end are none
even                how many blanks, those at line ends, and empty lines, too
head, text          the same of what stands above and below the header's end
loose_head          all blanks and line ends, NUL, 8-bit bytes, and what stands for them: X and ?
loose_text          all blanks and line ends, NUL, and what stands for it: 0x80 and ?
loose               the same of all of it, wherever the header ends
fields              the header field by field, each loose, in any order

The loose ones take for equal what differs in nothing but those bytes, such as "now?" and "now". So
they are only asked where the source's message holds what a server cannot keep (`Fingerprint.odd`),
and what they find is named as altered.

The header ends where no header field begins: at the empty line, or, where a server would put in the
one that is missing, above the first line that is none. One chunk is in memory, and the header.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sync.oddities import HIGH, Oddities

HEADER_LIMIT = 256 * 1024
"""The header of a message in which it is longer counts as text."""

_BLANKS = b" \t\r\n\f\v\0"
_LOOSE_HEAD = _BLANKS + HIGH + b"X?"
_LOOSE_TEXT = _BLANKS + b"\x80?"
FIELD = 8
"""Bytes of a header field's mark."""

MAILBOX_FIELDS = frozenset(
    (
        b"status",
        b"x-status",
        b"x-keywords",
        b"x-uid",
        b"x-imap",
        b"x-imapbase",
        b"content-length",
        b"lines",
    )
)
"""Notes of a server in its own files, which it takes out or puts in as it likes."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A message in digests of 16 bytes, and in counts of what servers alter."""

    exact: bytes
    lines: bytes
    even: bytes
    head: bytes
    text: bytes
    """b'' when there is none."""
    loose_head: bytes
    loose_text: bytes
    loose: bytes
    fields: bytes
    """A mark of FIELD bytes for each header field, sorted; without MAILBOX_FIELDS."""
    mailbox_fields: int
    from_line: bool
    """It begins with a line as a mailbox file has it."""
    blanks: int
    last_ends: int
    """Line ends at the very end."""
    nul: int
    high: int
    bare_cr: int
    bare_lf: int
    cr_cr_lf: int
    long: bool

    @property
    def odd(self) -> bool:
        """It holds what a server may have to replace by something else, or to take out."""
        return bool(self.nul or self.bare_cr or self.long)

    @property
    def empty(self) -> bool:
        """It has neither a header field nor a text."""
        return not self.fields and not self.text

    @property
    def blind(self) -> bytes:
        """Equal for messages which differ only as servers make them differ when they store them,
        but for header fields that are added or changed."""
        return _digest(self.loose_head + self.loose_text).digest()


def fingerprint(chunks: Iterable[bytes]) -> Fingerprint:
    """Of the message that comes in these chunks."""
    odd, exact, lines, loose, text = Oddities(), _digest(), _digest(), _digest(), _Text()
    even, parts, blanks = _Even(), _Parts(), 0
    for chunk in chunks:
        odd.take(chunk)
        exact.update(chunk)
        blanks += chunk.count(b" ") + chunk.count(b"\t")
        for piece in even.take(chunk):
            lines.update(piece)
            loose.update(piece.translate(None, _LOOSE_TEXT))
            text.take(piece)
            parts.take(piece)
    header = parts.end()
    return Fingerprint(
        exact=exact.digest(),
        lines=lines.digest(),
        even=text.digest(),
        head=header.head,
        text=parts.text.digest(),
        loose_head=header.loose,
        loose_text=parts.loose.digest(),
        loose=loose.digest(),
        fields=header.fields,
        mailbox_fields=header.mailbox_fields,
        from_line=header.from_line,
        blanks=blanks,
        last_ends=even.last_ends,
        nul=odd.nul,
        high=odd.high,
        bare_cr=odd.bare_cr,
        bare_lf=odd.bare_lf,
        cr_cr_lf=odd.cr_cr_lf,
        long=odd.long,
    )


def blind_digest(chunks: Iterable[bytes]) -> bytes:
    """`Fingerprint.blind` alone."""
    return fingerprint(chunks).blind


def field_marks(fields: bytes) -> Iterator[bytes]:
    """One by one."""
    return (fields[at : at + FIELD] for at in range(0, len(fields), FIELD))


def _digest(start: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(start, digest_size=16)


class _Even:
    """The same with LF for every line end, and without those at the end."""

    def __init__(self) -> None:
        self._returns = 0
        """CR that a LF may follow."""
        self._held = 0
        """Line ends that may be the last ones."""

    @property
    def last_ends(self) -> int:
        return self._held + self._returns

    def take(self, chunk: bytes) -> Iterator[bytes]:
        text = chunk.lstrip(b"\r") if self._returns else chunk
        self._returns += len(chunk) - len(text)
        if not text:
            return
        if not text.startswith(b"\n"):
            self._held += self._returns
        even = text.rstrip(b"\r")
        self._returns = len(text) - len(even)
        if b"\r" in even:
            even = even.replace(b"\r\n", b"\n")
        if b"\r" in even:
            even = _RETURNS.sub(_one_or_all, even)
        kept = even.rstrip(b"\n")
        if kept:
            yield from _line_ends(self._held)
            yield kept
            self._held = 0
        self._held += len(even) - len(kept)


_RETURNS = re.compile(rb"\r++\n?")


def _one_or_all(found: re.Match[bytes]) -> bytes:
    returns = found[0]
    return b"\n" if returns.endswith(b"\n") else b"\n" * len(returns)


def _line_ends(number: int) -> Iterator[bytes]:
    """So many, in pieces: a message may consist of them."""
    for left in range(number, 0, -65_536):
        yield b"\n" * min(left, 65_536)


class _Text:
    """The digest of lines in which blanks are one, none at the end of a line, and no line empty."""

    def __init__(self) -> None:
        self._content = _digest()
        self._held = b""
        """A blank or a line end, or both, that may be the last ones."""
        self._any = False

    def take(self, piece: bytes) -> None:
        text = (self._held + piece).replace(b"\t", b" ")
        for twice, once in ((b"  ", b" "), (b" \n", b"\n"), (b"\n\n", b"\n")):
            while twice in text:
                text = text.replace(twice, once)
        if not self._any:
            text = text.lstrip(b" \n")
        kept = text.rstrip(b" \n")
        self._held = text[len(kept) :]
        if kept:
            self._content.update(kept)
            self._any = True

    def digest(self) -> bytes:
        """b'' of nothing."""
        return self._content.digest() if self._any else b""


@dataclass(frozen=True, slots=True)
class _Header:
    head: bytes
    loose: bytes
    fields: bytes
    mailbox_fields: int
    from_line: bool


class _Parts:
    """Above and below the end of the header. Takes what _Even gives."""

    def __init__(self) -> None:
        self.text, self.loose = _Text(), _digest()
        self._header = bytearray()
        self._scanned = 0
        """So far whole lines of the header were looked at."""
        self._above = True
        self._begun = False

    def take(self, piece: bytes) -> None:
        if not self._above:
            self._take_text(piece)
            return
        self._header += piece
        self._scan()

    def end(self) -> _Header:
        """After the last piece."""
        if self._above:
            self._header += b"\n"
            self._scan()
        return _header(bytes(self._header[: self._scanned]))

    def _scan(self) -> None:
        while self._above:
            start, end = self._scanned, self._header.find(b"\n", self._scanned)
            if max(start, (end if end >= 0 else len(self._header)) - start) > HEADER_LIMIT:
                self._scanned = 0
            elif end < 0:
                return
            elif self._goes_on(bytes(self._header[start:end])):
                self._scanned = end + 1
                continue
            self._above = False
            self._take_text(bytes(self._header[self._scanned :]))
            del self._header[self._scanned :]

    def _goes_on(self, line: bytes) -> bool:
        """Empty lines at the very beginning are none."""
        if not self._begun:
            self._begun = bool(line.strip())
        # A server may put its own field above the line of a mailbox file.
        return not self._begun or _is_from_line(line) or _in_header(line)

    def _take_text(self, piece: bytes) -> None:
        self.text.take(piece)
        self.loose.update(piece.translate(None, _LOOSE_TEXT))


def _in_header(line: bytes) -> bool:
    """It is a header field, or goes on with one."""
    name, colon, _ = line.partition(b":")
    folded = line[:1] in (b" ", b"\t")
    return folded or (bool(line.strip()) and bool(colon) and len(name.split()) == 1)


def _is_from_line(line: bytes) -> bool:
    return line.startswith((b"From ", b">From "))


def _header(lines: bytes) -> _Header:
    text = _Text()
    text.take(lines)
    fields = list(_unfolded(lines))
    from_line = any(map(_is_from_line, fields))
    fields = [field for field in fields if field.strip() and not _is_from_line(field)]
    loose, marks, mailbox_fields = _digest(), list[bytes](), 0
    for field in fields:
        name, _, value = field.partition(b":")
        name = name.strip().lower()
        plain = (name + b":" + value).translate(None, _LOOSE_HEAD)
        loose.update(plain)
        if name in MAILBOX_FIELDS:
            mailbox_fields += 1
        else:
            marks.append(hashlib.blake2b(plain, digest_size=FIELD).digest())
    packed = b"".join(sorted(marks))
    return _Header(text.digest(), loose.digest(), packed, mailbox_fields, from_line)


def _unfolded(lines: bytes) -> Iterator[bytes]:
    field: list[bytes] = []
    for line in lines.split(b"\n"):
        if field and line[:1] not in (b" ", b"\t"):
            yield b" ".join(field)
            field = []
        if line:
            field.append(line)
    if field:
        yield b" ".join(field)
