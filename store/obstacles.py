"""What a person has to confirm before a migration may be started, and what else is in its way."""

from __future__ import annotations

from store.tables import Migration
from sync.options import Mode, SourceDeletion

REMOVAL_UNCONFIRMED = (
    "Messages would be removed at the destination: confirm that first in step 3, "
    "or choose another mode or other options in step 1."
)
DELETION_UNCONFIRMED = (
    "Messages would be deleted in the source: confirm that a second time first, "
    "or choose another option in step 1."
)


def obstacles(migration: Migration, *, rehearse: bool = False) -> list[str]:
    """Why it cannot be started, whatever its accounts are. A dry run needs no confirmation."""
    dry = migration.dry_run or rehearse
    reasons = []
    if migration.destination_id is None:
        reasons.append("No destination has been chosen: go back to step 1.")
    if removes(migration) and not dry and not migration.removal_confirmed:
        reasons.append(REMOVAL_UNCONFIRMED)
    if deletes(migration) and not dry and not migration.deletion_confirmed:
        reasons.append(DELETION_UNCONFIRMED)
    return reasons


def removes(migration: Migration) -> bool:
    """Whether it may remove messages at the destination."""
    chosen = migration.options
    typed = "delete2duplicates" in str(chosen.get("custom", "")).lower()
    return migration.mode == Mode.ALL or bool(chosen.get("delete_duplicates")) or typed


def deletes(migration: Migration) -> bool:
    """Whether it may delete messages in the source."""
    chosen = migration.options.get("source_deletion", SourceDeletion.NEVER)
    return bool(chosen != SourceDeletion.NEVER)
