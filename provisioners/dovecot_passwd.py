"""Dovecot with a passwd-file: a mailbox is a line in it, and its maildir is made by the login."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from provisioners.base import (
    About,
    Ensured,
    Kind,
    Mailbox,
    NewMailbox,
    ProvisionError,
    Refusal,
    Setting,
)
from provisioners.login_names import SETTING, allowed, misfits
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
        Setting(
            "login_chars",
            "Characters of a login (auth_username_chars)",
            "What “doveconf -h auth_username_chars” prints, or: any. Left empty, dovecot.conf "
            "beside the users file is read; where it says nothing, Dovecot takes a–z, 0–9 "
            "and . - _ @ alone.",
            required=False,
        ),
    ),
    {"admins": "admin postmaster"},
)

LONGEST_PASSWORD = 4096
"""Bytes; Dovecot's login takes lines of 8 KB, and base64 makes four bytes of three."""

_NO_LOGIN = re.compile(r"[\r\n\t\0\x01]")
"""IMAP sends no line break and no zero byte; Dovecot 2.3 refuses a right password with one of the
others, which it divides its own fields with."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's smallest recommended cost: Dovecot computes it anew at each of many logins."""


class DovecotPasswd:
    """`config` holds the settings of KIND; an address is taken in any letter case."""

    can_create = True

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._file = PasswdFile(Path(str(config["users_file"])))
        self._chars = allowed(str(config.get("login_chars") or ""), self._file.path)
        words = str(config.get("admins", KIND.defaults["admins"])).lower()
        self._admins = frozenset(words.replace(",", " ").split())

    def mailboxes(self, domain: str) -> Sequence[Mailbox]:
        end = f"@{domain.lower()}"
        found = sorted(a for a in self._file.addresses() if a.endswith(end))
        return tuple(Mailbox(address, self._is_admin(address)) for address in found)

    def exists(self, address: str) -> bool | None:
        return address.lower() in self._file.addresses()

    def refusals(self, new: NewMailbox) -> Sequence[Refusal]:
        self._file.refuse_unwritable()
        return (*self._about_address(new.address.lower()), *_about_password(new.password))

    def ensure(self, address: str, password: str) -> Ensured:
        name = address.lower()
        created = not self.exists(name) and self._make(name, password)
        self._file.wait_until_noticed()
        return Ensured(created)

    def _make(self, name: str, password: str) -> bool:
        for refusal in (*self._about_address(name), *_about_password(password)):
            raise ProvisionError(f"{refusal.words} {refusal.hint}")
        return self._file.add(name, f"{{ARGON2ID}}{_HASHER.hash(password)}")

    def _about_address(self, name: str) -> list[Refusal]:
        never, refused = misfits(name, self._chars)
        start = f"The mailbox “{_shown(name)}” cannot be made"
        if never:
            words = f"{start}: {_listed(never)} cannot stand in the name of a Dovecot mailbox."
            return [Refusal(About.ADDRESS, words, "Choose another address.")]
        if refused:
            words = (
                f"{start}: the destination's Dovecot takes no login name with {_listed(refused)} "
                f"(its setting {SETTING})."
            )
            hint = (
                f"Choose another address, or ask the operator to add the character to {SETTING} "
                "in Dovecot, and to this destination's settings."
            )
            return [Refusal(About.ADDRESS, words, hint)]
        local, at, domain = name.partition("@")
        if local and at and domain and "@" not in domain:
            return []
        return [Refusal(About.ADDRESS, f"{start}: it is no whole address.", "Correct the mailbox.")]

    def _is_admin(self, address: str) -> bool:
        return address in self._admins or address.partition("@")[0] in self._admins


def _about_password(password: str) -> list[Refusal]:
    if not password:
        return [_password("it is empty.", "Fill in the password.")]
    if _NO_LOGIN.search(password):
        what = (
            "a line break, a tab, or one of the bytes 0 and 1 is in it, and no login gets it there."
        )
        return [_password(what, "Take it out, or choose another password.")]
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST_PASSWORD:
        what = f"it is longer than {LONGEST_PASSWORD:,} bytes."
        return [_password(what, "Choose a shorter password.")]
    return []


def _password(what: str, hint: str) -> Refusal:
    words = f"The mailbox cannot be made without a usable password: {what}"
    return Refusal(About.PASSWORD, words, hint)


def _listed(chars: Sequence[str]) -> str:
    """Each in quotes; what cannot be seen by its code."""
    return ", ".join(f"“{c}”" if c.isprintable() and c != " " else f"U+{ord(c):04X}" for c in chars)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name[:80])
