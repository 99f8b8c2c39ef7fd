"""Choices told in words: for the history, the summary and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum

from parameters.choices import Choices

LABELS: Mapping[str, str] = {
    "subfolder": "subfolder",
    "max_age_days": "maximum age in days",
    "min_age_days": "minimum age in days",
    "since": "since",
    "max_size": "maximum size in bytes",
    "min_size": "minimum size in bytes",
    "bytes_per_second": "bytes a second",
    "bytes_per_second_total": "bytes a second of all accounts together",
    "timeout_source": "source's timeout in seconds",
    "timeout_destination": "destination's timeout in seconds",
    "exclude": "excluded folders",
    "places": "places of folders",
    "automap": "folders mapped by special use and usual names",
    "once": "messages in several folders once",
    "delete_duplicates": "duplicates deleted at the destination",
    "subscribe_all": "all folders subscribed",
    "skip_empty": "empty folders left out",
    "source_deletion": "deletion in the source",
    "source_deletion_amount": "time before deletion in the source",
    "source_deletion_unit": "unit of that time",
    "proof": "proof",
    "proof_sample": "messages of a folder read back",
    "refiling": "filing from an archive",
    "refile_from": "archive",
    "copy_unfiled": "copy what the archive has not",
    "custom": "custom parameters",
}


def difference(before: Choices, after: Choices) -> str:
    """What has changed, each with its old and its new value; empty: nothing."""
    changed = [
        f"{LABELS[field.name]}: "
        f"{said(getattr(before, field.name))} → {said(getattr(after, field.name))}"
        for field in fields(Choices)
        if getattr(before, field.name) != getattr(after, field.name)
    ]
    return "; ".join(changed)


def said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(f"{source} as {destination}" for source, destination in value) or "none"
    if isinstance(value, str) and not isinstance(value, StrEnum):
        return repr(value) if value else "none"
    return str(value) if value else "none"
