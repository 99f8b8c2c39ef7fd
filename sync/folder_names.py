"""A folder's name taken apart at the source, and put together for the destination.        pure

What a destination cannot hold in a name becomes '_', and what is too long is cut and marked.
PLAIN changes what no server takes. CAUTIOUS, for a name that was refused, replaces every doubtful
character, trims blanks and is shorter. FLAT, for one that was refused again, has one level, and
NUMBERED has nothing left of the source's: its number is made of that, and is the same in each run.
"""

from __future__ import annotations

import hashlib
import unicodedata
from enum import IntEnum

from sync.model import Folder, Namespace

LONGEST_NAME = 240
"""Bytes in modified UTF-7 without the prefix; Dovecot's Maildir refuses 255 and more."""
LONGEST_CAUTIOUS = 120
_MARK = 9
"""Characters of '-' and the mark behind what is left of a long name."""
_SAFE = frozenset(" -_+@,='()")
"""What is neither letter nor figure, and taken by all servers that we know. Cyrus takes no
exclamation mark, quotation mark, semicolon, bracket or brace."""
_DOUBTFUL_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


class Care(IntEnum):
    PLAIN = 0
    CAUTIOUS = 1
    FLAT = 2
    NUMBERED = 3


def is_inbox(name: str) -> bool:
    """INBOX alone is case-blind (RFC 9051, section 5.1)."""
    return name.upper() == "INBOX"


def canonical(name: str) -> str:
    return "INBOX" if is_inbox(name) else name


def path(folder: Folder, namespace: Namespace) -> tuple[str, ...]:
    """The levels of a folder's name below the namespace's prefix. INBOX is ('INBOX',), and no
    other folder is."""
    name = canonical(folder.name)
    delimiter = folder.delimiter or ""
    if not delimiter:
        return (name,)
    prefix = namespace.prefix
    if prefix and name[: len(prefix)].upper() == prefix.upper() and len(name) > len(prefix):
        first, *rest = name[len(prefix) :].split(delimiter)
        return (f"{first}_" if is_inbox(first) else first, *rest)
    first, *rest = name.split(delimiter)
    return (canonical(first), *rest)


def levels_of(text: str, namespace: Namespace) -> tuple[str, ...]:
    """Of a folder of the destination as a person writes it, with '/' or the delimiter."""
    text = text.removeprefix(namespace.prefix)
    if namespace.delimiter:
        text = text.replace(namespace.delimiter, "/")
    return tuple(filter(None, text.split("/")))


def join(levels: tuple[str, ...], namespace: Namespace, care: Care = Care.PLAIN) -> str:
    """A name that the destination can hold. Where everything stands inside INBOX anyway, what was
    inside it at the source loses that level: there is no INBOX.INBOX."""
    if levels == ("INBOX",):
        return "INBOX"
    if _drops_inbox(levels, namespace):
        levels = levels[1:]
    if care is Care.NUMBERED:
        return namespace.prefix + _numbered(levels)
    clean = [_clean(level, namespace.delimiter, care) for level in levels]
    name = (between(namespace) if care < Care.FLAT else "_").join(clean)
    return namespace.prefix + _shortened(name, LONGEST_CAUTIOUS if care else LONGEST_NAME)


def between(namespace: Namespace) -> str:
    """What parts two levels; where the destination has none, all is one level."""
    return namespace.delimiter or "_"


def is_kept(levels: tuple[str, ...], name: str, namespace: Namespace) -> bool:
    """Whether the destination's name has the very levels of the source's."""
    if len(levels) > 1 and not namespace.delimiter:
        return False
    return name in ("INBOX", namespace.prefix + namespace.delimiter.join(levels))


def _drops_inbox(levels: tuple[str, ...], namespace: Namespace) -> bool:
    inside = namespace.prefix.upper() == "INBOX" + namespace.delimiter
    return inside and is_inbox(levels[0])


def _numbered(levels: tuple[str, ...]) -> str:
    raw = "\0".join(levels).encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(raw, digest_size=4).digest())
    return f"Folder-{10_000 + number % 90_000}"


def _clean(level: str, delimiter: str, care: Care) -> str:
    text = "".join("_" if _is_bad(c, delimiter, care) else c for c in level)
    if care:
        text = text.strip()
    if text.startswith("~"):
        text = "_" + text[1:]
    if not text.strip("."):
        text = "_" * max(1, len(text))
    return text


def _is_bad(character: str, delimiter: str, care: Care) -> bool:
    if character in delimiter or ord(character) < 32 or ord(character) == 127:
        return True
    if not care:
        return False
    if character.isascii():
        return not (character.isalnum() or character in _SAFE)
    return unicodedata.category(character) in _DOUBTFUL_CATEGORIES


def _shortened(name: str, most: int) -> str:
    kept = _fitting(name, most)
    if kept == name:
        return name
    raw = name.encode("utf-8", "surrogatepass")
    mark = hashlib.blake2b(raw, digest_size=(_MARK - 1) // 2).hexdigest()
    return f"{_fitting(name, most - _MARK).rstrip()}-{mark}"


def _fitting(text: str, room: int) -> str:
    """As much of its beginning as takes no more than `room` bytes in modified UTF-7 (RFC 3501,
    section 5.1.3), where what is not ASCII is written in runs of UTF-16 in base64."""
    length = units = 0
    for at, character in enumerate(text):
        if " " <= character <= "~":
            length += _run(units) + (2 if character == "&" else 1)
            units = 0
        else:
            units += 2 if character > "\uffff" else 1
        if length + _run(units) > room:
            return text[:at]
    return text


def _run(units: int) -> int:
    return 2 + -(-units * 16 // 6) if units else 0
