"""The table of all folders: which are brought over, where each goes, and why.                 pure

Nothing is asked of a server and nothing is done, so that a page can show the very table that a run
would use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.folder_choice import choose, empty_ones
from sync.folders import FolderPair, Refusals, map_folders
from sync.model import FolderList
from sync.options import FolderChoice, Refiling, SyncOptions
from sync.report import Omission


@dataclass(frozen=True, slots=True)
class Layout:
    """`omitted` and `missing` are names of the source: what nobody wants or what is other users',
    and what is wanted and not there."""

    pairs: tuple[FolderPair, ...]
    omitted: tuple[tuple[str, Omission], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.omitted)


def lay_out(
    source: FolderList,
    destination: FolderList,
    known: Mapping[str, str],
    options: SyncOptions,
    *,
    refusals: Refusals | None = None,
) -> Layout:
    """`known` are source → destination names of earlier runs. Which folders are empty is told by
    the statuses of `source`.

    Raises AccountError with FOLDERS_WOULD_MERGE if a person's places make two folders one."""
    chosen = choose(source, options.folders)
    pairs = map_folders(
        source,
        destination,
        known,
        subfolder=options.subfolder,
        choice=options.folders,
        left_out=frozenset(chosen.left_out),
        refusals=refusals,
    )
    empty: frozenset[str] = frozenset()
    if options.folders.skip_empty:
        # One that is there already stays in step: what was removed at the source may have to go.
        new = [pair.source for pair in pairs if not pair.exists]
        empty = frozenset(empty_ones(new, source.statuses))
    return Layout(
        tuple(pair for pair in pairs if pair.source.name not in empty),
        (
            *chosen.omitted,
            *((name, Omission.EMPTY) for name in sorted(empty)),
            *((name, Omission.FOREIGN) for name in source.foreign),
        ),
        chosen.missing,
    )


def left_alone(
    source: FolderList,
    destination: FolderList,
    known: Mapping[str, str],
    options: SyncOptions,
    *,
    layout: Layout,
) -> frozenset[str]:
    """Names of the destination's folders that stand for folders of the source which are left out of
    the layout: what those hold is not to be refiled. Nothing without refiling."""
    if options.refiling is Refiling.NO:
        return frozenset()
    chosen, brought = options.folders, {pair.destination.name for pair in layout.pairs}
    everything = FolderChoice(automap=chosen.automap, places=chosen.places)
    pairs = map_folders(source, destination, known, subfolder=options.subfolder, choice=everything)
    return frozenset(pair.destination.name for pair in pairs if pair.exists) - brought
