"""What a stored password is for, and that it opens for nothing else.

A row's passwords are sealed together with its number, both logins, both servers and each other. A
row of which any of these is another now has passwords that do not open, whichever way it was
changed: only `put` seals them for the new place, and whoever calls it has typed the password, or
is somebody who may decide this and has been asked (PasswordNeeded).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from store.engine import Store
from store.seal import SealBroken, Sealer, password_context
from store.tables import Account

_BOUND = b"2."
"""Before a seal that is bound to its row. Those of earlier versions have nothing before them."""
_AT_A_TIME = 200


class PasswordNeeded(Exception):
    """A stored password would be used for another mailbox or server: type it, or be asked.

    `accounts` is how many rows have one."""

    def __init__(self, accounts: int = 1) -> None:
        super().__init__(f"the stored passwords of {accounts} accounts are for another place")
        self.accounts = accounts


class Place(Protocol):
    """What a migration says of servers: the migration itself, or what it is to be."""

    @property
    def source_host(self) -> str: ...

    @property
    def source_port(self) -> int: ...

    @property
    def source_security(self) -> str: ...

    @property
    def destination_id(self) -> int | None: ...

    @property
    def domain(self) -> str: ...


class Row(Protocol):
    """What a row says of itself, stored or to be."""

    @property
    def source_host(self) -> str: ...

    @property
    def source_port(self) -> int: ...

    @property
    def source_security(self) -> str: ...

    @property
    def source_username(self) -> str: ...

    @property
    def mailbox(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Passwords:
    """Both, opened. An empty source password means: the same as the mailbox's."""

    source: str = field(default="", repr=False)
    mailbox: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.source or self.mailbox)


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a row's passwords go."""

    account_id: int
    host: str
    port: int
    security: str
    username: str
    destination_id: int | None
    mailbox: str

    @classmethod
    def of(cls, account_id: int, row: Row, place: Place) -> Aim:
        """A row without a server of its own has its migration's."""
        return cls(
            account_id,
            (row.source_host or place.source_host).strip().lower(),
            row.source_port or place.source_port,
            row.source_security or place.source_security,
            row.source_username.strip(),
            place.destination_id,
            whole_address(row.mailbox, place.domain),
        )

    def seal(self, sealer: Sealer, passwords: Passwords) -> dict[str, bytes | None]:
        """The two columns of the row."""
        return {
            "source_password_sealed": _sealed(
                sealer, passwords.source, self.source_context(passwords.mailbox)
            ),
            "mailbox_password_sealed": _sealed(sealer, passwords.mailbox, self.mailbox_context),
        }

    @property
    def mailbox_context(self) -> str:
        return f"mailbox:{hashlib.sha256(self._words).hexdigest()}"

    def source_context(self, mailbox_password: str) -> str:
        """Whoever chooses the mailbox's password may read what is brought into it: so that one
        cannot be exchanged either behind the back of the source's."""
        beside = hashlib.sha256(mailbox_password.encode("utf-8", "surrogatepass")).digest()
        return f"source:{hashlib.sha256(self._words + beside).hexdigest()}"

    @property
    def _words(self) -> bytes:
        return json.dumps([getattr(self, name) for name in self.__dataclass_fields__]).encode()


def is_stored(account: Account) -> bool:
    return account.source_password_sealed is not None or account.mailbox_password_sealed is not None


def opened(sealer: Sealer, account: Account) -> Passwords:
    """As they are used now. Raises SealBroken where they were sealed for another place."""
    try:
        return _opened_both(sealer, account)
    except SealBroken as error:
        raise SealBroken(
            "The stored password was given for another mailbox, login or server, or under "
            "another key: enter it again."
        ) from error


def _opened_both(sealer: Sealer, account: Account) -> Passwords:
    aim, migration_id = Aim.of(account.id, account, account.migration), account.migration_id
    mailbox = _opened(
        sealer,
        account.mailbox_password_sealed,
        aim.mailbox_context,
        early=password_context(migration_id, "mailbox"),
    )
    source = _opened(
        sealer,
        account.source_password_sealed,
        aim.source_context(mailbox),
        early=password_context(migration_id, "source"),
    )
    return Passwords(source, mailbox)


def opened_if_whole(sealer: Sealer, account: Account) -> Passwords | None:
    """None: what is stored cannot be used where the row is now, and stays so."""
    try:
        return opened(sealer, account)
    except SealBroken:
        return None


def put(sealer: Sealer, account: Account, passwords: Passwords) -> None:
    """Store them for the place that the row has now."""
    columns = Aim.of(account.id, account, account.migration).seal(sealer, passwords)
    for name, value in columns.items():
        setattr(account, name, value)


def with_passwords(session: Session, migration_id: int) -> Sequence[Account]:
    stored = or_(
        Account.source_password_sealed.is_not(None), Account.mailbox_password_sealed.is_not(None)
    )
    query = select(Account).where(Account.migration_id == migration_id, stored)
    return session.scalars(query.order_by(Account.id)).all()


def bind_early(store: Store, sealer: Sealer) -> int:
    """Seal again what a version before sealed for a whole migration. Returns how many rows."""
    number, last = 0, 0
    while True:
        with store.write() as session:
            query = select(Account).where(Account.id > last, or_(*map(_is_early_in_sql, _COLUMNS)))
            rows = session.scalars(query.order_by(Account.id).limit(_AT_A_TIME)).all()
            for account in rows:
                passwords = opened_if_whole(sealer, account)
                if passwords is not None:
                    put(sealer, account, passwords)
                    number += 1
        if not rows:
            return number
        last = rows[-1].id


_COLUMNS = (Account.source_password_sealed, Account.mailbox_password_sealed)


def _is_early_in_sql(column: object) -> ColumnElement[bool]:
    sealed: ColumnElement[bytes] = column  # type: ignore[assignment]
    return and_(sealed.is_not(None), func.substr(sealed, 1, len(_BOUND)) != _BOUND)


def _sealed(sealer: Sealer, password: str, context: str) -> bytes | None:
    return _BOUND + sealer.seal(password, context) if password else None


def _opened(sealer: Sealer, sealed: bytes | None, context: str, *, early: str) -> str:
    if sealed is None:
        return ""
    token = bytes(sealed)
    if token.startswith(_BOUND):
        return sealer.open(token.removeprefix(_BOUND), context)
    return sealer.open(token, early)


def whole_address(mailbox: str, domain: str) -> str:
    """The address as a check would write it: `info` at the migration's domain, in lower case and
    with the domain as it stands in DNS."""
    local, at, named = mailbox.strip().rpartition("@")
    local, named = (local, named) if at else (named, domain)
    return f"{local}@{_in_dns(named)}".lower()


def _in_dns(domain: str) -> str:
    """What is no domain stays as it is: the check says so."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
