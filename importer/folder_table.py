"""Where each folder of many accounts goes, and which are left out: one line a name.      pure"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sync.errors import AccountError
from sync.folder_choice import choose
from sync.folders import FolderPair, Reason, canonical, map_folders
from sync.model import FolderList, Namespace
from sync.options import FolderChoice


@dataclass(frozen=True, slots=True)
class FolderLine:
    """One name of a source folder over all `accounts` that have it; `size` in bytes.

    `destination` is where most of them have their place, `elsewhere` how many have another."""

    name: str
    accounts: int
    messages: int
    size: int
    left_out: bool
    destination: str = ""
    reason: Reason | None = None
    elsewhere: int = 0
    placed: bool = False


@dataclass(frozen=True, slots=True)
class FolderTable:
    """`clash` says which two folders a person's places would make one; '' for none."""

    lines: tuple[FolderLine, ...]
    clash: str = ""


@dataclass(slots=True)
class _Sums:
    accounts: int = 0
    messages: int = 0
    size: int = 0
    left_out: bool = False
    places: Counter[tuple[str, Reason]] = field(default_factory=Counter)


def folder_table(
    sides: Iterable[tuple[FolderList, FolderList | None]], choice: FolderChoice, subfolder: str
) -> FolderTable:
    """INBOX first, then by name. A destination that is not known is taken for an empty one, which
    names folders as the known ones do."""
    known = list(sides)
    space = next((there.namespace for _, there in known if there is not None), Namespace())
    sums: dict[str, _Sums] = {}
    clash = ""
    for source, destination in known:
        left_out = frozenset(choose(source, choice).left_out)
        _count(sums, source, left_out)
        theirs = destination or FolderList(space, ())
        try:
            pairs = map_folders(
                source, theirs, {}, subfolder=subfolder, choice=choice, left_out=left_out
            )
        except AccountError as error:
            clash, pairs = error.server_words, ()
        _place(sums, pairs)
    ordered = sorted(sums.items(), key=lambda item: (item[0] != "INBOX", item[0]))
    return FolderTable(tuple(_line(name, one, choice) for name, one in ordered), clash)


def left_out_lines(sources: Iterable[FolderList], choice: FolderChoice) -> tuple[FolderLine, ...]:
    """Of the same table the lines that are left out; quick, since nothing gets a place."""
    sums: dict[str, _Sums] = {}
    for source in sources:
        _count(sums, source, frozenset(choose(source, choice).left_out))
    return tuple(_line(name, sums[name], choice) for name in sorted(sums) if sums[name].left_out)


def _count(sums: dict[str, _Sums], source: FolderList, left_out: frozenset[str]) -> None:
    for folder in source.folders:
        if not folder.selectable:
            continue
        one = sums.setdefault(canonical(folder.name), _Sums())
        status = source.statuses.get(folder.name)
        one.accounts += 1
        one.messages += status.messages if status else 0
        one.size += (status.size or 0) if status else 0
        one.left_out |= folder.name in left_out


def _place(sums: dict[str, _Sums], pairs: Iterable[FolderPair]) -> None:
    for pair in pairs:
        sums[canonical(pair.source.name)].places[pair.destination.name, pair.reason] += 1


def _line(name: str, one: _Sums, choice: FolderChoice) -> FolderLine:
    line = FolderLine(name, one.accounts, one.messages, one.size, one.left_out)
    if not one.places:
        return line
    (destination, reason), _ = one.places.most_common(1)[0]
    there = sum(many for (place, _), many in one.places.items() if place == destination)
    return replace(
        line,
        destination=destination,
        reason=reason,
        elsewhere=one.places.total() - there,
        placed=any(canonical(source) == name for source, _ in choice.places),
    )
