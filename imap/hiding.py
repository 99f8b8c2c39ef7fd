"""Passwords taken out of what servers say: some repeat what they were sent, as it was sent or not.

in what form             such as
as it is                 in any letter case, also read as Latin-1
quoted                   for IMAP, JSON, Python, HTML and URLs
Base64                   alone, or amid an AUTHENTICATE PLAIN
hexadecimal              also with blanks, colons or \\x between the bytes
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus
from weakref import WeakKeyDictionary

HIDDEN = "•••"
_SHORTEST = 4
"""A shorter one is hidden from the answer to its own login only: it stands in every second word."""
_kept: WeakKeyDictionary[object, str] = WeakKeyDictionary()


def keep_hidden(line: object, secret: str) -> None:
    """From now on, in all that is said in this process, for as long as the line is there."""
    if len(secret) >= _SHORTEST:
        _kept[line] = secret


def without_secrets(text: str, *more: str) -> str:
    for secret in (*more, *sorted(set(_kept.values()), key=len, reverse=True)):
        if secret:
            text = _pattern(secret).sub(HIDDEN, text)
    return text


@lru_cache(maxsize=64)
def _pattern(secret: str) -> re.Pattern[str]:
    forms = set(_forms(secret)) if len(secret) >= _SHORTEST else {secret}
    spelled = sorted((form for form in forms if form), key=len, reverse=True)
    case = re.I if len(secret) >= _SHORTEST else 0
    return re.compile("|".join([*map(re.escape, spelled), *_hexadecimal(secret)]), case)


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield from (secret, secret.upper(), secret.lower())
    yield raw.decode("latin-1")
    yield secret.replace("\\", "\\\\").replace('"', '\\"')
    yield secret.replace('"', '""')
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield repr(raw)[2:-1]
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield quote(raw, safe="")
    yield quote(raw)
    yield quote_plus(raw)
    yield from _base64(raw)


def _base64(raw: bytes) -> Iterator[str]:
    """Wherever it stands in what is encoded: the letters that no neighbor has a part in."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        begin, end = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        inner = encoded[begin:end]
        if len(inner) >= _SHORTEST:
            yield inner
            yield inner.translate(str.maketrans("+/", "-_"))


def _hexadecimal(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    if len(raw) >= _SHORTEST:
        yield r"(?:\\x|0x|[ :%=])?".join(f"{byte:02x}" for byte in raw)
