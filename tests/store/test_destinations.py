"""The operator's destinations, what they list, and which rows might double one."""

from __future__ import annotations

from sqlalchemy import select

from store import destinations
from store.engine import Store
from store.neighbours import neighbours
from store.tables import MailboxList, Organization
from tests.store.world import add_migration


def test_an_organization_sees_the_open_ones_and_its_own(store: Store) -> None:
    """Another organization's destination is as none."""
    with store.write() as session:
        ours, theirs = Organization(name="ours"), Organization(name="theirs")
        session.add_all([ours, theirs])
        session.flush()
        place = {"provisioner": "existing", "host": "h.test", "port": 993, "security": "ssl"}
        for name, owner in (("open", None), ("b ours", ours.id), ("theirs", theirs.id)):
            destinations.add(session, name=name, organization_id=owner, **place)  # type: ignore[arg-type]
        names = [one.name for one in destinations.all_for(session, ours.id)]
        assert names == ["b ours", "open"]
        assert destinations.by_name(session, "theirs", organization_id=ours.id) is None
        assert destinations.by_name(session, "open", organization_id=ours.id) is not None


def test_a_list_is_entered_once_a_domain(store: Store) -> None:
    """A second answer replaces the first, an error included."""
    with store.write() as session:
        number = add_migration(session).destination_id
        assert number is not None
        destinations.enter_list(session, number, "example.test", [], error="The system is away.")
        found = [{"address": "a@example.test", "admin": True}]
        destinations.enter_list(session, number, "example.test", found)
    with store.read() as session:
        answer = session.scalars(select(MailboxList)).one()
        assert (answer.mailboxes, answer.error) == (found, "")
        assert answer.listed_at is not None


def test_neighbours_are_found_by_mailbox_or_login_in_any_spelling(store: Store) -> None:
    """By the part before the @, since the domain has more than one spelling; others are left."""
    with store.write() as session:
        migration = add_migration(session, accounts=6)
        one, bare, shouted, login, _other, longer = migration.accounts
        one.mailbox, one.source_username = "u_1@example.test", "old"
        bare.mailbox = "U_1"
        shouted.mailbox = " u_1@EXAMPLE.test "
        login.source_username = "OLD "
        longer.mailbox = "ux1@example.test"
        session.flush()
        assert list(neighbours(session, one)) == [one, bare, shouted, login]


def test_names_beyond_ascii_are_left_to_the_importer(store: Store) -> None:
    """The databases disagree on their letter case, so every row is a neighbour."""
    with store.write() as session:
        migration = add_migration(session, accounts=3)
        migration.accounts[0].mailbox = "jürgen"
        assert len(neighbours(session, migration.accounts[0])) == 3
