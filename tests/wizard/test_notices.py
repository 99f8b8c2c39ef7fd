"""Who is told: the test button, the list of what was sent, and an installation without mail."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import select, update

from app import create_app
from launch.certificates import Authority
from launch.roster import web_server
from settings import Settings
from store.tables import History, Migration, Notice, NoticeMail, now
from tests.conftest import free_port
from tests.jobs.conftest import wait_until
from tests.jobs.post_office import PostOffice, post_office
from tests.wizard import world as seeds
from tests.wizard.browser import PASSWORD, Browser
from tests.wizard.looking import SCREENS, look
from tests.wizard.world import EMAILS, World, people_and_places
from wizard.services import Services

ROOT = Path(__file__).parents[2]
SERVER = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "Mailhaul <notices@example.net>"}


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """An installation that sends mail."""
    return environment | SERVER


@pytest.fixture
def draft(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.ready_draft(session, services.sealer, world).id


@pytest.fixture
def finished(services: Services, world: World) -> int:
    with services.store.write() as session:
        migration = seeds.finished(session, services.sealer, world)
        seeds.noticed(session, migration)
        return migration.id


def mails(services: Services) -> list[NoticeMail]:
    with services.store.read() as session:
        return list(session.scalars(select(NoticeMail).order_by(NoticeMail.id)))


def press(browser: Browser, number: int, notify: str, fragment: bool = True) -> tuple[int, str]:
    path = f"/migrations/{number}/notices/test"
    answer = browser.post(path, fragment=fragment, notify=notify)
    return answer.status_code, answer.text


def test_a_test_goes_to_what_stands_in_the_form(
    reseller: Browser, services: Services, draft: int
) -> None:
    """Stored or not; the page asks until each mail was tried, and then shows the outcome."""
    status, page = press(reseller, draft, "me@example.com; you@example.com")
    assert status == 200
    assert f'hx-get="/migrations/{draft}/notices/test"' in page
    assert page.count("is being sent") == 2
    with services.store.write() as session:
        assert session.get_one(Migration, draft).notify == ""
        first, second = session.scalars(select(NoticeMail).order_by(NoticeMail.id))
        first.state, first.ended_at = "sent", now()
        second.error, second.server_words = "It takes no mail.", "451 <b>later</b>"
        second.not_before = now() + timedelta(minutes=1)
    page = reseller.text(f"/migrations/{draft}/notices/test")
    assert "hx-get" not in page
    for shown in ("Sent", "It takes no mail.", "451 &lt;b&gt;later&lt;/b&gt;", "tried again"):
        assert shown in page


@pytest.mark.parametrize(
    ("notify", "words"),
    [
        ("", "Enter an address first."),
        ("nobody", "nobody is no e-mail address"),
        ("me@example.com\r\nBcc: x@example.org", "line break"),
        (";".join(["me@example.com"] * 20), "255"),
    ],
)
def test_a_test_needs_addresses(
    notify: str, words: str, reseller: Browser, services: Services, draft: int
) -> None:
    """F14: what step 3 would refuse is refused here, in the same words."""
    status, page = press(reseller, draft, notify)
    assert status == 422
    assert words in page
    assert mails(services) == []


def test_tests_are_few(reseller: Browser, services: Services, draft: int) -> None:
    """The button is no way to send mail to the world."""
    for _ in range(6):
        assert press(reseller, draft, "me@example.com")[0] == 200
    status, page = press(reseller, draft, "me@example.com")
    assert (status, len(mails(services))) == (422, 6)
    assert "Wait ten minutes" in page
    with services.store.write() as session:
        session.execute(update(Notice).values(created_at=now() - timedelta(minutes=11)))
    assert press(reseller, draft, "me@example.com")[0] == 200


def test_without_scripts_the_button_uses_what_is_stored(
    reseller: Browser, services: Services, draft: int
) -> None:
    """And leads back to the step."""
    reseller.post(f"/migrations/{draft}/notices", notify="me@example.com")
    answer = reseller.post(f"/migrations/{draft}/notices/test")
    assert answer.status_code == 303
    assert answer.location == f"/migrations/{draft}/schedule"
    assert [mail.recipient for mail in mails(services)] == ["me@example.com"]


def test_who_is_told_is_changed_while_it_runs(
    reseller: Browser, services: Services, finished: int
) -> None:
    """With a line in the history; addresses that are none change nothing."""
    path = f"/migrations/{finished}/notices"
    assert reseller.post(path, notify="a@example.com;b@example.com").status_code == 303
    assert reseller.post(path, notify="nobody").status_code == 303
    with services.store.read() as session:
        assert session.get_one(Migration, finished).notify == "a@example.com; b@example.com"
        notes = session.scalars(select(History.note)).all()
    assert "Told by mail: nobody → a@example.com; b@example.com." in notes
    assert "nobody is no e-mail address" in reseller.text(f"/migrations/{finished}")
    reseller.post(path, notify="")
    with services.store.read() as session:
        assert session.get_one(Migration, finished).notify == ""


def test_a_wrong_address_does_not_cost_the_others(
    reseller: Browser, services: Services, finished: int
) -> None:
    """What was typed stays in the field, with the reason below it; nothing is stored."""
    path = f"/migrations/{finished}/notices"
    answer = reseller.post(path, notify="a@example.com; b@", fragment=True)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="a@example.com; b@"' in page
    assert 'aria-invalid="true"' in page
    with services.store.read() as session:
        assert session.get_one(Migration, finished).notify == ""
    answer = reseller.post(path, notify="a@example.com", fragment=True)
    assert "Stored who is told" in answer.get_data(as_text=True)


def test_addresses_that_fill_the_field_still_fit(
    reseller: Browser, services: Services, finished: int
) -> None:
    """255 characters without blanks stay 255 when they are stored."""
    typed = ";".join([*(f"{number:02}@example.com" for number in range(16)), "x@example.com"])
    assert 240 < len(typed) <= 255
    reseller.post(f"/migrations/{finished}/notices", notify=typed)
    with services.store.read() as session:
        assert session.get_one(Migration, finished).notify == typed


def test_the_list_shows_what_became_of_each_mail(reseller: Browser, finished: int) -> None:
    """State, reason, the server's words, and the next attempt; it asks again while one waits."""
    page = reseller.text(f"/migrations/{finished}/notices")
    for shown in (
        "sent@example.com",
        "451 4.7.1 Greylisted",
        "Next try",
        "550 5.1.1 No such user",
        "Not sent",
        'hx-trigger="every 5s, seen"',
    ):
        assert shown in page
    assert "No such user" in reseller.text(f"/migrations/{finished}")


def test_the_list_is_long_only_when_asked(
    reseller: Browser, services: Services, finished: int
) -> None:
    """Ten mails, then all."""
    for number in range(3):
        press(reseller, finished, ";".join(f"m{number}{at}@example.com" for at in range(5)))
    path = f"/migrations/{finished}"
    assert reseller.text(path).count('data-label="To"') == 10
    assert "Show more (19 in all)" in reseller.text(path)
    assert reseller.text(f"{path}?notices=all").count('data-label="To"') == 19


def test_an_installation_without_mail_says_so(
    environment: dict[str, str], services: Services, draft: int, finished: int
) -> None:
    """What the operator sets; no button that could not work, and no test behind it."""
    for name in SERVER:
        del environment[name]
    app = create_app(Settings.from_env(environment))
    browser = Browser(app)
    browser.sign_in(EMAILS["reseller"])
    for path in (f"/migrations/{draft}/schedule", f"/migrations/{finished}"):
        page = browser.text(path)
        assert "This installation sends no mail" in page
        assert "SMTP_URL" in page
        assert "Send a test notice" not in page
    assert press(browser, draft, "me@example.com")[0] == 422
    app.extensions["mailhaul"].store.dispose()
    app.extensions["mailhaul"].bell.close()


def test_support_sees_the_list_and_changes_nothing(
    person: Callable[[str], Browser], finished: int
) -> None:
    """Who is told is the reseller's."""
    support = person("support")
    page = support.text(f"/migrations/{finished}")
    assert "451 4.7.1 Greylisted" in page
    assert "Send a test notice" not in page
    assert (
        support.post(f"/migrations/{finished}/notices", notify="x@example.com").status_code == 403
    )


@dataclass(frozen=True)
class Place:
    address: str
    draft: int
    office: PostOffice


@pytest.fixture
def place(
    app: Flask,
    environment: dict[str, str],
    services: Services,
    tmp_path: Path,
    authority: Authority,
    ca_file: str,
) -> Iterator[Place]:
    """Web server, clock and a worker, and a real mail server that does not know everyone."""
    with ExitStack() as stack:
        office = stack.enter_context(post_office(tmp_path, authority))
        office.at_recipient = lambda address: "550 No such user" if "nobody" in address else ""
        port = free_port()
        environ = os.environ | environment | {"SMTP_URL": office.url(), "CA_FILE": ca_file}
        for command in (
            web_server(f"127.0.0.1:{port}"),
            ("jobs.clock",),
            ("jobs.worker", "checks"),
        ):
            process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environ)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
        with services.store.write() as session:
            draft = seeds.ready_draft(session, services.sealer, people_and_places(session)).id
        wait_until(lambda: _answers(port), "the web server answers")
        yield Place(f"http://127.0.0.1:{port}", draft, office)


@pytest.mark.parametrize("screen", list(SCREENS))
def test_the_outcome_of_a_test_appears_in_the_page(
    screen: str, place: Place, browser: Chromium
) -> None:
    """Pressed in step 3: a real mail arrives, and the refused one is told in the server's words,
    without a reload and with what was typed still there."""
    width, height = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{place.address}/login?next=/migrations/{place.draft}/schedule")
    page.get_by_label("E-mail address").fill(EMAILS["reseller"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Who is told").fill("me@example.com; nobody@example.com")
    page.get_by_role("button", name="Send a test notice").click()
    result = page.locator("#test-result")
    expect(result.get_by_text("550 No such user")).to_be_visible(timeout=20_000)
    expect(result.get_by_text("Sent", exact=True)).to_be_visible(timeout=20_000)
    expect(page.get_by_label("Who is told")).to_have_value("me@example.com; nobody@example.com")
    look(page, screen, "schedule-test-notice")
    assert place.office.recipients == ["me@example.com"]
    page.goto(f"{place.address}/migrations/{place.draft}")
    expect(page.locator("#notices")).to_contain_text("550 No such user")
    look(page, screen, "details-notices")
    context.close()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
