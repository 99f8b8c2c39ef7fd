"""How fast a line is, measured while bodies flow.

Received: the time blocked in receiving, but for the wait for an answer's beginning, in which a
server thinks and a round trip passes. Sent: the kernel's own time with unconfirmed bytes, since
what it takes from us at once may leave slowly.
"""

from __future__ import annotations

import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from imap.layer import Idle, Layer, Stream, impatient, pending, send_all

SAMPLE = 64 * 1024
ENOUGH = 256 * 1024
"""Bytes that have to be seen before anything is said."""
MOST = 4 * 1024 * 1024
"""After so many nothing more is learnt."""
GROWING = 1.5
"""A second half that is so many times as fast as the first: the line is still warming up."""
QUEUED = 1.25
"""Round trips so much longer than the shortest one: bytes are queued, so the line is full."""
_BODIES = b"BODY.PEEK[]"
_LARGE = 16 * 1024
"""What no command is."""
_TCP_INFO = struct.Struct("=68xI28xI16xQ20xI8xQQQ")
"""Of Linux: what _Told has, times in microseconds."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What has been seen in one direction: bytes, bytes a second, and some of the bytes.
    `settled` when the line, and not its beginning, is what was measured."""

    size: int
    rate: float
    sample: bytes
    settled: bool


@dataclass(frozen=True, slots=True)
class _Told:
    """What the kernel tells of what we send. `busy` is time with unconfirmed bytes, `refused` that
    part of it in which the server's end took none."""

    round_trip: int
    repeated: int
    confirmed: int
    least_round_trip: int
    rate: int
    busy: int
    refused: int


class Meter(Layer):
    """Lets everything through. What it measures is bytes of before any compression."""

    def __init__(self, under: Stream) -> None:
        super().__init__(under)
        self._marks: list[tuple[int, float]] = [(0, 0.0)]
        """Bytes and seconds so far, as they grew."""
        self._delayed = 0.0
        """Seconds waited for a processor before the first of them."""
        self._sent = 0
        self._before: _Told | None = None
        """What the kernel told before the first body went out."""
        self._samples = {True: bytearray(), False: bytearray()}
        self._bodies = self._asked = False

    def recv_into(self, buffer: memoryview) -> int:
        begun = time.monotonic()
        count = self.under.recv_into(buffer)
        size, seconds = self._marks[-1]
        if self._bodies and not self._asked and size < MOST:
            self._delayed = self._delayed or _delayed()
            self._marks.append((size + count, seconds + time.monotonic() - begun))
            self._keep(buffer[:count], sent=False)
        self._asked = False
        return count

    def sendall(self, data: bytes, idle: Idle = impatient) -> None:
        self._bodies = _BODIES in data
        self._asked = True
        if len(data) >= _LARGE and self._before is None:
            self._before = _told(self)
        if self._before is not None:
            self._sent += len(data)
            self._keep(data, sent=True)
        send_all(self.under, data, idle)

    def pending(self) -> bool:
        return pending(self.under)

    def flows(self) -> list[Flow]:
        """The directions of which something can be said."""
        return [flow for flow in (self._received(), self._gone()) if flow is not None]

    def _received(self) -> Flow | None:
        size, seconds = self._marks[-1]
        if not size:
            return None
        half_size, half_seconds = next(mark for mark in self._marks if mark[0] >= size / 2)
        first = _rate(half_size, half_seconds)
        second = _rate(size - half_size, seconds - half_seconds)
        # A busy machine is no slow line, and the server may be on it, waiting as long as we do.
        unhindered = seconds - 2 * (_delayed() - self._delayed)
        rate = max(_rate(size, unhindered), second)
        return Flow(size, rate, bytes(self._samples[False]), second <= GROWING * first)

    def _gone(self) -> Flow | None:
        before, now = self._before, _told(self)
        if before is None or now is None:
            return None
        busy = now.busy - before.busy
        rate = _rate(now.confirmed - before.confirmed, busy / 1e6)
        if now.refused - before.refused > busy / 2:
            return Flow(self._sent, rate, bytes(self._samples[True]), settled=True)
        full = now.repeated > before.repeated or now.round_trip > QUEUED * now.least_round_trip
        return Flow(self._sent, max(rate, now.rate), bytes(self._samples[True]), settled=full)

    def _keep(self, data: bytes | memoryview, *, sent: bool) -> None:
        """The last bytes are a sample; what comes first are commands."""
        sample = self._samples[sent]
        sample += data[-SAMPLE:]
        if len(sample) > 2 * SAMPLE:
            del sample[:-SAMPLE]


def _rate(size: int, seconds: float) -> float:
    return size / max(seconds, 1e-6)


def _delayed() -> float:
    """Seconds that this thread has waited for a processor, where the kernel tells it."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def _told(stream: Stream) -> _Told | None:
    """None where the kernel is another one, or the line has gone."""
    while isinstance(stream, Layer):
        stream = stream.under
    try:
        raw = stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    except (OSError, AttributeError):
        return None
    return _Told(*_TCP_INFO.unpack(raw)) if len(raw) == _TCP_INFO.size else None
