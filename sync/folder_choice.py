"""Which folders of the source are brought over: those that a person has not left out.         pure

In this order: the named folders or all, of these the subscribed ones if only they are wanted, of
these the included, but the excluded. A pattern sees a folder's whole name as the source spells it,
with prefix and delimiters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sync.folders import canonical
from sync.model import Folder, FolderList, FolderStatus
from sync.options import FolderChoice
from sync.report import Omission


@dataclass(frozen=True, slots=True)
class Chosen:
    """Names of the source's folders. Those that only hold other folders are in neither."""

    omitted: tuple[tuple[str, Omission], ...] = ()
    missing: tuple[str, ...] = ()
    """Folders that were named and are not there."""

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.omitted)


def choose(listed: FolderList, choice: FolderChoice) -> Chosen:
    """What is left out of these folders, by their names and subscriptions."""
    delimiters = {folder.delimiter for folder in listed.folders}
    there = {_whole(folder.name, folder.delimiter) for folder in listed.folders}
    missing = {
        name
        for name in (*choice.folders, *choice.trees)
        if all(_whole(name, delimiter) not in there for delimiter in delimiters)
    }
    return Chosen(
        omitted=tuple(
            (folder.name, why)
            for folder in listed.folders
            if folder.selectable and (why := _why_not(folder, choice)) is not None
        ),
        missing=tuple(sorted(missing)),
    )


def empty_ones(
    folders: Collection[Folder], statuses: Mapping[str, FolderStatus]
) -> tuple[str, ...]:
    """Names of those without a message. One that could not be counted is not among them."""
    return tuple(
        folder.name
        for folder in folders
        if (status := statuses.get(folder.name)) is not None and not status.messages
    )


def _why_not(folder: Folder, choice: FolderChoice) -> Omission | None:
    """None: it is brought over."""
    if not _is_named(folder, choice):
        return Omission.NOT_NAMED
    if choice.only_subscribed and not folder.subscribed:
        return Omission.NOT_SUBSCRIBED
    if choice.include and not any(p.search(folder.name) for p in choice.include):
        return Omission.NOT_INCLUDED
    if any(p.search(folder.name) for p in choice.exclude):
        return Omission.EXCLUDED
    return None


def _is_named(folder: Folder, choice: FolderChoice) -> bool:
    if not choice.folders and not choice.trees:
        return True
    name, delimiter = _whole(folder.name, folder.delimiter), folder.delimiter
    trees = [_whole(tree, delimiter) for tree in choice.trees]
    if name in trees or name in {_whole(one, delimiter) for one in choice.folders}:
        return True
    return bool(delimiter) and name.startswith(tuple(f"{tree}{delimiter}" for tree in trees))


def _whole(name: str, delimiter: str | None) -> str:
    """As it is compared: INBOX is case-blind where it is a level of a name, too."""
    if not delimiter:
        return canonical(name)
    first, parted, rest = name.partition(delimiter)
    return canonical(first) + parted + rest
