"""What stands in a mailbox: folders, messages and bytes, counted without opening a message."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync import asking
from sync.errors import FolderError
from sync.model import Folder, FolderList, FolderStatus
from sync.ports import Reader

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Inventory:
    """`size` in bytes. `closed` names the folders that the server did not let be opened; `listed`
    has all folders, and the statuses of those that can be opened."""

    folders: int
    messages: int
    size: int
    closed: tuple[str, ...]
    listed: FolderList

    def in_words(self) -> str:
        """'12 folders, 3,401 messages, 212 MB'."""
        return ", ".join(
            (
                _count(self.folders, "folder"),
                _count(self.messages, "message"),
                size_words(self.size),
            )
        )


def take_inventory(mailbox: Reader) -> Inventory:
    """Counted by STATUS; where that knows no size, by the sizes of the messages. Raises what the
    port raises for an account."""
    listed = mailbox.folders()
    folders = [folder for folder in listed.folders if folder.selectable]
    answers = mailbox.status(folders)
    statuses, closed = {}, []
    for folder in folders:
        status = answers.get(folder.name)
        if isinstance(status, FolderStatus):
            statuses[folder.name] = replace(status, size=_size(mailbox, folder, status))
        else:
            closed.append(folder.name)
    return Inventory(
        folders=len(statuses),
        messages=sum(status.messages for status in statuses.values()),
        size=sum(status.size or 0 for status in statuses.values()),
        closed=tuple(closed),
        listed=replace(listed, statuses=statuses),
    )


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


def _size(mailbox: Reader, folder: Folder, status: FolderStatus) -> int:
    if status.size is not None or not status.messages:
        return status.size or 0
    try:
        return sum(asking.messages(mailbox, folder).messages.sizes)
    except FolderError:
        # Gone since STATUS counted it: an estimate may miss it, the run looks again.
        return 0


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
