"""Looking for what would have to be copied among what the destination holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from sync.errors import FolderChanged, FolderError
from sync.model import Wanted
from sync.ports import Reader
from sync.refiling_batch import Batch
from sync.refiling_choice import Choice, Pool
from sync.refiling_stock import Stock, describe
from sync.twins import Sides, digests
from sync.work import Work

MESSAGES = 1000
"""So many are filed with one intent at most."""


class Search:
    """Over all works at once: what one of them takes no other can have."""

    def __init__(self, sides: Sides, works: Sequence[Work], stock: Stock, *, moving: bool) -> None:
        self._sides = sides
        self._works = works
        self._stock = stock
        self._moving = moving
        self._wanted = Pool()
        """Knows the works by their places."""
        self._read: dict[int, set[int]] = {}
        """By work, source uids whose body was read."""

    def run(self) -> Iterator[Batch]:
        """What can be filed; in this order nothing is moved before it is copied. What stops a
        folder of the source is in its tally."""
        self._describe()
        choice = Choice(self._wanted, self._stock.pool, self._movable)
        theirs = self._their_digests(choice.doubt_there)
        choice.learn_there(theirs)
        ours = self._our_digests(choice.doubt_here)
        choice.learn_here(ours, theirs)
        return self._batches(choice)

    def _describe(self) -> None:
        """What is wanted, as far as the destination has something of its size."""
        sizes = {size for shelf in self._stock.shelves for size in shelf.messages.sizes}
        for number, work in enumerate(self._works):
            if work.plan is None or not work.under_way:
                continue
            copies = work.plan.copies
            some = copies.select([at for at, size in enumerate(copies.sizes) if size in sizes])
            with _stopping(work):
                describe(self._wanted, number, self._sides.source, (work.pair.source, some))

    def _movable(self, at: int, other: int) -> bool:
        """Never within one folder."""
        shelf = self._stock.shelf(other)
        target = self._works[self._wanted.folders[at]].pair.destination
        uid = self._stock.pool.uids[other]
        return self._moving and shelf.folder.name != target.name and shelf.movable(uid)

    def _their_digests(self, doubt: Sequence[int]) -> dict[int, bytes]:
        """By place. What cannot be read is as if it were not there."""
        stock, found = self._stock, dict[int, bytes]()
        for number, ats in stock.pool.by_folder(doubt).items():
            shelf = stock.shelves[number]
            try:
                found |= _digests(self._sides.destination, stock.pool, ats, shelf.wanted)
            except FolderError as error:
                stock.error = stock.error or error
        return found

    def _our_digests(self, doubt: Sequence[int]) -> dict[int, bytes]:
        found = dict[int, bytes]()
        for number, ats in self._wanted.by_folder(doubt).items():
            work = self._works[number]
            self._read[number] = {self._wanted.uids[at] for at in ats}

            def wanted(uids: tuple[int, ...], work: Work = work) -> Wanted:
                return Wanted(work.pair.source, work.key.source_uidvalidity, uids)

            with _stopping(work):
                found |= _digests(self._sides.source, self._wanted, ats, wanted)
        return found

    def _batches(self, choice: Choice) -> Iterator[Batch]:
        chosen, wanted, had = choice.chosen, self._wanted, self._stock.pool

        def group(at: int) -> tuple[int, int, int, int]:
            origin, target = had.folders[chosen.had[at]], wanted.folders[chosen.wanted[at]]
            return chosen.moves[at], chosen.rounds[at], origin, target

        def place(at: int) -> tuple[int, int, int, int, int]:
            return *group(at), had.uids[chosen.had[at]]

        for key, members in groupby(sorted(range(len(chosen)), key=place), group):
            moves, _, origin, target = key
            some = list(members)
            for start in range(0, len(some), MESSAGES):
                sources = {
                    had.uids[chosen.had[at]]: wanted.uids[chosen.wanted[at]]
                    for at in some[start : start + MESSAGES]
                }
                work, shelf = self._works[target], self._stock.shelves[origin]
                yield Batch(work, shelf, bool(moves), sources, self._read.get(target, set()))


def _digests(
    reader: Reader, pool: Pool, places: Sequence[int], wanted: Callable[[tuple[int, ...]], Wanted]
) -> dict[int, bytes]:
    """By place; all of one folder."""
    uids = tuple(sorted(pool.uids[at] for at in places))
    known = digests(reader, wanted(uids))
    return {at: known[pool.uids[at]] for at in places if pool.uids[at] in known}


@contextmanager
def _stopping(work: Work) -> Iterator[None]:
    """What stops this folder costs the others nothing."""
    try:
        yield
    except FolderChanged:
        work.again = True
    except FolderError as error:
        work.tally.fail_open(error)
