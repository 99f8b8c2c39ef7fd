"""F18: a new draft with everything filled in from an old migration, but the passwords."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from store import aim
from store.tables import Account, History, Migration
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services

STEP = {
    "source_host": "imap.old.example",
    "source_port": "993",
    "source_security": "ssl",
    "mode": "flags and new",
    "account_group": "specific",
    "threads": "4",
    "domain": "example.com",
}


@pytest.fixture
def old(services: Services, world: World) -> int:
    """Over, with three accounts, a loop and a note."""
    with services.store.write() as session:
        migration = seeds.finished(session, services.sealer, world)
        migration.loop, migration.loop_minutes, migration.timezone = True, 90, "Europe/Berlin"
        migration.notify, migration.note = "me@example.com", "Call Rita"
        migration.start, migration.start_at = "at", migration.created_at
        return migration.id


def recreated(services: Services, browser: Browser, old: int, **fields: str) -> Migration:
    with services.store.read() as session:
        place = session.get_one(Migration, old).destination_id
    fields = {**STEP, "destination_id": str(place), **fields}
    path = f"/migrations/new?like={old}"
    answer = browser.post(path, via=path, **fields)
    assert answer.status_code == 303, answer.text[-3000:]
    with services.store.read() as session:
        return session.query(Migration).order_by(Migration.id.desc()).first()  # type: ignore[return-value]


def rows(services: Services, number: int) -> list[Account]:
    with services.store.read() as session:
        query = session.query(Account).filter_by(migration_id=number)
        return list(query.order_by(Account.position))


def test_accounts_and_schedule_come_along_without_passwords(
    reseller: Browser, services: Services, old: int
) -> None:
    """They are to be typed again; a start that has passed is left to a person."""
    new = recreated(services, reseller, old)
    assert (new.state, new.loop, new.loop_minutes) == ("draft", True, 90)
    assert (new.timezone, new.notify, new.note) == ("Europe/Berlin", "me@example.com", "Call Rita")
    assert (new.start, new.start_at, new.removal_confirmed) == ("manual", None, False)
    copies = rows(services, new.id)
    originals = rows(services, old)
    assert [one.mailbox for one in copies] == [one.mailbox for one in originals]
    assert [one.source_username for one in copies] == [one.source_username for one in originals]
    assert {one.state for one in copies} == {"new"}
    stored = [(one.source_password_sealed, one.mailbox_password_sealed) for one in copies]
    assert stored == [(None, None)] * 3


def test_passwords_are_used_again_only_when_a_person_says_so(
    reseller: Browser, services: Services, old: int
) -> None:
    """Sealed anew for the new migration; the page says nothing of what they are."""
    page = reseller.text(f"/migrations/new?like={old}")
    assert "Use the stored passwords again" in page
    assert "src-info" not in page
    new = recreated(services, reseller, old, reuse_passwords="y")
    sealed = rows(services, new.id)[0].source_password_sealed
    assert sealed is not None
    with services.store.read() as session:
        copy = session.get_one(Account, rows(services, new.id)[0].id)
        assert aim.opened(services.sealer, copy).source == "src-info"
        kinds = {
            (line.kind, line.note) for line in session.query(History) if line.kind != "created"
        }
    (note,) = (note for kind, note in kinds if kind == "passwords used")
    assert f"#{old}" in note
    assert "imap.old.example:993" in note
    assert sealed != rows(services, old)[0].source_password_sealed


def test_nothing_is_offered_where_no_password_is_stored(
    reseller: Browser, services: Services, old: int
) -> None:
    """And the page says why."""
    with services.store.write() as session:
        for one in session.query(Account):
            one.source_password_sealed = one.mailbox_password_sealed = None
    page = reseller.text(f"/migrations/new?like={old}")
    assert "not stored any more" in page
    assert "reuse_passwords" not in page


def test_accounts_never_cross_to_another_organization(
    services: Services, old: int, world: World, person: Callable[[str], Browser]
) -> None:
    """The operator, who sees all, gets the settings of a foreign migration, and no rows."""
    with services.store.write() as session:
        session.get_one(Migration, old).organization_id = world.foreign_organization
    admin = person("admin")
    assert "reuse_passwords" not in admin.text(f"/migrations/new?like={old}")
    new = recreated(services, admin, old, reuse_passwords="y")
    assert new.organization_id == world.organization
    assert rows(services, new.id) == []
    assert person("support").get(f"/migrations/new?like={old}").status_code == 403
