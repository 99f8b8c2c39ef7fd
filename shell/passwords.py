"""Where a password comes from: its file, the command line, the environment, or a person."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from parameters.reading import Given, Usage
from shell.order import NUMBERS, Place

VARIABLES = ("MAILHAUL_PASSWORD{}", "IMAPSYNC_PASSWORD{}")


class FileUnreadable(Exception):
    """A password file cannot be read; the text says why."""


def password(given: Given, place: Place, environment: Mapping[str, str] = os.environ) -> str:
    """Raises Usage when there is none and nobody to ask, FileUnreadable for a bad file."""
    number = NUMBERS[place.side]
    if (typed := given.last(f"password{number}")) is not None:
        return typed
    if (file := given.last(f"passfile{number}")) is not None:
        return first_line(Path(file))
    for variable in VARIABLES:
        if (value := environment.get(variable.format(number))) is not None:
            return value
    if sys.stdin.isatty():
        with suppress(EOFError):
            return getpass.getpass(f"Password of {place.username} at {place.server.host}: ")
    raise Usage(
        f"The {place.side}'s password is missing: give --passfile{number} FILE,"
        f" or {VARIABLES[0].format(number)} in the environment."
    )


def first_line(file: Path) -> str:
    """Blanks are part of a password; the end of the line is not."""
    try:
        with file.open("rb") as stream:
            line = stream.readline(65536)
        return line.decode("utf-8-sig").rstrip("\r\n")
    except OSError as error:
        raise FileUnreadable(
            f"The password file {file} cannot be read: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"The password file {file} is not UTF-8.") from error
