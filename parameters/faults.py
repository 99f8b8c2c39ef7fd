"""What is wrong with a person's choices, in words: the same for the page, the shell and the API."""

from __future__ import annotations

from collections.abc import Iterator

from importer.patterns import PatternError, compile_pattern
from parameters import choices as limits
from parameters.build import sync_options
from parameters.choices import Choices
from parameters.contradictions import Fault, contradictions
from parameters.reading import Usage
from sync.options import FASTEST, Contradiction, Mode, SourceDeletion

__all__ = ["Fault", "faults"]


def faults(choices: Choices, mode: Mode) -> tuple[Fault, ...]:
    """All that is wrong; empty: it can be stored and run."""
    alone = (*_outside(choices), *_texts(choices))
    return alone or tuple(_together(choices, mode))


_RANGES = {
    "max_age_days": ("The maximum age", 0, limits.MOST_DAYS, "days"),
    "min_age_days": ("The minimum age", 0, limits.MOST_DAYS, "days"),
    "max_size": ("The maximum size", 0, limits.LARGEST_SIZE, "bytes"),
    "min_size": ("The minimum size", 0, limits.LARGEST_SIZE, "bytes"),
    "bytes_per_second": ("The limit of speed", 0, FASTEST, "bytes a second"),
    "bytes_per_second_total": ("All accounts' limit of speed", 0, FASTEST, "bytes a second"),
    "timeout_source": ("The source's timeout", 1, limits.LONGEST_TIMEOUT, "seconds"),
    "timeout_destination": ("The destination's timeout", 1, limits.LONGEST_TIMEOUT, "seconds"),
    "proof_sample": ("The sample of a folder", 0, limits.MOST_SAMPLES, "messages"),
}


def _outside(choices: Choices) -> Iterator[Fault]:
    for field, (what, low, high, unit) in _RANGES.items():
        if not low <= getattr(choices, field) <= high:
            yield Fault(field, f"{what} is from {low} to {high:,} {unit}.")
    asks_age = choices.source_deletion in (SourceDeletion.SYNCED_LONGER, SourceDeletion.OLDER)
    if asks_age and not 1 <= choices.source_deletion_days <= limits.MOST_DAYS:
        words = f"The time before deletion in the source is from 1 to {limits.MOST_DAYS:,} days."
        yield Fault("source_deletion_amount", words)


def _texts(choices: Choices) -> Iterator[Fault]:
    for field in ("subfolder", "refile_from"):
        if not is_folder_name(getattr(choices, field) or "-"):
            yield Fault(field, _NAME)
    if choices.exclude:
        try:
            compile_pattern(choices.exclude)
        except PatternError as error:
            yield Fault("exclude", str(error))
    if len(choices.custom) > limits.LONGEST_CUSTOM:
        words = f"Custom parameters have at most {limits.LONGEST_CUSTOM:,} characters."
        yield Fault("custom", words)
    yield from _places(choices)


_NAME = (
    f"A folder's name has at most {limits.LONGEST_NAME:,} characters, none of them a line break."
)


def is_folder_name(name: str) -> bool:
    """Something that a command can carry."""
    return 0 < len(name) <= limits.LONGEST_NAME and not any(sign in name for sign in "\0\r\n")


def _places(choices: Choices) -> Iterator[Fault]:
    sources = [source for source, _ in choices.places]
    if len(sources) > limits.MOST_PLACES:
        yield Fault("places", f"At most {limits.MOST_PLACES:,} folders can be given a place.")
    elif not all(is_folder_name(name) for pair in choices.places for name in pair):
        yield Fault("places", f"Each place needs both folders. {_NAME}")
    twice = sorted({source for source in sources if sources.count(source) > 1})
    if twice:
        yield Fault("places", f"The folder {twice[0]!r} has two places.")


def _together(choices: Choices, mode: Mode) -> Iterator[Fault]:
    try:
        yield from contradictions(sync_options(choices, mode=mode, dry_run=False))
    except Contradiction as contradiction:
        yield Fault("source_deletion", str(contradiction))
    except Usage as usage:
        yield Fault("custom", str(usage))
