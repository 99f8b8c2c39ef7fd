"""Whether a server opens a folder and hands out a message's header, before it is called ready.

A server may let somebody log in, list folders and count messages, and open none of them:

    INBOX is refused                              blocking: its mail could not be copied
    the line drops at it, twice                   blocking
    no header of the messages asked for comes,
    nor one of another folder                     blocking
    one of another folder comes                   warning
    counted messages are gone when it is opened   warning
"""

from __future__ import annotations

from collections.abc import Collection

from imap import ImapSource
from imap.server import Server
from imap.trial import Trial
from importer.finding import Finding, Level
from importer.providers import opening_advice
from sync.errors import Code, ConnectionLost, Side
from sync.model import Folder, FolderList

_PLACES = {Side.SOURCE: "The old mail server", Side.DESTINATION: "The destination's mail server"}
_INBOX = "INBOX"


def tried_out(
    mailbox: ImapSource,
    listed: FolderList,
    side: Side,
    server: Server,
    *,
    left_out: Collection[str] = (),
) -> list[Finding]:
    """What opening INBOX shows, or the fullest other folder where INBOX is left out. Raises what
    the port raises for an account."""
    order = _in_order(listed, left_out)
    if not order:
        return []
    folder, place = order[0], f"{_PLACES[side]} {server.host}"
    try:
        tried = _tried(mailbox, folder, filled=_messages(listed, folder) != 0)
    except ConnectionLost as lost:
        return [_lost(folder, lost, place)]
    if tried.refused is not None:
        return [_refused(folder, tried, place, side, server)]
    if tried.kept_back is None:
        return _emptied(folder, tried, listed, place)
    others = [one for one in order[1:] if _messages(listed, one)]
    given = bool(others) and _gives(mailbox, others[0])
    return [_kept_back(folder, tried, place, given=given)]


def _tried(mailbox: ImapSource, folder: Folder, *, filled: bool) -> Trial:
    """A server that hangs up at the first message is asked for the last one, over a new line."""
    try:
        return mailbox.try_out(folder, filled=filled)
    except ConnectionLost as lost:
        if lost.code is Code.THROTTLED:
            raise
        return mailbox.try_out(folder, filled=filled, only_last=True)


def _gives(mailbox: ImapSource, folder: Folder) -> bool:
    try:
        tried = _tried(mailbox, folder, filled=True)
    except ConnectionLost:
        return False
    return tried.exists > 0 and tried.refused is None and tried.kept_back is None


def _in_order(listed: FolderList, left_out: Collection[str]) -> list[Folder]:
    """INBOX first, then those with the most messages."""
    there = [one for one in listed.folders if one.selectable and one.name not in left_out]
    return sorted(there, key=lambda one: (one.name != _INBOX, -(_messages(listed, one) or 0)))


def _messages(listed: FolderList, folder: Folder) -> int | None:
    status = listed.statuses.get(folder.name)
    return None if status is None else status.messages


def _refused(folder: Folder, tried: Trial, place: str, side: Side, server: Server) -> Finding:
    assert tried.refused is not None
    said = tried.refused.server_words
    usual = (
        "Open the mailbox in webmail with this login: a right, or a setting of the provider for "
        "mail programs, is missing. Where only this folder is damaged, leave it out in step 1."
        if side is Side.SOURCE
        else "Ask the administrator of this installation to look at the mailbox."
    )
    return Finding(
        Level.BLOCKING,
        str(Code.FOLDER_REFUSED),
        f"Login works, but {place[0].lower()}{place[1:]} does not let “{folder.name}” be opened.",
        opening_advice(server.host, said) or usual,
        said,
    )


def _lost(folder: Folder, lost: ConnectionLost, place: str) -> Finding:
    if lost.code is Code.THROTTLED:
        raise lost
    return Finding(
        Level.BLOCKING,
        str(lost.code),
        f"Login works, but {place[0].lower()}{place[1:]} breaks the connection off, twice, when "
        f"“{folder.name}” is opened and one message in it is asked for.",
        "Open the folder in webmail, and ask the server's operator to repair it. Where the rest "
        "is to be copied without it, leave it out in step 1.",
        lost.server_words,
    )


def _kept_back(folder: Folder, tried: Trial, place: str, *, given: bool) -> Finding:
    assert tried.kept_back is not None
    number = "the only message" if tried.exists == 1 else f"any of {tried.tried} messages"
    words = (
        f"{place} opens “{folder.name}”, but does not hand out the header of {number} that the "
        "check asked for."
    )
    if tried.exists == 1:
        words = words.replace(" that the check asked for", " in it")
    hint = (
        "Other folders can be read. Look at this one in webmail; the run names each message that "
        "it cannot read."
        if given
        else "Nothing could be read from this mailbox. Look at it in webmail with this login, and "
        "ask the server's operator."
    )
    level = Level.WARNING if given else Level.BLOCKING
    said = tried.kept_back.server_words
    return Finding(level, str(Code.UNREADABLE), words, hint, said)


def _emptied(folder: Folder, tried: Trial, listed: FolderList, place: str) -> list[Finding]:
    counted = _messages(listed, folder)
    if not counted or tried.exists:
        return []
    return [
        Finding(
            Level.WARNING,
            str(Code.INCOMPLETE),
            f"{place} counts {counted:,} message{'' if counted == 1 else 's'} in “{folder.name}”, "
            "and shows none when it is opened.",
            "Look into the folder in webmail. If messages are there, ask the server's operator to "
            "repair its index before the migration starts.",
        )
    ]
