"""One question to one side, and its answer or its exception."""

from __future__ import annotations

from sync.errors import FolderError
from sync.listing import Listing
from sync.model import Asked, Folder
from sync.ports import Reader


def messages(reader: Reader, folder: Folder, first_uid: int = 1) -> Listing:
    """The messages with uid >= first_uid. Raises FolderError when it cannot be opened."""
    (found,) = reader.listings([Asked(folder, first_uid)])
    if isinstance(found, FolderError):
        raise found
    return found
