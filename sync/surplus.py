"""Folders of the destination that no folder of the source goes to: mode ALL removes them.

    holds messages                     they are removed first, one by one (UID EXPUNGE)
    some are outside the choice        those stay, and so does the folder
    INBOX, or has a special use        stays, empty
    holds folders that stay            stays, empty
    anything else                      removed, if it is empty then

Not touched: what is outside the subfolder, what a folder of the source would go to that is left
out, what an exclude matches, and everything where only some folders were chosen, or where the list
of folders could not be read whole. It is done last, and only where all that the source has is
proven to be there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.choice import bounded, outside
from sync.errors import Code, FolderError, Side
from sync.folder_names import is_inbox, join, levels_of
from sync.folders import map_folders
from sync.intent import Place
from sync.listing import Listing
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
    # Under another prefix the same folders would have other places.
    told = source.namespace_told and destination.namespace_told
    if source.unread or destination.unread or not told:
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


@dataclass(frozen=True, slots=True)
class _Found:
    """One of them, as it is now: so many of its `messages` would be removed, all of them where it
    was not listed."""

    folder: Folder
    messages: int
    number: int
    listing: Listing | FolderError | None = None


def rehearse_surplus(
    surplus: Surplus, destination: Destination, options: SyncOptions
) -> list[FolderReport]:
    """What `remove_surplus` would do."""
    found = _look(surplus, destination, options)
    going = {one.folder.name for one in _going(surplus, found)}
    return [
        FolderReport(
            "", one.folder.name, removed=one.number, folder_removed=one.folder.name in going
        )
        for one in found
        if one.number or one.folder.name in going
    ]


def remove_surplus(
    surplus: Surplus, destination: Destination, options: SyncOptions
) -> list[FolderReport]:
    """Those that hold mail and need a person's look first are left as they are, and reported so;
    the others go."""
    found = _look(surplus, destination, options)
    failed = {f.folder.name: f.listing for f in found if isinstance(f.listing, FolderError)}
    if surplus.later and not options.allow_removal:
        failed |= {one.folder.name: _refusal(one, destination) for one in found if one.number}
    filled = [one for one in found if one.number and one.folder.name not in failed]
    removed = _empty(filled, destination, options)
    failed |= {name: error for name, error in removed.items() if isinstance(error, FolderError)}
    going = [one.folder for one in _going(surplus, found, failed)]
    failed |= _delete(going, destination)
    return [
        _report(one.folder, removed.get(one.folder.name), failed.get(one.folder.name), going)
        for one in found
        if one.number or one.folder in going or one.folder.name in failed
    ]


def _refusal(one: _Found, destination: Destination) -> FolderError:
    """Where the server could not do it, nobody is asked whether it may."""
    try:
        destination.remove(one.folder, 0, ())
    except FolderError as error:
        return error
    words = f"{one.folder.name}: {one.number:,} of {one.messages:,} messages"
    side = Side.DESTINATION
    return FolderError(Code.DELETION_REFUSED, words, side=side, where=one.folder.name)


def _going(
    surplus: Surplus, found: Sequence[_Found], failed: Collection[str] = frozenset()
) -> list[_Found]:
    """Those that are removed themselves: not what keeps mail, nor what holds a folder that
    stays."""
    emptied = {one.folder.name for one in found if one.number == one.messages}
    kept = surplus.staying | {folder.name for folder in surplus.folders} - emptied | set(failed)
    return [f for f in found if f.folder.name not in kept and not _holds(f.folder, kept)]


def _holds(folder: Folder, names: Iterable[str]) -> bool:
    """Whether one of them is inside it."""
    if not folder.delimiter:
        return False
    return any(name.startswith(folder.name + folder.delimiter) for name in names)


def _look(surplus: Surplus, destination: Destination, options: SyncOptions) -> list[_Found]:
    """What they hold; listed where some of it may have to stay."""
    if not surplus.folders:
        return []
    statuses = destination.status(surplus.folders)
    found = []
    for folder in surplus.folders:
        status = statuses.get(folder.name)
        if status is not None and not isinstance(status, FolderError):
            found.append(_Found(folder, status.messages, status.messages))
    if not bounded(options):
        return found
    filled = [one for one in found if one.messages]
    return [one for one in found if not one.messages] + _listed(filled, destination, options)


def _listed(
    found: Sequence[_Found], destination: Destination, options: SyncOptions
) -> list[_Found]:
    """With their listings, and what of those may go. A listing that does not show all of a folder
    is an error: what it hides would be removed with the folder."""
    answers = destination.listings([Asked(one.folder) for one in found]) if found else ()
    listed = []
    for one, answer in zip(found, answers, strict=True):
        if isinstance(answer, Listing) and answer.whole:
            there = len(answer.messages)
            number = there - len(outside(answer.messages, options))
            listed.append(replace(one, messages=there, number=number, listing=answer))
        else:
            error = _hiding(answer) if isinstance(answer, Listing) else answer
            listed.append(replace(one, number=0, listing=error))
    return listed


def _hiding(listing: Listing) -> FolderError:
    if listing.unread:
        return FolderError(Code.UNREAD_ANSWER, "; ".join(listing.unread), side=Side.DESTINATION)
    words = f"{listing.hidden:,} messages were not shown"
    return FolderError(Code.INCOMPLETE, words, side=Side.DESTINATION)


def _empty(
    found: Sequence[_Found], destination: Destination, options: SyncOptions
) -> dict[str, int | FolderError]:
    """How many messages were removed from each."""
    removed: dict[str, int | FolderError] = {}
    unlisted = [one for one in found if one.listing is None]
    for one in [f for f in found if f.listing] + _listed(unlisted, destination, options):
        folder, listing = one.folder, one.listing
        if not isinstance(listing, Listing):
            removed[folder.name] = listing or FolderError(Code.FOLDER_MISSING)
            continue
        staying = frozenset(outside(listing.messages, options))
        uids = [uid for uid in listing.messages.uids if uid not in staying]
        try:
            removed[folder.name] = destination.remove(folder, listing.status.uidvalidity, uids)
        except FolderError as error:
            removed[folder.name] = error
    return removed


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
