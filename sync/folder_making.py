"""Folders made at the destination; where a name is refused, under another one.

A refused name is made anew with more care, twice at most (sync/folder_names.py). A destination that
is blind to case takes 'work' for its 'Work': what it does not list by its very name after it was
made counts as refused, and never shares the other's place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sync.errors import Code, FolderError, Side
from sync.folder_names import Care
from sync.folders import FolderPair, Reason, Refusals
from sync.model import FolderList
from sync.ports import Destination


@dataclass(frozen=True, slots=True)
class Made:
    pairs: tuple[FolderPair, ...]
    created: frozenset[str]
    """Destination names that were made now."""
    refused: Mapping[str, FolderError]
    """By destination name: these could not be made, under no other name either."""


def make(
    destination: Destination,
    listed: FolderList,
    pairs: tuple[FolderPair, ...],
    *,
    again: Callable[[Refusals], tuple[FolderPair, ...]],
) -> Made:
    """`listed` are the destination's folders as they were; `again` maps all folders once more,
    round what was refused. Where a person wants a folder it goes, or nowhere."""
    refused = _create(destination, listed, pairs)
    names: set[str] = set()
    care: dict[str, Care] = {}
    for more in (Care.CAUTIOUS, Care.FLAT):
        shy = [p for p in pairs if p.destination.name in refused and p.reason is not Reason.CHOSEN]
        if not shy:
            break
        names.update(pair.destination.name for pair in shy)
        care.update((pair.source.name, more) for pair in shy)
        pairs = again(Refusals(frozenset(names), dict(care)))
        refused = {name: error for name, error in refused.items() if name not in names}
        renamed = [pair for pair in pairs if pair.source.name in {p.source.name for p in shy}]
        refused |= _create(destination, listed, renamed)
    missing = {pair.destination.name for pair in pairs if not pair.exists}
    return Made(pairs, frozenset(missing - set(refused)), refused)


def _create(
    destination: Destination, listed: FolderList, pairs: Sequence[FolderPair]
) -> dict[str, FolderError]:
    names = sorted(pair.destination.name for pair in pairs if not pair.exists)
    if not names:
        return {}
    refused = dict(destination.create(names))
    if refused:
        # Once more, by the same name: a passing refusal is no reason to call a folder otherwise.
        refused = dict(destination.create(sorted(refused)))
    there = {folder.name for folder in listed.folders}
    twins = _case_twins([name for name in names if name not in refused], there)
    if twins:
        now = {folder.name for folder in destination.folders().folders if folder.selectable}
        refused |= {name: _swallowed(name) for name in twins if name not in now}
    return refused


def _case_twins(made: Sequence[str], there: set[str]) -> list[str]:
    """Those that differ from another name by nothing but case."""
    blind = Counter(name.casefold() for name in {*made, *there})
    return [name for name in made if blind[name.casefold()] > 1]


def _swallowed(name: str) -> FolderError:
    words = "the server takes this name for another one in upper or lower case"
    return FolderError(Code.FOLDER_REFUSED, words, side=Side.DESTINATION, where=name)
