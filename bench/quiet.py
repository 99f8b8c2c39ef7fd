"""Whether the machine had nothing else to do while it was measured."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")
_TICKS = os.sysconf("SC_CLK_TCK")
LOAD = 0.5
"""Processes that wanted to run, on average, in the minute before; more is not quiet."""
OTHERS = 0.1
"""Of one processor, on average."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since some beginning; `busy` is what all programs used, `stolen` what was taken by
    the machine that ours is a guest of, `own` what the bench and all it has waited for used."""

    at: float
    load: float
    busy: float
    stolen: float
    own: float


def moment() -> Moment:
    """Now. `own` is whole when all that was started has ended."""
    fields = [int(word) / _TICKS for word in _STAT.read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, stolen = fields[0], fields[1], fields[2], fields[7]
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own = sum(used.ru_utime + used.ru_stime for used in spent)
    return Moment(time.monotonic(), os.getloadavg()[0], user + nice + system, stolen, own)


def others(begun: Moment, ended: Moment) -> float:
    """Processors that were kept from the bench, on average."""
    used = ended.busy - begun.busy - (ended.own - begun.own) + ended.stolen - begun.stolen
    return max(used, 0.0) / max(ended.at - begun.at, 0.001)


def in_words(begun: Moment, ended: Moment) -> str:
    return (
        f"load {begun.load:.1f} at the start and {ended.load:.1f} at the end; other programs used"
        f" {others(begun, ended):.2f} processors on average"
    )


def warning(begun: Moment, ended: Moment) -> str:
    """'' when the machine was quiet."""
    if begun.load <= LOAD and others(begun, ended) <= OTHERS:
        return ""
    return "**The machine was not quiet: these figures are worse than its own, or by chance.**"
