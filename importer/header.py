"""The header row: which names a column may bear, in English and in German."""

from __future__ import annotations

from importer.rows import COLUMNS, Column

_NAMES: dict[Column, tuple[str, ...]] = {
    Column.SOURCE_HOST: (
        "imap server", "imap host", "server", "host", "hostname", "source server", "source host",
        "old server", "mailserver", "imap-server", "imapserver", "quellserver", "alter server",
        "servername", "posteingangsserver",
    ),
    Column.SOURCE_USERNAME: (
        "imap username", "imap user", "imap login", "username", "user", "login", "source username",
        "source user", "imap benutzername", "imap-benutzername", "imap benutzer", "benutzername",
        "benutzer", "imap nutzername", "imap account", "imap konto", "imap user name", "user name",
    ),
    Column.SOURCE_PASSWORD: (
        "imap password", "imap-passwort", "imap passwort", "imap kennwort", "source password",
        "old password", "altes passwort", "altes kennwort", "imap pass", "quellpasswort",
    ),
    Column.MAILBOX: (
        "mailbox", "postfach", "e-mail", "email", "e-mail address", "e-mail-adresse", "mail",
        "mailbox name", "postfachname", "destination", "destination mailbox", "zielpostfach",
        "mail address", "mailadresse",
    ),
    Column.MAILBOX_PASSWORD: (
        "password", "passwort", "kennwort", "mailbox password", "new password", "neues passwort",
        "neues kennwort", "postfach-passwort", "postfach passwort", "destination password",
        "postfach kennwort", "zielpasswort",
    ),
}  # fmt: skip


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


_KNOWN = {_plain(name): column for column, names in _NAMES.items() for name in names}


def header_order(cells: tuple[str, ...]) -> tuple[Column, ...] | None:
    """The order of the columns when these cells are a header, else None.

    It is one when its first cell is a column's name and two more are: no server, login or address
    of a data row looks like that. konsoleH's own order holds unless all five are named."""
    named = [_KNOWN.get(_plain(cell)) for cell in cells[: len(COLUMNS)]]
    known = [column for column in named if column is not None]
    if not named or named[0] is None or len(set(known)) < 3:
        return None
    return tuple(known) if set(known) == set(COLUMNS) else COLUMNS
