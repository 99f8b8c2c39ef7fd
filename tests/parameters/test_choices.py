"""Choices to JSON and back."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from parameters.choices import NEW_CHOICES, Choices, ChoicesUnreadable, Unit, from_json, to_json
from parameters.words import LABELS, difference
from sync.options import ProofLevel, Refiling, SourceDeletion

EVERYTHING = Choices(
    subfolder="Old",
    max_age_days=30,
    min_age_days=1,
    since=date(2024, 2, 29),
    max_size=1 << 33,
    min_size=1,
    bytes_per_second=1000,
    bytes_per_second_total=5000,
    timeout_source=1,
    timeout_destination=2,
    exclude="^Junk$",
    places=(("A", "B"), ("Ä", "日本語")),
    automap=False,
    once=True,
    delete_duplicates=True,
    subscribe_all=True,
    skip_empty=True,
    source_deletion=SourceDeletion.OLDER,
    source_deletion_amount=3,
    source_deletion_unit=Unit.MONTHS,
    proof=ProofLevel.CONTENT,
    proof_sample=5,
    refiling=Refiling.COPY,
    refile_from="Journal",
    copy_unfiled=False,
    custom="--folder=INBOX",
)


@pytest.mark.parametrize("choices", [Choices(), NEW_CHOICES, EVERYTHING])
def test_what_is_stored_is_read_again(choices: Choices) -> None:
    """Every field, through the text of a JSON document."""
    assert from_json(json.loads(json.dumps(to_json(choices)))) == choices


def test_each_field_is_tried_above() -> None:
    """EVERYTHING differs from the defaults in all of them."""
    plain, full = to_json(Choices()), to_json(EVERYTHING)
    assert [name for name in plain if plain[name] == full[name]] == []


def test_what_is_missing_is_as_it_was_before() -> None:
    """Migrations that know nothing of options go on as they did: nothing is excluded."""
    assert from_json({}) == Choices()
    assert from_json({"automap": False}) == Choices(automap=False)
    assert (Choices().exclude, NEW_CHOICES.exclude) == ("", "(?i)spam|(?i)junk")


def test_what_a_newer_version_stored_is_refused() -> None:
    """By name: nothing is left out in silence."""
    with pytest.raises(ChoicesUnreadable, match="newer version: 'colour' is not known"):
        from_json({"colour": "blue", "automap": True})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proof", "eyes"),
        ("max_age_days", "30"),
        ("max_age_days", True),
        ("automap", 1),
        ("since", "yesterday"),
        ("since", 5),
        ("places", [["A"]]),
        ("places", [["A", 1]]),
        ("places", 7),
        ("subfolder", None),
        ("source_deletion_unit", "decades"),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: Any) -> None:
    """With the field's name."""
    with pytest.raises(ChoicesUnreadable, match=name):
        from_json({name: value})


def test_what_has_changed_is_told() -> None:
    """Each field has a word, and the old and the new value are said; nothing where nothing has."""
    assert set(LABELS) == {field.name for field in fields(Choices)}
    assert difference(NEW_CHOICES, NEW_CHOICES) == ""
    after = Choices(max_age_days=30, places=(("A", "B"),), automap=False)
    assert difference(NEW_CHOICES, after) == (
        f"maximum age in days: none → 30; excluded folders: {NEW_CHOICES.exclude!r} → none; "
        "places of folders: none → A as B; "
        "folders mapped by special use and usual names: yes → no"
    )


def test_a_time_is_never_shorter_than_it_was_meant() -> None:
    """A month has 31 days, a year 366; what asks for no age has none."""
    assert EVERYTHING.source_deletion_days == 93
    at_once = Choices(source_deletion=SourceDeletion.SYNCED, source_deletion_amount=3)
    assert at_once.source_deletion_days == 0
    assert [unit.days for unit in Unit] == [1, 7, 31, 366]
