"""A run under control as a reseller has it: list, details, pause, resume, account, log, history."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from launch.demo_accounts import ACCOUNTS, DESTINATION_DOMAIN
from tests.journey.conftest import Product
from tests.journey.maildir import difference

MINUTE = 60_000
MANY, SPEED = 600, 60_000
"""Messages, and bytes a second: slow enough to be caught in the middle."""
NAMES = ("steered.one", "steered.two")


def add_mail(maildir: Path) -> None:
    for number in range(MANY):
        body = (
            f"Message-ID: <{number}.{maildir.parent.name}>\n"
            f"Date: Wed, 17 Jul 2024 02:44:25 +0200\nSubject: {number}\n\n" + "text " * 160 + "\n"
        )
        path = maildir / "cur" / f"1721177065.M{number}P1.steering:2,S"
        path.write_bytes(body.encode())
        path.chmod(0o666)


def set_up(page: Page, product: Product) -> None:
    """Two large mailboxes, one at a time, until the page of the run."""
    page.get_by_role("link", name=re.compile("New migration")).first.click()
    page.get_by_label("Accounts at a time").fill("1")
    page.get_by_label("Name", exact=True).fill("Steered")
    page.locator("summary").filter(has_text="Options").click()
    page.get_by_label("Bytes a second", exact=True).fill(str(SPEED))
    page.get_by_role("button", name="Continue to the accounts").click()
    page.get_by_role("link", name=re.compile("CSV")).click()
    chosen = [account for account in ACCOUNTS if account.name in ("chef", "support")]
    rows = []
    for account, name in zip(chosen, NAMES, strict=True):
        add_mail(product.maildir("source", account.address))
        rows.append(f"127.0.0.1;{account.address};{account.password};{name};Steered.Mailbox.12")
    page.get_by_label("CSV file").set_input_files(
        {"name": "two.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    )
    page.get_by_role("button", name="Read and check").click()
    expect(page.locator(".row-card.state-ready")).to_have_count(2, timeout=MINUTE)
    page.get_by_role("link", name=re.compile("Continue")).click()
    page.get_by_label("Now, as soon as this page is confirmed").check()
    page.locator("button[data-start-label]").click()


def test_from_the_list_to_the_history(page: Page, product: Product) -> None:
    """Paused and resumed in the middle, nothing is lost or doubled; each step is written down."""
    set_up(page, product)
    page.goto("/")
    page.get_by_role("link", name="Steered", exact=True).click()
    state = page.locator("#run .sign").first
    expect(page.locator("#run")).to_contain_text("Copying: INBOX", timeout=MINUTE)
    page.locator("#run").get_by_role("button", name="Pause", exact=True).first.click()
    expect(state).to_have_text("Paused")
    expect(page.locator("#run tbody .sign").first).to_have_text("Paused", timeout=10_000)
    page.locator("#run").get_by_role("button", name="Resume", exact=True).first.click()
    expect(state).to_have_text("Complete", timeout=4 * MINUTE)

    page.get_by_role("link", name=f"{NAMES[0]}@{DESTINATION_DOMAIN}").click()
    expect(page.locator("main")).to_contain_text("Folder by folder")
    expect(page.locator("main .sign").filter(has_text="Verified").first).to_be_visible()
    page.get_by_role("link", name="Show the download log").click()
    expect(page.locator("tbody tr")).to_have_count(500)
    page.get_by_role("link", name=re.compile("Return to the account")).click()
    page.get_by_role("link", name=re.compile("Return to the migration")).click()
    for word in ("Completed", "Resumed", "Paused", "Started"):
        expect(page.locator("#past")).to_contain_text(word)

    for account, name in zip(("chef", "support"), NAMES, strict=True):
        theirs = product.maildir("destination", f"{name}@{DESTINATION_DOMAIN}")
        assert difference(product.maildir("source", f"{account}@old.example"), theirs) == []
