"""Reading what servers answer: tokens, response codes, words for people.

A response is a tuple of parts: text, literal, text, literal, … text, where each text but the last
ends in the announcement of the literal after it, `{n}` or `~{n}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from imap.hiding import without_secrets

Parts = tuple[bytes, ...]
Token = bytes | None | list["Token"]

HIGHEST_UID = 2**32 - 1
LITERAL = re.compile(rb"~?\{(\d{1,12})\+?\}\Z")
_QUOTED = rb'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_ATOM = rb'((?:[^\s()"\[]++|\[[^\]]*+\])++)'
_NEVER = rb"((?!))"
_TOKENS = {
    (quotes, brackets): re.compile(
        rb"\s*+(?:([()])|%b|%b|(\S))"
        % (_QUOTED if quotes else _NEVER, _ATOM if brackets else rb'([^\s()"\[]++)'),
        re.S,
    )
    for quotes in (True, False)
    for brackets in (True, False)
}
"""By what still has an end in the text: one that has none is looked for once only."""
_ESCAPED = re.compile(rb"\\(.)", re.S)
_CODE = re.compile(rb"\s*+\[([^\s\]]++)\s*+((?:\"[^\"]*+\"|[^\]\"])*+)\] ?", re.S)
_DEEPEST = 50
_WORDS = 500


@dataclass(frozen=True, slots=True)
class ResponseCode:
    """RFC 9051, section 7.1. `name` is upper case, b'' for none; an unknown one is only text."""

    name: bytes = b""
    arguments: bytes = b""


def tokens(parts: Parts) -> list[Token]:
    """Lists as lists, NIL as None, all else as bytes. What makes no sense is kept as it is."""
    top: list[Token] = []
    stack = [top]
    for index, part in enumerate(parts):
        if index % 2:
            stack[-1].append(part)
        else:
            text = LITERAL.sub(b"", part) if index + 1 < len(parts) else part
            _read_text(text, stack)
    return top


def _read_text(text: bytes, stack: list[list[Token]]) -> None:
    quotes = brackets = True
    at = 0
    while (match := _TOKENS[quotes, brackets].match(text, at)) is not None:
        at = match.end()
        bracket, quoted, atom, odd = match.groups()
        if bracket == b"(" and len(stack) < _DEEPEST:
            inner: list[Token] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif bracket == b")":
            if len(stack) > 1:
                stack.pop()
        elif quoted is not None:
            stack[-1].append(_ESCAPED.sub(rb"\1", quoted))
        elif atom is not None:
            stack[-1].append(None if atom.upper() == b"NIL" else atom)
        else:
            stack[-1].append(odd or b"(")
            quotes, brackets = quotes and odd != b'"', brackets and odd != b"["


def attributes(parts: Parts) -> dict[bytes, Token]:
    """The items of one FETCH or STATUS response by name in upper case; {} if there are none."""
    for token in tokens(parts):
        if isinstance(token, list):
            pairs = zip(token[::2], token[1::2], strict=False)
            return {name.upper(): value for name, value in pairs if isinstance(name, bytes)}
    return {}


def number(token: Token) -> int:
    """0 for what is no number."""
    return int(token) if isinstance(token, bytes) and token.isdigit() and len(token) < 20 else 0


def uid(token: Token) -> int:
    """0 for what is none: a uid has 32 bits (RFC 9051, section 2.3.1.1)."""
    said = number(token)
    return said if said <= HIGHEST_UID else 0


def response_code(text: bytes) -> ResponseCode:
    """Of the text behind OK, NO, BAD or BYE."""
    match = _CODE.match(text)
    return ResponseCode(match[1].upper(), match[2].strip()) if match else ResponseCode()


def words(text: bytes, secret: str = "") -> str:
    """A server's text for a person: one line, no control characters, of bounded length, and
    without `secret`, nor any other password that was sent: some servers repeat them."""
    said = text[: _WORDS * 4]
    try:
        spoken = said.decode()
    except UnicodeDecodeError as error:
        # What is cut amid a character is UTF-8 nevertheless.
        cut = len(text) > len(said) and error.start > len(said) - 4
        spoken = said[: error.start].decode() if cut else said.decode("latin-1")
    spoken = without_secrets(spoken, secret)
    spoken = "".join(c if c.isprintable() else " " for c in spoken)
    return " ".join(spoken.split())[:_WORDS]
