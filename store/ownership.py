"""Whether a migration's destination and mailboxes still belong to its organization.

A domain or a destination may be given to another organization at any time. What was set up before
is looked at again by each check, each start, each slot of a loop and each attempt of an account.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store import scope
from store.aim import whole_address
from store.states import AccountState, move
from store.tables import Account, FindingRow, Migration
from sync.errors import Code

_HINT = "Correct the mailbox, or ask your administrator to give the domain back."


def place_reasons(session: Session, migration: Migration) -> list[str]:
    """Why nothing of it may be brought to its destination; empty: it may."""
    if migration.destination_id is None:
        return []
    found = scope.destination(session, migration.organization_id, migration.destination_id)
    if found is not None:
        return []
    return ["The destination is not open to this organization any more: choose another in step 1."]


def reasons(session: Session, migration: Migration) -> list[str]:
    """As place_reasons, and for the mailboxes of the accounts that are ready."""
    foreign = sorted({_domain(one, migration) for one in _foreign(session, migration)})
    if not foreign:
        return place_reasons(session, migration)
    words = f"{', '.join(foreign)} does not belong to this organization any more: "
    words += "edit or remove the accounts whose mailboxes are there."
    return [*place_reasons(session, migration), words]


def lists(session: Session, migration: Migration) -> bool:
    """Whether its organization may see the mailboxes of its domain at its destination."""
    if migration.destination_id is None or place_reasons(session, migration):
        return False
    return migration.domain in scope.domains(session, migration.organization_id)


def fault(session: Session, account: Account) -> str:
    """Why this account may not be brought over; '' where it may."""
    migration = account.migration
    if found := place_reasons(session, migration):
        return found[0]
    domain = _domain(account, migration)
    if domain in scope.domains(session, migration.organization_id):
        return ""
    return f"The domain {domain} does not belong to this organization."


def given_away(session: Session, account: Account) -> str:
    """As fault, for a row that may hold anything: what is no address of ours is told otherwise."""
    domain = account.migration.domain
    if place_reasons(session, account.migration) or _domain(account, account.migration) == domain:
        return fault(session, account)
    return ""


def block_foreign(session: Session, migration: Migration) -> list[str]:
    """The mailboxes of accounts that were ready, and are blocked now: they are not ours."""
    found = _foreign(session, migration)
    for account in found:
        move(AccountState(account.state), AccountState.NEW)
        account.state = move(AccountState.NEW, AccountState.BLOCKED)
        words = fault(session, account)
        session.add(
            FindingRow(
                account_id=account.id,
                level="blocking",
                code=Code.NOT_OWNED,
                words=words,
                hint=_HINT,
                field="mailbox",
            )
        )
    return [one.mailbox for one in found]


def _foreign(session: Session, migration: Migration) -> list[Account]:
    """Of those that are ready."""
    own = frozenset(scope.domains(session, migration.organization_id))
    query = select(Account).where(
        Account.migration_id == migration.id, Account.state == AccountState.READY
    )
    return [
        one
        for one in session.scalars(query.order_by(Account.position))
        if _domain(one, migration) not in own
    ]


def _domain(account: Account, migration: Migration) -> str:
    return whole_address(account.mailbox, migration.domain).rpartition("@")[2]
