"""The main job as a reseller does it, from login to report, and the mail compared on disk."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from launch.demo_accounts import ACCOUNTS, DESTINATION_DOMAIN
from tests.journey.conftest import Product
from tests.journey.maildir import difference

DEMO_CSV = Path(__file__).parents[2] / "sample_csv" / "demo.csv"
MINUTE = 60_000


def row(page: Page, username: str) -> Locator:
    return page.locator(".row-card").filter(has_text=username)


USE_STORED = "Use the stored password for the changed account"


def mend(page: Page, username: str, label: str, password: str, *, asked: bool = False) -> None:
    """`asked`: a stored password would go somewhere else, and the reseller is asked for that."""
    row(page, username).get_by_label(f"Edit {username}").click()
    editor = page.locator(".row-card.editor")
    editor.get_by_label(label).fill(password)
    if asked:
        editor.get_by_label(USE_STORED).check()
    editor.get_by_role("button", name="Save and check again").click()
    expect(row(page, username).get_by_text("Ready", exact=True)).to_be_visible(timeout=MINUTE)


def test_from_the_login_to_the_report(page: Page, product: Product) -> None:
    """demo.csv: findings, two rows mended in place, start, live run, report; nothing is missing."""
    page.get_by_role("link", name=re.compile("New migration")).first.click()
    expect(page.get_by_label("IMAP server")).to_have_value("127.0.0.1")
    page.get_by_role("button", name="Continue to the accounts").click()

    page.get_by_role("link", name=re.compile("CSV")).click()
    page.get_by_label("CSV file").set_input_files(DEMO_CSV)
    page.get_by_role("button", name="Read and check").click()
    expect(page.locator(".row-card")).to_have_count(12)
    blocked = page.locator(".row-card.state-blocked")
    expect(page.locator(".row-card.state-ready")).to_have_count(10, timeout=MINUTE)
    expect(blocked).to_have_count(2)
    expect(row(page, "buchhaltung")).to_contain_text("does not accept this username and password")
    expect(row(page, "werkstatt")).to_contain_text("12 characters")

    mend(page, "buchhaltung@old.example", "IMAP password", "Rechnung-4711")
    mend(page, "werkstatt@old.example", "Mailbox password", "Hammer.Amboss.25", asked=True)
    page.get_by_role("link", name=re.compile("Continue")).click()

    page.get_by_label("Now, as soon as this page is confirmed").check()
    page.get_by_label("Who is told about the result").fill("me@demo.example; team@demo.example")
    page.locator("button[data-start-label]").click()
    expect(page.locator(".sign").first).to_have_text("Complete", timeout=2 * MINUTE)

    for account in ACCOUNTS:
        theirs = product.maildir("destination", f"{account.name}@{DESTINATION_DOMAIN}")
        assert difference(product.maildir("source", account.address), theirs) == []

    page.get_by_role("link", name=re.compile("Report")).first.click()
    expect(page.locator("body")).to_contain_text("467")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("CSV")).first.click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "anna.berger@demo.example" in text
    assert "Rechnung-4711" not in text
