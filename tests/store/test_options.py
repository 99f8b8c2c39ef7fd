"""A migration's options: kept as they are, frozen by a run, taken along, told."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from store import control, drafts
from store.control import NotStartable
from store.engine import Store
from store.recreation import recreate
from store.seal import Sealer
from store.tables import History, Migration, Run
from tests.store.world import add_migration

OPTIONS: dict[str, Any] = {"max_age_days": 30, "places": [["A", "Ä"]], "since": None}
DELETING: dict[str, Any] = {"source_deletion": "once synchronized"}


def change(store: Store, number: int, options: dict[str, Any]) -> bool:
    with store.write() as session:
        migration = session.get_one(Migration, number)
        return drafts.change_options(session, migration, options, told="age: 30", user=None)


def made(store: Store, **columns: Any) -> int:
    with store.write() as session:
        return add_migration(session, **columns).id


def test_options_are_kept_and_told(store: Store) -> None:
    """With a line in the history; the same once more is no change."""
    number = made(store)
    assert change(store, number, OPTIONS)
    assert not change(store, number, dict(OPTIONS))
    with store.read() as session:
        assert session.get_one(Migration, number).options == OPTIONS
        notes = session.scalars(select(History.note).where(History.migration_id == number)).all()
    assert notes == ["Options: age: 30."]


def test_a_run_has_the_options_of_its_start(store: Store) -> None:
    """What is changed afterwards is the next run's."""
    number = made(store, options=OPTIONS)
    with store.write() as session:
        run = control.start(session, number, None)
        assert run.options == OPTIONS
    change(store, number, {})
    with store.read() as session:
        assert session.scalars(select(Run.options)).one() == OPTIONS


def test_what_was_confirmed_was_something_else(store: Store) -> None:
    """After a change of the options both confirmations are asked for anew."""
    number = made(store, removal_confirmed=True, deletion_confirmed=True)
    change(store, number, OPTIONS)
    with store.read() as session:
        migration = session.get_one(Migration, number)
        assert (migration.removal_confirmed, migration.deletion_confirmed) == (False, False)


def test_a_deletion_in_the_source_is_confirmed_twice(store: Store) -> None:
    """Chosen, and confirmed before the start; a dry run deletes nothing and needs no more."""
    number = made(store, options=DELETING)
    with pytest.raises(NotStartable, match="deleted in the source"), store.write() as session:
        control.start(session, number, None)
    with store.write() as session:
        session.get_one(Migration, number).deletion_confirmed = True
        assert control.start(session, number, None).number == 1
    dry = made(store, domain="dry.test", options=DELETING, dry_run=True)
    with store.write() as session:
        assert control.start(session, dry, None).number == 1


@pytest.mark.parametrize(("own", "expected"), [({}, OPTIONS), (DELETING, DELETING)])
def test_a_recreated_migration_has_the_options_of_the_old_one(
    store: Store, own: dict[str, Any], expected: dict[str, Any]
) -> None:
    """But for those that were chosen for it already, and without the confirmation."""
    old = made(store, options=OPTIONS, deletion_confirmed=True)
    with store.write() as session:
        first = session.get_one(Migration, old)
        draft = Migration(organization_id=first.organization_id, name="again", options=own)
        session.add(draft)
        session.flush()
        recreate(session, Sealer((Fernet.generate_key().decode(),)), first, draft, passwords=False)
        session.flush()
        assert draft.options == expected
        assert not draft.deletion_confirmed
