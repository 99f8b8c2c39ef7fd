"""The command line: `flask --app app organization|user|destination|migration|audit ...`."""

from __future__ import annotations

import click
from flask import Flask

from cli.audit import audit
from cli.destinations import destination
from cli.migrations import migration
from cli.people import organization, user


def refuse(error: Exception) -> None:
    """One sentence and a status, where a command line made the application; else nothing."""
    if click.get_current_context(silent=True) is not None:
        words = f"{error.filename}: {error.strerror}." if isinstance(error, OSError) else error
        click.echo(f"Error: {words}", err=True)
        raise SystemExit(2)


def register(app: Flask) -> None:
    """Give the application's command line its groups."""
    for group in (organization, user, destination, migration, audit):
        app.cli.add_command(group)
