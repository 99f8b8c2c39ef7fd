"""The details page in Chromium: it moves by itself, and its parts stay where the person is."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from store.tables import AccountRun, History
from tests.wizard.chromium import Place, Site
from tests.wizard.looking import look

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LIVE = re.compile(r"/migrations/\d+/live")


def test_numbers_arrive_and_the_chart_follows(page: Page, site: Site, place: Place) -> None:
    """Without a reload; the table that a person has opened stays open."""
    page.goto(f"{site.address}/migrations/{site.ids['running']}")
    expect(page.locator("#chart canvas")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.locator("#points table")).to_be_visible()
    with place.services.store.write() as session:
        one = session.query(AccountRun).filter_by(account_id=site.ids["moving"]).one()
        one.copied, one.folder = 4242, "Archive/2031"
    expect(page.locator("#run")).to_contain_text("Archive/2031")
    with page.expect_response(re.compile("/chart$")):
        pass
    expect(page.locator("#points table")).to_be_visible()
    expect(page.locator("#chart canvas")).to_have_count(1)


def test_an_account_is_steered_from_its_line(page: Page, site: Site, screen: str) -> None:
    """By keyboard too: the line shows what becomes of it, and the page is not left."""
    page.goto(f"{site.address}/migrations/{site.ids['running']}")
    page.evaluate("window.stayed = true")
    pause = page.get_by_role("button", name="Pause: sales@example.com")
    pause.focus()
    page.keyboard.press("Enter")
    line = page.get_by_role("row").filter(has_text="sales@example.com")
    expect(line).to_contain_text("Pausing at the next clean point")
    expect(line.get_by_role("button", name="Resume")).to_be_focused()
    assert page.evaluate("window.stayed")
    look(page, screen, "details-steered")


def test_a_hidden_page_asks_rarely_and_at_once_on_return(page: Page, site: Site) -> None:
    """Twenty seconds apart instead of two."""
    page.goto(f"{site.address}/migrations/{site.ids['running']}")
    with page.expect_response(LIVE):
        pass
    page.evaluate(HIDE, True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if LIVE.search(request.url) else 0)
    page.wait_for_timeout(5000)
    assert asked == []
    with page.expect_response(LIVE):
        page.evaluate(HIDE, False)


def test_a_note_and_the_history_change_in_place(page: Page, site: Site, place: Place) -> None:
    """The page is not loaded anew, so nothing that was typed elsewhere is lost."""
    page.goto(f"{site.address}/migrations/{site.ids['running']}")
    page.get_by_label("Accounts at a time").fill("9")
    page.get_by_role("textbox", name="Note", exact=True).fill("Call Rita")
    page.get_by_role("button", name="Store the note").click()
    expect(page.locator("#noted")).to_contain_text("The note is stored")
    expect(page.get_by_label("Accounts at a time")).to_have_value("9")
    with place.services.store.write() as session:
        for number in range(9):
            session.add(
                History(migration_id=site.ids["running"], kind="changed", note=f"n{number}")
            )
    expect(page.locator("#past")).to_contain_text("n8", timeout=15_000)
    page.get_by_role("link", name=re.compile("Show more")).click()
    expect(page.locator("#past")).to_contain_text("n0")
    page.get_by_role("link", name="Show less").click()
    expect(page.locator("#past")).not_to_contain_text("n0")
