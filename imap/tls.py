"""TLS on top of a layer. On a bare socket the standard library's own SSLSocket is quicker."""

from __future__ import annotations

import ssl
from typing import Any

from imap.layer import Idle, Layer, impatient

_RECEIVED_AT_ONCE = 64 * 1024
_SENT_AT_ONCE = 256 * 1024


class Tls(Layer):
    """The client's end, with the handshake done. Raises what the handshake raises."""

    under: Layer

    def __init__(
        self,
        under: Layer,
        context: ssl.SSLContext,
        hostname: str,
        *,
        idle: Idle = impatient,
    ) -> None:
        super().__init__(under)
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._room = memoryview(bytearray(_RECEIVED_AT_ONCE))
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=hostname)
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._shake_hands(idle)
        self._send_leaving(idle)

    def getpeercert(self, binary_form: bool = True) -> bytes | None:
        return self._tls.getpeercert(binary_form=True)

    def recv_into(self, buffer: memoryview) -> int:
        room: Any = buffer
        while True:
            try:
                return int(self._tls.read(len(buffer), room))
            except ssl.SSLWantReadError:
                self._exchange()
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
                return 0

    def sendall(self, data: bytes, idle: Idle = impatient) -> None:
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view[:_SENT_AT_ONCE]) :]
            self._send_leaving(idle)

    def pending(self) -> bool:
        return bool(self._tls.pending() or self._arrived.pending)

    def _shake_hands(self, idle: Idle) -> None:
        try:
            self._exchange()
        except TimeoutError:
            idle(0)

    def _exchange(self) -> None:
        """Send what the protocol has to say, and receive more."""
        self._send_leaving(impatient)
        count = self.under.recv_into(self._room)
        if count:
            self._arrived.write(self._room[:count])
        else:
            self._arrived.write_eof()

    def _send_leaving(self, idle: Idle) -> None:
        if self._leaving.pending:
            self.under.sendall(self._leaving.read(), idle)
