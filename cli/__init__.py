"""The command line: `flask --app app organization|user|destination|migration ...`."""

from __future__ import annotations

from flask import Flask

from cli.destinations import destination
from cli.migrations import migration
from cli.people import organization, user


def register(app: Flask) -> None:
    """Give the application's command line its groups."""
    for group in (organization, user, destination, migration):
        app.cli.add_command(group)
