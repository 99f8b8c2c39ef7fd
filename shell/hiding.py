"""Passwords on the command line are taken out of the list of processes.

Linux shows a program's arguments to everybody, from the program's own memory. So they are
overwritten there, at the very start: Python has its own copy of them. This module is imported
first and imports almost nothing, to be quick about it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

_SECRET = ("password1", "password2")
_START, _END = 47, 48
"""arg_start and arg_end in /proc/self/stat, counted from 0 (proc(5))."""


def hide_passwords() -> bool:
    """Overwrite them. False when the system does not let us, and they stay to be seen."""
    try:
        memory = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        start, end = _place()
        shown = os.pread(memory, end - start, start)
        hidden = without_passwords(shown)
        return hidden == shown or os.pwrite(memory, hidden, start) == len(hidden)
    except (OSError, ValueError, IndexError):
        return False
    finally:
        os.close(memory)


def without_passwords(arguments: bytes) -> bytes:
    """The arguments, each ended by NUL, with every letter of a password made an x."""
    parts = arguments.split(b"\0")
    return b"\0".join(_hidden(part, parts[:number]) for number, part in enumerate(parts))


def _hidden(part: bytes, before: Sequence[bytes]) -> bytes:
    if before and _is_secret(before[-1]):
        return b"x" * len(part)
    name, equals, value = part.partition(b"=")
    return name + equals + b"x" * len(value) if equals and _is_secret(name) else part


def _is_secret(argument: bytes) -> bool:
    name = argument.lstrip(b"-").lower().decode("ascii", "replace")
    return argument.startswith(b"-") and name in _SECRET


def _place() -> tuple[int, int]:
    """From where to where in our memory the arguments are."""
    with open("/proc/self/stat", "rb") as file:
        # The program's name, in brackets, may hold blanks and brackets.
        fields = file.read().rpartition(b")")[2].split()
    return int(fields[_START - 2]), int(fields[_END - 2])
