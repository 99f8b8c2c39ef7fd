"""A clock that nobody can set: seconds since the machine was started, its sleep included.

Time of day jumps, and differs from machine to machine. What has to be judged safely (who may still
send, how long somebody was silent) is measured here, and compared only on one machine.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def clock() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@cache
def boot() -> str:
    """Names this machine since its start: readings of `clock` under one name may be compared.
    Empty: unknown."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
