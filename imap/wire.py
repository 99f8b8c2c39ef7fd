"""A socket with a buffer: lines, literals, and bytes that go out together.

The only place that receives and sends. What breaks here is a ConnectionLost, nothing else.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import ssl
import struct

from imap import faults
from imap.deflate import Deflated
from imap.layer import Layer, Stream, pending, send_all
from imap.patience import SLICE, Patience
from imap.received import Received
from imap.tls import Tls
from sync.errors import ConnectionLost, Side, SyncError

GATHER = 256 * 1024
"""What is sent waits for company until it is this much."""
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
_ON = struct.pack("i", 1)


class Wire(Received):
    """One connection. Not for two threads."""

    def __init__(
        self,
        sock: Stream,
        side: Side,
        host: str,
        *,
        gather: int = GATHER,
        patience: Patience | None = None,
    ) -> None:
        super().__init__()
        self.sock = sock
        self.side = side
        self.host = host
        self.farewell = b""
        """The server's BYE: it explains the end of the line that follows."""
        self.closed = False
        self.sent = 0
        """Bytes in all."""
        self._out: list[bytes] = []
        self._gathered = 0
        self._gather = gather
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._patience = patience or Patience()
        self.allow(sock.gettimeout() or math.inf)

    def allow(self, seconds: float) -> None:
        """From now on the server may let us wait for so long."""
        self._patience.allow(seconds)
        self.sock.settimeout(min(seconds, SLICE))

    def renew_patience(self) -> None:
        """A command has been answered, or sent with none before it."""
        self._patience.renew()

    def told(self, size: int, lines: int = 1) -> None:
        """So much of use has been read: what goes on like this may take its time."""
        try:
            self._patience.told(size, lines)
        except ValueError as error:
            raise self.lost(error) from error

    def wasted(self, size: int) -> None:
        """So much was read of what nobody needs."""
        try:
            self._patience.wasted(size)
        except ValueError as error:
            raise self.lost(error) from error

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
        idle = self._patience.idle
        self._patience.begin()
        if isinstance(self.sock, Layer):
            self.sock = Tls(self.sock, context, hostname, idle=idle)
            return
        secured = context.wrap_socket(
            self.sock, server_hostname=hostname, do_handshake_on_connect=False
        )
        self.sock = secured
        while True:
            try:
                secured.do_handshake()
                break
            except TimeoutError:
                idle()

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
        self._await_bytes(amid_literal=False)

    def _receive_body(self) -> None:
        self._await_bytes(amid_literal=True)

    def _acknowledge(self) -> None:
        """What has come so far: where a server's next words are few, its kernel holds them back
        until we do, and ours would put that off for 40 ms."""
        if _QUICKACK is not None:
            with contextlib.suppress(OSError):
                self.sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, _ON)

    def _await_bytes(self, *, amid_literal: bool) -> None:
        self._acknowledge()
        try:
            count = self._receive_some()
            if amid_literal:
                self._patience.end_amid_literal(count)
            else:
                self._patience.end()
        except (OSError, ValueError, EOFError) as error:
            raise self.lost(error) from error
        except SyncError:
            # The end is wanted. Nobody knows what would still have come.
            self.close()
            raise

    def _receive_some(self) -> int:
        if self.closed:
            raise ConnectionError
        self._patience.begin()
        while True:
            try:
                count = self._receive_into_room()
            except TimeoutError:
                self._patience.idle()
                continue
            if not count:
                raise EOFError
            return count

    def _receive_into_room(self) -> int:
        count = self.sock.recv_into(self._make_room())
        self._end += count
        return count

    def _send(self, data: bytes) -> None:
        if self.closed:
            raise self.lost(ConnectionError())
        try:
            self._patience.begin()
            send_all(self.sock, data, self._patience.idle)
            self.sent += len(data)
        except (OSError, ValueError) as error:
            # The server may have said why before it hung up: reading is still possible.
            self._out.clear()
            raise faults.line_failure(error, self.side, self.host, self.farewell) from error
        except SyncError:
            # The end of a wait for its turn. Nobody knows how much of it has gone out.
            self.close()
            raise
