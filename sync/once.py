"""What stands in several folders is copied into the first one only (H13).

The first is the first in the order of the folders. Two messages are one when they are equal byte
for byte: size and identifying fields only say whose content is read, at the source. What stands at
the destination decides, in this run or since an earlier one; a copy that is only planned decides
until it fails. Then whoever was left out because of it is planned anew, and copied.

    in an earlier folder     in this one      what becomes of this one
    ---------------------    -------------    ------------------------------------------
    has a pair               to be copied     left out
    is to be copied          to be copied     left out; if that fails, planned anew
    is outside the choice    to be copied     copied
    anything                 has a pair       present: it stays
    is not equal             to be copied     copied

Several equal ones within one folder are not told apart: all are copied, or all are left out. One
that is marked \\Deleted at the source is copied as ever and keeps none out: programs that move mail
by copying it leave such ones behind.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from sync.choice import LeftOut
from sync.columns import Uids
from sync.comparing import Comparison
from sync.errors import Code, FolderError
from sync.folders import FolderPair
from sync.intent import FolderKey, Rest
from sync.messages import Messages
from sync.model import Asked
from sync.options import SyncOptions
from sync.ports import Ledger, Reader, Stop
from sync.prepare import Prepared
from sync.standing import Held, Rows
from sync.work import Work

FAILURES = 2
"""After so many failed copies of one content nobody waits for another: all that are left are
copied."""


class Once:
    """One for a run over a mailbox."""

    def __init__(
        self,
        source: Reader,
        ledger: Ledger,
        prepared: Prepared,
        *,
        options: SyncOptions,
        stop: Stop,
    ) -> None:
        self._source = source
        self._ledger = ledger
        self._options = options
        self._orders = {pair.source.name: order for order, pair in enumerate(prepared.pairs)}
        self._unseen = {
            order: (pair, prepared.unchanged[pair.source.name])
            for order, pair in enumerate(prepared.pairs)
            if pair.source.name in prepared.unchanged
        }
        """Folders that need no work, and were not listed for others yet."""
        self._rows = Rows()
        self._comparison = Comparison(
            source, ledger, self._rows, stop=stop, dry_run=options.dry_run
        )
        self._settled = 0
        """So many of the rows are of folders that have ended; the others are of this pass."""
        self._works: dict[int, Work] = {}
        self._held = Held()
        self._failures: Counter[bytes] = Counter()

    def choose(self, works: Iterable[Work]) -> None:
        """Leave out of their plans what stands in an earlier folder. Called once in each pass, with
        all its works, when they are planned."""
        if not self._options.messages.once:
            return
        self._rows.cut(self._settled)
        self._held = Held()
        planned = (work for work in works if work.under_way and work.plan)
        self._works = {self._orders[work.pair.source.name]: work for work in planned}
        copying = [order for order, work in self._works.items() if work.plan and work.plan.copies]
        if copying:
            self._look_at_unseen(max(copying))
        for order, work in self._works.items():
            self._enter(order, work)
        for order, uids in self._superfluous().items():
            _leave_out(self._works[order], Uids(uids))

    def confirm(self) -> None:
        """After the copies of the pass are proven: whoever was left out because of one that is not
        there needs another pass."""
        if not self._options.messages.once:
            return
        proof = _Proof(self._works, self._ledger, self._options)
        rows, works = self._rows, self._works

        def stands(row: int) -> bool:
            return not rows.copies[row] or proof.stands(rows.orders[row], rows.uids[row])

        for mark, group in self._held:
            first = min(rows.orders[row] for row in group)
            if any(stands(row) for row in group if rows.orders[row] == first):
                continue
            self._failures[mark] += first not in proof.renewed
            for order in {rows.orders[row] for row in group} - {first}:
                works[order].again |= works[order].under_way
        ended = {order for order, work in works.items() if not work.again}
        rows.keep(self._settled, lambda row: rows.orders[row] in ended and stands(row))
        self._settled = len(rows)

    def _look_at_unseen(self, before: int) -> None:
        """Of folders that rest what has a pair stands."""
        unseen = sorted(order for order in self._unseen if order < before)
        asked = [Asked(self._unseen[order][0].source) for order in unseen]
        listings = self._source.listings(asked) if asked else iter(())
        for order, listing in zip(unseen, listings, strict=True):
            pair, rest = self._unseen.pop(order)
            if isinstance(listing, FolderError):
                # Nothing is known of it: nothing is left out because of it.
                continue
            key = _key(pair, rest)
            self._comparison.places[order] = pair.source, key
            if listing.status.uidvalidity == rest.source.uidvalidity:
                known = self._ledger.load(key).pairs
                for uid, size in _lasting(listing.messages):
                    if uid in known:
                        self._rows.add(order, uid, size, copy=False)
            self._settled = len(self._rows)

    def _enter(self, order: int, work: Work) -> None:
        plan = work.plan
        if plan is None:
            return
        self._comparison.places[order] = work.pair.source, work.key
        out = Uids(chain.from_iterable(one.messages.uids for one in plan.left_out))
        for uid, size in _lasting(work.ours.messages):
            if uid not in out:
                self._rows.add(order, uid, size, copy=plan.copies.position(uid) >= 0)

    def _superfluous(self) -> dict[int, array[int]]:
        """By order of the folder, the uids that are not copied."""
        found: dict[int, array[int]] = {}
        rows, contents = self._rows, self._comparison.contents()
        for group in rows.alike(contents.marked, contents.__getitem__):
            for row in self._left_out(group, contents[group[0]]):
                found.setdefault(rows.orders[row], array("I")).append(rows.uids[row])
        return found

    def _left_out(self, group: Sequence[int], mark: bytes) -> list[int]:
        """Of messages that are equal."""
        orders, copies = self._rows.orders, self._rows.copies
        first = min(orders[row] for row in group)
        standing = min((orders[row] for row in group if not copies[row]), default=None)
        later = [row for row in group if copies[row] and orders[row] > first]
        if standing == first:
            return later
        sure = [row for row in later if standing is not None and orders[row] > standing]
        if self._failures[mark] >= FAILURES:
            return sure
        waiting = [row for row in later if standing is None or orders[row] <= standing]
        if waiting:
            self._held.add(mark, [*(row for row in group if orders[row] == first), *waiting])
        return later


class _Proof:
    """Which of the planned copies of a pass stand at the destination."""

    def __init__(self, works: Mapping[int, Work], ledger: Ledger, options: SyncOptions) -> None:
        self._works = works
        self._ledger = ledger
        self._dry_run = options.dry_run
        self._known: dict[int, Mapping[int, int]] = {}
        self.renewed = frozenset(order for order, work in works.items() if work.again)
        """They are planned anew for a reason of their own: what was copied there may count for
        nothing."""

    def stands(self, order: int, uid: int) -> bool:
        work = self._works[order]
        if self._dry_run:
            planned = work.plan is not None and work.plan.copies.position(uid) >= 0
            return planned or uid in work.refiled
        if order in self.renewed or uid not in work.copied:
            return False
        if order not in self._known:
            self._known[order] = self._ledger.load(work.key).pairs
        return uid in self._known[order]


def _lasting(messages: Messages) -> Iterator[tuple[int, int]]:
    """Uid and size of those that are not marked as deleted."""
    for at, (uid, size) in enumerate(zip(messages.uids, messages.sizes, strict=True)):
        if not any(flag.lower() == "\\deleted" for flag in messages.flags(at)):
            yield uid, size


def _key(pair: FolderPair, rest: Rest) -> FolderKey:
    there = rest.destination.uidvalidity
    return FolderKey(pair.source.name, rest.source.uidvalidity, pair.destination.name, there)


def _leave_out(work: Work, uids: Uids) -> None:
    plan = work.plan
    if plan is None:
        return
    places = range(len(plan.copies))
    out = plan.copies.select([at for at in places if plan.copies.uids[at] in uids])
    kept = plan.copies.select([at for at in places if plan.copies.uids[at] not in uids])
    left = LeftOut(Code.ELSEWHERE_TOO, out)
    work.plan = replace(plan, copies=kept, left_out=(*plan.left_out, left))
    work.tally.leave_out(left)
