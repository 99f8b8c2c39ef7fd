"""A socket that obeys a limit of speed.

What is sent is queued when it is not yet its turn, up to a measure, so that one side can read while
the other sends: a copy moves at the limit, not at half of it. Who waits moves the other lines.
"""

from __future__ import annotations

import array
import fcntl
import select
import socket
import termios
import threading
import time
from collections import deque
from contextlib import suppress
from math import inf

from imap.layer import Idle, Layer, impatient
from imap.throttle import Limit

MOST_QUEUED = 512 * 1024
SILENCE = 1.0
"""Seconds of it, and what comes then is a burst to be paid for."""
AGAIN = 0.05
"""Seconds after which a line that is in use, or takes nothing, is looked at again."""


class Throttled(Layer):
    """Timeouts begin when it is the bytes' turn: the limit itself causes none."""

    under: socket.socket

    def __init__(self, sock: socket.socket, limit: Limit) -> None:
        super().__init__(sock)
        self._bucket = limit.bucket
        self._throttle = limit.throttle
        self._queue: deque[memoryview] = deque()
        self._queued = 0
        self._broken: OSError | None = None
        """Why the queue could not be sent."""
        self._ahead = 0
        """Bytes that the kernel may hold unread, since they are paid for."""
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(sock, select.POLLIN)
        self._writable.register(sock, select.POLLOUT)
        self._in_use = threading.Lock()
        """Both sides log in at the same time, each in a thread."""
        limit.throttle.join(self)

    def recv_into(self, buffer: memoryview) -> int:
        with self._in_use:
            if self.gettimeout() != 0:
                self._send_queue()
                self._await_bytes()
            self._throttle.await_turn(self, self._bucket)
            asked = time.monotonic()
            count = self.under.recv_into(buffer[: self._bucket.piece])
            if time.monotonic() - asked > SILENCE:
                self._ahead = 0
            # Who sends faster than we read fills the kernel's buffer: that has passed, too. It is
            # paid when it grows; as it is read, as much comes anew.
            more = max(_unread(self.under) - self._ahead, 0)
            self._ahead += more
            self._bucket.take(count + more)
            return count

    def sendall(self, data: bytes, idle: Idle = impatient) -> None:
        """What it is not the turn of is only queued. Nothing of it is lost when `idle` raises."""
        with self._in_use:
            if self._broken:
                raise self._broken
            self._queue.append(memoryview(data))
            self._queued += len(data)
            while self._queue and (not self._bucket.delay() or self._queued > MOST_QUEUED):
                queued = self._queued
                with suppress(TimeoutError):
                    self._send_piece()
                if self._queue:
                    idle(queued - self._queued)

    def move(self) -> float:
        """Never waits, never raises."""
        if not self._queue:
            return inf
        if not self._in_use.acquire(blocking=False):
            return AGAIN
        try:
            while self._queue and not self._bucket.delay():
                if not self._writable.poll(0):
                    return AGAIN
                self._send_piece()
        except OSError as error:
            # Whoever sends next is told; what the server has said before can still be read.
            self._queue.clear()
            self._queued, self._broken = 0, error
        finally:
            self._in_use.release()
        return self._bucket.delay() if self._queue else inf

    def pending(self) -> bool:
        return False

    def close(self) -> None:
        self._throttle.leave(self)
        self._queue.clear()
        super().close()

    def _send_queue(self) -> None:
        while self._queue:
            self._send_piece()

    def _send_piece(self) -> None:
        self._throttle.await_turn(self, self._bucket)
        first = self._queue[0]
        count = self.under.send(first[: self._bucket.piece])
        self._bucket.take(count)
        self._queued -= count
        if count < len(first):
            self._queue[0] = first[count:]
        else:
            self._queue.popleft()

    def _await_bytes(self) -> None:
        """Wait on behalf of the others: while nothing comes here, they send. What is left of the
        timeout when they are done is recv's own."""
        patience = self.gettimeout()
        until = inf if patience is None else time.monotonic() + patience
        while (pause := self._throttle.move_others(self)) < inf and time.monotonic() < until:
            if self._readable.poll(max(pause, 0.001) * 1000):
                return


def _unread(sock: socket.socket) -> int:
    """Bytes that the kernel has received and nobody has read."""
    count = array.array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, count)
    return count[0]
