"""Which message of the destination is put where the source has one like it. Pure.

Messages are alike when size and identity are (sync.model.Identity, never a bare Message-ID); where
more than one on either side is alike, or none has a Message-ID, their contents decide. The
destination is asked first: if all that it holds of a kind is equal byte for byte, one message of
the source needs no reading.

    at the source      at the destination             moving       copying
    ---------------    ---------------------------    ---------    -------
    one                one, in its own right there    copy         copy
    one                one, needed by nobody          move         copy
    k in any folders   one, needed by nobody          k - 1 copies, then one move
    k in any folders   n >= k, needed by nobody       k moves      k copies
"""

from __future__ import annotations

from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence

from sync.matching import Candidates, groups
from sync.model import Identity

_SIZE = 8


class Pool:
    """Messages of several folders, which are known here by numbers; some 35 bytes each."""

    __slots__ = ("_known", "folders")

    def __init__(self) -> None:
        self.folders = array("I")
        self._known = Candidates()

    def add(self, folder: int, uid: int, size: int, identity: Identity) -> None:
        """`size` in bytes."""
        self.folders.append(folder)
        self._known.add(uid, size, identity)

    @property
    def uids(self) -> array[int]:
        return self._known.uids

    def key(self, at: int) -> bytes:
        """Equal for equal sizes and identities."""
        return self._known.key(at) + self._known.sizes[at].to_bytes(_SIZE, "big")

    def named(self, at: int) -> bool:
        """Whether it has a Message-ID."""
        return self._known.named(at)

    def by_folder(self, places: Sequence[int]) -> dict[int, list[int]]:
        """The places of each folder's."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for at in places:
            found[self.folders[at]].append(at)
        return dict(found)

    def __len__(self) -> int:
        return len(self.folders)


class Chosen:
    """In columns: places in the two pools, and how one is put in place of the other."""

    __slots__ = ("had", "moves", "rounds", "wanted")

    def __init__(self) -> None:
        self.wanted, self.had = array("I"), array("I")
        self.moves = bytearray()
        self.rounds = array("I")
        """One message is copied once in each round."""

    def add(self, wanted: int, had: int, *, moves: bool, turn: int = 0) -> None:
        self.wanted.append(wanted)
        self.had.append(had)
        self.moves.append(moves)
        self.rounds.append(turn)

    def __len__(self) -> int:
        return len(self.wanted)


class Choice:
    """`movable` says of a place that is wanted and one that is had whether the latter may be taken
    away from where it is."""

    def __init__(self, wanted: Pool, had: Pool, movable: Callable[[int, int], bool]) -> None:
        self.chosen = Chosen()
        self._wanted = wanted
        self._movable = movable
        self._doubtful: list[tuple[list[int], list[int]]] = []
        for ours, theirs in groups(wanted, had):
            if len(ours) == len(theirs) == 1 and wanted.named(ours[0]):
                self._assign(ours, theirs)
            else:
                self._doubtful.append((ours, theirs))

    @property
    def doubt_there(self) -> list[int]:
        """Places of the destination's messages whose content has to be known."""
        return sorted(at for _, theirs in self._doubtful for at in theirs)

    @property
    def doubt_here(self) -> list[int]:
        """The same of the source's."""
        return sorted(at for ours, _ in self._doubtful for at in ours)

    def learn_there(self, digests: Mapping[int, bytes]) -> None:
        """By place; of what cannot be read there is none."""
        doubtful, self._doubtful = self._doubtful, []
        for ours, theirs in doubtful:
            read = [at for at in theirs if at in digests]
            alike = len({digests[at] for at in read}) == 1 and len(read) == len(theirs)
            if alike and len(ours) == 1 and self._wanted.named(ours[0]):
                self._assign(ours, read)
            elif read:
                self._doubtful.append((ours, read))

    def learn_here(self, here: Mapping[int, bytes], there: Mapping[int, bytes]) -> None:
        """By place, both."""
        for ours, theirs in self._doubtful:
            stock: defaultdict[bytes, list[int]] = defaultdict(list)
            for at in theirs:
                stock[there[at]].append(at)
            kinds: defaultdict[bytes, list[int]] = defaultdict(list)
            for at in ours:
                if at in here:
                    kinds[here[at]].append(at)
            for kind, alike in kinds.items():
                if kind in stock:
                    self._assign(alike, stock[kind])
        self._doubtful = []

    def _assign(self, ours: list[int], theirs: list[int]) -> None:
        """Equal ones: each of ours gets one of theirs."""
        free, copies = deque(theirs), 0
        for at in ours:
            taken = self._take(at, free)
            if taken is not None:
                self.chosen.add(at, taken, moves=True)
            else:
                turn, place = divmod(copies, len(theirs))
                self.chosen.add(at, theirs[place], moves=False, turn=turn)
                copies += 1

    def _take(self, at: int, free: deque[int]) -> int | None:
        """The first that may be taken away; those before it stay where they are."""
        while free:
            other = free.popleft()
            if self._movable(at, other):
                return other
        return None
