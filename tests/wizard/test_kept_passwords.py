"""The page says until when passwords are kept, and changes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.states import MigrationState
from store.tables import Migration, now
from store.wiping import wipe
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services


@pytest.fixture
def over(services: Services, world: World) -> int:
    """A migration with passwords that ended an hour ago."""
    with services.store.write() as session:
        one = seeds.ready_draft(session, services.sealer, world)
        one.state, one.completed_at = MigrationState.COMPLETE, now() - timedelta(hours=1)
        session.flush()
        return one.id


def test_step_three_asks_for_how_long(reseller: Browser, services: Services, world: World) -> None:
    """A number of days; what is none is refused at the field, with nothing stored."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
    page = f"/migrations/{number}/schedule"
    assert "Days for which passwords are kept after the end" in reseller.text(page)
    fields = {"start": "manual", "repeat": "once", "timezone": "UTC", "notify": ""}
    for wrong in ("", "-1", "366", "many"):
        answer = reseller.post(page, via=page, **fields, keep_days=wrong)
        assert (answer.status_code, "from 0 to 365 is needed" in answer.text) == (422, True)
    assert reseller.post(page, via=page, **fields, keep_days="0").status_code == 303
    with services.store.read() as session:
        assert session.get_one(Migration, number).keep_days == 0


def test_a_list_whose_passwords_are_gone_says_what_to_do(
    reseller: Browser, services: Services, over: int
) -> None:
    """When they went, how to enter them again, and no bin that is not there."""
    with services.store.write() as session:
        session.get_one(Migration, over).completed_at = now() - timedelta(days=8)
        session.flush()
        assert wipe(session, over)
    text = reseller.text(f"/migrations/{over}/accounts")
    assert "The stored passwords were removed on" in text
    assert "choose Recreate on the migration" in text


def test_the_page_says_until_when(reseller: Browser, services: Services, over: int) -> None:
    """In days after the end, which can be changed; when they are gone, that they are."""
    page = f"/migrations/{over}"
    assert "The stored passwords are removed on" in reseller.text(page)
    assert reseller.post(f"{page}/keep", days="30", via=page).status_code in (302, 303)
    with services.store.read() as session:
        assert session.get_one(Migration, over).keep_days == 30
    for wrong in ("", "-1", "366", "²", "9999999999999999999999"):
        reseller.post(f"{page}/keep", days=wrong, via=page)
        assert "a whole number from 0 to 365 is needed" in reseller.text(page)
    reseller.post(f"{page}/keep", days="0", via=page)
    assert "The stored passwords are removed within a minute" in reseller.text(page)
    with services.store.write() as session:
        assert wipe(session, over)
    text = reseller.text(page)
    assert "The stored passwords were removed on" in text
    assert "enter them again for each account" in text
