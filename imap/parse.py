"""Reading what servers answer: tokens, response codes, words for people.

A response is a tuple of parts: text, literal, text, literal, … text, where each text but the last
ends in the announcement of the literal after it, `{n}` or `~{n}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Parts = tuple[bytes, ...]
Token = bytes | None | list["Token"]

LITERAL = re.compile(rb"~?\{(\d{1,12})\+?\}\Z")
_TOKEN = re.compile(rb'\s*(?:([()])|"((?:[^"\\]|\\.)*)"|((?:[^\s()"\[]+|\[[^\]]*\])+)|(\S))', re.S)
_ESCAPED = re.compile(rb"\\(.)", re.S)
_CODE = re.compile(rb"\[([^\s\]]+) ?((?:\"[^\"]*\"|[^\]\"])*)\] ?", re.S)
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
    for match in _TOKEN.finditer(text):
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


def response_code(text: bytes) -> ResponseCode:
    """Of the text behind OK, NO, BAD or BYE."""
    match = _CODE.match(text)
    return ResponseCode(match[1].upper(), match[2].strip()) if match else ResponseCode()


def words(text: bytes, secret: str = "") -> str:
    """A server's text for a person: one line, no control characters, of bounded length, and
    without `secret`, which some servers repeat."""
    try:
        spoken = text[: _WORDS * 4].decode()
    except UnicodeDecodeError:
        spoken = text[: _WORDS * 4].decode("latin-1")
    if secret:
        spoken = spoken.replace(secret, "•••")
    spoken = "".join(c if c.isprintable() else " " for c in spoken)
    return " ".join(spoken.split())[:_WORDS]
