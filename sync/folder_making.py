"""Folders made at the destination; where a name is refused, under another one.

    asked for            when
    -----------------    --------------------------------------------------------------------
    its own name         first; once more where few are refused, as that may pass
    a cautious one       that was refused                        (sync/folder_names.py)
    a flat one           so was this, of a folder inside another one
    a numbered one       last of all

What was refused in an earlier run, or has broken the line twice in this one, counts as refused
without being asked for. A destination that is blind to case takes 'work' for its 'Work': what it
does not list by its very name after it was made counts as refused, and never shares the other's
place.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sync.errors import Code, FolderBusy, FolderError, Side
from sync.folder_names import Care
from sync.folders import FolderPair, Reason, Refusals
from sync.intent import RefusedName
from sync.model import FolderList
from sync.ports import Destination

AT_ONCE = 20
"""Names in one call."""
FEW = 3
"""Up to so many refused names are asked for once more."""


@dataclass(frozen=True, slots=True)
class Made:
    pairs: tuple[FolderPair, ...]
    created: frozenset[str]
    """Destination names that were made now."""
    refused: Mapping[str, FolderError]
    """By destination name: these could not be made, under no other name either."""


def _forget(source: str, refused: RefusedName) -> None:
    """For who keeps no ledger."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Names that are not asked for."""

    earlier: Mapping[str, Sequence[RefusedName]] = field(default_factory=dict)
    """By source name: refused in earlier runs."""
    broke: Mapping[str, FolderError] = field(default_factory=dict)
    """By destination name: the line has broken there, again and again."""
    unmade: FolderError | None = None
    """Why none is asked for at all."""
    remember: Callable[[str, RefusedName], None] = _forget
    """Told at once what need not be asked for again, with the source's name of the folder."""

    def refusal(self, pair: FolderPair) -> FolderError | None:
        """Why this one is not asked for."""
        name = pair.destination.name
        if self.unmade is not None:
            return self.unmade
        if (lost := self.broke.get(name)) is not None:
            self.learn(pair, lost)
            return lost
        for known in self.earlier.get(pair.source.name, ()):
            if known.destination == name:
                return _refused(name, known.words)
        return None

    def learn(self, pair: FolderPair, error: FolderError) -> None:
        """What is refused for now may be taken by the next run."""
        if not isinstance(error, FolderBusy):
            refused = RefusedName(pair.destination.name, error.server_words)
            self.remember(pair.source.name, refused)


def make(
    destination: Destination,
    listed: FolderList,
    pairs: tuple[FolderPair, ...],
    *,
    again: Callable[[Refusals, Mapping[str, str]], tuple[FolderPair, ...]],
    unwanted: Unwanted | None = None,
) -> Made:
    """`listed` are the destination's folders as they were; `again` maps all folders once more,
    round what was refused, and by source name leaves others where they are. Where a person wants a
    folder it goes, or nowhere."""
    unwanted = unwanted or Unwanted()
    refused = _create(destination, listed, pairs, unwanted)
    names: set[str] = set()
    care: dict[str, Care] = {}
    for more in (Care.CAUTIOUS, Care.FLAT, Care.NUMBERED):
        shy = [pair for pair in pairs if _is_shy(pair, refused.get(pair.destination.name), more)]
        if not shy:
            continue
        names.update(pair.destination.name for pair in shy)
        care.update((pair.source.name, more) for pair in shy)
        settled = {
            pair.source.name: pair.destination.name
            for pair in pairs
            if pair.destination.name not in refused
        }
        pairs = again(Refusals(frozenset(names), dict(care)), settled)
        refused = {name: error for name, error in refused.items() if name not in names}
        renamed = [pair for pair in pairs if pair.source.name in {p.source.name for p in shy}]
        refused |= _create(destination, listed, renamed, unwanted)
    missing = {pair.destination.name for pair in pairs if not pair.exists}
    return Made(pairs, frozenset(missing - set(refused)), refused)


def _is_shy(pair: FolderPair, refusal: FolderError | None, more: Care) -> bool:
    """Whether another name is to be found with so much care."""
    if refusal is None or isinstance(refusal, FolderBusy) or pair.reason is Reason.CHOSEN:
        return False
    delimiter = pair.source.delimiter
    return more is not Care.FLAT or bool(delimiter and delimiter in pair.source.name)


def _create(
    destination: Destination,
    listed: FolderList,
    pairs: Sequence[FolderPair],
    unwanted: Unwanted,
) -> dict[str, FolderError]:
    missing = {pair.destination.name: pair for pair in pairs if not pair.exists}
    known = {name: e for name, pair in missing.items() if (e := unwanted.refusal(pair))}
    names = sorted(missing.keys() - known.keys())
    if not names:
        return known
    refused = _ask(destination, names, lambda name, error: unwanted.learn(missing[name], error))
    there = {folder.name for folder in listed.folders}
    twins = _twins([name for name in names if name not in refused], there)
    if twins:
        now = {folder.name for folder in destination.folders().folders if folder.selectable}
        for name in [name for name in twins if name not in now]:
            refused[name] = _refused(name, _SWALLOWED)
            unwanted.learn(missing[name], refused[name])
    return refused | known


def _ask(
    destination: Destination, names: Sequence[str], learn: Callable[[str, FolderError], None]
) -> dict[str, FolderError]:
    """Some at a time, so that a line that breaks at the next ones does not have those asked for
    again that were refused. A few are asked for once more by the same name: a passing refusal is no
    reason to call a folder otherwise."""
    refused: dict[str, FolderError] = {}
    told: set[str] = set()
    for start in range(0, len(names), AT_ONCE):
        refused |= destination.create(names[start : start + AT_ONCE])
        if len(refused) > FEW:
            for name in refused.keys() - told:
                learn(name, refused[name])
            told.update(refused)
    if refused and not told:
        refused = dict(destination.create(sorted(refused)))
        for name, error in refused.items():
            learn(name, error)
    return refused


def _twins(made: Sequence[str], there: set[str]) -> list[str]:
    """Those that differ from another name by nothing but case, blanks at its ends, or the way in
    which a letter is made of several signs."""
    blind = Counter(_blind(name) for name in {*made, *there})
    return [name for name in made if blind[_blind(name)] > 1]


def _blind(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


_SWALLOWED = "the server takes this name for another one in upper or lower case"


def _refused(name: str, words: str) -> FolderError:
    return FolderError(Code.FOLDER_REFUSED, words, side=Side.DESTINATION, where=name)
