"""What servers keep back, what nobody could read and what was altered, as pages tell it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from store.tables import AccountRun, FindingRow, FolderRow, NoteRow, Run
from tests.wizard.chromium import Place, Site
from tests.wizard.looking import look


def folder(run: AccountRun, source: str, **values: object) -> FolderRow:
    names = ("found", "copied", "present", "skipped", "failed", "vanished", "size_copied")
    numbers: dict[str, object] = dict.fromkeys((*names, "flags_changed", "removed"), 0)
    more: dict[str, object] = {"created": False, "verified": True} | values
    return FolderRow(account_run_id=run.id, source=source, destination=source, **numbers | more)


def note(run: AccountRun, code: str, words: str, **values: object) -> NoteRow:
    more: dict[str, object] = {"folder": "INBOX", "uid": 7, "outcome": "copied"} | values
    return NoteRow(account_run_id=run.id, code=code, server_words=words, **more)


@pytest.fixture
def told(site: Site, place: Place) -> int:
    """The finished migration's second account, after a run at odd servers."""
    with place.services.store.write() as session:
        run = session.scalars(select(Run).where(Run.migration_id == site.ids["finished"])).one()
        one = run.account_runs[1]
        one.state, one.verdict, one.failed = "failed", "not verified", 1500
        one.error, one.error_side = "unread_answer", "source"
        one.server_words = '* LIST (\\HasNoChildren "/" "Old mail'
        session.add(
            folder(one, "Archive", found=2500, copied=1000, failed=1500, verified=False,
                   error="incomplete", server_words="1,500 of 2,500 messages")
        )  # fmt: skip
        session.add_all([
            note(one, "altered", "8-bit characters in the header replaced", subject="Gr????e"),
            note(one, "altered", "NUL characters replaced; line ends", uid=9),
            note(one, "unread_answer", one.server_words, folder="", uid=0, outcome="failed"),
        ])  # fmt: skip
        return run.number


def test_an_accounts_page_tells_whose_words_they_are(
    page: Page, site: Site, screen: str, told: int
) -> None:
    """Numbers and lines of ours are not put into the server's mouth, and a line of the list of
    folders is no message."""
    where = f"/migrations/{site.ids['finished']}/runs/{told}/accounts/{site.ids['account']}"
    page.goto(site.address + where)
    body = page.locator("main")
    expect(body).to_contain_text("Not shown: 1,500 of 2,500 messages")
    expect(body).to_contain_text("The line: * LIST (\\HasNoChildren")
    expect(body).to_contain_text("What is different: NUL characters replaced; line ends")
    expect(body).to_contain_text("None: the list of folders")
    expect(body).to_contain_text("Altered by the destination: line ends (1), NUL")
    expect(body).not_to_contain_text("The server said: 1,500")
    expect(body).not_to_contain_text("UID 0")
    look(page, screen, "told-account")


def test_a_report_tells_the_same(page: Page, site: Site, screen: str, told: int) -> None:
    """With what the destination alters among the sums; and no page says that all is there."""
    page.goto(f"{site.address}/migrations/{site.ids['finished']}/report?run={told}")
    body = page.locator("main")
    expect(body).to_contain_text("Altered by the destination: line ends (1), NUL")
    expect(body).to_contain_text("did not show all messages of this folder")
    expect(body).to_contain_text("Not shown: 1,500 of 2,500 messages")
    expect(body).to_contain_text("accounts verified")
    expect(body).to_contain_text("Nothing is said of the others.")
    expect(body).not_to_contain_text("Each message has a copy of its own")
    look(page, screen, "told-report")


def test_a_check_tells_what_it_found(page: Page, site: Site, place: Place, screen: str) -> None:
    """Each finding of the new kinds, with what stands beside it."""
    with place.services.store.write() as session:
        known = select(FindingRow).where(FindingRow.code == "login_refused")
        account = session.scalars(known.order_by(FindingRow.id.desc())).first()
        assert account is not None
        for level, code, words, said in (
            ("blocking", "folder_refused", "Login works, but the old mail server imap.163.com does "
             "not let “INBOX” be opened.", "EXAMINE Unsafe Login. Please contact kefu@188.com"),
            ("blocking", "check_too_slow", "The check took longer than 120 seconds and was ended "
             "while the old mail server was listing its folders: answers come too slowly.", ""),
            ("warning", "unread_answer", "One line of the old mail server's list of folders could "
             "not be understood. Folders may be missing from it.", '* LIST (\\Has "/" "Old'),
            ("warning", "destination_alters", "The destination's mail server mail.example.net "
             "alters some messages when it stores them: 8-bit characters in the header replaced "
             "(179), of 4 665 messages that were copied to it so far.", ""),
        ):  # fmt: skip
            session.add(FindingRow(account_id=account.account_id, level=level, code=code,
                                   words=words, hint="Look.", server_words=said))  # fmt: skip
    page.goto(f"{site.address}/migrations/{site.ids['mixed']}/accounts")
    body = page.locator("main")
    expect(body).to_contain_text("The server said: EXAMINE Unsafe Login")
    expect(body).to_contain_text('The line: * LIST (\\Has "/" "Old')
    look(page, screen, "told-check")
