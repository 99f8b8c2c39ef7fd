"""What the destination's folders hold of the messages that are wanted, and what of it is needed
where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.columns import Uids
from sync.errors import AccountError, Code, FolderError, Side
from sync.folders import canonical
from sync.intent import FolderKey, Known
from sync.listing import Listing
from sync.messages import Messages
from sync.model import Asked, Folder, FolderList, Identity, SpecialUse, Wanted
from sync.ports import Ledger, Reader
from sync.refiling_choice import Pool
from sync.twins import IDENTITIES, Sides
from sync.work import Work

_VIEWS = (SpecialUse.ALL, SpecialUse.FLAGGED)
"""What stands in them stands elsewhere too: they are no places of their own."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One folder of the destination, as far as it is of use."""

    folder: Folder
    uidvalidity: int
    messages: Messages
    """Those whose size is wanted."""
    needed: Collection[int] | None
    """Uids that the source has in that very folder; None: it may have all of them there."""

    def movable(self, uid: int) -> bool:
        return self.needed is not None and uid not in self.needed

    def wanted(self, uids: tuple[int, ...]) -> Wanted:
        return Wanted(self.folder, self.uidvalidity, uids)


@dataclass(slots=True)
class Stock:
    """All folders that are looked through. `pool` knows them by their places in `shelves`."""

    shelves: list[Shelf] = field(default_factory=list)
    pool: Pool = field(default_factory=Pool)
    error: FolderError | None = None
    """Why a folder could not be looked through."""

    def shelf(self, at: int) -> Shelf:
        """That of the message at this place of the pool."""
        return self.shelves[self.pool.folders[at]]


def places(destination: Reader, name: str) -> list[Folder]:
    """The folder of this name, or all, if it is empty. Raises AccountError if there is none."""
    listed = destination.folders()
    folders = [folder for folder in listed.folders if folder.selectable]
    if not name:
        return [folder for folder in folders if folder.special_use not in _VIEWS]
    names = _spellings(name, listed)
    found = [folder for wanted in names for folder in folders if canonical(folder.name) == wanted]
    if not found:
        raise AccountError(Code.FOLDER_MISSING, side=Side.DESTINATION, where=name)
    return found[:1]


def _spellings(name: str, listed: FolderList) -> tuple[str, str]:
    """As it stands, and with '/' between its levels and without the prefix."""
    prefix, delimiter = listed.namespace.prefix, listed.namespace.delimiter
    return canonical(name), prefix + name.replace("/", delimiter or "/")


def take_stock(
    folders: Sequence[Folder],
    works: Sequence[Work],
    sides: Sides,
    *,
    sizes: Collection[int],
    needed: Mapping[str, Collection[int] | None],
) -> Stock:
    """List what is not listed, and describe what has one of these sizes. `needed` is by name of
    the destination's folders; of one that is not in it, nothing is needed."""
    stock = Stock()
    known = {work.pair.destination.name: work.theirs for work in works if work.under_way}
    # Where the source has a folder of its own, what the source has not there is out of place.
    ordered = sorted(folders, key=lambda folder: folder.name not in needed)
    for folder, listing in _listings(ordered, known, sides.destination):
        if isinstance(listing, FolderError):
            stock.error = stock.error or listing
            continue
        messages = _of_sizes(listing.messages, sizes)
        if messages:
            none: Collection[int] = ()
            uses = needed.get(folder.name, none)
            stock.shelves.append(Shelf(folder, listing.status.uidvalidity, messages, uses))
    for number, shelf in enumerate(stock.shelves):
        try:
            describe(stock.pool, number, sides.destination, (shelf.folder, shelf.messages))
        except FolderError as error:
            stock.error = stock.error or error
    return stock


def _listings(
    folders: Sequence[Folder], known: Mapping[str, Listing], reader: Reader
) -> Iterator[tuple[Folder, Listing | FolderError]]:
    """In this order, those that are known first."""
    for folder in folders:
        if folder.name in known:
            yield folder, known[folder.name]
    unknown = [folder for folder in folders if folder.name not in known]
    if unknown:
        answers = reader.listings([Asked(folder) for folder in unknown])
        yield from zip(unknown, answers, strict=True)


def _of_sizes(messages: Messages, sizes: Collection[int]) -> Messages:
    return messages.select([at for at, size in enumerate(messages.sizes) if size in sizes])


def describe(pool: Pool, number: int, reader: Reader, some: tuple[Folder, Messages]) -> None:
    """Put these messages of a folder into the pool, with what identifies them. One that is there
    no more is left out."""
    folder, messages = some
    for start in range(0, len(messages), IDENTITIES):
        window = messages[start : start + IDENTITIES]
        identities: Mapping[int, Identity] = reader.identities(folder, window.uids.tolist())
        for uid, size in zip(window.uids, window.sizes, strict=True):
            if uid in identities:
                pool.add(number, uid, size, identities[uid])


def needed_in_place(
    works: Sequence[Work], resting: Mapping[str, FolderKey | None], ledger: Ledger
) -> dict[str, Collection[int] | None]:
    """By name of each folder of the destination that stands for one of the source: the uids of
    what the source has there."""
    found: dict[str, Collection[int] | None] = {
        name: _of_known(ledger.load(key)) if key else None for name, key in resting.items()
    }
    for work in works:
        found[work.pair.destination.name] = _of_work(work) if work.under_way else None
    return found


def _of_known(known: Known) -> Collection[int] | None:
    return None if known.guarded else _unless_unknown(Uids(known.pairs.values()))


def _of_work(work: Work) -> Collection[int] | None:
    """Copies whose originals were deleted at the source are needed too."""
    if work.plan is None or work.known.guarded:
        return None
    pairs, recorded = work.known.pairs, work.plan.recorded.there
    uids = work.ours.messages.uids
    there = (recorded.get(uid) or pairs.get(uid) for uid in uids if uid in recorded or uid in pairs)
    return _unless_unknown(Uids((*(uid or 0 for uid in there), *work.known.last_copies)))


def _unless_unknown(uids: Uids) -> Collection[int] | None:
    """A copy whose uid is not known may be any message."""
    return None if 0 in uids else uids
