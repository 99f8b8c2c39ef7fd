"""What is wrong with a person's choices, in words: the same for the page, the shell and the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importer.patterns import PatternError, compile_pattern
from parameters import choices as limits
from parameters.choices import Choices
from sync.options import FASTEST, Mode, ProofLevel, Refiling, SourceDeletion


@dataclass(frozen=True, slots=True)
class Fault:
    """`field` is one of Choices."""

    field: str
    words: str


def faults(choices: Choices, mode: Mode) -> tuple[Fault, ...]:
    """All that is wrong; empty: it can be stored and run."""
    return (*_outside(choices), *_texts(choices), *_contradictions(choices, mode))


_RANGES = {
    "max_age_days": ("The maximum age", 0, limits.MOST_DAYS, "days"),
    "min_age_days": ("The minimum age", 0, limits.MOST_DAYS, "days"),
    "max_size": ("The maximum size", 0, limits.LARGEST_SIZE, "bytes"),
    "min_size": ("The minimum size", 0, limits.LARGEST_SIZE, "bytes"),
    "bytes_per_second": ("The limit of speed", 0, FASTEST, "bytes a second"),
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
    elif choices.custom.strip():
        yield Fault("custom", "Custom parameters are not supported.")
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


def _contradictions(choices: Choices, mode: Mode) -> Iterator[Fault]:
    if choices.min_age_days and 0 < choices.max_age_days <= choices.min_age_days:
        words = "No message is older than the minimum age and younger than the maximum age."
        yield Fault("min_age_days", words)
    if choices.min_size and 0 < choices.max_size < choices.min_size:
        words = "No message is larger than the minimum size and smaller than the maximum size."
        yield Fault("min_size", words)
    if choices.source_deletion is not SourceDeletion.NEVER:
        yield from _deletion(choices, mode)
    if choices.refiling is not Refiling.NO and mode is Mode.ALL:
        yield Fault("refiling", ALL_AND_REFILING)


ALL_AND_DELETION = (
    "The mode 'all' removes at the destination what the source does not have, and so what was "
    "deleted in the source: choose another mode, or no deletion in the source."
)
DUPLICATES_AND_DELETION = (
    "Of a message that was deleted in the source, the copy at the destination would pass for a "
    "duplicate: choose one of the two deletions."
)
ALL_AND_REFILING = (
    "The mode 'all' removes at the destination what the source does not have, and so the archive "
    "that is filed from: choose another mode."
)
DELETION_UNPROVEN = (
    "Deletion in the source needs the proof by content, of all messages: "
    "only what was read back from the destination is deleted."
)


def _deletion(choices: Choices, mode: Mode) -> Iterator[Fault]:
    if mode is Mode.ALL:
        yield Fault("source_deletion", ALL_AND_DELETION)
    if choices.delete_duplicates:
        yield Fault("delete_duplicates", DUPLICATES_AND_DELETION)
    if choices.proof is not ProofLevel.CONTENT or choices.proof_sample:
        yield Fault("source_deletion", DELETION_UNPROVEN)
