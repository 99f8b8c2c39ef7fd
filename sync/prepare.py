"""Making the destination's folders ready: mapped, created, subscribed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.errors import FolderError
from sync.folders import FolderPair, map_folders
from sync.intent import Place, Rest
from sync.model import Folder, FolderList, FolderStatus
from sync.options import Mode, SyncOptions
from sync.ports import Destination, Ledger, Reader, Source
from sync.resting import trusted


@dataclass(frozen=True, slots=True)
class Prepared:
    pairs: tuple[FolderPair, ...]
    created: frozenset[str]
    """Destination names that were made now."""
    refused: Mapping[str, FolderError]
    """By destination name: these could not be made, under a cautious name neither."""
    statuses: Mapping[str, FolderStatus]
    """By source name, as far as the source could say."""
    unchanged: Mapping[str, Rest]
    """By source name: folders that stand on both sides as they stood when they were equal."""
    rested: Mapping[str, Rest] = field(default_factory=dict)
    """By source name: how folders stood then that do not stand so any more."""

    @property
    def idle(self) -> tuple[FolderPair, ...]:
        """Those that need no work, or can have none."""
        return tuple(
            pair
            for pair in self.pairs
            if pair.source.name in self.unchanged or pair.destination.name in self.refused
        )

    def messages(self, pair: FolderPair) -> int:
        """How many the source says that it has."""
        status = self.statuses.get(pair.source.name)
        return status.messages if status else 0


def prepare(
    source: Source, destination: Destination, ledger: Ledger, options: SyncOptions
) -> Prepared:
    """Map all folders and make those that are missing. A dry run makes none."""
    ours, theirs, places = source.folders(), destination.folders(), ledger.places()
    known = {name: place.destination for name, place in places.items()}
    pairs = map_folders(ours, theirs, known, subfolder=options.subfolder)
    statuses = _statuses(source, ours, [pair.source for pair in pairs])
    resting = _resting(pairs, places, options)
    there = _statuses(destination, theirs, [pair.destination for pair in resting])
    unchanged = _unchanged(resting, places, statuses, there=there, options=options)
    rests = {pair.source.name: places[pair.source.name].rest for pair in resting}
    rested = {name: rest for name, rest in rests.items() if rest and name not in unchanged}
    if options.dry_run:
        return Prepared(pairs, frozenset(), {}, statuses, unchanged, rested)
    refused = _create(destination, pairs)
    if refused:
        shy = frozenset(pair.source.name for pair in pairs if pair.destination.name in refused)
        kept = {name: there for name, there in known.items() if name not in shy}
        pairs = map_folders(ours, theirs, kept, subfolder=options.subfolder, cautious=shy)
        again = tuple(pair for pair in pairs if pair.source.name in shy)
        refused = _create(destination, again)
    missing = [pair.destination.name for pair in pairs if not pair.exists]
    if options.subscribe:
        _subscribe(destination, pairs, refused)
    created = frozenset(missing) - frozenset(refused)
    return Prepared(pairs, created, refused, statuses, unchanged, rested)


def _statuses(reader: Reader, listed: FolderList, folders: list[Folder]) -> dict[str, FolderStatus]:
    """By name; asked for where they did not come with the list."""
    known = {f.name: listed.statuses[f.name] for f in folders if f.name in listed.statuses}
    rest = [folder for folder in folders if folder.name not in known]
    asked = reader.status(rest) if rest else {}
    return known | {name: s for name, s in asked.items() if isinstance(s, FolderStatus)}


def _resting(
    pairs: tuple[FolderPair, ...], places: Mapping[str, Place], options: SyncOptions
) -> list[FolderPair]:
    """Folders of which an earlier run knew that both sides were equal."""
    return [
        pair
        for pair in pairs
        if pair.exists
        and (place := places.get(pair.source.name)) is not None
        and place.destination == pair.destination.name
        and trusted(place.rest, options)
    ]


def _unchanged(
    pairs: list[FolderPair],
    places: Mapping[str, Place],
    ours: Mapping[str, FolderStatus],
    *,
    there: Mapping[str, FolderStatus],
    options: SyncOptions,
) -> dict[str, Rest]:
    return {
        pair.source.name: rest
        for pair in pairs
        if (rest := places[pair.source.name].rest) is not None
        and _same(rest.source, ours.get(pair.source.name), options)
        and _same(rest.destination, there.get(pair.destination.name), options)
    }


def _same(then: FolderStatus, now: FolderStatus | None, options: SyncOptions) -> bool:
    """Without HIGHESTMODSEQ (RFC 7162) a changed flag cannot be seen in a status."""
    if now is None or not now.uidvalidity or not now.uidnext:
        return False
    flags_known = options.mode is Mode.NEW or (
        then.highestmodseq == now.highestmodseq and now.highestmodseq > 0
    )
    counts = (then.uidvalidity, then.uidnext, then.messages)
    return flags_known and counts == (now.uidvalidity, now.uidnext, now.messages)


def _create(destination: Destination, pairs: tuple[FolderPair, ...]) -> Mapping[str, FolderError]:
    names = sorted(pair.destination.name for pair in pairs if not pair.exists)
    return destination.create(names) if names else {}


def _subscribe(
    destination: Destination, pairs: tuple[FolderPair, ...], refused: Mapping[str, FolderError]
) -> None:
    """A refused subscription costs nothing but itself: no mail hangs on it."""
    names = [
        pair.destination.name
        for pair in pairs
        if pair.source.subscribed
        and not pair.destination.subscribed
        and pair.destination.name not in refused
    ]
    if names:
        destination.subscribe(names)
