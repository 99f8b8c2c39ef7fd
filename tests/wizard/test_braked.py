"""Servers that have refused many logins: what the pages say, and who may go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from store import brake
from store.brake import Door, LoginTry
from store.states import AccountState
from store.tables import Account, History, Migration, now
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.chromium import Place, Site
from tests.wizard.looking import look
from tests.wizard.world import World
from wizard.services import Services


def refuse(services: Services, migration_id: int, *, wrong: int, twice: str = "") -> str:
    """As many users of the migration's server, forty minutes ago. Returns its name."""
    with services.store.write() as session:
        migration = session.get_one(Migration, migration_id)
        organization_id = migration.organization_id
        host = brake.server(migration.source_host, migration.source_port)
        users = [f"wrong{number}@old.example" for number in range(wrong)] + [twice] * 2
        for user in filter(None, users):
            brake.refused(session, Door(organization_id, host, user), "check 0")
        session.flush()
        for row in session.scalars(select(LoginTry)):
            row.at = now() - timedelta(minutes=40)
        return host


@pytest.fixture
def draft(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.mixed_draft(session, services.sealer, world).id


@pytest.mark.parametrize("path", ["", "/accounts"])
def test_the_page_says_why_the_rest_waits(
    services: Services, draft: int, person: Callable[[str], Browser], path: str
) -> None:
    """Which server, how many, since when, and when the next one is tried; a reseller has a
    button, support has none."""
    host = refuse(services, draft, wrong=20)
    page = person("reseller").text(f"/migrations/{draft}{path}")
    assert f"Logins wait at {host}" in page
    assert f"{host} has refused 20 logins of your organization since" in page
    assert "The next one is tried at" in page
    assert f'action="/migrations/{draft}/go-on"' in page
    page = person("support").text(f"/migrations/{draft}{path}")
    assert f"Logins wait at {host}" in page
    assert "go-on" not in page
    assert "A reseller of your organization can let the rest go on" in page


def test_whoever_goes_on_is_in_the_history(
    services: Services, draft: int, person: Callable[[str], Browser]
) -> None:
    """Blocked rows of that server are checked again; support is refused, a foreigner sees none."""
    with services.store.write() as session:
        account = session.scalars(select(Account).where(Account.migration_id == draft)).first()
        assert account is not None
        account.state = AccountState.BLOCKED
        name, number = account.source_username, account.id
    host = refuse(services, draft, wrong=18, twice=name)
    path = f"/migrations/{draft}/go-on"
    page = person("reseller").text(f"/migrations/{draft}/accounts")
    assert "It has refused 1 account of this migration twice." in page
    assert person("support").post(path, host=host).status_code == 403
    assert person("foreign").post(path, host=host).status_code == 404
    answer = person("reseller").post(path, host=host, page="accounts.page")
    assert answer.location == f"/migrations/{draft}/accounts"
    with services.store.read() as session:
        assert session.get_one(Account, number).state == AccountState.NEW
        assert session.scalars(select(LoginTry)).all() == []
        (line,) = session.scalars(select(History).where(History.kind == "went on"))
        assert (line.user_email, line.note) == (
            seeds.EMAILS["reseller"],
            f"{host} had refused 20 logins.",
        )
    page = person("reseller").text(f"/migrations/{draft}")
    assert "Went on after refused logins" in page
    assert "Logins wait" not in page
    assert person("reseller").post(path, host=host).location == f"/migrations/{draft}"


def test_it_can_be_read_and_pressed(page: Page, site: Site, place: Place, screen: str) -> None:
    """On a telephone and on a desk, with nothing serious for axe-core; the list goes on."""
    number = site.ids["mixed"]
    host = refuse(place.services, number, wrong=18, twice="boss@old.example")
    for name, path in (("braked-details", ""), ("braked-accounts", "/accounts")):
        page.goto(f"{site.address}/migrations/{number}{path}")
        expect(page.get_by_text(f"Logins wait at {host}")).to_be_visible()
        look(page, screen, name)
    page.get_by_role("button", name=f"Go on at {host}").click()
    expect(page.get_by_text("20 refused logins forgotten")).to_be_visible()
    expect(page.get_by_text(f"Logins wait at {host}")).to_have_count(0)
