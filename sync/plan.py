"""What to do with one folder: listings, ledger and options in, actions out. Pure.

A plan is data: a dry run shows the very actions that a real run applies.

    at the source        at the destination   mode      action
    -----------------    ------------------   -------   ---------------------------------
    in the ledger        its copy is there    any       present; its flags, but in NEW
    in the ledger        its copy is gone     ALL       copy
    in the ledger        its copy is gone     not ALL   skip: removed there
    not in the ledger    a twin is there      any       present, recorded; its flags
    not in the ledger    no twin              any       copy
    not there            there                ALL       remove
    not there            there                not ALL   nothing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.errors import Code, DeletionRefused, Side
from sync.flags import keepable, same
from sync.intent import Pair
from sync.model import FlagChange, Listing, MessageMeta
from sync.options import Mode, SyncOptions


@dataclass(frozen=True, slots=True)
class Plan:
    """The actions for one folder; what is neither skipped nor copied is present."""

    skipped: tuple[MessageMeta, ...]
    """Their copies were removed at the destination since an earlier run."""
    copies: tuple[MessageMeta, ...]
    """What to copy, by ascending uid."""
    recorded: tuple[Pair, ...]
    """Twins found at the destination, for the ledger."""
    flags: tuple[FlagChange, ...]
    removals: tuple[int, ...]
    """Destination uids without a message at the source."""


def unmatched(
    source: Listing, destination: Listing, pairs: Mapping[int, int]
) -> tuple[list[MessageMeta], list[MessageMeta]]:
    """The messages on both sides that the ledger does not know: those have to be matched."""
    known = set(pairs.values())
    ours = [meta for meta in source.messages if meta.uid not in pairs]
    theirs = [meta for meta in destination.messages if meta.uid not in known]
    return ours, theirs


def plan_folder(
    source: Listing,
    destination: Listing,
    pairs: Mapping[int, int],
    *,
    twins: Mapping[int, int],
    options: SyncOptions,
) -> Plan:
    """`pairs` from the ledger, `twins` newly matched; both source uid → destination uid.

    A destination uid of 0 in `pairs` is a copy whose uid is not known: it counts as present.
    Raises DeletionRefused when mode ALL would empty a folder that an earlier run filled."""
    there = {meta.uid: meta for meta in destination.messages}
    both = {**pairs, **twins}
    present: list[MessageMeta] = []
    copies: list[MessageMeta] = []
    gone: list[MessageMeta] = []
    for meta in source.messages:
        twin = both.get(meta.uid)
        if twin is None:
            copies.append(meta)
        elif twin == 0 or twin in there:
            present.append(meta)
        else:
            (copies if options.mode is Mode.ALL else gone).append(meta)
    removals = _removals(source, destination, both, options)
    if pairs and not options.allow_removal and 2 * len(removals) > len(there):
        raise DeletionRefused(Code.DELETION_REFUSED, side=Side.DESTINATION)
    return Plan(
        skipped=tuple(gone),
        copies=tuple(copies),
        recorded=tuple(
            Pair(meta.uid, twins[meta.uid], meta.size) for meta in present if meta.uid in twins
        ),
        flags=()
        if options.mode is Mode.NEW
        else _flag_changes(present, both, there, destination.permanent_flags),
        removals=removals,
    )


def _removals(
    source: Listing, destination: Listing, both: Mapping[int, int], options: SyncOptions
) -> tuple[int, ...]:
    if options.mode is not Mode.ALL:
        return ()
    wanted = {both[meta.uid] for meta in source.messages if meta.uid in both}
    if 0 in wanted:
        return ()
    return tuple(meta.uid for meta in destination.messages if meta.uid not in wanted)


def _flag_changes(
    present: list[MessageMeta],
    both: Mapping[int, int],
    there: Mapping[int, MessageMeta],
    permanent: frozenset[str],
) -> tuple[FlagChange, ...]:
    changes = []
    for meta in present:
        twin = there.get(both[meta.uid])
        if twin is None:
            continue
        wanted = keepable(meta.flags, permanent)
        if not same(wanted, keepable(twin.flags, permanent)):
            changes.append(FlagChange(twin.uid, wanted))
    return tuple(changes)
