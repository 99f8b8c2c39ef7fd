"""UID SEARCH: which messages the open folder has, by name."""

from __future__ import annotations

from collections.abc import Sequence

from imap.dialogue import Answer, Dialogue
from imap.halves import cut_short
from imap.parse import number, tokens
from imap.selection import Selected
from imap.uidset import parse_ranges
from sync.uids import UidRanges


def search(
    dialogue: Dialogue, selected: Selected, key: bytes, *, first: int = 1
) -> tuple[UidRanges | None, tuple[str, ...]]:
    """The uids, and the lines of the answer that could not be read. None when they are not to be
    had. What a server with MESSAGELIMIT (RFC 9738) leaves out is asked for below what it named."""
    found, unread = UidRanges(), tuple[str, ...]()
    lowest = 0
    while True:
        answer = dialogue.ask(b"UID SEARCH", key)
        for parts in answer.untagged:
            selected.take(parts)
        named, cut = uids_found(answer), cut_short(answer)
        unread += answer.unread
        if named is None or not (answer.ok or cut):
            return None, unread
        found = UidRanges.spanning((*found.ranges, *named.ranges))
        if cut is None:
            return found, unread
        left = cut.lowest or (named.ranges[0][0] if named else 0)
        if left <= first or (lowest and left >= lowest):
            return found, unread
        lowest = left
        key = b"UID %d:%d" % (first, lowest - 1)


def uids_found(answer: Answer) -> UidRanges | None:
    """The uids of SEARCH or ESEARCH; None when neither was said."""
    said = [found for parts in answer.untagged if (found := _uids(tokens(parts))) is not None]
    return UidRanges.spanning([one for found in said for one in found.ranges]) if said else None


def _uids(row: Sequence[object]) -> UidRanges | None:
    words = [word if isinstance(word, bytes) else b"" for word in row]
    kind = words[0].upper() if words else b""
    if kind == b"SEARCH":
        return UidRanges.of(found for word in words[1:] if (found := number(word)))
    if kind == b"ESEARCH":
        upper = [word.upper() for word in words]
        at = upper.index(b"ALL") + 1 if b"ALL" in upper else len(words)
        return parse_ranges(words[at]) if at < len(words) else UidRanges()
    return None
