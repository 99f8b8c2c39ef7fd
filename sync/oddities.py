"""What servers are known to alter, counted in a message that passes by in chunks. Pure.

Cheap enough for every message that is copied: a few searches a chunk, nothing is held but the last
three bytes.
"""

from __future__ import annotations

LINE = 1000
"""RFC 5322: so many bytes of a line, its end included, have to be taken by everybody."""

HIGH = bytes(range(0x80, 0x100))


class Oddities:
    """All zero for a message as the RFCs have it."""

    __slots__ = (
        *("_both", "_feeds", "_head", "_line", "_returns", "_tail"),
        *("cr_cr_lf", "high", "long", "nul"),
    )

    def __init__(self) -> None:
        self.nul = 0
        self.high = 0
        """8-bit bytes in the header."""
        self.cr_cr_lf = 0
        self._returns = self._feeds = self._both = 0
        self.long = False
        """It has a line that is longer than LINE."""
        self._tail = b"\n"
        """Of what came before; a message begins as a line does."""
        self._head = True
        self._line = 0

    def take(self, chunk: bytes) -> None:
        if b"\0" in chunk:
            self.nul += chunk.count(b"\0")
        tail = self._tail
        text = tail + chunk
        if self._head:
            self._take_header(tail, text)
        self._count_line_ends(tail, text)
        if not self.long:
            self._measure(chunk)
        self._tail = text[-3:]

    @property
    def bare_lf(self) -> int:
        return self._feeds - self._both

    @property
    def bare_cr(self) -> int:
        """Neither before LF nor before CR LF."""
        return self._returns - self._both - self.cr_cr_lf

    def _count_line_ends(self, tail: bytes, text: bytes) -> None:
        returns, feeds, both = text.count(b"\r"), text.count(b"\n"), text.count(b"\r\n")
        if returns != both:
            self.cr_cr_lf += text.count(b"\r\r\n") - tail.count(b"\r\r\n")
        self._returns += returns - tail.count(b"\r")
        self._feeds += feeds - tail.count(b"\n")
        self._both += both - tail.count(b"\r\n")

    def _take_header(self, tail: bytes, text: bytes) -> None:
        """Up to the first empty line."""
        end = text.find(b"\n\r\n")
        for other in (b"\n\n", b"\n\r\r\n"):
            at = text.find(other, 0, end + 2 if end >= 0 else len(text))
            end = at if at >= 0 else end
        if end >= 0:
            self._head = False
            text = text[:end]
        if not text.isascii():
            self.high += _high(text) - _high(tail[: len(text)])

    def _measure(self, chunk: bytes) -> None:
        """By leaps from one line end to the last one within reach."""
        at = chunk.find(b"\n")
        if at < 0:
            self._line += len(chunk)
            self.long = self._line >= LINE
            return
        if self._line + at >= LINE:
            self.long = True
            return
        while len(chunk) - at > LINE:
            ahead = chunk.rfind(b"\n", at + 1, at + 1 + LINE)
            if ahead < 0:
                self.long = True
                return
            at = ahead
        self._line = len(chunk) - chunk.rfind(b"\n") - 1


def _high(text: bytes) -> int:
    return len(text) - len(text.translate(None, HIGH))
