"""A socket with a buffer: lines, literals, and bytes that go out together.

The only place that receives and sends. What breaks here is a ConnectionLost, nothing else.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import time

from imap import faults
from imap.deflate import Deflated
from imap.layer import Layer, Stream, pending
from imap.received import Received
from imap.tls import Tls
from sync.errors import ConnectionLost, Side, SyncError

GATHER = 256 * 1024
"""What is sent waits for company until it is this much."""
CRAWL = 10
"""Bytes a second. A literal that comes more slowly for a whole timeout has stalled, although no
single wait has run out."""


class Wire(Received):
    """One connection. Not for two threads."""

    def __init__(self, sock: Stream, side: Side, host: str, *, gather: int = GATHER) -> None:
        super().__init__()
        self.sock = sock
        self.side = side
        self.host = host
        self.farewell = b""
        """The server's BYE: it explains the end of the line that follows."""
        self.closed = False
        self.sent = 0
        """Bytes in all."""
        self._crawled, self._came = 0.0, 0
        """Seconds waited amid literals, and the bytes that came of it."""
        self._out: list[bytes] = []
        self._gathered = 0
        self._gather = gather
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def write(self, data: bytes) -> None:
        """Send soon: small things go out together."""
        self._out.append(data)
        self._gathered += len(data)
        if self._gathered >= self._gather:
            self.flush()

    def flush(self) -> None:
        """Send now."""
        if self._out:
            out, self._out, self._gathered = self._out, [], 0
            self._send(b"".join(out))

    def ready(self) -> bool:
        """Whether a whole line, or the end, can be read without waiting. That bytes are there is
        not enough: they may be TLS's own."""
        if self.closed or self._has_line():
            return True
        if not pending(self.sock) and not self._poll.poll(0):
            return False
        timeout = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            count = self._receive_into_room()
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except (OSError, ValueError):
            # The reading that follows finds the same, and names it.
            return True
        finally:
            self.sock.settimeout(timeout)
        return not count or self._has_line()

    def start_tls(self, context: ssl.SSLContext, hostname: str) -> None:
        """Raises what the handshake raises: the one who connects names it."""
        if isinstance(self.sock, Layer):
            self.sock = Tls(self.sock, context, hostname)
        else:
            self.sock = context.wrap_socket(self.sock, server_hostname=hostname)

    def deflate(self) -> None:
        """From here on everything is compressed, what has been received already included."""
        received = bytes(self._in[self._at : self._end])
        self._forget()
        self.sock = Deflated(self.sock, received)

    def part(self) -> None:
        """What has been sent is still delivered when the line is closed."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0))

    def close(self) -> None:
        """Never raises. What is on its way is lost, but after `part`."""
        self.closed = True
        self._forget()
        self._out.clear()
        with contextlib.suppress(OSError):
            self.sock.close()

    def lost(self, error: Exception) -> ConnectionLost:
        """The same in our own words; the line is closed, since nobody knows where it stands."""
        self.close()
        return faults.line_failure(error, self.side, self.host, self.farewell)

    def _receive(self) -> None:
        """Wait for more bytes."""
        if self.closed:
            raise self.lost(ConnectionError())
        try:
            count = self._receive_into_room()
        except (OSError, ValueError) as error:
            raise self.lost(error) from error
        if not count:
            raise self.lost(EOFError())

    def _receive_body(self) -> None:
        had, asked = self._end - self._at, time.monotonic()
        self._receive()
        self._crawled += time.monotonic() - asked
        self._came += self._end - self._at - had
        timeout = self.sock.gettimeout()
        if timeout is None or self._crawled < timeout:
            return
        if self._came < CRAWL * self._crawled:
            raise self.lost(TimeoutError())
        self._crawled, self._came = 0.0, 0

    def _receive_into_room(self) -> int:
        count = self.sock.recv_into(self._make_room())
        self._end += count
        return count

    def _send(self, data: bytes) -> None:
        if self.closed:
            raise self.lost(ConnectionError())
        try:
            self.sock.sendall(data)
            self.sent += len(data)
        except (OSError, ValueError) as error:
            # The server may have said why before it hung up: reading is still possible.
            self._out.clear()
            raise faults.line_failure(error, self.side, self.host, self.farewell) from error
        except SyncError:
            # The end of a wait for its turn. Nobody knows how much of it has gone out.
            self.close()
            raise
