"""COMPRESS=DEFLATE (RFC 4978): everything on the line deflated, in both directions."""

from __future__ import annotations

import zlib

from imap.layer import Idle, Layer, Stream, impatient, pending, send_all

LEVEL = 6
"""On mail, higher ones find hardly more."""
_RECEIVED_AT_ONCE = 64 * 1024
INFLATED_AT_ONCE = 256 * 1024
"""However much the server's bytes swell, no more than this is held."""


class Deflated(Layer):
    """`received` is what has been read already of the server's deflated stream."""

    def __init__(self, under: Stream, received: bytes) -> None:
        super().__init__(under)
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._room = memoryview(bytearray(_RECEIVED_AT_ONCE))
        self._left = received
        """Received, and not inflated yet."""
        self._full = False
        """The last piece was as long as it might be: the inflater may hold more of it."""

    def recv_into(self, buffer: memoryview) -> int:
        while True:
            if self._left or self._full:
                data = self._inflate(min(len(buffer), INFLATED_AT_ONCE))
                if data:
                    buffer[: len(data)] = data
                    return len(data)
            if self._inflater.eof:
                raise ValueError("the deflated stream has ended before its line")
            count = self.under.recv_into(self._room)
            if not count:
                return 0
            self._left = bytes(self._room[:count])

    def sendall(self, data: bytes, idle: Idle = impatient) -> None:
        deflated = self._deflater.compress(data)
        send_all(self.under, deflated + self._deflater.flush(zlib.Z_SYNC_FLUSH), idle)

    def pending(self) -> bool:
        return bool(self._left) or self._full or pending(self.under)

    def _inflate(self, most: int) -> bytes:
        try:
            data = self._inflater.decompress(self._left, most)
        except zlib.error as error:
            # What cannot be inflated stays, so that whoever reads next finds the same.
            raise ValueError("no deflated stream") from error
        self._left, self._full = self._inflater.unconsumed_tail, len(data) == most
        return data
