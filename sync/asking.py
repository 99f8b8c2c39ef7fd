"""One question to one side, and its answer or its exception."""

from __future__ import annotations

from sync.errors import Code, FolderError, Side
from sync.listing import Listing
from sync.model import Asked, Folder
from sync.ports import Reader


def messages(reader: Reader, folder: Folder, first_uid: int = 1) -> Listing:
    """The messages with uid >= first_uid. Raises FolderError when it cannot be opened."""
    (found,) = reader.listings([Asked(folder, first_uid)])
    if isinstance(found, FolderError):
        raise found
    return found


def not_shown(name: str, listing: Listing, side: Side) -> FolderError:
    """Why this listing, which is not whole, proves nothing to be absent."""
    if listing.hidden:
        words = f"{listing.hidden:,} of {listing.hidden + len(listing.messages):,} messages"
        return FolderError(Code.INCOMPLETE, words, side=side, where=name)
    return FolderError(Code.UNREAD_ANSWER, listing.unread[0], side=side, where=name)
