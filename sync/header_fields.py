"""What identifies a message, read from the bytes of its header by ourselves.

Two servers that hold the same bytes answer differently when they are asked for header fields by
name: `Subject :`, folded lines, a NUL in a field's name. So the whole header is asked for, and the
fields are found here, the same way for both. What servers are known to alter when they store a
message makes no difference: line ends, and bytes that ASCII does not have (8-bit, NUL), each of
which counts as one character whatever it became.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from sync.model import Identity

LONGEST = 32 * 1024
"""Of a header so many bytes are looked at."""
HEADER_DIGEST = 8
"""Bytes."""
_LINES = re.compile(rb"\r*\n|\r")
_FIELDS = {b"message-id": 0, b"date": 1, b"from": 2, b"subject": 3}
_SAME = bytes([0x58 if byte == 0 or byte >= 0x80 else byte for byte in range(256)])
"""A Cyrus puts X for each 8-bit byte of a header, a Dovecot 0x80 for NUL."""


def identity(header: bytes) -> Identity:
    """The fields unfolded, their blanks run together; the first of each name counts. `header` may
    go on with the body."""
    values = ["", "", "", ""]
    name, lines = b"", list[bytes]()
    for line in [*_lines(header), b""]:
        if line[:1] in (b" ", b"\t"):
            lines.append(line)
            continue
        place = _FIELDS.get(name)
        if place is not None and not values[place]:
            values[place] = b" ".join(b" ".join(lines).split()).decode("ascii")
        field, colon, value = line.partition(b":")
        name, lines = (field.strip().lower(), [value]) if colon else (b"", [])
    message_id, date, sender, subject = values
    raw = header[:LONGEST]
    shown = "" if raw.isascii() and b"\0" not in raw else _shown(raw)
    return Identity(message_id, date, sender, subject, _digest(header), shown)


def cut_short(header: bytes) -> bool:
    """Whether it ends in the middle of a line, before LONGEST: a Cyrus hands out a header up to the
    first NUL."""
    return 0 < len(header) < LONGEST and not header.endswith((b"\n", b"\r"))


def _digest(header: bytes) -> bytes:
    """Blind to line ends only."""
    lines = _header_lines(header)
    return blake2b(b"\n".join(lines), digest_size=HEADER_DIGEST).digest()


def _shown(header: bytes) -> str:
    """The first subject, its raw bytes read as UTF-8, else as Windows-1252, as most mail without a
    charset was written."""
    lines = _LINES.split(header)
    found: list[bytes] = []
    for line in lines[: lines.index(b"")] if b"" in lines else lines:
        if found and line[:1] not in (b" ", b"\t"):
            break
        name, colon, value = line.partition(b":")
        if found:
            found.append(line)
        elif colon and name.strip().lower() == b"subject":
            found.append(value)
    text = b" ".join(b" ".join(found).replace(b"\0", b"").split())
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("windows-1252", "replace")


def _lines(header: bytes) -> list[bytes]:
    """Those of the header, whatever ends them; an empty one ends it."""
    return _header_lines(header[:LONGEST].translate(_SAME))


def _header_lines(header: bytes) -> list[bytes]:
    # What is split is the header, not the body that may follow it.
    end = header.find(b"\n\r\n", 0, LONGEST)
    lines = _LINES.split(header[: end + 3 if end >= 0 else LONGEST])
    return lines[: lines.index(b"")] if b"" in lines else lines
