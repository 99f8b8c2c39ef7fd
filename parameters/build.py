"""From what a person chose to what an account run does."""

from __future__ import annotations

from importer.patterns import compile_pattern
from parameters.choices import Choices
from parameters.custom import parse_custom
from parameters.meaning import meant
from parameters.reading import Usage
from sync.options import FolderChoice, MessageChoice, Mode, SyncOptions


def sync_options(
    choices: Choices, *, mode: Mode, dry_run: bool, quiet_seconds: float = 0.0
) -> SyncOptions:
    """For choices without a fault (parameters.faults). The two timeouts are the network's, and not
    in it.

    Raises PatternError, Usage for bad custom parameters, Contradiction: all of them ValueErrors."""
    options = SyncOptions(
        mode=mode,
        dry_run=dry_run,
        subfolder=choices.subfolder,
        quiet_seconds=quiet_seconds,
        bytes_per_second=choices.bytes_per_second,
        subscribe_all=choices.subscribe_all,
        folders=_folders(choices),
        messages=_messages(choices),
        source_deletion=choices.source_deletion,
        source_deletion_days=choices.source_deletion_days,
        delete_duplicates=choices.delete_duplicates,
        proof=choices.proof,
        proof_sample=choices.proof_sample,
        refiling=choices.refiling,
        refile_from=choices.refile_from,
        copy_unfiled=choices.copy_unfiled,
    )
    return meant(parse_custom(choices.custom), options)


def identifies(choices: Choices) -> bool:
    """Whether servers are told who we are; so it is where the custom parameters make no sense."""
    try:
        return "noid" not in parse_custom(choices.custom).flags
    except Usage:
        return True


def _folders(choices: Choices) -> FolderChoice:
    return FolderChoice(
        exclude=(compile_pattern(choices.exclude),) if choices.exclude else (),
        skip_empty=choices.skip_empty,
        automap=choices.automap,
        places=choices.places,
    )


def _messages(choices: Choices) -> MessageChoice:
    return MessageChoice(
        max_age_days=choices.max_age_days,
        min_age_days=choices.min_age_days,
        since=choices.since,
        max_size=choices.max_size,
        min_size=choices.min_size,
        once=choices.once,
    )
