"""What folders are for: as the server marks them, or as their names say.                 pure"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.folder_names import between, join, path
from sync.model import Folder, Namespace, SpecialUse
from sync.usual_names import rank, usual_use


def use_of(folder: Folder, namespace: Namespace) -> SpecialUse | None:
    """A name says something only at the root."""
    return folder.special_use or _named_use(path(folder, namespace))


class Places:
    """The destination's folders for each use, below one of its folders or at its root."""

    def __init__(
        self, existing: Mapping[str, Folder], namespace: Namespace, below: tuple[str, ...]
    ) -> None:
        self._namespace = namespace
        self._top = join(below, namespace) + between(namespace) if below else ""
        inside = {
            name: folder
            for name, folder in existing.items()
            if folder.selectable and folder.name.startswith(self._top)
        }
        self.uses = {name: self._use(folder) for name, folder in inside.items()}
        self.marked = {
            folder.special_use: name
            for name, folder in reversed(inside.items())
            if folder.special_use is not None
        }
        """The first that is marked so."""
        self._inside = inside

    def serving(self, use: SpecialUse) -> Sequence[str]:
        """First what is marked so, then what has the more usual name."""
        return sorted((name for name, its in self.uses.items() if its is use), key=self._order)

    def _order(self, name: str) -> tuple[bool, int, str]:
        folder = self._inside[name]
        return folder.special_use is None, rank(self._levels(folder)[-1]), name

    def _use(self, folder: Folder) -> SpecialUse | None:
        return folder.special_use or _named_use(self._levels(folder))

    def _levels(self, folder: Folder) -> tuple[str, ...]:
        if not self._top:
            return path(folder, self._namespace)
        rest = folder.name[len(self._top) :]
        delimiter = self._namespace.delimiter
        return tuple(rest.split(delimiter)) if delimiter else (rest,)


def _named_use(levels: tuple[str, ...]) -> SpecialUse | None:
    return usual_use(levels[0]) if len(levels) == 1 else None
