"""What was measured: turns, and what the turns of one tool in one phase come to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import median

from bench.cases import Case, Phase
from bench.compare import Damage
from bench.stopwatch import Sample
from bench.tools import Tool


@dataclass(frozen=True, slots=True)
class Turn:
    """One tool, one phase, once."""

    tool: Tool
    phase: Phase
    sample: Sample
    trips: tuple[int, int] | None = None
    """Of source and destination, where the line is long."""
    damage: Damage | None = None
    """None: not compared."""
    failure: str = ""
    """Why its time counts for nothing; '' when it did what it was told."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The turns of one tool in one phase: medians, and what was worst."""

    wall: float
    cpu: float
    memory: int
    trips: tuple[int, int] | None
    damage: Damage | None


@dataclass(frozen=True, slots=True)
class Result:
    """All of one case. `trouble`: why the whole case counts for nothing."""

    case: Case
    turns: tuple[Turn, ...] = ()
    trouble: str = ""

    def tools(self, phase: Phase) -> list[Tool]:
        there = {turn.tool for turn in self.turns if turn.phase is phase}
        return [tool for tool in Tool if tool in there]

    def of(self, tool: Tool, phase: Phase) -> list[Turn]:
        return [turn for turn in self.turns if turn.tool is tool and turn.phase is phase]

    def failure(self, tool: Tool, phase: Phase) -> str:
        """How often it failed, and the most frequent reason; '' when it never did."""
        turns = self.of(tool, phase)
        reasons = Counter(turn.failure for turn in turns if turn.failure)
        if not reasons:
            return ""
        reason, _ = reasons.most_common(1)[0]
        return f"failed, {reasons.total()} of {len(turns)}: {reason}"

    def summary(self, tool: Tool, phase: Phase) -> Summary | None:
        """None when there was no turn, or one that failed: then no time is a success."""
        turns = self.of(tool, phase)
        if not turns or self.failure(tool, phase):
            return None
        compared = [turn.damage for turn in turns if turn.damage is not None]
        counted = [turn.trips for turn in turns if turn.trips is not None]
        return Summary(
            wall=median(turn.sample.wall for turn in turns),
            cpu=median(turn.sample.cpu for turn in turns),
            memory=max(turn.sample.memory for turn in turns),
            trips=max(counted, key=sum, default=None),
            damage=sum(compared, Damage()) if compared else None,
        )

    def wrong(self) -> bool:
        """Whether a copy of ours failed or was not exact."""
        ours = [turn for turn in self.turns if turn.tool is Tool.OURS]
        return bool(self.trouble) or any(
            turn.failure or turn.damage not in (None, Damage()) for turn in ours
        )
