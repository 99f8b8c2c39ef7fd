"""What a person chooses for a migration beside its server, its mode and the dry run.

Flat, as a form has it and as the store keeps it; sync.options is what an account run makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from importer.patterns import DEFAULT_EXCLUDE
from sync.options import ProofLevel, Refiling, SourceDeletion

MOST_DAYS = 32_000
LONGEST_TIMEOUT = 32_000
USUAL_TIMEOUT = 600
LARGEST_SIZE = 1 << 40
MOST_SAMPLES = 1_000_000
MOST_PLACES = 1_000
LONGEST_NAME = 1_000
LONGEST_CUSTOM = 10_000


class Unit(StrEnum):
    """Of the time after which a message is removed from the source."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"

    @property
    def days(self) -> int:
        """The most that it can be: nothing is removed earlier than was meant."""
        return _DAYS[self]


_DAYS = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 31, Unit.YEARS: 366}


@dataclass(frozen=True, slots=True)
class Choices:
    """Ages in days by internal date, sizes in bytes, times in seconds; 0, None and '' are no limit.

    As it stands: what a migration has of which nothing was said. A new one excludes junk, too
    (`NEW_CHOICES`)."""

    subfolder: str = ""
    max_age_days: int = 0
    min_age_days: int = 0
    since: date | None = None
    max_size: int = 0
    min_size: int = 0
    bytes_per_second: int = 0
    """Of each account, to each server."""
    bytes_per_second_total: int = 0
    """Of all accounts of the migration together, to each server."""
    timeout_source: int = USUAL_TIMEOUT
    timeout_destination: int = USUAL_TIMEOUT
    exclude: str = ""
    """A regular expression: folders of the source in whose names it occurs are left out."""
    places: tuple[tuple[str, str], ...] = ()
    """Source folder → destination folder, whole names."""
    automap: bool = True
    once: bool = False
    """Messages in several folders only in the first of them (skipcrossduplicates)."""
    delete_duplicates: bool = False
    subscribe_all: bool = False
    skip_empty: bool = False
    source_deletion: SourceDeletion = SourceDeletion.NEVER
    source_deletion_amount: int = 0
    source_deletion_unit: Unit = Unit.DAYS
    proof: ProofLevel = ProofLevel.METADATA
    proof_sample: int = 0
    refiling: Refiling = Refiling.NO
    refile_from: str = ""
    copy_unfiled: bool = True
    custom: str = ""
    """imapsync's options, as they were typed (parameters.custom)."""

    @property
    def source_deletion_days(self) -> int:
        """0 where the deletion asks for no age."""
        if self.source_deletion in (SourceDeletion.SYNCED_LONGER, SourceDeletion.OLDER):
            return self.source_deletion_amount * self.source_deletion_unit.days
        return 0


NEW_CHOICES = Choices(exclude=DEFAULT_EXCLUDE)


class ChoicesUnreadable(ValueError):
    """What is stored cannot be understood here; the text says what."""


def to_json(choices: Choices) -> dict[str, Any]:
    """Every field, so that a default that changes later changes no migration that stands."""
    return {field.name: _written(getattr(choices, field.name)) for field in fields(Choices)}


def from_json(stored: Mapping[str, Any]) -> Choices:
    """Missing fields are as in `Choices()`. Limits are not looked at (parameters.faults).

    Raises ChoicesUnreadable for a field or a value that only a newer version can know."""
    unknown = sorted(set(stored) - set(_DEFAULTS))
    if unknown:
        raise ChoicesUnreadable(
            f"The options were made by a newer version: {unknown[0]!r} is not known here."
        )
    return Choices(**{name: _read(name, value) for name, value in stored.items()})


_DEFAULTS = {field.name: field.default for field in fields(Choices)}


def _written(value: object) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [list(pair) for pair in value]
    return str(value) if isinstance(value, StrEnum) else value


def _read(name: str, value: Any) -> Any:
    default = _DEFAULTS[name]
    try:
        if name == "since":
            return None if value is None else date.fromisoformat(value)
        if isinstance(default, tuple):
            return tuple((_text(source), _text(destination)) for source, destination in value)
        if isinstance(default, StrEnum):
            return type(default)(value)
    except (TypeError, ValueError) as error:
        raise _foreign(name, value) from error
    if type(value) is not type(default):
        raise _foreign(name, value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a folder's name is text")
    return value


def _foreign(name: str, value: object) -> ChoicesUnreadable:
    return ChoicesUnreadable(f"The option {name!r} cannot be {value!r} here.")
