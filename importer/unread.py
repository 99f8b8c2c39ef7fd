"""A list of folders that is not the whole truth, in words."""

from __future__ import annotations

from importer.finding import Finding, Level
from sync.errors import Code, Side
from sync.model import FolderList

_PLACES = {
    Side.SOURCE: "the old mail server's list of folders",
    Side.DESTINATION: "the list of folders at the destination",
}
_RESULTS = {
    Side.SOURCE: "Folders may be missing from it; what they hold would not be copied, and the run "
    "would not be verified.",
    Side.DESTINATION: "Folders may be missing from it, and mail in them would not be known again.",
}


def not_whole(listed: FolderList, side: Side) -> tuple[Finding, ...]:
    """A warning where lines of the list could not be understood; the first stands beside it."""
    if not listed.unread:
        return ()
    lines = len(listed.unread)
    one = "One line" if lines == 1 else f"{lines:,} lines"
    return (
        Finding(
            Level.WARNING,
            str(Code.UNREAD_ANSWER),
            f"{one} of {_PLACES[side]} could not be understood. {_RESULTS[side]}",
            "Look whether all folders are in the table of folders. Rename the folder whose name "
            "stands beside this, or show the line to the server's operator.",
            listed.unread[0],
        ),
    )
