"""Folders of the destination that no folder of the source goes to: mode ALL removes them.

    holds messages                     they are removed first, one by one (UID EXPUNGE)
    INBOX, or has a special use        stays, empty
    holds folders that stay            stays, empty
    anything else                      removed, if it is empty then

Not touched: what is outside the subfolder, what a folder of the source would go to that is left
out, what an exclude matches, and everything where only some folders were chosen. It is done last,
and only where all that the source has is proven to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.errors import Code, FolderError, Side
from sync.folder_names import is_inbox, join, levels_of
from sync.folders import map_folders
from sync.intent import Place
from sync.model import Asked, Folder, FolderList
from sync.options import Mode, SyncOptions
from sync.ports import Destination
from sync.report import FolderReport


@dataclass(frozen=True, slots=True)
class Surplus:
    """Of one destination."""

    folders: tuple[Folder, ...] = ()
    staying: frozenset[str] = frozenset()
    """Names of those that are only emptied."""
    later: bool = False
    """An earlier run has been here: whoever has put mail there since may want it."""


def find_surplus(
    source: FolderList,
    destination: FolderList,
    places: Mapping[str, Place],
    options: SyncOptions,
) -> Surplus:
    """`places` are those of earlier runs, by source name. Pure."""
    choice = options.folders
    some = choice.folders or choice.trees or choice.include or choice.only_subscribed
    if options.mode is not Mode.ALL or not options.remove_folders or some:
        return Surplus()
    known = {name: place.destination for name, place in places.items()}
    pairs = map_folders(source, destination, known, subfolder=options.subfolder, choice=choice)
    # Where the last copies may be of what has left the source, nothing is superfluous.
    wanted = {pair.destination.name for pair in pairs}.union(*(p.keeping for p in places.values()))
    below = levels_of(options.subfolder, destination.namespace)
    top = join(below, destination.namespace) + destination.namespace.delimiter if below else ""
    found = tuple(
        folder
        for folder in destination.folders
        if folder.selectable
        and folder.name not in wanted
        and folder.name.startswith(top)
        and not any(pattern.search(folder.name) for pattern in choice.exclude)
    )
    return Surplus(found, _staying(found, destination), later=_been_here(places))


def _been_here(places: Mapping[str, Place]) -> bool:
    rests = [place.rest for place in places.values() if place.rest is not None]
    return any(rest.source.uidvalidity for rest in rests)


def _staying(found: tuple[Folder, ...], destination: FolderList) -> frozenset[str]:
    """From the innermost folder outwards: what holds a folder that stays has to stay."""
    going = {one.name for one in found if not is_inbox(one.name) and one.special_use is None}
    kept = {one.name for one in destination.folders} - going
    for folder in sorted(found, key=lambda one: -len(one.name)):
        if _holds(folder, kept):
            kept.add(folder.name)
    return frozenset(one.name for one in found if one.name in kept)


def rehearse_surplus(surplus: Surplus, destination: Destination) -> list[FolderReport]:
    """What `remove_surplus` would do."""
    return [
        FolderReport("", folder.name, removed=number, folder_removed=folder.name in going)
        for folder, number, going in _counted(surplus, destination)
        if number or folder.name in going
    ]


def remove_surplus(
    surplus: Surplus, destination: Destination, options: SyncOptions
) -> list[FolderReport]:
    """Those that hold mail and need a person's look first are left as they are, and reported so;
    the others go."""
    counted = _counted(surplus, destination)
    asking = surplus.later and not options.allow_removal
    held = {folder.name: _refusal(folder, number) for folder, number, _ in counted if number}
    failed: dict[str, FolderError] = held if asking else {}
    filled = [folder for folder, number, _ in counted if number and folder.name not in failed]
    removed = _empty(filled, destination)
    failed |= {name: error for name, error in removed.items() if isinstance(error, FolderError)}
    kept = surplus.staying | failed.keys()
    going = [one for one, _, _ in counted if one.name not in kept and not _holds(one, failed)]
    failed |= _delete(going, destination)
    return [
        _report(folder, removed.get(folder.name), failed.get(folder.name), going)
        for folder, number, _ in counted
        if number or folder in going
    ]


def _refusal(folder: Folder, number: int) -> FolderError:
    words = f"{folder.name}: {number:,} of {number:,} messages"
    side = Side.DESTINATION
    return FolderError(Code.DELETION_REFUSED, words, side=side, where=folder.name)


def _holds(folder: Folder, names: Iterable[str]) -> bool:
    """Whether one of them is inside it."""
    if not folder.delimiter:
        return False
    return any(name.startswith(folder.name + folder.delimiter) for name in names)


def _counted(
    surplus: Surplus, destination: Destination
) -> list[tuple[Folder, int, frozenset[str]]]:
    """Each with its number of messages, and the names of those that go."""
    if not surplus.folders:
        return []
    going = frozenset(one.name for one in surplus.folders) - surplus.staying
    statuses = destination.status(surplus.folders)
    counted = []
    for folder in surplus.folders:
        status = statuses.get(folder.name)
        if status is not None and not isinstance(status, FolderError):
            counted.append((folder, status.messages, going))
    return counted


def _empty(folders: Sequence[Folder], destination: Destination) -> dict[str, int | FolderError]:
    """How many messages were removed from each."""
    found: dict[str, int | FolderError] = {}
    listings = list(destination.listings([Asked(folder) for folder in folders]))
    for folder, listing in zip(folders, listings, strict=True):
        if isinstance(listing, FolderError):
            found[folder.name] = listing
            continue
        uids = tuple(listing.messages.uids)
        try:
            found[folder.name] = destination.remove(folder, listing.status.uidvalidity, uids)
        except FolderError as error:
            found[folder.name] = error
    return found


def _delete(folders: Sequence[Folder], destination: Destination) -> Mapping[str, FolderError]:
    """The innermost first; what has got mail meanwhile is left alone."""
    if not folders:
        return {}
    statuses = destination.status(folders)
    refused: dict[str, FolderError] = {}
    for folder in sorted(folders, key=lambda one: -len(one.name)):
        status = statuses.get(folder.name)
        if status is None or isinstance(status, FolderError) or status.messages:
            refused[folder.name] = FolderError(Code.FOLDER_REFUSED, "it is not empty")
            continue
        refused |= destination.delete([folder.name])
    return refused


def _report(
    folder: Folder,
    removed: int | FolderError | None,
    error: FolderError | None,
    going: Sequence[Folder],
) -> FolderReport:
    return FolderReport(
        source="",
        destination=folder.name,
        removed=removed if isinstance(removed, int) else 0,
        folder_removed=error is None and folder in going,
        verified=error is None,
        error=error.code if error else None,
        server_words=error.server_words if error else "",
    )
