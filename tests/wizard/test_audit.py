"""The audit trail as a page and as a file: who sees which lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from store import history
from store.history import MOST_REFUSALS, WITHIN, Origin
from store.history_kinds import KINDS
from store.tables import History, Migration, User, now
from tests.wizard import world as seeds
from tests.wizard.browser import PASSWORD, Browser
from tests.wizard.world import EMAILS, World
from wizard.history_words import HISTORY
from wizard.services import Services

SECRET = "Papagei#rot#4711"


@pytest.fixture
def admin(person: Callable[[str], Browser]) -> Browser:
    return person("admin")


def _told(services: Services, kind: str) -> list[History]:
    with services.store.read() as session:
        return list(session.query(History).filter_by(kind=kind).order_by(History.id))


def _rows(browser: Browser, asked: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/audit/lines.csv{asked}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def test_every_kind_has_words() -> None:
    """And no words are left of a kind that is none."""
    assert set(HISTORY) == KINDS
    with pytest.raises(ValueError, match="no kind of line"):
        history.record(None, kind="frobnicated")  # type: ignore[arg-type]


def test_the_page_shows_who_did_what_and_from_where(
    services: Services, world: World, admin: Browser
) -> None:
    """Field by field, from the old value to the new one, and of a password only that it changed."""
    fields = {"email": EMAILS["support"], "role": "reseller", "organization_id": "1"}
    admin.client.environ_base["REMOTE_ADDR"] = "198.51.100.77"
    with services.store.read() as session:
        number = session.query(User).filter_by(email=EMAILS["support"]).one().id
    assert (
        admin.post(f"/admin/users/{number}", **fields, active="y", password=SECRET).status_code
        == 303
    )
    page = admin.text("/audit")
    assert "sam@example.net: role: support → reseller; password changed." in page
    assert "198.51.100.77" in page
    assert "Administrator, Harbour Hosting" in page
    assert SECRET not in page


def test_what_was_changed_is_told_from_what(
    services: Services, world: World, reseller: Browser, admin: Browser
) -> None:
    """Server settings, schedule, destination, notes: names and values, but no text of a note."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
    server = {"source_host": "imap.old.example", "source_port": "993", "source_security": "ssl",
              "mode": "new", "account_group": "specific", "threads": "4", "domain": "example.com",
              "destination_id": "1"}  # fmt: skip
    reseller.post(f"/migrations/{number}/server", **server, name="Autumn")
    reseller.post(f"/migrations/{number}/note", note=f"Its password is {SECRET}")
    schedule = {"start": "manual", "repeat": "once", "timezone": "UTC", "notify": "a@b.example"}
    reseller.post(f"/migrations/{number}/schedule", **schedule)
    place = {"name": "New cluster", "host": "mail.example.net", "port": "143", "security": "ssl",
             "password_policy": "konsoleh", "provisioner": "existing",
             "organization_id": "0"}  # fmt: skip
    admin.post("/admin/destinations/1", **place)
    notes = [line.note for line in _told(services, "changed")]
    assert "name: example.com, spring move → Autumn; mode: flags and new → new." in notes
    assert "told by mail: none → a@b.example" in notes[-1]
    assert _told(services, "noted")[0].note == "0 characters → 32 characters."
    (line,) = _told(services, "destination changed")
    assert line.note == "New cluster: name: Our mail cluster → New cluster; port: 993 → 143."


def test_a_reseller_reads_the_own_organizations_lines(
    services: Services, world: World, reseller: Browser, admin: Browser, person: Callable
) -> None:
    """Nothing of another one, not its name, nor from where the operator works."""
    admin.client.environ_base["REMOTE_ADDR"] = "198.51.100.77"
    mine, other = world.organization, world.foreign_organization
    with services.store.write() as session:
        moved = session.query(User).filter_by(email=EMAILS["support"]).one().id
        session.query(User).filter_by(role="admin").update({"organization_id": None})
        seeds.draft(session, world, organization_id=other, name="Secret plan")
    admin.post(f"/admin/users/{moved}", email=EMAILS["support"], role="support",
               organization_id=str(other), active="y")  # fmt: skip
    admin.post("/admin/limits", host="imap.foreign.example", connections="3")
    foreign = person("foreign")
    for browser, hidden in ((reseller, "Other Hosting"), (foreign, "Harbour Hosting")):
        page = browser.text("/audit")
        assert "sam@example.net: organization: " in page
        whole = browser.get("/audit/lines.csv").text
        seen = page.split("</header>")[1] + whole
        for word in (hidden, "198.51.100.77", "imap.foreign.example"):
            assert word not in seen, word
        # A filter tells no more than the list, whatever it asks for.
        assert "No line matches" in browser.text("/audit?text=198.51.100.77")
        wrong = mine if browser is foreign else other
        assert browser.text(f"/audit?organization={wrong}").count("<tr") == page.count("<tr") + 1
    assert "organization: another → Other Hosting" in foreign.text("/audit?kind=person+changed")
    assert "Secret plan" not in reseller.get("/audit/lines.csv").text
    assert {row["Organization"] for row in _rows(admin)} >= {"Harbour Hosting", "Other Hosting", ""}
    assert person("customer").get("/audit").status_code == 403


def test_filters_leave_what_was_asked_for(services: Services, world: World, admin: Browser) -> None:
    """Organization, person, kind, days and text, on the page and in the file alike; what cannot
    be read is refused, since a list that shows more would be believed."""
    with services.store.write() as session:
        seeds.draft(session, world, organization_id=world.foreign_organization)
        seeds.draft(session, world)
        old = session.query(History).order_by(History.id.desc()).first()
        assert old is not None
        old.at, old.note = now() - timedelta(days=40), "100 % of it"
    day = (now() - timedelta(days=40)).strftime("%Y-%m-%d")
    for asked, number in (
        ("", 3),
        (f"?organization={world.foreign_organization}", 1),
        ("?kind=created", 2),
        ("?person=ADMIN@", 1),
        (f"?since={day}&until={day}", 1),
        (f"?until={day}", 1),
        ("?text=100+%25", 1),
        ("?text=%25", 1),
        ("?kind=created&person=admin", 0),
    ):
        page = admin.text(f"/audit{asked}")
        assert page.count('data-label="When"') == number, asked
    for wrong in (
        "kind=nothing",
        "since=yesterday",
        "organization=x",
        "until=2026-02-30",
    ):
        assert admin.get(f"/audit?{wrong}").status_code == 400, wrong
        assert admin.get(f"/audit/lines.csv?{wrong}").status_code == 400, wrong
    assert admin.get("/audit?before=x").status_code == 400
    rows = _rows(admin, f"?kind=created&organization={world.foreign_organization}")
    assert [row["What"] for row in rows] == ["Created"]
    (line,) = _told(services, "audit taken")[-1:]
    assert line.note == "As CSV. organization: Other Hosting; what: Created."


def test_pages_follow_one_another_by_a_place_in_the_list(
    services: Services, world: World, admin: Browser
) -> None:
    """Lines that come meanwhile move nothing from one page to the next."""
    with services.store.write() as session:
        for number in range(120):
            history.record(session, kind="noted", note=f"line {number:03}")
    seen: list[str] = []
    path = "/audit?kind=noted"
    for _ in range(3):
        page = admin.text(path)
        seen += re.findall(r"line (\d+)", page)
        with services.store.write() as session:
            history.record(session, kind="noted", note="newer")
        older = re.search(r'href="([^"]+before=[^"]+)" rel="next"', page)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"{number:03}" for number in reversed(range(120))]
    assert path == ""
    assert len(_rows(admin, "?kind=noted")) == 123


def test_no_cell_of_the_file_is_a_formula(services: Services, world: World, admin: Browser) -> None:
    """Whatever somebody has called a migration."""
    with services.store.write() as session:
        history.record(session, kind="deleted", note='=HYPERLINK("http://evil.example")')
    (row,) = _rows(admin, "?kind=deleted")
    assert row["Note"].startswith("'=HYPERLINK")


def test_an_empty_list_says_so(admin: Browser, services: Services) -> None:
    """And leads back to all lines."""
    page = admin.text("/audit?text=no-such-thing")
    assert "No line matches" in page
    assert "Show all" in page


def test_refused_sign_ins_are_counted_in_one_line(
    app: Flask, services: Services, world: World
) -> None:
    """By person and address; an address that nobody has is not kept, since it may be a password
    in the wrong field."""
    for address in ("203.0.113.1", "203.0.113.2"):
        browser = Browser(app)
        browser.client.environ_base["REMOTE_ADDR"] = address
        for email in (EMAILS["reseller"], EMAILS["reseller"], SECRET, "nobody@x.example"):
            assert browser.sign_in(email, "wrong password").status_code == 401
    told = [(one.user_email, one.address, one.times) for one in _told(services, "sign-in refused")]
    assert sorted(told) == [
        ("rita@example.net", "203.0.113.1", 2),
        ("rita@example.net", "203.0.113.2", 2),
        ("unknown", "203.0.113.1", 2),
        ("unknown", "203.0.113.2", 2),
    ]
    with services.store.write() as session:
        session.query(History).update({"at": now() - WITHIN})
    assert Browser(app).sign_in(EMAILS["reseller"], "wrong").status_code == 401
    assert len(_told(services, "sign-in refused")) == 5


def test_guesses_from_everywhere_fill_no_disk(services: Services, world: World) -> None:
    """So many lines an hour; the rest is one line, with how many."""
    with services.store.write() as session:
        for number in range(MOST_REFUSALS + 40):
            history.comes_from(Origin(f"2001:db8::{number:x}"))
            history.refused_sign_in(session, f"{number}@x.example")
        history.comes_from(None)
    told = _told(services, "sign-in refused")
    assert len(told) == MOST_REFUSALS + 1
    assert (told[-1].note, told[-1].times) == ("Of many people or addresses.", 40)


def test_signing_in_says_whether_the_browser_is_known(
    app: Flask, services: Services, world: World
) -> None:
    """In one that was used before, and in one that was not."""
    browser = Browser(app)
    for _ in range(2):
        browser.sign_in(EMAILS["reseller"])
        browser.post("/logout")
    assert browser.sign_in(EMAILS["reseller"]).status_code == 303
    words = [line.note for line in _told(services, "signed in")]
    assert words == ["In a browser that is new.", *["In a browser that is known."] * 2]
    assert len(_told(services, "signed out")) == 2
    assert browser.post("/password", old="x", new=SECRET, again=SECRET).status_code == 422
    assert browser.post("/password", old=PASSWORD, new=SECRET, again=SECRET).status_code == 303
    assert [len(_told(services, kind)) for kind in ("password refused", "password")] == [1, 1]


def test_lines_of_a_page_that_asks_by_itself_are_not_counted(
    services: Services, world: World, reseller: Browser
) -> None:
    """A page left open for a day has been read once; asking as it does hides nobody."""
    with services.store.write() as session:
        migration = seeds.running(session, services.sealer, world)
        number, account = migration.id, migration.accounts[0].id
    path = f"/migrations/{number}/runs/1/accounts/{account}"
    for _ in range(3):
        reseller.get(path, headers={"HX-Request": "true"})
    assert [line.times for line in _told(services, "account read")] == [1]
    with services.store.read() as session:
        assert session.get_one(Migration, number).state == "running"
    assert "Account&#39;s report read" not in reseller.text(f"/migrations/{number}/history")
