"""Support tries to have somebody's mail brought to a mailbox of their own, by each path."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from store import accounts, aim
from store.accounts import NewAccount
from store.aim import Passwords
from store.tables import Account, History, Migration
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.chromium import Place, Site
from tests.wizard.looking import look
from tests.wizard.world import World
from wizard.services import Services

ROW = {"source_host": "", "source_username": "victim@old.example", "mailbox": "victim"}
TRIES = {
    "mailbox": {"mailbox": "mine"},
    "mailbox with its password": {"mailbox": "mine", "mailbox_password": "Mine-2026-mine"},
    "mailbox password": {"mailbox_password": "Mine-2026-mine"},
    "username": {"source_username": "boss@old.example"},
    "server": {"source_host": "imap.evil.example"},
    "port": {"source_host": "imap.old.example:1143"},
}


@pytest.fixture
def number(services: Services, world: World) -> int:
    """A draft with one row whose passwords are stored."""
    with services.store.write() as session:
        migration = seeds.draft(session, world)
        new = NewAccount("victim@old.example", "victim@example.com", "src", "dst")
        accounts.add(session, services.sealer, migration.id, [new])
        return migration.id


def _row(services: Services, number: int) -> tuple[Account, Passwords]:
    with services.store.read() as session:
        row = session.query(Account).filter_by(migration_id=number).one()
        return row, aim.opened(services.sealer, row)


def _lines(services: Services, number: int, kind: str) -> list[History]:
    with services.store.read() as session:
        return session.query(History).filter_by(migration_id=number, kind=kind).all()


@pytest.mark.parametrize("kind", TRIES)
@pytest.mark.parametrize("ticked", [{}, {"reaim": "y"}])
def test_support_cannot_re_aim_a_stored_password(
    person: Callable[[str], Browser],
    services: Services,
    number: int,
    kind: str,
    ticked: dict[str, str],
) -> None:
    """Not even with the field that a reseller ticks; nothing of the row is changed by trying."""
    row, before = _row(services, number)
    path = f"/migrations/{number}/accounts/{row.id}/edit"
    answer = person("support").post(path, fragment=True, **(ROW | TRIES[kind] | ticked))
    assert answer.status_code == 422
    assert "enter the password again, or ask a reseller" in answer.text
    assert 'name="reaim"' not in answer.text
    after, passwords = _row(services, number)
    assert passwords == before
    same = ("mailbox", "source_username", "source_host", "source_port", "check_token")
    assert [getattr(after, name) for name in same] == [getattr(row, name) for name in same]


def test_support_who_types_the_password_may(
    person: Callable[[str], Browser], services: Services, number: int
) -> None:
    """The history says what has changed, who did it, and no password."""
    row, _ = _row(services, number)
    path = f"/migrations/{number}/accounts/{row.id}/edit"
    fields = ROW | {"mailbox": "other", "source_password": "typed-secret"}
    assert person("support").post(path, fragment=True, **fields).status_code == 200
    assert _row(services, number)[1] == Passwords("typed-secret", "dst")
    (line,) = _lines(services, number, "row changed")
    assert line.user_email == seeds.EMAILS["support"]
    assert "victim@example.com → other@example.com" in line.note
    assert "IMAP password entered" in line.note
    assert "typed-secret" not in line.note


@pytest.mark.parametrize("kind", TRIES)
def test_a_reseller_is_asked_and_named(
    reseller: Browser, services: Services, number: int, kind: str
) -> None:
    """First a question, then done, with a line in the history."""
    row, _ = _row(services, number)
    path = f"/migrations/{number}/accounts/{row.id}/edit"
    fields = ROW | TRIES[kind]
    answer = reseller.post(path, fragment=True, **fields)
    assert answer.status_code == 422
    assert 'name="reaim"' in answer.text
    assert reseller.post(path, fragment=True, **fields, reaim="y").status_code == 200
    assert _row(services, number)[1].source == "src"
    (line,) = _lines(services, number, "row changed")
    assert line.user_email == seeds.EMAILS["reseller"]
    assert "the stored password is used for it" in line.note
    assert "Mine-2026" not in line.note


@pytest.mark.parametrize("path", ["append-domain", "remove-domain"])
def test_usernames_of_all_rows(
    person: Callable[[str], Browser], services: Services, number: int, path: str
) -> None:
    """Support is sent to a reseller, and a reseller is asked."""
    if path == "append-domain":
        with services.store.write() as session:
            row = session.query(Account).filter_by(migration_id=number).one()
            row.source_username = "victim"
            aim.put(services.sealer, row, Passwords("src", "dst"))
    before = _row(services, number)[0].source_username
    url = f"/migrations/{number}/all/{path}"
    support = person("support")
    assert support.post(url, domain="evil.example", reaim="y").status_code == 303
    assert "Ask a reseller" in support.text(f"/migrations/{number}/accounts")
    assert _row(services, number)[0].source_username == before
    reseller = person("reseller")
    answer = reseller.post(url, domain="new.example")
    assert answer.status_code == 422
    assert "the history names you" in answer.text
    assert _row(services, number)[0].source_username == before
    assert reseller.post(url, domain="new.example", reaim="y").status_code == 303
    after, passwords = _row(services, number)
    assert after.source_username != before
    assert passwords == Passwords("src", "dst")
    (line,) = _lines(services, number, "usernames changed")
    assert line.user_email == seeds.EMAILS["reseller"]


def test_another_server_for_all_rows_is_asked_for(
    reseller: Browser, services: Services, number: int
) -> None:
    """Step 1: host, port, security, destination; a new name alone asks nothing."""
    with services.store.read() as session:
        place = session.get_one(Migration, number).destination_id
    fields = {
        "source_host": "imap.old.example",
        "source_port": "993",
        "source_security": "ssl",
        "mode": "flags and new",
        "account_group": "specific",
        "threads": "4",
        "domain": "example.com",
        "destination_id": str(place),
    }
    path = f"/migrations/{number}/server"
    assert reseller.post(path, via=path, **fields, name="Renamed").status_code == 303
    for change in (
        {"source_host": "imap.evil.example"},
        {"source_port": "1143"},
        {"source_security": "none"},
    ):
        answer = reseller.post(path, via=path, **(fields | change))
        assert answer.status_code == 422
        assert 'name="reaim"' in answer.text
    assert _row(services, number)[1] == Passwords("src", "dst")
    change = {"source_host": "imap.new.example", "reaim": "y"}
    assert reseller.post(path, via=path, **(fields | change)).status_code == 303
    assert _row(services, number)[1] == Passwords("src", "dst")
    (line,) = _lines(services, number, "passwords used")
    assert "imap.old.example:993 (ssl)" in line.note
    assert "imap.new.example:993 (ssl)" in line.note


@pytest.mark.parametrize("screen", ["phone"], indirect=True)
def test_the_question_stands_in_the_form_and_nothing_typed_is_lost(
    page: Page, site: Site, place: Place, screen: str
) -> None:
    """It shows as soon as a field says so, and goes when the password is typed. Sent without an
    answer, the form comes back with the passwords that were typed, and the keyboard at the tick."""
    number = site.ids["ready"]
    page.goto(f"{site.address}/migrations/{number}/accounts")
    page.get_by_role("link", name="Edit boss@old.example").click()
    form = page.get_by_role("form")
    tick = form.get_by_label("Use the stored password")
    expect(form.get_by_label("IMAP username")).to_be_focused()
    expect(tick).to_be_hidden()
    form.get_by_label("Mailbox", exact=True).fill("chief")
    expect(tick).to_be_visible()
    form.get_by_label("IMAP password").fill("typed")
    expect(tick).to_be_hidden()
    form.get_by_label("IMAP password").fill("")
    form.get_by_label("Mailbox password").fill("Chief-Secret-2026")
    form.get_by_role("button", name="Save").click()
    expect(tick).to_be_focused()
    expect(form).to_contain_text("You have changed the mailbox")
    expect(form).not_to_contain_text("Enter it again")
    expect(form.get_by_label("Mailbox password")).to_have_value("Chief-Secret-2026")
    look(page, screen, "reaim")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="chief@")).to_contain_text("Waiting")
    with place.services.store.read() as session:
        row = session.query(Account).filter_by(migration_id=number, mailbox="chief@example.com")
        opened = aim.opened(place.services.sealer, row.one())
    assert opened == Passwords("src-boss", "Chief-Secret-2026")
