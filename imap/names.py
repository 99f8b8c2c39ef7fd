"""Folder names between Unicode and the wire: modified UTF-7 (RFC 3501, section 5.1.3)."""

from __future__ import annotations

from imapclient import imap_utf7

from imap.dialogue import Literal, astring
from sync.errors import Code, FolderError, Side
from sync.model import Folder

INBOX = "INBOX"


def to_wire(name: str) -> bytes:
    """The canonical spelling, as a name that is made anew has to be sent."""
    return bytes(imap_utf7.encode(name))


def from_wire(wire_name: bytes) -> str:
    """The name for people. A name that is not modified UTF-7 is shown as the server wrote it."""
    try:
        name = imap_utf7.decode(wire_name) if wire_name.isascii() else wire_name.decode()
        name.encode()
    except UnicodeError:
        name = wire_name.decode("latin-1")
    return INBOX if name.upper() == INBOX else name


def wire_name(folder: Folder) -> bytes:
    """What selects the folder: the very bytes of its listing, when there are any."""
    return folder.wire_name or to_wire(folder.name)


def wire_argument(folder: Folder) -> bytes | Literal:
    """What selects the folder, as an argument."""
    return astring(wire_name(folder))


def unsendable(folder: Folder | str, side: Side) -> FolderError | None:
    """Why no command can name this folder: NUL stands in no argument of IMAP (RFC 9051, section
    9). It costs this folder and nothing else."""
    name = folder if isinstance(folder, str) else folder.name
    wire = to_wire(folder) if isinstance(folder, str) else wire_name(folder)
    if b"\0" not in wire:
        return None
    said = "the name holds a NUL character, which no command can send"
    return FolderError(Code.FOLDER_REFUSED, said, side=side, where=name)
