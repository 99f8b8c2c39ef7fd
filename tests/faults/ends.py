"""One end of a connection, in clear text or under TLS, for the two threads that carry it."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import ssl
import struct
import termios
import threading
import time

from tests.faults.script import Broken, Ending, Raw

PATIENCE = 2.0
"""Seconds."""
_AT_ONCE = struct.pack("ii", 1, 0)


class End:
    """In clear text. Nothing here raises: the other side may be gone at any time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self) -> bytes:
        """The next bytes; none when the connection is over."""
        try:
            return self._sock.recv(65536)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._sock.sendall(data)

    def finish(self) -> None:
        """Nothing more will be sent."""
        shut(self._sock, socket.SHUT_WR)

    def end(self, ending: Ending) -> None:
        if ending is Ending.HALF_CLOSE:
            self.finish()
            return
        if ending is Ending.RESET:
            self._settle()
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        # A thread may be waiting in recv: closing alone would not wake it.
        shut(self._sock, socket.SHUT_RD)
        self.close()

    def _settle(self) -> None:
        """A reset throws away what has not arrived: it would come somewhere else than it was meant
        to. A client that does not read has PATIENCE to begin with it."""
        patience = time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):
            while self._unsent() and time.monotonic() < patience:
                time.sleep(0.001)

    def _unsent(self) -> int:
        """Bytes that the client's kernel has not confirmed yet (SIOCOUTQ, tcp(7))."""
        return int(struct.unpack("i", fcntl.ioctl(self._sock, termios.TIOCOUTQ, bytes(4)))[0])

    def close(self) -> None:
        self._sock.close()


class TlsEnd(End):
    """The server's end of TLS. OpenSSL's object is never in two threads at a time."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(sock)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._lock = threading.Lock()
        self._greeted = threading.Event()

    def receive(self) -> bytes:
        while True:
            with self._lock:
                data = self._read()
                super().send(self._outgoing.read())
                if self._tls.version():
                    self._greeted.set()
            if data is not None:
                self._greeted.set()
                return data
            more = super().receive()
            with self._lock:
                if more:
                    self._incoming.write(more)
                else:
                    self._incoming.write_eof()

    def _read(self) -> bytes | None:
        """What has been deciphered; none at the end, None when more is needed."""
        try:
            return self._tls.read(65536)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLError:
            return b""

    def send(self, data: bytes) -> None:
        """A Raw or Broken one as it asks for. Waits for the handshake."""
        self._greeted.wait()
        with self._lock, contextlib.suppress(ssl.SSLError):
            if isinstance(data, Raw):
                super().send(data)
                return
            if data:
                self._tls.write(data)
            record = bytearray(self._outgoing.read())
            if isinstance(data, Broken):
                record[-1] ^= 0xFF
            super().send(bytes(record))

    def finish(self) -> None:
        """With a farewell (close_notify)."""
        with self._lock:
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            super().send(self._outgoing.read())
        super().finish()

    def end(self, ending: Ending) -> None:
        if ending is Ending.CLOSE:
            self.finish()
        super().end(ending)


def shut(sock: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(how)
