"""What stands in a mailbox: folders, messages and bytes, counted without opening a message."""

from __future__ import annotations

from dataclasses import dataclass

from sync import asking
from sync.errors import FolderError
from sync.model import Folder, FolderStatus
from sync.ports import Reader

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Inventory:
    """`size` in bytes. `closed` names the folders that the server did not let be opened."""

    folders: int
    messages: int
    size: int
    closed: tuple[str, ...] = ()

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
    folders = [folder for folder in mailbox.folders().folders if folder.selectable]
    answers = mailbox.status(folders)
    messages, size, closed = 0, 0, []
    for folder in folders:
        status = answers.get(folder.name)
        if isinstance(status, FolderStatus):
            messages += status.messages
            size += _size(mailbox, folder, status)
        else:
            closed.append(folder.name)
    return Inventory(len(folders) - len(closed), messages, size, tuple(closed))


def count_messages(mailbox: Reader) -> int:
    """How many messages stand in all folders together, without asking for their sizes."""
    folders = [folder for folder in mailbox.folders().folders if folder.selectable]
    found = mailbox.status(folders).values()
    return sum(status.messages for status in found if isinstance(status, FolderStatus))


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
