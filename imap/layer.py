"""What may stand between a wire and its socket: a limit of speed, TLS above it, compression.

A layer is used as a socket is, so that a wire does not know how many there are. Without any, the
wire holds the socket itself, and nothing is paid for.
"""

from __future__ import annotations

import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable

Idle = Callable[[int], None]
"""Called while not everything has gone out, with the bytes that have since the last time. Raises
to end it."""


def impatient(moved: int) -> None:
    """The wait ends with the socket's own timeout."""
    if not moved:
        raise TimeoutError


class Layer(ABC):
    """Something on top of a socket or of another layer, with the methods of a socket that a wire
    uses. Raises what a socket raises: OSError; ValueError for bytes that make no sense."""

    def __init__(self, under: Stream) -> None:
        self.under: Stream = under

    @abstractmethod
    def recv_into(self, buffer: memoryview) -> int:
        """As a socket's: at least one byte, 0 at the end. With a timeout of 0 BlockingIOError,
        and nothing is lost, when none is there; likewise TimeoutError with another one."""

    @abstractmethod
    def sendall(self, data: bytes, idle: Idle = impatient) -> None:
        """As a socket's, but that `idle` decides when the waiting ends."""

    @abstractmethod
    def pending(self) -> bool:
        """Whether bytes may be at hand that the kernel knows nothing of."""

    def settimeout(self, seconds: float | None) -> None:
        self.under.settimeout(seconds)

    def gettimeout(self) -> float | None:
        return self.under.gettimeout()

    def setsockopt(self, level: int, name: int, value: bytes) -> None:
        self.under.setsockopt(level, name, value)

    def fileno(self) -> int:
        return self.under.fileno()

    def close(self) -> None:
        self.under.close()


Stream = socket.socket | Layer


def send_all(stream: Stream, data: bytes, idle: Idle) -> None:
    """Send it to the end, unless `idle` raises."""
    if isinstance(stream, Layer):
        stream.sendall(data, idle)
        return
    view = memoryview(data)
    while view:
        try:
            moved = stream.send(view)
        except TimeoutError:
            moved = 0
        view = view[moved:]
        if view:
            idle(moved)


def pending(stream: Stream) -> bool:
    """Whether bytes may be at hand that the kernel knows nothing of."""
    if isinstance(stream, Layer | ssl.SSLSocket):
        return bool(stream.pending())
    return False
