"""Both sides looked at: what has changed since a folder rested, else all that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync.errors import FolderError
from sync.intent import FolderKey, Known
from sync.listing import Changes, Listing
from sync.messages import Messages
from sync.model import Asked, Folder, Since
from sync.options import SyncOptions
from sync.partial import Difference, Part
from sync.ports import Ledger, Reader
from sync.resting import which_flags
from sync.twins import Sides
from sync.work import Work


def look(works: Sequence[Work], sides: Sides, ledger: Ledger, options: SyncOptions) -> None:
    """Fill `ours`, `theirs`, `part` and what a part needs of `known`, and tell the tallies what is
    found. Why a folder cannot be listed is in its tally. Each side is asked for all folders at
    once."""
    differences = _differences(works, sides, ledger, options)
    for work, part in _parts(differences, sides).items():
        work.part, work.ours, work.theirs = part, part.ours, part.theirs
        work.uidnext = part.theirs.status.uidnext
        work.tally.expect(part.ours.messages)
        work.tally.pass_over(part.present, part.sent)
    _list_whole([work for work in works if work.part is None], sides, options)


def look_at_all(work: Work, sides: Sides, options: SyncOptions) -> None:
    """Of a folder of which only a part was listed. What was told of it is taken back."""
    work.tally.withdraw()
    work.tally, work.part = work.tally.anew(), None
    _list_whole([work], sides, options)


def listings(reader: Reader, folders: Iterable[Folder]) -> list[Listing | FolderError]:
    """All that is in each."""
    asked = [Asked(folder) for folder in folders]
    return list(reader.listings(asked)) if asked else []


def _differences(
    works: Sequence[Work], sides: Sides, ledger: Ledger, options: SyncOptions
) -> dict[Work, Difference]:
    """Of the folders of which both sides can tell them, where that is worth it."""
    rested = [work for work in works if _learn(work, ledger, options)]
    if not rested:
        return {}
    asked = [_since(work, options) for work in rested]
    ours = list(sides.source.changes([here for here, _ in asked]))
    theirs = list(sides.destination.changes([there for _, there in asked]))
    found: dict[Work, Difference] = {}
    for work, mine, other in zip(rested, ours, theirs, strict=True):
        if work.rest and isinstance(mine, Changes) and isinstance(other, Changes):
            difference = Difference(work.rest, work.known, (mine, other), mode=options.mode)
            if difference.worth_it:
                found[work] = difference
    return found


def _learn(work: Work, ledger: Ledger, options: SyncOptions) -> bool:
    """Whether the ledger knows enough of this folder. What equals another message is seen only
    among all of them."""
    if work.rest is None or options.delete_duplicates or options.messages.once:
        return False
    here, there = work.rest.source.uidvalidity, work.rest.destination.uidvalidity
    pair = work.pair
    work.known = ledger.load(FolderKey(pair.source.name, here, pair.destination.name, there))
    return not work.known.intents and 0 not in work.known.pairs.values()


def _since(work: Work, options: SyncOptions) -> tuple[Since, Since]:
    assert work.rest is not None
    flags = which_flags(work.rest, options.mode)
    return (
        Since(work.pair.source, work.rest.source, flags),
        Since(work.pair.destination, work.rest.destination, flags),
    )


def _parts(differences: Mapping[Work, Difference], sides: Sides) -> dict[Work, Part]:
    """Of the folders where what else had to be asked for fits in."""
    here = {w: Asked(w.pair.source, uids=d.ask_source) for w, d in differences.items()}
    there = {w: Asked(w.pair.destination, uids=d.ask_destination) for w, d in differences.items()}
    ours, theirs = _more(sides.source, here), _more(sides.destination, there)
    found: dict[Work, Part] = {}
    for work, difference in differences.items():
        if work in ours and work in theirs:
            part = difference.part(ours[work], theirs[work])
            if part is not None:
                found[work] = part
    return found


def _more(reader: Reader, asked: Mapping[Work, Asked]) -> dict[Work, Messages]:
    """A folder that cannot be listed now is not in the answer."""
    found = {work: Messages() for work, one in asked.items() if not one.uids}
    wanted = {work: one for work, one in asked.items() if one.uids}
    if wanted:
        answers = reader.listings(list(wanted.values()))
        for work, listing in zip(wanted, answers, strict=True):
            if isinstance(listing, Listing):
                found[work] = listing.messages
    return found


def _list_whole(works: Sequence[Work], sides: Sides, options: SyncOptions) -> None:
    ours = listings(sides.source, [work.pair.source for work in works])
    for work, listing in zip(works, ours, strict=True):
        work.known = Known()
        if isinstance(listing, FolderError):
            work.tally.fail_open(listing)
            continue
        work.ours = listing
        work.tally.expect(listing.messages)
    # A folder that only a real run would make is empty in a dry run.
    there = [w for w in works if w.under_way and (w.pair.exists or not options.dry_run)]
    theirs = listings(sides.destination, [work.pair.destination for work in there])
    for work, listing in zip(there, theirs, strict=True):
        if isinstance(listing, FolderError):
            work.tally.fail_open(listing)
        else:
            work.theirs = listing
            work.uidnext = listing.status.uidnext
