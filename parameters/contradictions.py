"""Options that cannot go together, in words: the same for the page, the shell and the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync.options import Mode, Refiling, SourceDeletion, SyncOptions


@dataclass(frozen=True, slots=True)
class Fault:
    """`field` is one of parameters.choices.Choices."""

    field: str
    words: str


NO_AGE = "No message is older than the minimum age and younger than the maximum age."
NO_SIZE = "No message is larger than the minimum size and smaller than the maximum size."
ALL_AND_REFILING = (
    "The mode 'all' removes at the destination what the source does not have, and so the archive "
    "that is filed from: choose another mode."
)
DELETION_UNPROVEN = (
    "Deletion in the source needs the proof by content, of all messages: "
    "only what was read back from the destination is deleted."
)


def contradictions(options: SyncOptions) -> Iterator[Fault]:
    """Beside those that SyncOptions itself refuses (sync.options.Contradiction)."""
    messages = options.messages
    if messages.min_age_days and 0 < messages.max_age_days <= messages.min_age_days:
        yield Fault("min_age_days", NO_AGE)
    if 0 < messages.max_size < messages.min_size:
        yield Fault("min_size", NO_SIZE)
    unproven = not options.proof.reads or options.proof_sample
    if options.source_deletion is not SourceDeletion.NEVER and unproven:
        yield Fault("source_deletion", DELETION_UNPROVEN)
    if options.refiling is not Refiling.NO and options.mode is Mode.ALL:
        yield Fault("refiling", ALL_AND_REFILING)
