"""Whether a server's line is compressed (COMPRESS=DEFLATE, RFC 4978): when it pays.

    offered, and the line is slower than the processor      asked for once, kept for new lines
    a limit of speed that is slower than the processor      so is the line
    the line is fast, or the mail cannot be squeezed        never
    NO, BAD, or a line that breaks over it                  never again

There is no way back from it on a line, so that in doubt nothing is asked.
"""

from __future__ import annotations

import time
import zlib

from imap.deflate import LEVEL
from imap.dialogue import Dialogue
from imap.meter import ENOUGH, MOST, Flow, Meter
from sync.errors import Code, ConnectionLost

FAST = 1_750_000
"""Bytes a second of a line that is left alone, however fast the processor is: a server that has
much else to do may look no faster, and would have still more to do."""
SHARE = 1 / 3
"""Of the processor that a side may cost: the other side wants some, and so do other accounts."""
WORTHWHILE = 0.9
"""What is left of the bytes has to be less."""
LEAST = 16 * 1024


class Compression:
    """For one side. `wanted` None is to find out; True and False are a person's own decision."""

    def __init__(self, wanted: bool | None, bytes_per_second: int) -> None:
        self._wanted = wanted
        self._limit = bytes_per_second
        self._active = False

    def begin(self, dialogue: Dialogue) -> None:
        """A new line, logged in."""
        self._active = False
        if not dialogue.capabilities.compress:
            self._wanted = False
        elif self._wanted is None:
            dialogue.wire.sock = Meter(dialogue.wire.sock)

    def consider(self, dialogue: Dialogue) -> None:
        """Decide, if that is possible by now. Nothing may be under way. Raises ConnectionLost."""
        meter = dialogue.wire.sock
        if self._wanted is None and isinstance(meter, Meter):
            self._wanted = _pays(meter.flows(), self._limit)
        if self._wanted is not None and isinstance(meter, Meter):
            dialogue.wire.sock = meter.under
        if self._wanted and not self._active:
            self._ask(dialogue)

    def lost(self, error: ConnectionLost) -> None:
        """The line broke. One that broke by what it said is not compressed again."""
        if self._active and error.code is Code.PROTOCOL:
            self._wanted = False

    def _ask(self, dialogue: Dialogue) -> None:
        self._wanted = False
        if dialogue.ask(b"COMPRESS DEFLATE").ok:
            dialogue.wire.deflate()
            self._wanted = self._active = True


def _pays(flows: list[Flow], limit: int) -> bool | None:
    """None while nobody knows."""
    enough = min(ENOUGH, max(limit, LEAST)) if limit else ENOUGH
    seen = [flow for flow in flows if flow.size >= enough]
    if not seen:
        return None
    flow = max(seen, key=lambda flow: flow.size)
    if not limit and (flow.rate > FAST or not flow.settled):
        return False if flow.rate > FAST or flow.size >= MOST else None
    rate = min(flow.rate, limit or flow.rate)
    left, speed = _squeezed(flow.sample)
    return left < WORTHWHILE and rate < min(FAST, SHARE * speed * left)


def _squeezed(sample: bytes) -> tuple[float, float]:
    """What is left of the bytes, as a share, and how many a second this machine does."""
    begun = time.thread_time()
    left = len(zlib.compress(sample, LEVEL))
    seconds = max(time.thread_time() - begun, 1e-6)
    return left / max(len(sample), 1), len(sample) / seconds
