"""Untagged responses: one spelling of their beginnings, and which of them may come at any time.

Where the meaning of an odd line is plain it is spelt as everybody spells it, here, so that no
command has to know of it. What is neither asked for nor ever to be expected is no answer: it is
kept, and held against whoever says that all has been read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from imap.parse import LITERAL, Parts, words

LONGEST_NAMING = 64 * 1024
"""Bytes of a response, but for those of `_LONG`. Nobody's folder has a longer name."""
MOST_UNREAD = 20
"""Lines that are kept of those that cannot be read: one is enough to say so."""
_LONG = re.compile(rb"(?:OK|NO|BAD|E?SEARCH|SORT|VANISHED|\d+ FETCH)(?= |\Z)")
_HEAD = re.compile(
    rb"\*[ \t]*+(?:(\d+)[ \t]++)?([A-Za-z][A-Za-z0-9.-]*+)(?:[ \t]++|(?=[(\[])|\Z)(.*)\Z", re.S
)
_NAMING = {b"LIST", b"LSUB", b"XLIST"}
"""Of these a blank at the end may belong to a name."""
_NAME = rb'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s()"{}%*\\]++)'
_KNOWN = re.compile(
    rb"(?:(?:OK|NO|BAD|PREAUTH|CAPABILITY|ENABLED|SORT|THREAD)(?: .*)?"
    rb"|FLAGS \([^()]*+\)"
    rb"|\d+ (?:EXISTS|RECENT|EXPUNGE)"
    rb"|VANISHED (?:\(EARLIER\) )?[\d,:]++"
    rb"|SEARCH[\d ]*+(?:\(MODSEQ \d+\))?"
    rb"|ESEARCH(?: .*)?"
    rb"|(?:LIST|LSUB|XLIST) \([^()]*+\) ++(?:NIL|\"\\?.?\") ++" + _NAME + rb"(?: ++\(.*\))?"
    rb"|STATUS " + _NAME + rb" ++\(.*\)"
    rb"|ID (?:NIL|\(.*\))"
    rb"|(?:NAMESPACE|QUOTA|QUOTAROOT|ACL|MYRIGHTS|LISTRIGHTS|METADATA|ANNOTATION|LANGUAGE"
    rb"|COMPARATOR|NOTIFICATIONOVERFLOW)(?: .*)?"
    rb")\Z",
    re.I | re.S,
)
_FETCH = re.compile(rb"\d+ FETCH \(.*\)\Z", re.S)
_INERT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^()"]++', re.S)
"""What is no bracket. A quotation mark that nothing closes takes all that follows."""
_DATA = re.compile(
    rb"(?:\d+ (?:FETCH|EXPUNGE)|E?SEARCH|VANISHED|X?LIST|LSUB|STATUS|NAMESPACE|ENABLED)(?= |\Z)"
)


def plain(line: bytes) -> bytes:
    """An untagged line with one blank behind its star, its number and its kind, which is in
    capitals; as it is when it has no such beginning."""
    head = _HEAD.match(line)
    if head is None:
        return line
    number, kind, rest = head.groups()
    kind = kind.upper()
    if kind not in _NAMING:
        rest = rest.rstrip(b" \t")
    start = b"* " + (number + b" " if number else b"") + kind
    return start + b" " + rest if rest else start


def readable(parts: Parts) -> bool:
    """Whether a response is short enough to be taken apart."""
    return len(parts[0]) <= LONGEST_NAMING or bool(_LONG.match(parts[0]))


def is_data(parts: Sequence[bytes]) -> bool:
    """Whether a response says something of the mailbox: what only keeps the line alive does
    not."""
    return bool(_DATA.match(parts[0]))


def known(parts: Parts) -> bool:
    """Whether a response is whole, and one that may come with any command."""
    if not readable(parts):
        return False
    text = parts[0] if len(parts) == 1 else _joined(parts)
    if _FETCH.match(text):
        return _balanced(text)
    return bool(_KNOWN.match(text))


def shown(parts: Parts) -> str:
    """A response for a person."""
    return words(b"* " + _joined(parts))


def _joined(parts: Parts) -> bytes:
    """The text alone, with an empty string where a literal was."""
    if len(parts) == 1:
        return parts[0]
    texts = [LITERAL.sub(b'""', part) for part in parts[:-1:2]]
    return b"".join((*texts, parts[-1]))


def _balanced(text: bytes) -> bool:
    depth = 0
    for bracket in _INERT.sub(b"", text):
        depth += 1 if bracket == ord("(") else -1
        if depth < 0:
            return False
    return depth == 0
