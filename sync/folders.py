"""Source folder → destination folder. Pure, and injective: two folders never become one.

A name is taken apart at the source's delimiter, below the source's prefix, and put together again
with the destination's. In this order a folder finds its place: where an earlier run has put it;
INBOX in INBOX; a folder of the same name; the folder with the same special use (RFC 6154); a new
folder of its own name. What the destination cannot hold in a name becomes '_', and a name that is
taken already gets a number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sync.model import Folder, FolderList, Namespace

LONGEST_NAME = 200
"""Bytes; Dovecot refuses 256 and more, and modified UTF-7 is longer than what is counted here."""


@dataclass(frozen=True, slots=True)
class FolderPair:
    source: Folder
    destination: Folder
    exists: bool
    """The destination has it already."""


def map_folders(
    source: FolderList,
    destination: FolderList,
    known: Mapping[str, str],
    *,
    subfolder: str = "",
    cautious: frozenset[str] = frozenset(),
) -> tuple[FolderPair, ...]:
    """One pair for each selectable source folder, INBOX first, then by name.

    `known` are source → destination names of earlier runs. Everything goes below `subfolder` of
    the destination, INBOX too, and nothing outside it is a folder's twin; its levels are parted by
    '/' or the destination's delimiter. `cautious` are source names whose plain name the destination
    has refused: every doubtful character in them is replaced."""
    below = _levels(subfolder, destination.namespace)
    return _Mapper(source, destination, cautious=cautious, below=below).run(known)


class _Mapper:
    def __init__(
        self,
        source: FolderList,
        destination: FolderList,
        *,
        cautious: frozenset[str],
        below: tuple[str, ...],
    ) -> None:
        self.source = source
        self.destination = destination
        self.cautious = cautious
        self.below = below
        self.existing = {canonical(folder.name): folder for folder in destination.folders}
        self.special = {
            folder.special_use: folder
            for folder in reversed(destination.folders)
            if folder.special_use and folder.selectable and self._inside(folder)
        }
        self.taken: set[str] = set()
        self.place: dict[str, str] = {}

    def run(self, known: Mapping[str, str]) -> tuple[FolderPair, ...]:
        folders = sorted(
            (folder for folder in self.source.folders if folder.selectable),
            key=lambda folder: (not is_inbox(folder.name), folder.name),
        )
        for folder in folders:
            if folder.name in known:
                self._put(folder, canonical(known[folder.name]))
        for folder in folders:
            name = self._plain_name(folder)
            if is_inbox(name) or name in self.existing:
                self._put(folder, name)
        for folder in folders:
            twin = self.special.get(folder.special_use) if folder.special_use else None
            if twin is not None:
                self._put(folder, canonical(twin.name))
        for folder in folders:
            self._put(folder, self._free(self._plain_name(folder)))
        return tuple(self._pair(folder) for folder in folders)

    def _put(self, folder: Folder, name: str) -> None:
        if folder.name not in self.place and name not in self.taken:
            self.place[folder.name] = name
            self.taken.add(name)

    def _free(self, name: str) -> str:
        number, candidate = 1, name
        while candidate in self.taken:
            number += 1
            candidate = f"{name}-{number}"
        return candidate

    def _plain_name(self, folder: Folder) -> str:
        levels = self.below + path(folder, self.source.namespace)
        return join(levels, self.destination.namespace, cautious=folder.name in self.cautious)

    def _inside(self, folder: Folder) -> bool:
        top = join(self.below, self.destination.namespace) if self.below else ""
        return not top or folder.name.startswith(top + self.destination.namespace.delimiter)

    def _pair(self, folder: Folder) -> FolderPair:
        name = self.place[folder.name]
        there = self.existing.get(name)
        made = Folder(name, self.destination.namespace.delimiter)
        # What only has folders below it may be listed, and still has to be made.
        exists = there is not None and there.selectable
        return FolderPair(folder, there or made, exists=exists)


def is_inbox(name: str) -> bool:
    """INBOX alone is case-blind (RFC 9051, section 5.1)."""
    return name.upper() == "INBOX"


def canonical(name: str) -> str:
    return "INBOX" if is_inbox(name) else name


def path(folder: Folder, namespace: Namespace) -> tuple[str, ...]:
    """The levels of a folder's name below the namespace's prefix. INBOX is ('INBOX',)."""
    name = canonical(folder.name)
    delimiter = folder.delimiter or ""
    if not delimiter:
        return (name,)
    prefix = namespace.prefix
    if prefix and name[: len(prefix)].upper() == prefix.upper() and len(name) > len(prefix):
        name = name[len(prefix) :]
    levels = tuple(name.split(delimiter))
    return (canonical(levels[0]), *levels[1:])


def _levels(subfolder: str, namespace: Namespace) -> tuple[str, ...]:
    text = subfolder.removeprefix(namespace.prefix)
    if namespace.delimiter:
        text = text.replace(namespace.delimiter, "/")
    return tuple(filter(None, text.split("/")))


def join(levels: tuple[str, ...], namespace: Namespace, *, cautious: bool = False) -> str:
    """A name that the destination can hold. Where everything stands inside INBOX anyway, what was
    inside it at the source loses that level: there is no INBOX.INBOX."""
    if is_inbox(levels[0]):
        if len(levels) == 1:
            return "INBOX"
        if namespace.prefix.upper() == "INBOX" + namespace.delimiter:
            levels = levels[1:]
    forbidden = set(namespace.delimiter) | (set("./\\~&*%") if cautious else set())
    clean = [_clean(level, forbidden) for level in levels]
    return namespace.prefix + _shortened(namespace.delimiter.join(clean))


def _clean(level: str, forbidden: set[str]) -> str:
    text = "".join("_" if c in forbidden or ord(c) < 32 or ord(c) == 127 else c for c in level)
    if text.startswith("~"):
        text = "_" + text[1:]
    if not text.strip("."):
        text = "_" * max(1, len(text))
    return text


def _shortened(name: str) -> str:
    raw = name.encode("utf-8", "surrogatepass")
    if len(raw) <= LONGEST_NAME:
        return name
    mark = hashlib.blake2b(raw, digest_size=4).hexdigest()
    return raw[: LONGEST_NAME - 9].decode("utf-8", "ignore").rstrip() + "-" + mark
