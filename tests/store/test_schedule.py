"""Typed times and slots, with summer time, by a fixed clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.schedule import Moment, Oddity, Rhythm, local, moment

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("typed", "zone", "utc", "oddity"),
    [
        ("2026-07-01T08:30", BERLIN, "2026-07-01T06:30", None),
        ("2026-01-01T08:30", BERLIN, "2026-01-01T07:30", None),
        ("2026-01-01T08:30", "UTC", "2026-01-01T08:30", None),
        ("2026-03-29T01:59", BERLIN, "2026-03-29T00:59", None),
        ("2026-03-29T02:30", BERLIN, "2026-03-29T01:30", Oddity.LEFT_OUT),
        ("2026-03-29T03:00", BERLIN, "2026-03-29T01:00", None),
        ("2026-10-25T02:30", BERLIN, "2026-10-25T00:30", Oddity.TWICE),
        ("2026-10-25T03:00", BERLIN, "2026-10-25T02:00", None),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45", Oddity.LEFT_OUT),
        ("2026-01-01T00:15", "Asia/Kathmandu", "2025-12-31T18:30", None),
    ],
)
def test_a_typed_time_is_one_moment(typed: str, zone: str, utc: str, oddity: Oddity | None) -> None:
    """One that the clocks leave out is an hour on; of one that comes twice the first is meant."""
    assert moment(at(typed), zone) == Moment(at(utc), oddity)


def test_a_left_out_time_is_shown_an_hour_on() -> None:
    """02:30 is 03:30 when the clocks have gone forward."""
    assert local(moment(at("2026-03-29T02:30"), BERLIN).utc, BERLIN) == at("2026-03-29T03:30")


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-05-01T09:00", "2026-05-01T10:00"),
        ("2026-05-01T10:00", "2026-05-01T10:20"),
        ("2026-05-01T10:19", "2026-05-01T10:20"),
        ("2026-05-01T10:20", "2026-05-01T10:40"),
        ("2026-05-03T23:59", "2026-05-04T00:00"),
    ],
)
def test_slots_are_counted_from_the_first_start(now: str, following: str) -> None:
    """A clock that was off for days comes back to one slot, in the future."""
    rhythm = Rhythm(at("2026-05-01T10:00"), 20, BERLIN)
    assert rhythm.after(at(now)) == at(following)


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-03-27T21:00", "2026-03-28T21:00"),
        ("2026-03-28T21:00", "2026-03-29T20:00"),
        ("2026-10-24T20:00", "2026-10-25T21:00"),
        ("2026-10-25T20:30", "2026-10-25T21:00"),
    ],
)
def test_whole_days_keep_the_time_of_day(now: str, following: str) -> None:
    """Each evening at ten in Berlin, in summer as in winter."""
    rhythm = Rhythm(at("2026-01-10T21:00"), 1440, BERLIN)
    assert rhythm.after(at(now)) == at(following)


def test_a_night_without_that_time_moves_no_other_night() -> None:
    """Daily at 02:30: at 03:30 in the night that leaves it out, and at 02:30 again after it."""
    rhythm = Rhythm(at("2026-03-27T01:30"), 1440, BERLIN)
    nights, slot = [], rhythm.first
    for _ in range(3):
        following = rhythm.after(slot)
        assert following is not None
        slot = following
        nights.append(local(slot, BERLIN).isoformat())
    assert nights == ["2026-03-28T02:30:00", "2026-03-29T03:30:00", "2026-03-30T02:30:00"]


def test_minutes_are_minutes_in_every_night() -> None:
    """An interval that is not whole days counts what passes, not what the clocks show."""
    rhythm = Rhythm(at("2026-03-28T23:00"), 90, BERLIN)
    assert rhythm.after(at("2026-03-29T00:30")) == at("2026-03-29T02:00")


def test_no_slot_is_later_than_the_end() -> None:
    """One that falls on the end is the last."""
    rhythm = Rhythm(at("2026-05-01T10:00"), 60, "UTC", until=at("2026-05-01T12:00"))
    assert rhythm.after(at("2026-05-01T11:30")) == at("2026-05-01T12:00")
    assert rhythm.after(at("2026-05-01T12:00")) is None


@given(
    first=st.datetimes(at("2020-01-01T00:00"), at("2035-01-01T00:00")),
    passed=st.timedeltas(timedelta(0), timedelta(days=900)),
    minutes=st.integers(1, 43_800) | st.integers(1, 30).map(lambda days: days * 1440),
    zone=st.sampled_from([BERLIN, "UTC", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_the_next_slot_is_soon_and_the_next_one_after_it_apart(
    first: datetime, passed: timedelta, minutes: int, zone: str
) -> None:
    """Always in the future, at most an interval away, and never two close together, but for the
    hour by which the clocks move."""
    now, step, hour = first + passed, timedelta(minutes=minutes), timedelta(hours=1)
    rhythm = Rhythm(first, minutes, zone)
    slot = rhythm.after(now)
    assert slot is not None
    following = rhythm.after(slot)
    assert following is not None
    assert now < slot <= now + step + hour
    assert step - hour <= following - slot <= step + hour
    if minutes % 1440:
        assert following - slot == step
