"""The figures to reach, and whether this run has reached them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bench.cases import Phase
from bench.compare import Damage
from bench.results import Result, Summary
from bench.tools import Tool

START_UP = 0.2
"""Seconds: the interpreter's, which the limit does not have."""
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """`reached` is None when the run has not measured it."""

    work: str
    wanted: str
    measured: str
    reached: bool | None


Found = tuple[str, bool] | None


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure of one phase of one case: what is wanted, in words, and how that is found."""

    case: str
    phase: Phase
    wanted: str
    find: Callable[[Result, Phase, Summary], Found]


def figures(results: Iterable[Result]) -> list[Figure]:
    """Those of the cases that were measured."""
    results = list(results)
    named = {result.case.name: result for result in results}
    found = [_figure(aim, named[aim.case]) for aim in AIMS if aim.case in named]
    return [*found, *_harm(results)]


def _figure(aim: Aim, result: Result) -> Figure:
    work = f"{result.case.title}, {aim.phase}"
    ours = result.summary(Tool.OURS, aim.phase)
    if ours is None:
        failure = result.trouble or result.failure(Tool.OURS, aim.phase) or "not measured"
        return Figure(work, aim.wanted, failure, False)
    measured, reached = aim.find(result, aim.phase, ours) or ("not measured", None)
    return Figure(work, aim.wanted, measured, reached)


def _harm(results: list[Result]) -> Iterator[Figure]:
    turns = [turn for result in results for turn in result.turns if turn.tool is Tool.OURS]
    compared = [turn.damage for turn in turns if turn.damage is not None]
    if compared:
        harm = sum(compared, Damage())
        told = f"{harm.lost}, {harm.doubled}, {harm.altered}, {harm.misfiled}"
        work = f"mail lost, doubled, altered, misfiled in all {len(compared)} runs of ours"
        yield Figure(work, "0, 0, 0, 0", told, harm == Damage())


def _near_limit(case: str, factor: float) -> Aim:
    def find(result: Result, phase: Phase, ours: Summary) -> Found:
        limit = result.summary(Tool.LIMIT, phase)
        if limit is None:
            return None
        most = factor * limit.wall + START_UP
        told = f"{ours.wall:.2f} s; limit {limit.wall:.2f} s, so {most:.2f} s"
        return f"{told}; {(ours.wall - START_UP) / limit.wall:.2f} ×", ours.wall <= most

    return Aim(case, Phase.FIRST, f"at most {factor} × limit + {START_UP} s", find)


def _slower(case: str, tool: Tool, factor: float) -> Aim:
    def find(result: Result, phase: Phase, ours: Summary) -> Found:
        theirs = result.summary(tool, phase)
        if theirs is None:
            return None
        ratio = theirs.wall / ours.wall
        return f"{theirs.wall:.2f} s against {ours.wall:.2f} s: {ratio:.2f} ×", ratio >= factor

    return Aim(case, Phase.FIRST, f"{tool} takes at least {factor} × our time", find)


def _within(case: str, phase: Phase, seconds: float) -> Aim:
    def find(_result: Result, _phase: Phase, ours: Summary) -> Found:
        return f"{ours.wall:.2f} s", ours.wall < seconds

    return Aim(case, phase, f"under {seconds} s", find)


def _trips(case: str, phase: Phase, most: int) -> Aim:
    def find(_result: Result, _phase: Phase, ours: Summary) -> Found:
        if ours.trips is None:
            return None
        source, destination = ours.trips
        return f"{source} + {destination} = {source + destination}", sum(ours.trips) <= most

    return Aim(case, phase, f"at most {most} round trips, both sides together", find)


def _memory(case: str, phase: Phase, megabytes: int) -> Aim:
    def find(_result: Result, _phase: Phase, ours: Summary) -> Found:
        return f"{ours.memory / MB:.0f} MB", ours.memory < megabytes * MB

    return Aim(case, phase, f"peak under {megabytes} MB", find)


AIMS = (
    _near_limit("first-copy", 1.5),
    _slower("first-copy", Tool.MBSYNC, 1.6),
    _slower("first-copy", Tool.IMAPSYNC, 8.0),
    _near_limit("tls", 1.4),
    _within("far", Phase.FIRST, 2.6),
    _trips("far", Phase.FIRST, 25),
    _within("far", Phase.AGAIN, 0.8),
    _trips("far", Phase.AGAIN, 10),
    _within("small", Phase.FIRST, 1.9),
    _within("small", Phase.AGAIN, 0.35),
    _memory("large", Phase.FIRST, 48),
    _memory("many", Phase.FIRST, 120),
    _memory("many", Phase.AGAIN, 120),
    _within("accounts", Phase.CROWD, 4.0),
)
