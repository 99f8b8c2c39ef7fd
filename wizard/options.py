"""The options of a migration in the pages' words, and what of them differs from the usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from importer.amounts import count, size
from parameters.choices import NEW_CHOICES, Choices, ChoicesUnreadable, Unit, from_json
from store.tables import Migration
from sync.options import ProofLevel, Refiling, SourceDeletion

DELETIONS: Mapping[SourceDeletion, str] = {
    SourceDeletion.NEVER: "Never",
    SourceDeletion.SYNCED: "Once they are synchronized",
    SourceDeletion.SYNCED_LONGER: "If they were synchronized longer ago than",
    SourceDeletion.OLDER: "If they are older than",
}
UNITS: Mapping[Unit, str] = {
    Unit.DAYS: "days",
    Unit.WEEKS: "weeks",
    Unit.MONTHS: "months",
    Unit.YEARS: "years",
}
PROOFS: Mapping[ProofLevel, tuple[str, str]] = {
    ProofLevel.COUNTS: (
        "Counted",
        "Each folder has as many messages on both sides as it should have.",
    ),
    ProofLevel.METADATA: (
        "Compared one by one",
        "Each message has a copy of its own, with the same size, date and flags. What mail servers "
        "are known to alter is read again.",
    ),
    ProofLevel.CONTENT: (
        "Read back",
        "Each message that a run copies is read again at the destination and compared letter by "
        "letter. This takes about twice the time.",
    ),
    ProofLevel.EVERYTHING: (
        "Everything read back",
        "Each message that is on both sides is read on both and compared letter by letter, also "
        "what earlier runs have copied or found. Each run takes as long as the first.",
    ),
}
REFILINGS: Mapping[Refiling, str] = {
    Refiling.NO: "Copy every message from the source",
    Refiling.MOVE: "Move it into the folders of the source",
    Refiling.COPY: "Put a copy of it into the folders of the source",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One option as a person reads it."""

    label: str
    value: str


def chosen(migration: Migration) -> Choices:
    """Raises parameters.choices.ChoicesUnreadable for what a newer version has stored."""
    return from_json(migration.options)


def stored(migration: Migration) -> tuple[Told, ...]:
    """The same of a migration that may be a newer version's: then nothing is said."""
    try:
        return differing(chosen(migration))
    except ChoicesUnreadable:
        return ()


def differing(choices: Choices) -> tuple[Told, ...]:
    """What a person should know of these options, since it is not as usual."""
    changed = {
        field.name
        for field in fields(Choices)
        if getattr(choices, field.name) != getattr(NEW_CHOICES, field.name)
    }
    changed -= _told_elsewhere(choices)
    return tuple(Told(_LABELS[name], _value(choices, name)) for name in _LABELS if name in changed)


USUAL = "as usual, so folders for spam and junk are left out"


def in_short(choices: Choices) -> str:
    """One line for a fold that is closed."""
    told = differing(choices)
    return "; ".join(f"{one.label}: {one.value}" for one in told) if told else USUAL


def _told_elsewhere(choices: Choices) -> set[str]:
    """What counts only together with another option."""
    names = {"source_deletion_amount", "source_deletion_unit"}
    if choices.proof is not ProofLevel.CONTENT:
        names.add("proof_sample")
    if choices.refiling is Refiling.NO:
        names |= {"refile_from", "copy_unfiled"}
    return names


_LABELS: Mapping[str, str] = {
    "subfolder": "Below the folder",
    "exclude": "Folders left out",
    "places": "Folders with a place of their own",
    "automap": "Fitting folders looked for",
    "subscribe_all": "All folders subscribed",
    "skip_empty": "Empty folders left out",
    "max_age_days": "Not older than",
    "min_age_days": "Not younger than",
    "since": "Only since",
    "max_size": "Not larger than",
    "min_size": "Not smaller than",
    "once": "Messages in several folders once",
    "bytes_per_second": "At most",
    "bytes_per_second_total": "All accounts together at most",
    "timeout_source": "Wait for the source",
    "timeout_destination": "Wait for the destination",
    "delete_duplicates": "Duplicates deleted at the destination",
    "source_deletion": "Messages removed from the source",
    "proof": "Proof",
    "proof_sample": "Read back of a folder",
    "refiling": "Mail that is at the destination already",
    "refile_from": "It stands in",
    "copy_unfiled": "What is not found there is copied",
    "custom": "Custom parameters",
}


def _value(choices: Choices, name: str) -> str:
    value = getattr(choices, name)
    if name in _DAYS:
        return count(value, "day")
    if name in _SIZES:
        return size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "places":
        return count(len(value), "folder")
    if name in _SPEEDS:
        return f"{size(value)} a second"
    if name in ("timeout_source", "timeout_destination"):
        return count(value, "second")
    if name == "proof_sample":
        return count(value, "message")
    if name == "proof":
        return PROOFS[value][0]
    if name == "refiling":
        return REFILINGS[value]
    if name == "source_deletion":
        return deletion_words(choices)
    return " ".join(str(value).split()) or "none"


_DAYS = ("max_age_days", "min_age_days")
_SIZES = ("max_size", "min_size")
_SPEEDS = ("bytes_per_second", "bytes_per_second_total")


def deletion_words(choices: Choices) -> str:
    """When messages are removed from the source."""
    words = DELETIONS[choices.source_deletion]
    if not choices.source_deletion_days:
        return words
    return f"{words} {choices.source_deletion_amount} {UNITS[choices.source_deletion_unit]}"
