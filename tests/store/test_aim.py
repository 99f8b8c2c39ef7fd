"""A stored password is used for the mailbox, login and server it was given for, and no other."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from store import accounts, aim, drafts
from store.accounts import NewAccount
from store.aim import PasswordNeeded, Passwords
from store.drafts import ServerChoice
from store.engine import Store
from store.seal import SealBroken, Sealer, password_context
from store.tables import Account, DestinationServer, Migration
from tests.store.world import add_migration

BOTH = Passwords("src", "dst")
Change = Callable[[Account], None]


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([Fernet.generate_key().decode()])


@pytest.fixture
def row_id(store: Store, sealer: Sealer) -> int:
    """A row with both passwords, its migration's server, and a mailbox."""
    with store.write() as session:
        migration = add_migration(session, accounts=0)
        new = NewAccount("victim@old.test", "victim@example.test", "src", "dst")
        (number,) = accounts.add(session, sealer, migration.id, [new])
        return number


def _set(name: str, value: object, *, of_migration: bool = False) -> Change:
    def change(account: Account) -> None:
        setattr(account.migration if of_migration else account, name, value)

    return change


def _another_destination(account: Account) -> None:
    old = account.migration.destination
    assert old is not None
    account.migration.destination = DestinationServer(
        name="another", provisioner="existing", host=old.host, port=993, security="ssl"
    )


ELSEWHERE = {
    "own server": _set("source_host", "evil.test"),
    "own port": _set("source_port", 1143),
    "own security": _set("source_security", "none"),
    "username": _set("source_username", "other@old.test"),
    "mailbox": _set("mailbox", "mine@example.test"),
    "mailbox at another domain": _set("mailbox", "victim@example.org"),
    "the migration's server": _set("source_host", "evil.test", of_migration=True),
    "the migration's port": _set("source_port", 143, of_migration=True),
    "the migration's security": _set("source_security", "none", of_migration=True),
    "destination": _another_destination,
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_a_change_that_went_around_everything_opens_nothing(
    store: Store, sealer: Sealer, row_id: int, kind: str
) -> None:
    """Whatever code set the column: the password is bound to what stood there before."""
    with store.write() as session:
        assert aim.opened(sealer, session.get_one(Account, row_id)) == BOTH
        ELSEWHERE[kind](session.get_one(Account, row_id))
    with store.read() as session, pytest.raises(SealBroken, match="enter it again"):
        aim.opened(sealer, session.get_one(Account, row_id))


def test_sealed_values_of_another_row_or_beside_another_password_open_nothing(
    store: Store, sealer: Sealer, row_id: int
) -> None:
    """Neither put into a twin of the row, nor with the twin's mailbox password put beside them."""
    with store.write() as session:
        row = session.get_one(Account, row_id)
        new = NewAccount("victim@old.test", "victim@example.test", "x", "y")
        (number,) = accounts.add(session, sealer, row.migration_id, [new])
        twin = session.get_one(Account, number)
        for name in ("source_password_sealed", "mailbox_password_sealed"):
            before = getattr(twin, name)
            setattr(twin, name, getattr(row, name))
            with pytest.raises(SealBroken):
                aim.opened(sealer, twin)
            setattr(twin, name, before)
        aim.put(sealer, twin, Passwords("", "y"))
        assert aim.opened(sealer, twin) == Passwords("", "y")


@pytest.mark.parametrize("written", ["VICTIM@Example.TEST", " victim@example.test ", "victim"])
def test_the_same_address_in_another_writing_is_the_same(
    store: Store, sealer: Sealer, row_id: int, written: str
) -> None:
    """A check writes addresses whole and in lower case; passwords survive that."""
    with store.write() as session:
        row = session.get_one(Account, row_id)
        row.mailbox = written
        assert aim.opened(sealer, row) == BOTH


EDITS = {
    "mailbox": NewAccount("victim@old.test", "mine@example.test"),
    "username": NewAccount("boss@old.test", "victim@example.test"),
    "server": NewAccount("victim@old.test", "victim@example.test", source_host="evil.test"),
    "port": NewAccount("victim@old.test", "victim@example.test", source_port=1143),
    "mailbox password": NewAccount("victim@old.test", "victim@example.test", "", "mine"),
    "mailbox and its password": NewAccount("victim@old.test", "mine@example.test", "", "mine"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_needs_the_password_or_somebody_who_may(
    store: Store, sealer: Sealer, row_id: int, kind: str
) -> None:
    """Refused, nothing is changed; with the password typed, or decided, it is done."""
    change = EDITS[kind]
    with store.write() as session:
        row = session.get_one(Account, row_id)
        with pytest.raises(PasswordNeeded):
            accounts.edit(session, sealer, row, change)
        assert (row.mailbox, row.source_username) == ("victim@example.test", "victim@old.test")
        accounts.edit(session, sealer, row, change, reaim=True)
        assert aim.opened(sealer, row) == Passwords("src", change.mailbox_password or "dst")
        typed = NewAccount("third@old.test", "third@example.test", "typed")
        accounts.edit(session, sealer, row, typed)
        assert aim.opened(sealer, row).source == "typed"


@pytest.mark.parametrize("kind", ["server", "username", "mailbox"])
def test_a_mailbox_password_that_is_the_sources_too_does_not_go_elsewhere(
    store: Store, sealer: Sealer, row_id: int, kind: str
) -> None:
    """F7: where no source password is stored, the mailbox's is sent to the source."""
    with store.write() as session:
        row = session.get_one(Account, row_id)
        aim.put(sealer, row, Passwords("", "dst"))
        with pytest.raises(PasswordNeeded):
            accounts.edit(session, sealer, row, EDITS[kind])
        accounts.edit(session, sealer, row, NewAccount("a@old.test", "b@example.test", "", "new"))
        assert aim.opened(sealer, row) == Passwords("", "new")


def test_usernames_and_servers_of_all_rows_need_somebody_who_may(
    store: Store, sealer: Sealer, row_id: int
) -> None:
    """Bulk changes count the rows with passwords; what is decided keeps them usable."""
    with store.write() as session:
        row = session.get_one(Account, row_id)
        migration = session.get_one(Migration, row.migration_id)
        with pytest.raises(PasswordNeeded) as caught:
            accounts.change_usernames(session, migration.id, str.upper, sealer=sealer)
        assert (caught.value.accounts, row.source_username) == (1, "victim@old.test")
        accounts.change_usernames(session, migration.id, str.upper, sealer=sealer, reaim=True)
        assert aim.opened(sealer, row) == BOTH
        values = {name: getattr(migration, name) for name in ServerChoice.__dataclass_fields__}
        assert drafts.change_server(session, migration, ServerChoice(**values)) == 0
        choice = ServerChoice(**values | {"source_host": "new.test"})
        with pytest.raises(PasswordNeeded):
            drafts.change_server(session, migration, choice, sealer=sealer)
        assert migration.source_host == "old.example.test"
        assert drafts.change_server(session, migration, choice, sealer=sealer, reaim=True) == 1
        assert aim.opened(sealer, row) == BOTH


def test_a_row_with_its_own_server_is_not_moved_by_the_migrations(
    store: Store, sealer: Sealer, row_id: int
) -> None:
    """Nothing has to be decided for it."""
    with store.write() as session:
        row = session.get_one(Account, row_id)
        own = NewAccount("u@old.test", "u@example.test", "s", "d", "own.test", 993, "ssl")
        accounts.edit(session, sealer, row, own)
        migration = row.migration
        values = {name: getattr(migration, name) for name in ServerChoice.__dataclass_fields__}
        drafts.change_server(session, migration, ServerChoice(**values | {"source_host": "n.test"}))
        assert aim.opened(sealer, row) == Passwords("s", "d")


def test_passwords_of_the_version_before_are_used_and_bound(
    store: Store, sealer: Sealer, row_id: int
) -> None:
    """They were sealed for a migration: as they are they open, and soon for this row alone. What
    was sealed under another key stays as it is, and holds nothing up."""
    with store.write() as session:
        row = session.get_one(Account, row_id)
        for side, password in (("source", "src"), ("mailbox", "dst")):
            early = sealer.seal(password, password_context(row.migration_id, side))
            setattr(row, f"{side}_password_sealed", early)
        new = [NewAccount(f"u{n}", f"u{n}@example.test", "s", "d") for n in range(450)]
        numbers = accounts.add(session, sealer, row.migration_id, new)
        lost = session.get_one(Account, numbers[-1])
        lost.source_password_sealed = Sealer([Fernet.generate_key().decode()]).seal("x", "y")
    with store.read() as session:
        assert aim.opened(sealer, session.get_one(Account, row_id)) == BOTH
    assert aim.bind_early(store, sealer) == 1
    assert aim.bind_early(store, sealer) == 0
    with store.write() as session:
        row = session.get_one(Account, row_id)
        assert aim.opened(sealer, row) == BOTH
        row.mailbox = "mine@example.test"
        with pytest.raises(SealBroken):
            aim.opened(sealer, row)


def test_nothing_of_it_can_be_read_in_the_database(
    store: Store, sealer: Sealer, row_id: int
) -> None:
    """Neither the passwords nor what they are bound to stand beside the seal."""
    with store.read() as session:
        row = session.get_one(Account, row_id)
        sealed = bytes(row.source_password_sealed or b"")
        assert re.fullmatch(rb"2\.[A-Za-z0-9_=-]+", sealed)
        assert "src" not in str(session.execute(text("SELECT * FROM account")).all())
