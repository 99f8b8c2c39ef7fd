"""Every page, in every state a migration can be in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from store.states import MigrationState
from store.tables import Reading
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services

PAGES = (
    "/",
    "/?show=running",
    "/?show=drafts&sort=name&order=up",
    "/?show=finished&q=%23{id}",
    "/?q=no+such+thing",
    "/password",
    "/migrations/new",
    "/standing/new",
    "/migrations/new?like={id}",
    "/migrations/{id}",
    "/migrations/{id}?history=all&sort=failed&order=down",
    "/migrations/{id}/accounts?tab=csv",
    "/migrations/{id}/accounts?tab=single&show=attention",
    "/migrations/{id}/accounts?tab=choose",
    "/migrations/{id}/report",
)
STEPS = ("/migrations/{id}/server", "/migrations/{id}/schedule")


@pytest.fixture
def migrations(services: Services, world: World) -> dict[str, int]:
    with services.store.write() as session:
        return {
            "mixed": seeds.mixed_draft(session, services.sealer, world).id,
            "ready": seeds.ready_draft(session, services.sealer, world, mode="all").id,
            "running": seeds.running(session, services.sealer, world).id,
            "finished": seeds.finished(session, services.sealer, world).id,
        }


@pytest.mark.parametrize("which", ["mixed", "ready", "running", "finished"])
def test_pages_open_whatever_state_the_migration_is_in(
    which: str, migrations: dict[str, int], reseller: Browser
) -> None:
    """No page breaks on a draft, a run under way or one that is over."""
    for path in PAGES:
        answer = reseller.get(path.format(id=migrations[which]))
        assert answer.status_code == 200, (path, answer.text[-1500:])
        assert "style=" not in answer.text
        assert "onclick" not in answer.text


def test_steps_of_a_draft_open_and_those_of_a_started_one_lead_to_its_page(
    migrations: dict[str, int], reseller: Browser
) -> None:
    """The steps are changed before the first start only; afterwards nothing can be lost."""
    for path in STEPS:
        assert reseller.get(path.format(id=migrations["ready"])).status_code == 200
        answer = reseller.get(path.format(id=migrations["finished"]))
        assert answer.status_code == 302
        assert answer.location == f"/migrations/{migrations['finished']}"


def test_administration_opens(person: Callable[[str], Browser], world: World) -> None:
    """The operator's pages, each with a thing and without one."""
    admin = person("admin")
    for path in (
        "/admin",
        "/admin/organizations/new",
        f"/admin/organizations/{world.organization}",
        "/admin/users/new",
        f"/admin/users/{world.reseller}",
        "/admin/destinations/new",
        f"/admin/destinations/{world.destination}",
    ):
        assert admin.get(path).status_code == 200, path


def test_an_empty_installation_says_what_to_do_next(reseller: Browser) -> None:
    """The first page of a new organization offers the first migration."""
    assert "Begin with your first migration" in reseller.text("/")


def test_text_from_servers_and_people_is_text(
    migrations: dict[str, int], reseller: Browser
) -> None:
    """A subject or a name with markup in it is shown, never run."""
    report = reseller.text(f"/migrations/{migrations['finished']}/report")
    assert "<script>alert" not in report
    assert "&lt;script&gt;alert" in report
    assert "<b>move</b>" not in reseller.text("/")


def test_a_customer_reads_the_reports_given_to_him_and_nothing_else(
    services: Services,
    migrations: dict[str, int],
    world: World,
    person: Callable[[str], Browser],
) -> None:
    """A migration that was not given to the customer is as good as none."""
    given, other = migrations["finished"], migrations["running"]
    with services.store.write() as session:
        session.add(Reading(migration_id=given, user_id=world.customer))
    customer = person("customer")
    assert f"/migrations/{given}/report" in customer.text("/")
    assert customer.get(f"/migrations/{given}/report").status_code == 200
    assert customer.get(f"/migrations/{given}/report.csv").status_code == 200
    assert customer.get(f"/migrations/{other}/report").status_code == 404
    assert customer.get(f"/migrations/{given}").status_code == 403


def test_every_answer_carries_the_safety_headers(app: Flask) -> None:
    """Also errors and the login page: no inline code, no frame, no type guessing."""
    browser = Browser(app)
    for path in ("/login", "/nothing/here", "/static/app.css", "/"):
        with browser.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_states_of_a_migration_are_all_in_words() -> None:
    """No page shows a raw state of the database."""
    from wizard.words import STATES

    assert all(state.value in STATES for state in MigrationState)
