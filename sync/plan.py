"""What to do with one folder: listings, ledger and options in, actions out. Pure.

A plan is data: a dry run shows the very actions that a real run applies.

    at the source        at the destination   mode      action
    -----------------    ------------------   -------   ---------------------------------
    in the ledger        its copy is there    any       present; its flags, but in NEW
    in the ledger        its copy is gone     ALL       copy
    in the ledger        its copy is gone     not ALL   skip: removed there
    not in the ledger    a twin is there      any       present, recorded; its flags
    not in the ledger    no twin              any       copy
    not there            there                ALL       remove, if within the choice of messages
    not there            there                not ALL   nothing

What would be copied and is outside the choice of messages (sync.choice) is left out instead.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sync.choice import LeftOut, chosen, outside
from sync.flags import keepable, same
from sync.listing import Listing
from sync.messages import Messages
from sync.model import FlagChange
from sync.options import Mode, SyncOptions
from sync.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A message of the destination that equals another one, which stays: both by uid."""

    uid: int
    kept: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The actions for one folder; what is not skipped, left out or copied is present."""

    skipped: Messages
    """Their copies were removed at the destination since an earlier run."""
    copies: Messages
    """What to copy, by ascending uid."""
    recorded: Pairs
    """Twins found at the destination, for the ledger."""
    flags: tuple[FlagChange, ...]
    removals: tuple[int, ...]
    """Destination uids without a message at the source."""
    left_out: tuple[LeftOut, ...] = ()
    """What would be copied, but was not chosen."""
    duplicates: tuple[Duplicate, ...] = ()
    """What else is removed at the destination."""
    withheld: int = 0
    """So many would be removed beside that, and wait until a person has looked."""


def unmatched(
    source: Listing,
    destination: Listing,
    pairs: Mapping[int, int],
    *,
    orphaned: Collection[int] = (),
) -> tuple[Messages, Messages]:
    """The messages on both sides that the ledger does not know: those have to be matched. A copy
    whose original is gone (`orphaned`, source uids) is free to be another one's, which may be the
    same message that was moved away and back. One that has a copy whose uid is not known is looked
    for with the others, so that none of them takes its copy."""
    ours, theirs = source.messages, destination.messages
    known = {there for uid, there in pairs.items() if uid not in orphaned}
    return (
        ours.select([at for at, uid in enumerate(ours.uids) if not pairs.get(uid)]),
        theirs.select([at for at, uid in enumerate(theirs.uids) if uid not in known]),
    )


def plan_folder(
    source: Listing,
    destination: Listing,
    pairs: Mapping[int, int],
    *,
    twins: Mapping[int, int],
    options: SyncOptions,
    unlisted: int = 0,
    spared: Collection[int] = (),
) -> Plan:
    """`pairs` from the ledger, `twins` newly matched; both source uid → destination uid.

    `unlisted` messages of the destination are not in its listing: nothing is to be done about them.
    Destination uids in `spared` are not removed.
    A destination uid of 0 in `pairs` is a copy whose uid is not known: it counts as present.
    Removals that would empty a folder that an earlier run filled are withheld, and nothing else."""
    ours, theirs = source.messages, destination.messages
    copies, gone = array("I"), array("I")
    present, recorded = Pairs(), Pairs()
    for at, uid in enumerate(ours.uids):
        twin = twins.get(uid)
        there = pairs.get(uid) if twin is None else twin
        if there is None:
            copies.append(at)
        elif there and theirs.position(there) < 0:
            (copies if options.mode is Mode.ALL else gone).append(at)
        else:
            present.add(uid, there, ours.sizes[at])
            if twin is not None:
                recorded.add(uid, there, ours.sizes[at])
    removals: tuple[int, ...] = ()
    if options.mode is Mode.ALL:
        removals = _removals(present, theirs, (spared, outside(theirs, options)))
    held = empties(len(removals), len(theirs) + unlisted, pairs, options)
    permanent = destination.permanent_flags
    wanted, left_out = chosen(ours.select(copies), options)
    return Plan(
        skipped=ours.select(gone),
        copies=wanted,
        recorded=recorded,
        flags=()
        if options.mode is Mode.NEW
        else tuple(_flag_changes(present, ours, theirs, permanent)),
        removals=() if held else removals,
        left_out=left_out,
        withheld=len(removals) if held else 0,
    )


def empties(removals: int, there: int, pairs: Mapping[int, int], options: SyncOptions) -> bool:
    """Whether a folder that an earlier run filled would lose more than half of what is there, and
    nobody has allowed it. A dry run tells it."""
    asked = options.allow_removal or options.dry_run
    return bool(pairs) and not asked and 2 * removals > there


def _removals(
    present: Pairs, theirs: Messages, spared: tuple[Collection[int], Iterable[int]]
) -> tuple[int, ...]:
    wanted = {there for _, there, _ in present.rows()}
    if 0 in wanted:
        return ()
    kept, outside = spared
    wanted.update(outside)
    return tuple(uid for uid in theirs.uids if uid not in wanted and uid not in kept)


def _flag_changes(
    present: Pairs, ours: Messages, theirs: Messages, permanent: frozenset[str]
) -> Iterable[FlagChange]:
    decided: dict[tuple[frozenset[str], frozenset[str]], frozenset[str] | None] = {}
    for uid, there, _ in present.rows():
        if not there:
            continue
        both = ours.flags(ours.position(uid)), theirs.flags(theirs.position(there))
        if both not in decided:
            wanted = keepable(both[0], permanent)
            decided[both] = None if same(wanted, keepable(both[1], permanent)) else wanted
        change = decided[both]
        if change is not None:
            yield FlagChange(there, change, both[1])
