"""The figures to reach are judged by what this run has measured, and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.bounds import BOUNDS
from bench.cases import ACCOUNTS, CASES, NAMES, Phase
from bench.compare import Damage
from bench.figures import AIMS, Figure, figures
from bench.quiet import Moment, others, warning
from bench.results import Result, Turn
from bench.stopwatch import Sample
from bench.table import section
from bench.tools import Tool

NAMED = {case.name: case for case in (*CASES, ACCOUNTS)}


def turn(tool: Tool, wall: float, phase: Phase = Phase.FIRST, megabytes: int = 30) -> Turn:
    harm = None if tool is Tool.LIMIT else Damage()
    return Turn(tool, phase, Sample(wall, 0.1, megabytes * 1_000_000), damage=harm)


def found(result: Result, wanted: str) -> Figure:
    return next(figure for figure in figures([result]) if wanted in figure.wanted)


@pytest.mark.parametrize(("ours", "reached"), [(0.64, True), (0.66, False)])
def test_the_limit_of_the_same_run_is_what_counts(ours: float, reached: bool) -> None:
    """1.5 × 0.3 s and 0.2 s of start-up are 0.65 s; the median of three counts."""
    walls = [(Tool.LIMIT, w) for w in (0.1, 0.3, 0.9)] + [(Tool.OURS, w) for w in (0.1, ours, 9)]
    result = Result(NAMED["first-copy"], tuple(turn(tool, wall) for tool, wall in walls))
    assert found(result, "limit").reached is reached


@pytest.mark.parametrize(("theirs", "reached"), [(1.61, True), (1.59, False), (None, None)])
def test_a_tool_that_was_not_measured_proves_nothing(
    theirs: float | None, reached: bool | None
) -> None:
    """Neither yes nor no stands in the table then."""
    turns = [turn(Tool.OURS, 1.0)] + ([turn(Tool.MBSYNC, theirs)] if theirs else [])
    assert found(Result(NAMED["first-copy"], tuple(turns)), "mbsync").reached is reached


@pytest.mark.parametrize(("trips", "reached"), [((13, 12), True), ((13, 13), False)])
def test_round_trips_of_both_sides_are_added(trips: tuple[int, int], reached: bool) -> None:
    """And the worst turn counts."""
    turns = (
        replace(turn(Tool.OURS, 1.0), trips=(1, 1)),
        replace(turn(Tool.OURS, 1.0), trips=trips),
    )
    assert found(Result(NAMED["far"], turns), "round trips").reached is reached


def test_memory_is_that_of_the_largest_turn() -> None:
    """A mean would hide a peak."""
    turns = tuple(turn(Tool.OURS, 1.0, megabytes=size) for size in (30, 49))
    assert found(Result(NAMED["large"], turns), "peak").reached is False


def test_a_failure_reaches_nothing() -> None:
    """Two good turns do not make up for a third that failed."""
    turns = (turn(Tool.OURS, 1.0), replace(turn(Tool.OURS, 0.1), failure="status 1: no"))
    result = Result(NAMED["small"], turns)
    assert found(result, "under 1.9 s").measured == "failed, 1 of 2: status 1: no"
    assert found(result, "under 1.9 s").reached is False
    assert result.wrong()


def test_a_case_in_trouble_is_in_the_table() -> None:
    """What could not be measured is told, and counts as not reached."""
    result = Result(NAMED["large"], trouble="the source holds 3 messages, not 51")
    assert "| the source holds 3 messages, not 51 |" in section([result], [])
    assert found(result, "peak").reached is False
    assert result.wrong()


def test_one_harmed_message_of_ours_is_one_too_many() -> None:
    """The sum of all runs of all cases."""
    harmed = replace(turn(Tool.OURS, 1.0), damage=Damage(doubled=1))
    figure = figures([Result(NAMED["large"], (harmed,))])[-1]
    assert (figure.measured, figure.reached) == ("0, 1, 0, 0", False)


def test_every_aim_has_its_case_and_every_case_its_bound() -> None:
    """No figure is silently left out of a whole run."""
    assert set(BOUNDS) == set(NAMES)
    for aim in AIMS:
        assert aim.phase in NAMED[aim.case].phases


def test_others_who_use_the_processor_are_seen() -> None:
    """What all used, less what the bench used, and what the host took away."""
    begun = Moment(at=0, load=0.1, busy=10, stolen=0, own=1)
    quiet = Moment(at=100, load=3.0, busy=110, stolen=0, own=100)
    assert others(begun, quiet) == pytest.approx(0.01)
    assert warning(begun, quiet) == ""
    assert warning(begun, replace(quiet, stolen=20)) != ""
    assert warning(replace(begun, load=2.0), quiet) != ""
