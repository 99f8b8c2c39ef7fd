"""Folder names between Unicode and the wire: modified UTF-7 (RFC 3501, section 5.1.3)."""

from __future__ import annotations

from imapclient import imap_utf7

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
