"""Accounts whose login a server has refused time and again: checked before a slot uses them.

The check makes no login for them either (store.brake); it blocks them until a person mends them.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.brake import doors, users_held
from store.states import AccountState, move
from store.tables import Account, Migration


def check_again(session: Session, migration: Migration) -> list[str]:
    """The mailboxes that are to be checked now, and are not ready before that is done."""
    waiting = set(users_held(session, migration.organization_id))
    if not waiting:
        return []
    query = select(Account).where(
        Account.migration_id == migration.id, Account.state == AccountState.READY
    )
    found = [one for one in session.scalars(query) if waiting.intersection(doors(one, migration))]
    for account in found:
        account.state = move(AccountState.READY, AccountState.NEW)
    return [account.mailbox for account in found]
