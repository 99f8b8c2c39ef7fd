"""Source folder → destination folder. Pure, and injective: two folders never become one.

A name is taken apart at the source's delimiter, below the source's prefix, and put together again
with the destination's. In this order a folder finds its place:

    chosen        where a person wants it
    earlier run   where it has been put before
    same name     INBOX in INBOX, any other in the folder of its very name
    special use   in the folder that serves the same (RFC 6154)
    usual name    the same, where one side tells it by the folder's name only
    new           in a folder of its own name

What the destination cannot hold in a name becomes '_', and a name that is taken gets a number. The
last two but one are guesses: of folders at the root, at most one for each use, and never a place
that is another folder's by its very name or from an earlier run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sync.errors import AccountError, Code, Side
from sync.folder_names import Care, between, is_inbox, is_kept, join, levels_of, path
from sync.folder_names import canonical as canonical
from sync.folder_uses import Places, use_of
from sync.model import Folder, FolderList, Namespace, SpecialUse
from sync.options import FolderChoice


class Reason(StrEnum):
    """Why a folder goes where it goes."""

    CHOSEN = "chosen"
    EARLIER = "earlier run"
    SAME_NAME = "same name"
    SPECIAL_USE = "special use"
    USUAL_NAME = "usual name"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class FolderPair:
    source: Folder
    destination: Folder
    exists: bool
    """The destination has it already."""
    reason: Reason = Reason.NEW


@dataclass(frozen=True, slots=True)
class Refusals:
    """What the destination would not make, so that it is asked for something else."""

    names: frozenset[str] = frozenset()
    """Of the destination."""
    care: Mapping[str, Care] = field(default_factory=dict)
    """By source name: with how much of it the next name is made."""


def map_folders(
    source: FolderList,
    destination: FolderList,
    known: Mapping[str, str],
    *,
    subfolder: str = "",
    choice: FolderChoice | None = None,
    left_out: frozenset[str] = frozenset(),
    refusals: Refusals | None = None,
) -> tuple[FolderPair, ...]:
    """One pair for each selectable source folder that is not left out, INBOX first, then by name.

    `known` are source → destination names of earlier runs. Everything but what a person has placed
    goes below `subfolder` of the destination, INBOX too, and nothing outside it is a folder's
    twin; its levels are parted by '/' or the destination's delimiter.

    Raises AccountError with FOLDERS_WOULD_MERGE if a person's places make two folders one."""
    return _Mapper(
        source,
        destination,
        known,
        choice=choice or FolderChoice(),
        below=levels_of(subfolder, destination.namespace),
        left_out=left_out,
        refusals=refusals or Refusals(),
    ).run()


@dataclass(frozen=True, slots=True)
class _Naming:
    """Folders' own names, as the destination can hold them."""

    ours: Namespace
    theirs: Namespace
    below: tuple[str, ...]
    care: Mapping[str, Care]

    def name(self, folder: Folder) -> str:
        care = self.care.get(folder.name, Care.PLAIN)
        if care is Care.NUMBERED and self.below:
            own = join(path(folder, self.ours), replace(self.theirs, prefix=""), care)
            return join(self.below, self.theirs) + between(self.theirs) + own
        return join(self._levels(folder), self.theirs, care)

    def is_changed(self, folder: Folder, name: str) -> bool:
        return not is_kept(self._levels(folder), name, self.theirs)

    def _levels(self, folder: Folder) -> tuple[str, ...]:
        return self.below + path(folder, self.ours)


class _Mapper:
    def __init__(
        self,
        source: FolderList,
        destination: FolderList,
        known: Mapping[str, str],
        *,
        choice: FolderChoice,
        below: tuple[str, ...],
        left_out: frozenset[str],
        refusals: Refusals,
    ) -> None:
        self.source = source
        self.theirs = destination.namespace
        self.below = below
        self.naming = _Naming(source.namespace, self.theirs, below, refusals.care)
        self.choice = choice
        self.refusals = refusals
        self.existing = {canonical(folder.name): folder for folder in destination.folders}
        self.place: dict[str, tuple[str, Reason]] = {}
        self.taken: set[str] = set()
        self.numbers: Counter[str] = Counter()
        self.guessed: set[SpecialUse] = set()
        folders = sorted(
            (folder for folder in source.folders if folder.selectable),
            key=lambda folder: (not is_inbox(folder.name), folder.name),
        )
        self.wanted = [folder for folder in folders if folder.name not in left_out]
        self.names = {folder.name: self.naming.name(folder) for folder in folders}
        self.changed = {f.name for f in folders if self.naming.is_changed(f, self.names[f.name])}
        self.owners: dict[str, str] = {}
        for folder in self._by_truth(folders):
            self.owners.setdefault(self.names[folder.name], folder.name)
        self.earlier = {name: canonical(there) for name, there in known.items()}
        self.reserved = {
            self.earlier.get(folder.name, self.names[folder.name])
            for folder in folders
            if folder.name in left_out
        }

    def run(self) -> tuple[FolderPair, ...]:
        self._put_chosen()
        for folder in self.wanted:
            name = self.earlier.get(folder.name)
            if name is not None and self._may_take(name):
                self._put(folder, name, Reason.EARLIER)
        self._put_by_name()
        if self.choice.automap:
            places = Places(self.existing, self.theirs, self.below)
            self._put_by_special_use(places)
            self._put_by_usual_name(places)
        for folder in self._by_truth(self.wanted):
            if folder.name not in self.place:
                self._put(folder, self._free(folder), Reason.NEW)
        return tuple(self._pair(folder) for folder in self.wanted)

    def _put(self, folder: Folder, name: str, reason: Reason) -> None:
        if folder.name not in self.place and name not in self.taken:
            self.place[folder.name] = (name, reason)
            self.taken.add(name)

    def _put_chosen(self) -> None:
        chosen = {canonical(ours): canonical(theirs) for ours, theirs in self.choice.places}
        owners: dict[str, str] = {}
        for folder in self.wanted:
            name = chosen.get(canonical(folder.name))
            if name is not None:
                if name in owners:
                    raise _made_one(owners[name], folder.name, name)
                owners[name] = folder.name
                self._put(folder, name, Reason.CHOSEN)
        for folder in self.wanted:
            own = self.earlier.get(folder.name, self.names[folder.name])
            if folder.name not in self.place and own in owners:
                raise _made_one(owners[own], folder.name, own)

    def _put_by_name(self) -> None:
        for folder in self._by_truth(self.wanted):
            name = self.names[folder.name]
            if is_inbox(name) or (name in self.existing and self._may_have(folder, name)):
                self._put(folder, name, Reason.SAME_NAME)
        for folder in self.wanted:
            if folder.name in self.refusals.care:
                self._put_beside_case(folder)

    def _put_beside_case(self, folder: Folder) -> None:
        """A destination that is blind to case refuses a name that it has in another case."""
        blind = self.names[folder.name].casefold()
        alike = [name for name in self.existing if name.casefold() == blind]
        if len(alike) == 1 and self._may_have(folder, alike[0]):
            self._put(folder, alike[0], Reason.SAME_NAME)

    def _put_by_special_use(self, places: Places) -> None:
        for folder in self.wanted:
            name = places.marked.get(folder.special_use) if folder.special_use else None
            if name is not None and self._may_have(folder, name):
                self._put(folder, name, Reason.SPECIAL_USE)

    def _put_by_usual_name(self, places: Places) -> None:
        """One folder for each use: one that is marked, else the first. What is called as a folder
        of the source is never its place, so that a run makes no guess of a later one another."""
        for folder in sorted(self.wanted, key=lambda folder: not folder.special_use):
            use = use_of(folder, self.source.namespace)
            if use is None or use in self.guessed or folder.name in self.place:
                continue
            free = [name for name in places.serving(use) if self._may_have(folder, name)]
            if free:
                self.guessed.add(use)
                self._put(folder, free[0], Reason.USUAL_NAME)

    def _may_take(self, name: str) -> bool:
        return name not in self.refusals.names and name not in self.taken

    def _may_have(self, folder: Folder, name: str) -> bool:
        """Not where another folder belongs."""
        owner = self.owners.get(name, folder.name)
        return self._may_take(name) and name not in self.reserved and owner == folder.name

    def _by_truth(self, folders: Sequence[Folder]) -> Iterator[Folder]:
        """First those whose names stay what they are, so that no changed one is in their way."""
        yield from (folder for folder in folders if folder.name not in self.changed)
        yield from (folder for folder in folders if folder.name in self.changed)

    def _free(self, folder: Folder) -> str:
        name = self.names[folder.name]
        candidate = name
        if is_inbox(name):
            name = self.theirs.prefix + name
        while self._is_occupied(candidate, folder):
            self.numbers[name] += 1
            candidate = f"{name}-{self.numbers[name] + 1}"
        return candidate

    def _is_occupied(self, name: str, folder: Folder) -> bool:
        if not self._may_have(folder, name):
            return True
        if folder.name not in self.refusals.care:
            return False
        return any(name.casefold() == other.casefold() for other in self.taken)

    def _pair(self, folder: Folder) -> FolderPair:
        name, reason = self.place[folder.name]
        there = self.existing.get(name)
        made = Folder(name, self.theirs.delimiter)
        # What only has folders below it may be listed, and still has to be made.
        exists = there is not None and there.selectable
        return FolderPair(folder, there or made, exists, reason)


def _made_one(one: str, other: str, name: str) -> AccountError:
    words = f"{one!r} and {other!r} would both be {name!r}"
    return AccountError(Code.FOLDERS_WOULD_MERGE, words, side=Side.DESTINATION, where=name)
