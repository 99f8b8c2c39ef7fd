"""Rate and time left, from samples and what is known of the work."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from store.samples import Point
from store.tables import now
from store.workload import Knowledge, Work
from wizard.pace import Amount, about, left_to_copy, rate, time_left

START = now()


def course(*speeds: float, step: int = 5, size: int = 1000) -> list[Point]:
    """A sample each `step` seconds, at these messages a second."""
    points, messages = [Point(START, 0, 0)], 0.0
    for number, speed in enumerate(speeds, 1):
        messages += speed * step
        at = START + timedelta(seconds=number * step)
        points.append(Point(at, int(messages), int(messages) * size))
    return points


def planned(left: int, size: int = 1000) -> dict[Knowledge, Work]:
    return {Knowledge.PLANNED: Work(1, 1, 9, 9, left=left, size_left=left * size)}


def at(points: list[Point]) -> datetime:
    return points[-1].at


def test_the_rate_is_that_of_the_last_minute() -> None:
    """What was faster before does not count, nor what began slowly."""
    points = course(*[100] * 60, *[10] * 12)
    assert rate(points, at(points)) == Amount(10, 10_000)


def test_there_is_no_rate_without_fresh_samples() -> None:
    """Nothing is made up while the clock is away, nor from one sample."""
    points = course(*[10] * 12)
    assert rate(points, at(points) + timedelta(seconds=31)) is None
    assert rate(course(10), at(course(10))) is None
    assert rate([], START) is None


def test_the_time_left_is_what_is_left_at_the_rate() -> None:
    """By messages, or by bytes where these take longer."""
    points = course(*[10] * 60)
    assert time_left(points, planned(6000), at(points)) == timedelta(minutes=10)
    assert time_left(points, planned(6000, size=3000), at(points)) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("points", "work"),
    [
        (course(*[10] * 5), planned(6000)),
        (course(*[10] * 60, *[0] * 120), planned(6000)),
        (course(*[10] * 60), planned(0)),
        (course(*[10] * 60), planned(6000) | {Knowledge.UNKNOWN: Work(9, 9, 100, 1)}),
        (course(*[10] * 60), planned(6000) | {Knowledge.UNKNOWN: Work(1, 1, 100, 1)}),
        (course(*[10] * 60), planned(6000) | {Knowledge.UNKNOWN: Work(1, 0, 0, 0)}),
    ],
    ids=["too young", "nothing moves", "nothing left", "few known", "small ones known", "unseen"],
)
def test_what_cannot_be_known_is_not_said(points: list[Point], work: dict[Knowledge, Work]) -> None:
    """No time left rather than a wrong one."""
    assert time_left(points, work, at(points)) is None


def test_accounts_without_a_plan_are_like_those_with_one() -> None:
    """Where a tenth of what the checks saw had to be copied, the rest is taken to be so too."""
    work = {
        Knowledge.DONE: Work(2, 2, 1000, 100_000, copied=100, size_copied=10_000),
        Knowledge.PLANNED: Work(1, 1, 1000, 100_000, copied=50, left=50,
                                size_copied=5_000, size_left=5_000),
        Knowledge.UNKNOWN: Work(3, 3, 3000, 300_000),
        Knowledge.LOST: Work(1, 1, 9000, 900_000, copied=1),
    }  # fmt: skip
    assert left_to_copy(work) == Amount(350, 35_000)


def test_the_time_left_does_not_jump() -> None:
    """A line that is now fast and now slow, as lines are: the words change by little."""
    speeds = [50 if second // 30 % 2 else 5 for second in range(0, 3600, 5)]
    points, total, said = course(*speeds), sum(speeds) * 5, []
    for number in range(120, len(points) - 60):
        so_far = points[: number + 1]
        found = time_left(so_far, planned(total - so_far[-1].messages), at(so_far))
        assert found is not None
        said.append((found + (at(so_far) - START)).total_seconds())
    assert max(said) < 1.25 * 3600
    assert min(said) > 0.75 * 3600
    assert max(abs(after - before) / before for before, after in pairwise(said)) < 0.1


def test_an_estimate_is_said_as_one() -> None:
    """No seconds, and the longer the coarser."""
    words = [about(timedelta(minutes=minutes)) for minutes in (0.5, 7.2, 33, 59, 142, 700, 4400)]
    assert words == [
        "less than a minute", "about 7 min", "about 35 min", "about 1 h",
        "about 2 h 15 min", "about 12 h", "about 3 days",
    ]  # fmt: skip


def test_what_was_compared_before_the_first_copy_does_not_count() -> None:
    """A minute without a copy, and then one: no 134 days; half a minute later it is known."""
    young = course(*[0] * 12, 0.2)
    assert time_left(young, planned(200_000), at(young)) is None
    known = course(*[0] * 12, *[10] * 8)
    assert time_left(known, planned(6000), at(known)) == timedelta(minutes=10)
