"""What is refused, by which field, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parameters.build import sync_options
from parameters.choices import NEW_CHOICES, Choices, Unit
from parameters.faults import faults
from sync.options import Mode, ProofLevel, Refiling, SourceDeletion

PROVEN: dict[str, Any] = {"source_deletion": SourceDeletion.SYNCED, "proof": ProofLevel.CONTENT}


def fields_of(mode: Mode = Mode.FLAGS_AND_NEW, **values: Any) -> list[str]:
    found = faults(Choices(**values), mode)
    assert all(fault.words.endswith(".") for fault in found)
    return [fault.field for fault in found]


@pytest.mark.parametrize("mode", list(Mode))
def test_the_defaults_are_right(mode: Mode) -> None:
    """With every mode."""
    assert faults(Choices(), mode) == faults(NEW_CHOICES, mode) == ()


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("max_age_days", 0, 32_000),
        ("min_age_days", 0, 32_000),
        ("bytes_per_second", 0, 125_000_000),
        ("bytes_per_second_total", 0, 125_000_000),
        ("timeout_source", 1, 32_000),
        ("timeout_destination", 1, 32_000),
        ("proof_sample", 0, 1_000_000),
        ("min_size", 0, 1 << 40),
        ("max_size", 0, 1 << 40),
    ],
)
def test_a_number_has_limits(field: str, low: int, high: int) -> None:
    """Both ends belong to it."""
    assert [fields_of(**{field: value}) for value in (low, high)] == [[], []]
    assert [fields_of(**{field: value}) for value in (low - 1, high + 1)] == [[field], [field]]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("exclude", {"exclude": "(spam"}),
        ("subfolder", {"subfolder": "a\r\nb"}),
        ("refile_from", {"refile_from": "x" * 1001}),
        ("places", {"places": (("A", ""),)}),
        ("places", {"places": (("A", "B"), ("A", "C"))}),
        ("custom", {"custom": "x" * 10_001}),
    ],
)
def test_a_text_that_cannot_be_used(field: str, values: dict[str, Any]) -> None:
    """A pattern that is none, a name that no command carries, a folder with two places."""
    assert fields_of(**values) == [field]


@pytest.mark.parametrize(
    ("field", "mode", "values"),
    [
        ("min_age_days", Mode.NEW, {"min_age_days": 30, "max_age_days": 30}),
        ("min_size", Mode.NEW, {"min_size": 30, "max_size": 29}),
        ("source_deletion", Mode.ALL, PROVEN),
        ("source_deletion", Mode.NEW, {"source_deletion": SourceDeletion.SYNCED}),
        ("source_deletion", Mode.NEW, {**PROVEN, "proof_sample": 3}),
        ("refiling", Mode.ALL, {"refiling": Refiling.MOVE}),
    ],
)
def test_a_contradiction_is_refused(field: str, mode: Mode, values: dict[str, Any]) -> None:
    """Whichever door it comes in by; without the one half the other is right."""
    assert fields_of(mode, **values) == [field]


def test_what_is_no_contradiction() -> None:
    """Limits that leave something, and a deletion that is proven."""
    assert fields_of(min_age_days=1, max_age_days=2, min_size=5, max_size=5) == []
    assert fields_of(**PROVEN) == []
    assert fields_of(Mode.NEW, refiling=Refiling.COPY) == []


@pytest.mark.parametrize("kind", [SourceDeletion.SYNCED_LONGER, SourceDeletion.OLDER])
def test_a_deletion_after_some_time_needs_the_time(kind: SourceDeletion) -> None:
    """From a day to 32,000 days, in whatever unit."""
    proven = PROVEN | {"source_deletion": kind}
    assert fields_of(**proven) == ["source_deletion_amount"]
    years = {"source_deletion_unit": Unit.YEARS}
    assert fields_of(**proven, **years, source_deletion_amount=87) == []
    assert fields_of(**proven, **years, source_deletion_amount=88) == ["source_deletion_amount"]


def test_the_engine_gets_what_was_chosen() -> None:
    """Each choice has its place in the options of an account run."""
    chosen = replace(NEW_CHOICES, max_age_days=3, places=(("A", "B"),), once=True, subfolder="Old")
    options = sync_options(chosen, mode=Mode.NEW, dry_run=True, quiet_seconds=2.5)
    assert (options.mode, options.dry_run, options.quiet_seconds) == (Mode.NEW, True, 2.5)
    assert options.folders.places == (("A", "B"),)
    (exclude,) = options.folders.exclude
    assert exclude.search("INBOX/Junk")
    assert not exclude.search("INBOX")
    assert (options.messages.max_age_days, options.messages.once) == (3, True)
    assert options.subfolder == "Old"
    assert sync_options(Choices(), mode=Mode.NEW, dry_run=False).folders.exclude == ()
