"""Why a command does nothing: words on stderr, exit status 2."""

from __future__ import annotations

import click


class Refusal(click.ClickException):
    """A mistake in what was asked. The words say what to do."""

    exit_code = 2
