"""The rows of a migration: add, edit, remove, and have them checked again.

Whatever changes a row also changes what the check of its neighbours would find, where they share
its mailbox or its login; those are checked again with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from store import aim, brake
from store.aim import Aim, PasswordNeeded, Passwords
from store.brake import Door
from store.folder_lists import FolderLists
from store.seal import Sealer
from store.states import AccountState, move
from store.tables import Account, AccountRun, FindingRow, LedgerBatch, LedgerFolder, Migration

_IN_ONE_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A row to be. An empty source password means: the same as the mailbox's.

    `fault` says why the file's line could not be read: code, words, hint, field."""

    source_username: str
    mailbox: str
    source_password: str = field(default="", repr=False)
    mailbox_password: str = field(default="", repr=False)
    source_host: str = ""
    source_port: int = 0
    source_security: str = ""
    line: int | None = None
    guessed: str = ""
    """The encoding that the file was read in, where it does not say so."""
    fault: Mapping[str, Any] | None = None


def add(
    session: Session,
    sealer: Sealer,
    migration_id: int,
    new: Sequence[NewAccount],
    *,
    typed: bool = True,
) -> list[int]:
    """Put rows at the end, to be checked. Returns their ids. Ring Bell.tick after the commit.

    `typed`: a person has just given these logins, so that the first tries are no repeated guess."""
    if not new:
        return []
    _reset_neighbours(session, migration_id, new)
    migration = session.get_one(Migration, migration_id)
    if typed:
        given = {door for one in new for door in brake.doors(one, migration)}
        brake.changed(session, migration.organization_id, given)
    last = session.scalar(
        select(func.max(Account.position)).where(Account.migration_id == migration_id)
    )
    first = (last or 0) + 1
    rows = [_row(migration_id, first + place, one) for place, one in enumerate(new)]
    session.execute(insert(Account), rows)
    placed = select(Account.id).where(
        Account.migration_id == migration_id, Account.position >= first
    )
    ids = list(session.scalars(placed.order_by(Account.position)))
    _seal(session, sealer, migration, list(zip(ids, new, strict=True)))
    faults = [
        _fault(account_id, one.fault) for account_id, one in zip(ids, new, strict=True) if one.fault
    ]
    if faults:
        session.execute(insert(FindingRow), faults)
    return ids


def replace(
    session: Session, sealer: Sealer, migration_id: int, new: Sequence[NewAccount]
) -> list[int]:
    """The migration's rows are these from now on."""
    remove_all(session, migration_id)
    return add(session, sealer, migration_id, new)


def edit(
    session: Session, sealer: Sealer, account: Account, change: NewAccount, *, reaim: bool = False
) -> None:
    """Take what a person typed; an empty password keeps the stored one. Checked again.

    A row that has run keeps its login name, server and mailbox: its ledger speaks of these.
    Raises PasswordNeeded, with nothing done, where the stored password would be used for another
    mailbox, login or server, and was not typed; `reaim`: somebody who may decide that has been
    asked."""
    ran = has_run(session, account.id)
    if not reaim and _moves_password(account, change, ran=ran):
        raise PasswordNeeded
    kept = aim.opened_if_whole(sealer, account)
    before = set() if kept is None else _logins(account, kept)
    _reset_sharing(session, account)
    if not ran:
        account.source_host = change.source_host
        account.source_port = change.source_port
        account.source_security = change.source_security
        account.source_username = change.source_username
        account.mailbox = change.mailbox
    passwords = Passwords(
        change.source_password or (kept.source if kept else ""),
        change.mailbox_password or (kept.mailbox if kept else ""),
    )
    if passwords or kept is not None:
        aim.put(sealer, account, passwords)
    other = {door for door, _ in _logins(account, passwords) - before}
    brake.changed(session, account.migration.organization_id, other)
    if change.mailbox_password:
        account.guessed_encoding = ""
    account.reading_fault = None
    session.flush()
    reset_check(session, account.migration_id, [account.id])
    _reset_sharing(session, account)


def _logins(account: Account, passwords: Passwords) -> set[tuple[Door, str]]:
    """Whom it logs in, where, and with which password."""
    used = (passwords.source or passwords.mailbox, passwords.mailbox)
    return set(zip(brake.doors(account, account.migration), used, strict=False))


def _moves_password(account: Account, change: NewAccount, *, ran: bool) -> bool:
    """Whether a stored password that was not typed would go elsewhere.

    A row without a source password uses the mailbox's. Whoever sets the mailbox's password can
    read what is brought there."""
    if not aim.is_stored(account):
        return False
    of_its_own = account.source_password_sealed is not None
    if change.source_password or (change.mailbox_password and not of_its_own):
        return False
    now = Aim.of(account.id, account, account.migration)
    wanted = now if ran else Aim.of(account.id, change, account.migration)
    return now != wanted or bool(change.mailbox_password)


def remove(session: Session, account: Account) -> None:
    """Take the row out. Raises ValueError for one that has run: its report is kept."""
    if has_run(session, account.id):
        raise ValueError("an account that has run is kept with its report")
    _reset_sharing(session, account)
    _delete(session, [account.id])


def remove_all(session: Session, migration_id: int) -> None:
    """Raises ValueError when the migration has run."""
    ids = list(session.scalars(select(Account.id).where(Account.migration_id == migration_id)))
    ran = select(AccountRun.id).join(Account).where(Account.migration_id == migration_id)
    if session.scalar(ran.limit(1)) is not None:
        raise ValueError("accounts that have run are kept with their reports")
    _delete(session, ids)


def change_usernames(
    session: Session,
    migration_id: int,
    change: Callable[[str], str],
    *,
    sealer: Sealer | None = None,
    reaim: bool = False,
) -> list[tuple[str, str]]:
    """F8, F9: rename the source logins of all rows. Returns the old and new name of each that
    changed; checked again.

    Raises PasswordNeeded, with nothing done, where some of them have a stored password, but for
    somebody who may decide that and has been asked."""
    query = select(Account).where(
        Account.migration_id == migration_id, Account.reading_fault.is_(None)
    )
    renamed = [(one, change(one.source_username)[:320]) for one in session.scalars(query)]
    renamed = [(one, name) for one, name in renamed if name != one.source_username]
    stored = [one for one, _ in renamed if aim.is_stored(one)]
    if stored and (sealer is None or not reaim):
        raise PasswordNeeded(len(stored))
    pairs = [(account.source_username, name) for account, name in renamed]
    for account, name in renamed:
        kept = None if sealer is None else aim.opened_if_whole(sealer, account)
        account.source_username = name
        if sealer is not None and kept:
            aim.put(sealer, account, kept)
    session.flush()
    if renamed:
        reset_check(session, migration_id)
    return pairs


def reset_check(session: Session, migration_id: int, ids: Collection[int] | None = None) -> int:
    """Check these rows again, or all; a check under way no longer counts. Returns how many.

    A line that could not be read stays blocked until it is edited.
    """
    if ids is None:
        ids = session.scalars(select(Account.id).where(Account.migration_id == migration_id)).all()
    for state in (AccountState.CHECKING, AccountState.READY, AccountState.BLOCKED):
        move(state, AccountState.NEW)
    wanted = sorted(set(ids))
    return sum(
        _reset(session, migration_id, wanted[start : start + _IN_ONE_STATEMENT])
        for start in range(0, len(wanted), _IN_ONE_STATEMENT)
    )


def has_run(session: Session, account_id: int) -> bool:
    query = select(AccountRun.id).where(AccountRun.account_id == account_id).limit(1)
    return session.scalar(query) is not None


def find(session: Session, migration_id: int, account_id: int) -> Account | None:
    query = select(Account).where(Account.id == account_id, Account.migration_id == migration_id)
    return session.scalars(query).one_or_none()


def some(session: Session, migration_id: int, *, limit: int) -> tuple[Sequence[Account], int]:
    """The first of them in their order, and how many there are."""
    query = select(Account).where(Account.migration_id == migration_id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(Account.position, Account.id)
    return session.scalars(ordered.limit(limit)).all(), total


def _reset(session: Session, migration_id: int, ids: Sequence[int]) -> int:
    readable = select(Account.id).where(
        Account.id.in_(ids), Account.migration_id == migration_id, Account.reading_fault.is_(None)
    )
    found = list(session.scalars(readable))
    session.execute(delete(FindingRow).where(FindingRow.account_id.in_(found)))
    session.execute(delete(FolderLists).where(FolderLists.account_id.in_(found)))
    session.execute(
        update(Account)
        .where(Account.id.in_(found))
        .values(
            state=AccountState.NEW,
            check_token=Account.check_token + 1,
            check_lease=None,
            check_attempts=0,
            check_waits_since=None,
            check_not_before=None,
            checked_at=None,
            source_folders=None,
            source_messages=None,
            source_size=None,
            mailbox_exists=None,
        ),
    )
    return len(found)


def _reset_sharing(session: Session, account: Account) -> None:
    """The other rows with this mailbox or this login."""
    shared = or_(
        func.lower(Account.mailbox) == account.mailbox.lower(),
        func.lower(Account.source_username) == account.source_username.lower(),
    )
    query = select(Account.id).where(
        Account.migration_id == account.migration_id, Account.id != account.id, shared
    )
    reset_check(session, account.migration_id, list(session.scalars(query)))


def _reset_neighbours(session: Session, migration_id: int, new: Iterable[NewAccount]) -> None:
    names = {name.lower() for one in new for name in (one.mailbox, one.source_username) if name}
    query = select(Account.id, Account.mailbox, Account.source_username).where(
        Account.migration_id == migration_id
    )
    reset_check(
        session,
        migration_id,
        [
            row.id
            for row in session.execute(query)
            if row.mailbox.lower() in names or row.source_username.lower() in names
        ],
    )


def _row(migration_id: int, position: int, new: NewAccount) -> dict[str, Any]:
    return {
        "migration_id": migration_id,
        "position": position,
        "line": new.line,
        "source_host": new.source_host[:255],
        "source_port": new.source_port,
        "source_security": new.source_security,
        "source_username": new.source_username[:320],
        "mailbox": new.mailbox[:320],
        "state": AccountState.BLOCKED if new.fault else AccountState.NEW,
        "guessed_encoding": new.guessed,
        "reading_fault": dict(new.fault) if new.fault else None,
    }


def _seal(
    session: Session, sealer: Sealer, migration: Migration, rows: Iterable[tuple[int, NewAccount]]
) -> None:
    """Only now the rows have the numbers that their passwords are bound to."""
    values: list[dict[str, Any]] = []
    for account_id, one in rows:
        if passwords := Passwords(one.source_password, one.mailbox_password):
            place = Aim.of(account_id, _as_stored(one), migration)
            values.append({"id": account_id, **place.seal(sealer, passwords)})
    if values:
        session.execute(update(Account), values)


def _as_stored(new: NewAccount) -> NewAccount:
    short = {"source_username": 320, "mailbox": 320, "source_host": 255}
    return dataclasses.replace(new, **{name: getattr(new, name)[:n] for name, n in short.items()})


def _fault(account_id: int, fault: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: fault.get(key, "") for key in ("code", "words", "hint", "field")}
    return {"account_id": account_id, "level": "blocking", "server_words": "", **kept}


def _delete(session: Session, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), _IN_ONE_STATEMENT):
        some = ids[start : start + _IN_ONE_STATEMENT]
        folders = select(LedgerFolder.id).where(LedgerFolder.account_id.in_(some))
        session.execute(delete(FindingRow).where(FindingRow.account_id.in_(some)))
        session.execute(delete(FolderLists).where(FolderLists.account_id.in_(some)))
        session.execute(delete(LedgerBatch).where(LedgerBatch.folder_id.in_(folders)))
        session.execute(delete(LedgerFolder).where(LedgerFolder.account_id.in_(some)))
        session.execute(delete(Account).where(Account.id.in_(some)))
