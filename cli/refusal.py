"""Why a command does nothing: words on stderr, exit status 2."""

from __future__ import annotations

import os
import pwd
import socket
import sys
from typing import Any

import click
from flask.cli import AppGroup

from store import history, trouble
from store.engine import StoreError
from store.history import Origin

COMMAND_LINE = "command line"
"""Who did it, as the history says it."""


class Refusal(click.ClickException):
    """A mistake in what was asked. The words say what to do."""

    exit_code = 2


class Unusable(Refusal):
    """What the command needs cannot be used now: the database, a file, the terminal."""

    exit_code = 1


class Commands(AppGroup):
    """Whatever is away, or is not text, costs one sentence and a status, and never a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        for argument in sys.argv[1:]:
            if not is_text(argument):
                raise Refusal("An argument is not UTF-8.")
        history.comes_from(Origin(f"{_account()} at {socket.gethostname()}", COMMAND_LINE))
        try:
            return super().invoke(ctx)
        except StoreError as error:
            if not trouble.is_away(error):
                raise
            raise Unusable(trouble.words(error)) from error
        except UnicodeDecodeError as error:
            raise Refusal("What was read is not UTF-8.") from error
        except UnicodeEncodeError as error:
            raise Unusable("The terminal cannot show this: set PYTHONIOENCODING=utf-8.") from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            named = f"{error.filename}: " if isinstance(error.filename, str) else ""
            raise Unusable(f"{named}{error.strerror or error}.") from error
        finally:
            history.comes_from(None)


def _account() -> str:
    """The system's account that gave the command."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


def is_text(text: str) -> bool:
    """Bytes that are not UTF-8 come from the system as half characters."""
    return not any("\ud800" <= one <= "\udfff" for one in text)
