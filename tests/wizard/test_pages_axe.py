"""Real Chromium over every page: nothing serious for axe-core, nothing wider than the screen.

With SCREENSHOTS set to a folder the pages are also kept there as pictures, to be looked at."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.wizard import world as seeds
from tests.wizard.chromium import Place, Site
from tests.wizard.looking import look


def test_pages_are_open_to_everyone(page: Page, site: Site, screen: str) -> None:
    """No page has a finding of axe-core that is serious, none has to be scrolled sideways, and
    none logs an error (such as a breach of the content security policy)."""
    for name, path in _paths(site).items():
        page.goto(site.address + path)
        look(page, screen, name)


def test_dark_pages_can_be_read_too(page: Page, site: Site, screen: str) -> None:
    """The contrasts hold in the dark theme."""
    page.emulate_media(color_scheme="dark")
    for name in ("overview", "server", "accounts", "details", "report"):
        page.goto(site.address + _paths(site)[name])
        look(page, screen, f"{name}-dark")


def test_rows_are_mended_where_they_stand(page: Page, site: Site, screen: str) -> None:
    """The pencil opens an editor in the row; it stays open with what was typed while results
    arrive, and after saving the row is checked again with the focus in it."""
    page.goto(f"{site.address}/migrations/{site.ids['mixed']}/accounts")
    page.get_by_role("link", name="Edit boss@old.example").click()
    username = page.get_by_label("IMAP username", exact=True).last
    expect(username).to_be_focused()
    username.fill("the.boss@old.example")
    with page.expect_response(re.compile("/accounts/live")):
        pass
    expect(username).to_have_value("the.boss@old.example")
    expect(username).to_be_focused()
    look(page, screen, "accounts-editor")
    page.get_by_label("IMAP password", exact=True).last.fill("Typed.Anew.2026")
    page.get_by_role("button", name="Save and check again").click()
    row = page.get_by_role("listitem").filter(has_text="the.boss@old.example")
    expect(row).to_contain_text("Waiting for its check")
    expect(row.get_by_role("link", name=re.compile("^Edit"))).to_be_focused()


def test_rows_are_removed_after_a_question(page: Page, site: Site, screen: str) -> None:
    """The bin asks in the row; Keep brings the row back, Remove takes it away."""
    page.goto(f"{site.address}/migrations/{site.ids['mixed']}/accounts")
    page.get_by_role("link", name="Remove sales@old.example").click()
    look(page, screen, "accounts-remove")
    page.get_by_role("link", name="Keep").click()
    page.get_by_role("link", name="Remove sales@old.example").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("sales@old.example")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("sales@old.example")).to_have_count(0)


def test_results_arrive_without_a_reload(page: Page, site: Site, place: Place, screen: str) -> None:
    """A row that has been checked shows its result by itself, and then the page stops asking."""
    page.goto(f"{site.address}/migrations/{site.ids['mixed']}/accounts")
    expect(page.locator("#summary")).to_contain_text("1 being checked")
    with place.services.store.write() as session:
        seeds.checked(session, site.ids["waiting"], seeds.WRONG_PASSWORD)
    row = page.get_by_role("listitem").filter(has_text="new@old.example").first
    expect(row).to_contain_text("Authentication failed.")
    expect(page.locator("#summary")).to_contain_text("0 being checked")
    expect(page.locator("#live")).not_to_have_attribute("hx-get", re.compile("."))


def test_port_follows_the_security(page: Page, site: Site, screen: str) -> None:
    """Until a person types a port of their own."""
    page.goto(site.address + "/migrations/new")
    page.get_by_label("STARTTLS").check()
    expect(page.get_by_label("Port")).to_have_value("143")
    page.get_by_label("None (not encrypted)").check()
    expect(page.get_by_text("Passwords and mail would be readable on the way")).to_be_visible()
    page.get_by_label("Port").fill("1143")
    page.get_by_label("SSL/TLS").check()
    expect(page.get_by_label("Port")).to_have_value("1143")


def test_step_three_says_at_once_when_it_starts(page: Page, site: Site, screen: str) -> None:
    """Each change of the form changes the sentence; fields that do not count are not shown."""
    page.goto(f"{site.address}/migrations/{site.ids['ready']}/schedule")
    told = page.locator("#first-run")
    expect(told).to_contain_text("as soon as this page is confirmed")
    expect(page.get_by_label("Date and time", exact=True)).to_be_hidden()
    page.get_by_label("At a date and time").check()
    expect(told).to_contain_text("Enter the date and time of the start")
    page.get_by_label("Date and time", exact=True).fill("2031-10-26T02:30")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    expect(told).to_contain_text("Sunday 26 October 2031, 02:30 CEST (00:30 UTC)")
    expect(told).to_contain_text("show 02:30 twice")
    page.get_by_label("Again and again").check()
    page.get_by_label("For good, until it is stopped").check()
    expect(page.get_by_label("Last date and time")).to_be_hidden()
    page.get_by_label("Minutes from one start").fill("1440")
    page.get_by_label("Minutes from one start").blur()
    expect(told).to_contain_text("runs every day, for good")
    look(page, screen, "schedule-loop")


def test_the_fold_of_options_opens_and_says_what_it_reads(
    page: Page, site: Site, screen: str
) -> None:
    """By the keyboard too; a limit of speed is told as people read it, fields that do not count are
    not shown, and an expression is tried on the folders that a check has seen."""
    page.goto(f"{site.address}/migrations/{site.ids['mixed']}/server")
    speed = page.get_by_label("Bytes a second", exact=True)
    expect(speed).to_be_hidden()
    page.locator("#options > summary").focus()
    page.keyboard.press("Enter")
    speed.fill("1250000")
    expect(page.locator("#speed-echo")).to_have_text("That is 1.25 MB a second, or 10 Mbit/s.")
    page.get_by_label("Bytes a second, all accounts together").fill("5000000")
    expect(page.locator("#speed-total-echo")).to_have_text("That is 5 MB a second, or 40 Mbit/s.")
    expect(page.get_by_label("How long ago")).to_be_hidden()
    page.get_by_label("If they are older than").check()
    expect(page.get_by_label("How long ago")).to_be_visible()
    page.get_by_label("Leave out folders whose names match").fill("Proj")
    expect(page.locator("#left-out")).to_contain_text("1 folder with 7 messages")
    page.get_by_label("Read back", exact=True).check()
    page.get_by_label("Move it into the folders of the source").check()
    look(page, screen, "options-open")


def test_folders_are_given_a_place_by_the_keyboard(page: Page, site: Site, screen: str) -> None:
    """Change opens in the row; what is stored is shown there with its reason."""
    page.goto(f"{site.address}/migrations/{site.ids['mixed']}/folders")
    row = page.get_by_role("row").filter(has_text="Projekte")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_label("Folder at the destination").fill("INBOX.Work.Projects")
    look(page, screen, "folders-change")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("You chose this place")
    page.get_by_label("Leave out folders whose names match").fill("^A")
    expect(page.locator("#left-out")).to_contain_text("Left out: 2 folders")


def _paths(site: Site) -> dict[str, str]:
    mixed, ready, live, done = (
        site.ids[name] for name in ("mixed", "ready", "running", "finished")
    )
    account = site.ids["account"]
    return {
        "overview": "/",
        "overview-none": "/?q=nothing-like-this",
        "server": "/migrations/new",
        "standing": "/standing/new",
        "server-edit": f"/migrations/{mixed}/server",
        "accounts": f"/migrations/{mixed}/accounts",
        "accounts-single": f"/migrations/{mixed}/accounts?tab=single",
        "accounts-choose": f"/migrations/{mixed}/accounts?tab=choose&show=attention",
        "accounts-empty": f"/migrations/{site.ids['empty']}/accounts",
        "folders": f"/migrations/{mixed}/folders",
        "folders-none": f"/migrations/{ready}/folders",
        "refused": f"/migrations/{site.ids['refused']}/runs/1/accounts/{site.ids['not-dared']}",
        "plan": f"/migrations/{site.ids['rehearsed']}/report",
        "schedule-plan": f"/migrations/{site.ids['rehearsed']}/schedule",
        "schedule": f"/migrations/{ready}/schedule",
        "schedule-blocked": f"/migrations/{mixed}/schedule",
        "details-draft": f"/migrations/{mixed}",
        "details": f"/migrations/{live}",
        "details-looping": f"/migrations/{site.ids['looping']}",
        "repeats": f"/migrations/{site.ids['looping']}/repeats",
        "details-paused": f"/migrations/{site.ids['paused']}",
        "account-running": f"/migrations/{live}/runs/1/accounts/{site.ids['moving']}",
        "delete": f"/migrations/{done}/delete",
        "overview-finished": "/?show=finished",
        "details-finished": f"/migrations/{done}",
        "account": f"/migrations/{done}/runs/1/accounts/{account}",
        "log": f"/migrations/{done}/runs/1/accounts/{account}/log",
        "report": f"/migrations/{done}/report",
        "report-none": f"/migrations/{ready}/report",
        "doubtful": f"/migrations/{site.ids['doubtful']}/accounts",
        "dry": f"/migrations/{site.ids['dry']}",
        "dry-report": f"/migrations/{site.ids['dry']}/report",
        "dry-running": f"/migrations/{site.ids['dry-running']}",
        "stopped-report": f"/migrations/{site.ids['stopped']}/report",
        "wiped": f"/migrations/{site.ids['wiped']}/accounts",
        "password": "/password",
        "audit": "/audit",
        "audit-none": "/audit?text=nothing-like-this",
        "admin": "/admin",
        "organization": f"/admin/organizations/{site.world.organization}",
        "user": f"/admin/users/{site.world.reseller}",
        "destination": f"/admin/destinations/{site.world.destination}",
        "destination-new": "/admin/destinations/new",
    }
