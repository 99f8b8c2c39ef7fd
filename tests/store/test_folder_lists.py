"""The folders that a check has found are kept until the row is changed."""

from __future__ import annotations

from store import accounts, folder_lists
from store.engine import Store
from store.folder_lists import Seen
from sync.model import Folder, FolderList, FolderStatus, Namespace, SpecialUse
from tests.store.world import add_migration

SOURCE = FolderList(
    Namespace("INBOX.", "."),
    (
        Folder("INBOX", "."),
        Folder("INBOX.Entwürfe \ud83d", ".", special_use=SpecialUse.DRAFTS, subscribed=True),
        Folder("INBOX.Level", ".", selectable=False),
    ),
    {"INBOX": FolderStatus(0, 0, 7, size=8_000_000_000)},
)
DESTINATION = FolderList(Namespace(), (Folder("INBOX"),), {"INBOX": FolderStatus(0, 0, 1)})


def _draft(store: Store, accounts: int) -> tuple[int, list[int]]:
    with store.write() as session:
        migration = add_migration(session, accounts=accounts)
        return migration.id, [account.id for account in migration.accounts]


def _kept(store: Store, migration_id: int) -> list[Seen]:
    with store.read() as session:
        return list(folder_lists.seen(session, migration_id, limit=10))


def test_lists_come_back_as_they_were_kept(store: Store) -> None:
    """Odd names, uses, marks, and the numbers of messages and bytes; again in place of the old."""
    migration_id, ids = _draft(store, 3)
    with store.write() as session:
        folder_lists.keep(session, ids[0], SOURCE, SOURCE)
        folder_lists.keep(session, ids[0], SOURCE, DESTINATION)
        folder_lists.keep(session, ids[1], SOURCE, None)
        folder_lists.keep(session, ids[2], None, DESTINATION)
    first, second = _kept(store, migration_id)
    assert (first.source, first.destination) == (SOURCE, DESTINATION)
    assert (second.source, second.destination) == (SOURCE, None)
    with store.read() as session:
        assert [one for one, _ in folder_lists.mailboxes(session, migration_id)] == ids[:2]
        assert folder_lists.waiting(session, migration_id) == 1


def test_lists_go_with_their_check_and_their_row(store: Store) -> None:
    """A row that is checked again says nothing of what the old check saw."""
    migration_id, ids = _draft(store, 2)
    with store.write() as session:
        for one in ids:
            folder_lists.keep(session, one, SOURCE, None)
        accounts.reset_check(session, migration_id, ids[:1])
    assert [one.account_id for one in _kept(store, migration_id)] == ids[1:]
    with store.write() as session:
        accounts.remove_all(session, migration_id)
    assert _kept(store, migration_id) == []
