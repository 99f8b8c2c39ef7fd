"""Both sides looked at: what has changed since a folder rested, else all that is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sync.asking import not_shown
from sync.choice import bounded
from sync.errors import Code, FolderError, Side
from sync.intent import FolderKey, Known
from sync.listing import Changes, Listing
from sync.messages import Messages
from sync.model import Asked, Folder, FolderStatus, Since
from sync.options import Mode, SyncOptions
from sync.partial import Difference, Part
from sync.ports import Ledger, Reader
from sync.resting import which_flags
from sync.stamps import PROBED
from sync.twins import Sides
from sync.work import Work


def look(
    works: Sequence[Work],
    sides: Sides,
    ledger: Ledger,
    options: SyncOptions,
    *,
    statuses: Mapping[str, FolderStatus],
) -> None:
    """Fill `ours`, `theirs`, `part` and what a part needs of `known`, and tell the tallies what is
    found. Why a folder cannot be listed is in its tally. Each side is asked for all folders at
    once. `statuses`, by source name, are held against what is listed."""
    differences = _differences(works, sides, ledger, options)
    for work, part in _parts(differences, sides).items():
        work.part, work.ours, work.theirs = part, part.ours, part.theirs
        work.uidnext = part.theirs.status.uidnext
        work.tally.expect(part.ours.messages)
        work.tally.pass_over(part.present, part.sent)
    _list_whole([work for work in works if work.part is None], sides, options)
    _compare_counts([work for work in works if work.under_way], sides.source, statuses)


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
    among all of them; of what has other flags, changes tell neither date nor size."""
    if work.rest is None or options.delete_duplicates or options.messages.once:
        return False
    if options.mode is Mode.ALL and bounded(options):
        return False
    here, there = work.rest.source.uidvalidity, work.rest.destination.uidvalidity
    pair = work.pair
    work.known = ledger.load(FolderKey(pair.source.name, here, pair.destination.name, there))
    return not work.known.intents and 0 not in work.known.pairs.values()


def _since(work: Work, options: SyncOptions) -> tuple[Since, Since]:
    assert work.rest is not None
    flags = which_flags(work.rest, options.mode)
    pairs = work.known.pairs
    stamped = [uid for uid in work.known.stamps if uid in pairs]
    here = tuple(stamped[-PROBED:])
    there = tuple(sorted(pairs[uid] for uid in stamped[-4 * PROBED :])[-PROBED:])
    return (
        Since(work.pair.source, work.rest.source, flags, here),
        Since(work.pair.destination, work.rest.destination, flags, there),
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
        if not listing.whole:
            _reserve(work, listing)
    # A folder that only a real run would make is empty in a dry run.
    there = [w for w in works if w.under_way and (w.pair.exists or not options.dry_run)]
    theirs = listings(sides.destination, [work.pair.destination for work in there])
    for work, listing in zip(there, theirs, strict=True):
        if isinstance(listing, FolderError):
            work.tally.fail_open(listing)
        else:
            work.theirs = listing
            work.uidnext = listing.status.uidnext
            if not listing.whole:
                # What it holds beside that would be sent again.
                name = work.pair.destination.name
                work.tally.fail_open(not_shown(name, listing, Side.DESTINATION))


def _reserve(work: Work, listing: Listing) -> None:
    """The source has not shown all that it has: what it has shown is copied, and no more is
    concluded from it."""
    error = not_shown(work.pair.source.name, listing, Side.SOURCE)
    if listing.hidden:
        work.tally.hide(listing.hidden, error)
    else:
        work.tally.reserve(error)


def _compare_counts(
    works: Sequence[Work], source: Reader, statuses: Mapping[str, FolderStatus]
) -> None:
    """Where STATUS has counted more than was listed, the server is asked once more: what it still
    counts, and what has not come since, it did not show."""
    short = [
        work
        for work in works
        if (counted := statuses.get(work.pair.source.name)) is not None
        and work.tally.found < counted.messages
    ]
    now = source.status([work.pair.source for work in short]) if short else {}
    for work in short:
        name, listed = work.pair.source.name, work.ours.status
        status = now.get(name)
        if not isinstance(status, FolderStatus) or status.uidvalidity != listed.uidvalidity:
            continue
        hidden = status.messages - work.tally.found - max(status.uidnext - listed.uidnext, 0)
        if hidden > 0:
            words = f"{hidden:,} of {status.messages:,} messages"
            error = FolderError(Code.INCOMPLETE, words, side=Side.SOURCE, where=name)
            work.tally.hide(hidden, error)
