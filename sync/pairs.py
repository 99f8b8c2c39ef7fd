"""Pairs of one folder in columns: 16 bytes each, as the ledger packs them."""

from __future__ import annotations

from array import array
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView

from sync.columns import ascending, place
from sync.intent import Pair


class Pairs(Mapping[int, Pair]):
    """By source uid. Of two with one source uid the later counts.

    A Pair is made when it is asked for; `rows` goes through all of them without."""

    __slots__ = ("_ordered", "_sizes", "_there", "_uids")

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        self._uids, self._there, self._sizes = array("I"), array("I"), array("Q")
        self._ordered = True
        for pair in pairs:
            self.put(pair)

    def put(self, pair: Pair) -> None:
        self.add(pair.source_uid, pair.destination_uid, pair.size)

    def add(self, uid: int, there: int, size: int) -> None:
        uids = self._uids
        if uids and uid <= uids[-1]:
            at = place(uids, uid) if self._ordered else -1
            if at >= 0:
                self._there[at], self._sizes[at] = there, size
                return
            self._ordered = False
        uids.append(uid)
        self._there.append(there)
        self._sizes.append(size)

    def extend(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Source uid, destination uid, size of each."""
        new = tuple(rows)
        if len(new) < 2:
            for row in new:
                self.add(*row)
            return
        uids, there, sizes = zip(*new, strict=True)
        after = not self._uids or uids[0] > self._uids[-1]
        self._ordered = self._ordered and after and ascending(uids)
        self._uids.extend(uids)
        self._there.extend(there)
        self._sizes.extend(sizes)

    def drop(self, uids: Iterable[int]) -> None:
        gone = set(uids)
        column = self._in_order()
        self._keep([at for at, uid in enumerate(column) if uid not in gone])

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Source uid, destination uid, size."""
        return zip(self._in_order(), self._there, self._sizes, strict=True)

    @property
    def there(self) -> Mapping[int, int]:
        """Source uid → destination uid; it shows what becomes of these pairs."""
        return _There(self)

    def place(self, uid: object) -> int:
        """Where the pair with this source uid stands, -1 when there is none."""
        return place(self._in_order(), uid) if isinstance(uid, int) else -1

    def destination_uids(self) -> array[int]:
        """By source uid."""
        self._in_order()
        return self._there

    def destination_uid(self, at: int) -> int:
        return self._there[at]

    def size(self, uid: int) -> int:
        """0 when there is none."""
        at = self.place(uid)
        return self._sizes[at] if at >= 0 else 0

    def __getitem__(self, uid: int) -> Pair:
        at = self.place(uid)
        if at < 0:
            raise KeyError(uid)
        return Pair(uid, self._there[at], self._sizes[at])

    def __contains__(self, uid: object) -> bool:
        return self.place(uid) >= 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._in_order())

    def __len__(self) -> int:
        return len(self._in_order())

    def _in_order(self) -> array[int]:
        """The source uids, after what came out of turn has been put in its place."""
        if not self._ordered:
            latest = {uid: at for at, uid in enumerate(self._uids)}
            self._keep([latest[uid] for uid in sorted(latest)])
            self._ordered = True
        return self._uids

    def _keep(self, places: list[int]) -> None:
        self._uids = array("I", map(self._uids.__getitem__, places))
        self._there = array("I", map(self._there.__getitem__, places))
        self._sizes = array("Q", map(self._sizes.__getitem__, places))


class _There(Mapping[int, int]):
    __slots__ = ("_pairs",)

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    def __getitem__(self, uid: int) -> int:
        at = self._pairs.place(uid)
        if at < 0:
            raise KeyError(uid)
        return self._pairs.destination_uid(at)

    def __contains__(self, uid: object) -> bool:
        return uid in self._pairs

    def __iter__(self) -> Iterator[int]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def items(self) -> ItemsView[int, int]:
        return _Items(self, self._pairs)

    def values(self) -> ValuesView[int]:
        return _Values(self, self._pairs)


class _Items(ItemsView[int, int]):
    """Read from the columns."""

    def __init__(self, there: _There, pairs: Pairs) -> None:
        super().__init__(there)
        self._pairs = pairs

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return ((uid, there) for uid, there, _ in self._pairs.rows())


class _Values(ValuesView[int]):
    """Read from the column."""

    def __init__(self, there: _There, pairs: Pairs) -> None:
        super().__init__(there)
        self._pairs = pairs

    def __contains__(self, uid: object) -> bool:
        return uid in self._pairs.destination_uids()

    def __iter__(self) -> Iterator[int]:
        return iter(self._pairs.destination_uids())
