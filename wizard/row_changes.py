"""What is done to rows, said in the history; and whose passwords an edit of one may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from importer.amounts import count
from store import accounts as rows
from store import aim, control
from store.accounts import NewAccount
from store.aim import PasswordNeeded
from store.history import NAMED, named
from store.tables import Account, Migration, Role, User
from wizard.forms.accounts import AccountForm, prefilled
from wizard.services import services
from wizard.session import acting, person

_NAMES = {"source_host": "server", "source_username": "username", "mailbox": "mailbox"}


@dataclass(frozen=True, slots=True)
class Watched:
    """What static/app.js looks at, to ask about a stored password as soon as it is one to ask
    about. Names of fields: `stored` with their values, `moves` where anything typed is a change,
    `proves` where anything typed is an answer."""

    stored: dict[str, str]
    moves: tuple[str, ...] = ()
    proves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A stored password would be used for another place: asked in the form itself."""

    may_decide: bool
    watched: Watched


def question(account: Account) -> Question | None:
    """None: no password is stored."""
    if not aim.is_stored(account):
        return None
    own = account.source_password_sealed is not None
    secrets = ("source_password",) if own else ("source_password", "mailbox_password")
    return Question(may_reaim(), Watched(prefilled(account), ("mailbox_password",), secrets))


def may_reaim() -> bool:
    """Whether this person may have a stored password used for another place, being asked."""
    return person().may(Role.ADMIN, Role.RESELLER)


def take(session: Session, account: Account, form: AccountForm, mailbox: str) -> bool:
    """False: nothing was changed, and the form asks for the password."""
    before, change = prefilled(account), form.account(mailbox)
    again, name, unread = False, one_of(account), bool(account.reading_fault)
    try:
        rows.edit(session, services().sealer, account, change)
    except PasswordNeeded:
        if not (form.reaim.data and may_reaim()):
            form.ask_for_password(may_decide=may_reaim())
            return False
        again = True
        rows.edit(session, services().sealer, account, change, reaim=True)
    # What stood in a line that could not be read may have been a password.
    was = dict.fromkeys(before, "") if unread else before
    told = [*_differences(was, prefilled(account)), *_typed(form)]
    if again:
        told.append("the stored password is used for it")
    note = f"{name}: {'; '.join(told) or 'as it was'}."
    control.tell(session, account.migration, acting(session), "row changed", note=note)
    return True


def _differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"{name} {before[key] or 'none'} → {after[key] or 'none'}"
        for key, name in _NAMES.items()
        if before[key] != after[key]
    ]


def _typed(form: AccountForm) -> list[str]:
    """That a password was entered; never which."""
    fields = {"IMAP password": form.source_password, "mailbox password": form.mailbox_password}
    return [f"{name} entered" for name, field in fields.items() if field.data]


def added(
    session: Session,
    migration: Migration,
    new: Sequence[NewAccount],
    *,
    user: User | None,
    how: str = "",
) -> None:
    """Those that could be read by name; what stands in a line that could not may be a password."""
    read = [one for one in new if one.fault is None]
    told = f"{count(len(new), 'account')}{how}"
    if read:
        told += f": {named(_arrow(one.source_username, one.mailbox) for one in read)}"
    if unread := len(new) - len(read):
        told += f"; {count(unread, 'line')} could not be read"
    passwords = sum(bool(one.source_password) + bool(one.mailbox_password) for one in new)
    told += f"; {count(passwords, 'password')} entered."
    control.tell(session, migration, user, "rows added", note=told)


def all_go(session: Session, migration: Migration) -> None:
    """Before they do: the line names them."""
    first, total = rows.some(session, migration.id, limit=NAMED)
    if total:
        told = f"All {count(total, 'account')}: {named(map(one_of, first), total)}."
        control.tell(session, migration, acting(session), "rows removed", note=told)


def one_of(account: Account) -> str:
    """How a line names a row."""
    if account.reading_fault:
        return f"line {account.line}" if account.line else f"row {account.position}"
    return _arrow(account.source_username, account.mailbox)


def _arrow(source: str, mailbox: str) -> str:
    return f"{source} → {mailbox}"
