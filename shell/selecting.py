"""Some of the source's folders: what the options choose is all that the engine sees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imap.reader import ImapSource
from imap.session import Session
from sync.folders import canonical
from sync.model import Folder, FolderList


@dataclass(frozen=True, slots=True)
class Selection:
    """In imapsync's order: the named folders or all, of these the included, but the excluded."""

    folders: frozenset[str] = frozenset()
    trees: tuple[str, ...] = ()
    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    only_subscribed: bool = False
    subscribe_all: bool = False

    def missing(self, folders: Sequence[Folder]) -> list[str]:
        """Folders that were named and are not there."""
        there = {canonical(folder.name) for folder in folders}
        return sorted({*self.folders, *self.trees} - there)

    def of(self, folders: Sequence[Folder]) -> tuple[Folder, ...]:
        return tuple(
            replace(folder, subscribed=folder.subscribed or self.subscribe_all)
            for folder in folders
            if self._chosen(folder)
        )

    def _chosen(self, folder: Folder) -> bool:
        return (
            self._named(folder)
            and (not self.only_subscribed or folder.subscribed)
            and (not self.include or any(p.search(folder.name) for p in self.include))
            and not any(p.search(folder.name) for p in self.exclude)
        )

    def _named(self, folder: Folder) -> bool:
        if not self.folders and not self.trees:
            return True
        inside = tuple(f"{tree}{folder.delimiter}" for tree in self.trees if folder.delimiter)
        named = canonical(folder.name) in {*self.folders, *self.trees}
        return named or folder.name.startswith(inside)


class SelectedSource(ImapSource):
    """The source with only those folders. `missing` are named ones that it has not."""

    def __init__(self, session: Session, selection: Selection) -> None:
        super().__init__(session)
        self._selection = selection
        self.missing: list[str] = []

    def folders(self) -> FolderList:
        found = super().folders()
        self.missing = self._selection.missing(found.folders)
        return replace(found, folders=self._selection.of(found.folders))
