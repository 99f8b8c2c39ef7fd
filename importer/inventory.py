"""What stands in a mailbox: folders, messages and bytes, counted without opening a message."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync import asking
from sync.errors import Code, FolderError
from sync.model import Folder, FolderList, FolderStatus
from sync.ports import Reader

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Inventory:
    """`size` in bytes, None: not known. `closed` names the folders that the server did not let be
    opened, `hiding` those of which it did not show all messages; `listed` has all folders, and the
    statuses of those that can be opened."""

    folders: int
    messages: int
    size: int | None
    closed: tuple[str, ...]
    listed: FolderList
    hiding: tuple[str, ...] = ()

    def in_words(self) -> str:
        """'12 folders, 3,401 messages, 212 MB'."""
        parts = [_count(self.folders, "folder"), _count(self.messages, "message")]
        return ", ".join(parts if self.size is None else [*parts, size_words(self.size)])


def take_inventory(mailbox: Reader) -> Inventory:
    """Counted by STATUS, which may know no size. Raises what the port raises for an account."""
    listed = mailbox.folders()
    folders = [folder for folder in listed.folders if folder.selectable]
    answers = mailbox.status(folders)
    statuses, closed = {}, []
    for folder in folders:
        status = answers.get(folder.name)
        if isinstance(status, FolderStatus):
            statuses[folder.name] = status if status.messages else replace(status, size=0)
        else:
            closed.append(folder.name)
    return _summed(Inventory(0, 0, 0, tuple(closed), replace(listed, statuses=statuses)))


def weighed(mailbox: Reader, taken: Inventory) -> Inventory:
    """The same with the sizes that STATUS did not know, by those of the messages. A folder that
    cannot be opened although it was counted is among the closed ones now."""
    statuses = dict(taken.listed.statuses)
    closed, hiding = list(taken.closed), []
    for folder in taken.listed.folders:
        status = statuses.get(folder.name)
        if status is None or status.size is not None:
            continue
        size, hides = _size(mailbox, folder)
        if size is None:
            closed.append(folder.name)
            del statuses[folder.name]
            continue
        statuses[folder.name] = replace(status, size=size)
        hiding += [folder.name] * hides
    listed = replace(taken.listed, statuses=statuses)
    return _summed(replace(taken, closed=tuple(closed), hiding=tuple(hiding), listed=listed))


def count_messages(mailbox: Reader) -> FolderList:
    """All folders with how many messages stand in each, without asking for their sizes."""
    listed = mailbox.folders()
    answers = mailbox.status([folder for folder in listed.folders if folder.selectable])
    counted = {name: status for name, status in answers.items() if isinstance(status, FolderStatus)}
    return replace(listed, statuses=counted)


def size_words(size: int) -> str:
    """'212 MB'; one decimal place below ten."""
    number, unit = float(size), 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    digits = 1 if unit and number < 9.95 else 0
    return f"{number:,.{digits}f} {_UNITS[unit]}"


def _summed(taken: Inventory) -> Inventory:
    counted = taken.listed.statuses.values()
    sizes = [status.size for status in counted if status.size is not None]
    return replace(
        taken,
        folders=len(counted),
        messages=sum(status.messages for status in counted),
        size=sum(sizes) if len(sizes) == len(counted) else None,
    )


def _size(mailbox: Reader, folder: Folder) -> tuple[int | None, bool]:
    """The bytes of what the folder shows, None if it cannot be opened; and whether it hides some.
    One that is gone since STATUS counted it has none: the run looks again."""
    try:
        listing = asking.messages(mailbox, folder)
    except FolderError as error:
        return (0 if error.code is Code.FOLDER_MISSING else None), False
    return sum(listing.messages.sizes), not listing.whole


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
