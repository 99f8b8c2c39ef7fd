"""Dovecot with a passwd-file: a mailbox is a line in it, and its maildir is made by the login."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from provisioners.base import Ensured, Kind, Mailbox, ProvisionError, Setting
from provisioners.passwd_file import PasswdFile

KIND = Kind(
    "dovecot-passwd",
    "Dovecot with a passwd-file",
    (
        Setting(
            "users_file",
            "Users file",
            "The whole path of Dovecot's passwd-file, such as /etc/dovecot/users.",
        ),
        Setting(
            "admins",
            "Administrators' mailboxes",
            "Parts before the @, or whole addresses, with blanks between them.",
            required=False,
            default="admin postmaster",
        ),
    ),
    {"admins": "admin postmaster"},
)

_ADDRESS = re.compile(r"[a-z0-9._-]+@[a-z0-9._-]+")
"""What Dovecot takes in a login (auth_username_chars); no separator of the file is among it."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's smallest recommended cost: Dovecot computes it anew at each of many logins."""


class DovecotPasswd:
    """`config` holds the settings of KIND; an address is taken in any letter case."""

    can_create = True

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._file = PasswdFile(Path(str(config["users_file"])))
        words = str(config.get("admins", KIND.defaults["admins"])).lower()
        self._admins = frozenset(words.replace(",", " ").split())

    def mailboxes(self, domain: str) -> Sequence[Mailbox]:
        end = f"@{domain.lower()}"
        found = sorted(a for a in self._file.addresses() if a.endswith(end))
        return tuple(Mailbox(address, self._is_admin(address)) for address in found)

    def exists(self, address: str) -> bool | None:
        return address.lower() in self._file.addresses()

    def ensure(self, address: str, password: str) -> Ensured:
        name = address.lower()
        created = not self.exists(name) and self._make(name, password)
        self._file.wait_until_noticed()
        return Ensured(created)

    def _make(self, name: str, password: str) -> bool:
        if not _ADDRESS.fullmatch(name):
            raise ProvisionError(
                f"The mailbox “{name[:80]}” cannot be made: only letters a–z, digits and "
                ". _ - may stand in its address."
            )
        if not password or "\x00" in password:
            raise ProvisionError(f"The mailbox {name} cannot be made without a usable password.")
        return self._file.add(name, f"{{ARGON2ID}}{_HASHER.hash(password)}")

    def _is_admin(self, address: str) -> bool:
        return address in self._admins or address.partition("@")[0] in self._admins
