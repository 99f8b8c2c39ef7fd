"""Which login names a Dovecot takes: its setting auth_username_chars, and what no setting allows.

    the operator's own words           what `doveconf -h auth_username_chars` prints, or `any`
    else, beside the users file        dovecot.conf, and conf.d below it, as far as they can be read
    else                               Dovecot's default: letters, digits and . - _ @

Dovecot refuses a login with any other character, whatever the password, and says so in its log
alone. An empty auth_username_chars allows all characters.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

SETTING = "auth_username_chars"
DEFAULT = frozenset(string.ascii_letters + string.digits + ".-_@")
ANY = "any"

_NEVER = frozenset(':/\\%"')
"""Separators of the file and of paths, and what Dovecot expands: in no name, whatever is set."""
_LINE = re.compile(rf"^[ \t]*{SETTING}[ \t]*=[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def allowed(words: str, users_file: Path) -> frozenset[str] | None:
    """The characters of auth_username_chars; None: all."""
    words = words.strip()
    if not words:
        found = _configured(users_file.parent)
        return DEFAULT if found is None else _set(found)
    return None if words.casefold() == ANY else _set(words)


def misfits(address: str, chars: frozenset[str] | None) -> tuple[list[str], list[str]]:
    """The characters of an address that no users file can hold, and those that Dovecot refuses
    as it is set up. Each once, in their order."""
    never = [c for c in dict.fromkeys(address) if _impossible(c)]
    if address.startswith("#") and "#" not in never:
        never.append("#")
    refused = [c for c in dict.fromkeys(address) if chars is not None and c not in chars]
    return never, [c for c in refused if c not in never]


def _impossible(char: str) -> bool:
    return char in _NEVER or not char.isascii() or not char.isprintable() or char.isspace()


def _set(text: str) -> frozenset[str] | None:
    return frozenset(text) if text else None


def _configured(directory: Path) -> str | None:
    """The last word of the files counts, as with Dovecot. None: they do not say."""
    found = None
    for text in _texts(directory):
        for line in _LINE.finditer(text):
            found = line[1].split(" #", 1)[0].rstrip()
    if found is None or len(found) < 2 or found[0] != found[-1] or found[0] not in "\"'":
        return found
    return found[1:-1]


def _texts(directory: Path) -> Iterator[str]:
    main = directory / "dovecot.conf"
    for path in (*sorted((directory / "conf.d").glob("*.conf")), main, directory / "local.conf"):
        try:
            yield path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            # Not there, or not for us: then the setting, or the default, says what is allowed.
            continue
