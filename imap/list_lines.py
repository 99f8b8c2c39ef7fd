"""The lines in which servers name folders: LIST, LSUB and STATUS.

A name is bytes. Many servers do not quote what would have to be quoted: a blank, a bracket, raw
UTF-8, a quotation mark, the word nil. Where it is plain what is meant, the rest of the line is the
name; anything else is not understood, and has to be said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from imap.parse import LITERAL, Parts

_LISTED = re.compile(
    rb"(X?LIST|LSUB)[ \t]++\(([^()\"]*+)\)?[ \t]*+"
    rb"(?:(NIL)|\"(?:\\?([^\"]))?\"|([^\s\"()]))[ \t](.*)\Z",
    re.I | re.S,
)
_STATUS = re.compile(rb"STATUS[ \t](.*)(\([^()]*+\))\s*\Z", re.I | re.S)
_QUOTED = re.compile(rb'[ \t]*+"((?:[^"\\]|\\.)*+)"[ \t]*+(?:\(.*)?\Z', re.S)
_SLOPPY = re.compile(rb'[ \t]*+"(.+)"[ \t]*+\Z', re.S)
"""Of a server that lets quotation marks in a quoted name stand as they are."""
_EXTENDED = re.compile(rb' \("?(?:CHILDINFO|OLDNAME)"? .*\)\Z', re.I | re.S)
_ESCAPED = re.compile(rb'\\(["\\])')


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line of LIST or LSUB. `marks` are its attributes in lower case."""

    lsub: bool
    marks: frozenset[str]
    delimiter: str | None
    name: bytes
    loose: bool = False
    """The name stands in no quotes behind more than one blank."""


class NamedLines:
    """What one answer says of folders, in its order; `take` is the answer's."""

    def __init__(self) -> None:
        self.statuses: list[tuple[bytes, bytes]] = []
        """By the folder's name the items, in their brackets."""
        self.others: list[Parts] = []
        self._listed: list[NamedLine] = []

    @property
    def listed(self) -> list[NamedLine]:
        """A server that always leaves two blanks begins no name with one."""
        if all(line.loose for line in self._listed):
            return [replace(line, name=line.name.lstrip(b" \t")) for line in self._listed]
        return self._listed

    def take(self, parts: Parts) -> bool:
        line = named_line(parts)
        status = status_line(parts)
        if line is not None:
            # Some servers list the root, which nobody can open.
            self._listed += [line] if line.name else []
        elif status is not None:
            self.statuses.append(status)
        else:
            self.others.append(parts)
        return line is not None or status is not None


def named_line(parts: Parts) -> NamedLine | None:
    """None for what is none, or is not understood. A name may be empty."""
    match = _LISTED.match(_first(parts))
    if match is None:
        return None
    kind, marks, nil, quoted, bare, rest = match.groups()
    delimiter = None if nil else quoted or bare
    name = _name(rest, parts)
    return NamedLine(
        lsub=kind.upper() == b"LSUB",
        marks=frozenset(marks.decode("latin-1").lower().split()),
        delimiter=delimiter.decode("latin-1") if delimiter else None,
        name=name,
        loose=name.startswith((b" ", b"\t")) and rest.startswith(name),
    )


def status_line(parts: Parts) -> tuple[bytes, bytes] | None:
    """The name and, in their brackets, the items of a line of STATUS. None for what is none, or is
    not understood."""
    match = _STATUS.match(_first(parts) + (parts[-1] if len(parts) > 1 else b""))
    if match is None:
        return None
    name = _name(match[1].removesuffix(b" "), parts)
    return (name, match[2]) if name else None


def subscribed(lines: Iterable[NamedLine]) -> frozenset[bytes]:
    """The names that LSUB tells."""
    return frozenset(line.name for line in lines if line.lsub)


def _first(parts: Parts) -> bytes:
    """The text up to the first literal."""
    return LITERAL.sub(b"", parts[0]) if len(parts) > 1 else parts[0]


def _name(rest: bytes, parts: Parts) -> bytes:
    """What stands where the name has to stand; b'' for nothing."""
    if not rest.strip() and len(parts) > 1:
        return parts[1]
    if quoted := _QUOTED.match(rest):
        return _ESCAPED.sub(rb"\1", quoted[1])
    if sloppy := _SLOPPY.match(rest):
        return _ESCAPED.sub(rb"\1", sloppy[1])
    return _EXTENDED.sub(b"", rest)
