"""Whether a tool did what it was told: no time of one that did not is shown as a success."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bench.compare import Damage, Mailbox, damage, total
from bench.results import Turn
from bench.stopwatch import Sample
from bench.tools import Tool

_ENOUGH = 0.9
"""Of what a phase had to bring. A tool that loses single messages is timed, and its losses told."""
_GOOD = {Tool.DOVEADM: (0, 2)}
"""doveadm says 2 when mail came in at the source since it looked; what arrived is compared."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What a turn was to bring, and what is there now."""

    source: Mailbox
    arrived: Mailbox
    wanted: int
    """Messages that were not at the destination before."""
    before: Damage
    """That of the turn before."""


def judged(turn: Turn, brought: Brought) -> Turn:
    """The turn with its damage, or with the reason why it failed."""
    harm = damage(brought.source, brought.arrived)
    failure = _failure(turn.tool, turn.sample) or _missing(brought, harm)
    if turn.sample.ended:
        share = f"{total(brought.arrived):,} of {total(brought.source):,} messages were there"
        failure = f"not done after {turn.sample.wall:.0f} s: {share}"
    if turn.tool is not Tool.LIMIT:
        return replace(turn, damage=harm, failure=failure)
    return turn_of_limit(turn, failure)


def turn_of_limit(turn: Turn, failure: str) -> Turn:
    """It measures itself, and keeps neither keywords nor anything else that it would answer for."""
    if failure:
        return replace(turn, failure=failure)
    told = json.loads(turn.sample.output)
    return replace(turn, sample=replace(turn.sample, wall=told["seconds"], cpu=told["cpu"]))


def _failure(tool: Tool, sample: Sample) -> str:
    if sample.status in _GOOD.get(tool, (0,)):
        return ""
    last = (sample.output.strip().splitlines() or ["it said nothing"])[-1]
    return f"status {sample.status}: {last[-100:]}"


def _missing(brought: Brought, harm: Damage) -> str:
    lost = harm.lost - brought.before.lost
    if lost > (1 - _ENOUGH) * brought.wanted:
        return f"{lost} messages did not arrive"
    return ""
