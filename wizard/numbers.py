"""Numbers and characters that come from outside: what the database cannot hold is nowhere."""

from __future__ import annotations

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter

HIGHEST = 2**31 - 1
"""Of a row's number: PostgreSQL's integer."""
_SEALED = ("password", "source_password", "mailbox_password", "old", "new", "again")


class RowNumber(IntegerConverter):
    """Digits 0 to 9, up to the highest that there may be: all else is a 404."""

    regex = "[0-9]{1,10}"

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **{"max": HIGHEST, **named})  # type: ignore[arg-type]


def row_number(text: str) -> int | None:
    """The number of a row as a form or a query has it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return int(text) if int(text) <= HIGHEST else None


def refuse_nul() -> None:
    """No text column holds it. What is typed as a password is sealed, and has words of its own."""
    asked = [
        request.path,
        *request.args,
        *(one for some in request.args.listvalues() for one in some),
    ]
    if request.method == "POST":
        for name, values in request.form.lists():
            asked.append(name)
            if name not in _SEALED and not name.startswith(("source:", "mailbox:")):
                asked += values
    if any("\0" in text for text in asked):
        abort(400)


def init_app(app: Flask) -> None:
    app.before_request(refuse_nul)
