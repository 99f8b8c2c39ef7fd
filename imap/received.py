"""What has been received and not yet been read: lines, literals, whatever fits a pattern.

One buffer, read in place: a message costs one copy, a line of a listing none but its fields.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

PIECE = 256 * 1024
"""The most that one chunk of a body has."""
LEAST_PIECE = 64 * 1024
"""What a chunk waits for, unless the body ends before: TLS receives no more than 16 KB at once."""
ROOM = 2 * PIECE
"""What is received and not yet read has this much room, and more only for a longer line."""
LONGEST_LINE = 1024 * 1024
LONGEST_SET = 8 * 1024 * 1024
"""Of uids: a folder of 140,000 messages passes a million bytes in a SEARCH."""
_SET = re.compile(rb"\*[ \t]*+(?:E?SEARCH|VANISHED|SORT)[ \t]", re.I)
LONGEST_USUAL = 4096
"""A longer line is not worth a pattern."""

Groups = tuple[bytes, ...]


class Received(ABC):
    """The reading half of a connection. `_receive` of the other half waits for more."""

    def __init__(self) -> None:
        self._in = bytearray(ROOM)
        self._at = self._end = 0
        """What is received and not yet read stands between these two."""

    @property
    def waiting(self) -> bool:
        """Whether bytes have been received that nobody has asked for yet."""
        return self._end > self._at

    def readline(self, longest: int = LONGEST_LINE) -> bytes:
        """One line with its end."""
        seen = 0
        while (end := self._in.find(b"\n", self._at + seen, self._end)) < 0:
            seen = self._end - self._at
            if seen > longest and (seen > LONGEST_SET or not self._begins_a_set()):
                raise self.lost(ValueError("line too long"))
            self._receive()
        line = bytes(self._in[self._at : end + 1])
        self._at = end + 1
        return line

    def unread(self, data: bytes) -> None:
        """Put back what was read, to be read again."""
        self._in[self._at : self._at] = data
        self._end += len(data)

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        while self._end - self._at < size:
            self._receive_body()
        data = bytes(memoryview(self._in)[self._at : self._at + size])
        self._at += size
        return data

    def chunks(self, size: int) -> Iterator[bytes]:
        """`size` bytes in pieces; the next is received when it is asked for."""
        while size:
            while self._end - self._at < min(size, LEAST_PIECE):
                self._receive_body()
            piece = self.read(min(size, PIECE, self._end - self._at))
            size -= len(piece)
            yield piece

    def take(self, pattern: re.Pattern[bytes]) -> Groups | None:
        """Read what fits the pattern, which ends with a line's end; its groups. None, and nothing
        is read, when the next line does not fit."""
        while True:
            match = pattern.match(self._in, self._at, self._end)
            if match is not None:
                self._at = match.end()
                return match.groups()
            if self._no_such_line():
                return None
            self._receive()

    def take_all(self, pattern: re.Pattern[bytes], take: Callable[[Groups], None]) -> None:
        """Hand on the groups of every line that fits the pattern, up to the first that does
        not."""
        while True:
            at, end, received = self._at, self._end, self._in
            lines = 0
            while match := pattern.match(received, at, end):
                at = match.end()
                lines += 1
                take(match.groups())
            if lines:
                self.told(at - self._at, lines)
            self._at = at
            if self._no_such_line():
                return
            self._receive()

    def _no_such_line(self) -> bool:
        """Whether what is there, and fits no pattern, will not fit with more bytes either."""
        return self._has_line() or self._end - self._at > LONGEST_USUAL

    def _begins_a_set(self) -> bool:
        return _SET.match(self._in, self._at, self._end) is not None

    def _has_line(self) -> bool:
        return self._in.find(b"\n", self._at, self._end) >= 0

    def _forget(self) -> None:
        self._at = self._end = 0

    def _make_room(self) -> memoryview:
        """Where bytes that are received now belong."""
        if self._at == self._end:
            self._at = self._end = 0
            if len(self._in) > ROOM:
                self._in = bytearray(ROOM)
        elif len(self._in) - self._end < LEAST_PIECE:
            left = self._in[self._at : self._end]
            if len(left) > len(self._in) // 2:
                self._in = left + bytearray(len(left))
            else:
                self._in[: len(left)] = left
            self._at, self._end = 0, len(left)
        return memoryview(self._in)[self._end :]

    @abstractmethod
    def _receive(self) -> None: ...

    @abstractmethod
    def _receive_body(self) -> None:
        """Amid a literal, whose bytes are there to be sent."""

    @abstractmethod
    def told(self, size: int, lines: int) -> None:
        """So much of use has been read."""

    @abstractmethod
    def lost(self, error: Exception) -> Exception: ...
