"""Where each folder goes: the table, what is left out while it is typed, and places by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parameters.choices import NEW_CHOICES, from_json, to_json
from store.tables import Migration
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services


@pytest.fixture
def number(services: Services, world: World) -> int:
    """Three accounts; the folders of two of them are known."""
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world)
        migration.options = to_json(NEW_CHOICES)
        first, second, _ = migration.accounts
        seeds.folders_seen(session, first.id)
        seeds.folders_seen(session, second.id, Projekte=7)
        return migration.id


def _places(services: Services, number: int) -> tuple[tuple[str, str], ...]:
    with services.store.read() as session:
        return from_json(session.get_one(Migration, number).options).places


def _row(page: str, name: str) -> str:
    found = [row for row in page.split("<tr ") if f'"wrap-any">{name}</span>' in row]
    assert len(found) == 1, name
    return found[0]


def test_folders_are_shown_with_their_places_and_why(reseller: Browser, number: int) -> None:
    """All accounts together: by use, by name, new ones, and what is left out."""
    page = reseller.text(f"/migrations/{number}/folders")
    sent = _row(page, "Gesendete Objekte")
    assert "INBOX.Sent" in sent
    assert "same purpose" in sent
    assert ">2</td>" in sent
    assert "INBOX.Projekte" in _row(page, "Projekte")
    assert "A new folder" in _row(page, "Projekte")
    assert "Left out" in _row(page, "Spam")
    assert "Left out: 1 folder with 180 messages. Spam (180 messages)" in page
    assert "1 account is not in this table" in page


def test_one_account_can_be_looked_at(reseller: Browser, services: Services, number: int) -> None:
    """Then only its own folders are shown."""
    with services.store.read() as session:
        first = session.get_one(Migration, number).accounts[0].id
    page = reseller.text(f"/migrations/{number}/folders?account={first}")
    assert "Projekte" not in page
    assert "Spam (90 messages)" in page


def test_without_a_check_the_page_says_what_to_do(
    reseller: Browser, services: Services, world: World
) -> None:
    """Nothing is known of the folders yet."""
    with services.store.write() as session:
        number = seeds.mixed_draft(session, services.sealer, world).id
    page = reseller.text(f"/migrations/{number}/folders")
    assert "No folders are known yet" in page
    assert f'href="/migrations/{number}/accounts"' in page


def test_an_expression_is_tried_on_the_real_folders(reseller: Browser, number: int) -> None:
    """With counts while it is typed; nothing is stored by that, and a bad one says why."""
    path = f"/migrations/{number}/folders/test"
    answer = reseller.post(path, fragment=True, exclude="^(Archiv|Gesendete)")
    assert answer.status_code == 200
    assert "Left out: 2 folders with 1\u202f200 messages" in answer.text
    assert "No folder is left out" in reseller.post(path, fragment=True, exclude="").text
    wrong = reseller.post(path, fragment=True, exclude="(archiv")
    assert wrong.status_code == 422
    assert "no regular expression" in wrong.text
    assert "(?i)spam|(?i)junk" in reseller.text(f"/migrations/{number}/folders")


def test_an_expression_is_stored_or_kept_with_its_fault(reseller: Browser, number: int) -> None:
    """What was typed stays in the field."""
    path = f"/migrations/{number}/folders/exclude"
    wrong = reseller.post(path, exclude="[a")
    assert wrong.status_code == 422
    assert 'value="[a"' in wrong.text
    assert "no regular expression" in wrong.text
    assert reseller.post(path, exclude="^Archiv").status_code == 303
    assert "Left out" in _row(reseller.text(f"/migrations/{number}/folders"), "Archiv")


def test_a_folder_gets_a_place_by_hand_and_its_usual_one_back(
    reseller: Browser, services: Services, number: int
) -> None:
    """Before all else, for all accounts that have it."""
    path = f"/migrations/{number}/folders/place"
    reseller.post(path, source="Projekte", destination="INBOX.Work.Projects")
    row = _row(reseller.text(f"/migrations/{number}/folders"), "Projekte")
    assert "INBOX.Work.Projects" in row
    assert "You chose this place" in row
    assert _places(services, number) == (("Projekte", "INBOX.Work.Projects"),)
    reseller.post(path, source="Projekte", destination="")
    assert _places(services, number) == ()


@pytest.mark.parametrize(
    ("destination", "words"),
    [("a\rb", "line break"), ("INBOX", "would both be"), ("x" * 1001, "at most 1,000")],
)
def test_a_place_that_cannot_be_is_refused(
    destination: str, words: str, reseller: Browser, services: Services, number: int
) -> None:
    """Two folders never become one. The row is open, with what was typed."""
    path = f"/migrations/{number}/folders/place"
    answer = reseller.post(path, source="Projekte", destination=destination)
    assert answer.status_code == 422
    assert words in answer.text
    assert "<details open>" in answer.text
    assert _places(services, number) == ()


def test_support_looks_and_changes_nothing(person: Callable[[str], Browser], number: int) -> None:
    """Options are the reseller's; another organization has no such migration."""
    support, path = person("support"), f"/migrations/{number}/folders"
    assert "INBOX.Sent" in support.text(path)
    assert "<summary>Change" not in support.text(path)
    assert support.post(f"{path}/place", source="Spam", destination="x").status_code == 403
    assert support.post(f"{path}/exclude", exclude="").status_code == 403
    assert person("foreign").get(path).status_code == 404


def test_folders_of_a_started_migration_stay(
    reseller: Browser, services: Services, number: int, world: World
) -> None:
    """The page is there to be read."""
    with services.store.write() as session:
        running = seeds.running(session, services.sealer, world)
        seeds.folders_seen(session, running.accounts[0].id)
    path = f"/migrations/{running.id}/folders"
    assert "<summary>Change" not in reseller.text(path)
    assert reseller.post(f"{path}/place", source="Spam", destination="x").status_code == 303
    assert _places(services, running.id) == ()
