"""The three steps: what is typed is checked, kept, and found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from store.tables import Migration, Run
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services

SERVER = {
    "source_host": "imap.old.example",
    "source_security": "starttls",
    "source_port": "143",
    "mode": "new",
    "account_group": "specific",
    "threads": "7",
    "domain": "example.com",
}


def _server(world: World, **changes: str) -> dict[str, Any]:
    return SERVER | {"destination_id": str(world.destination)} | changes


def _migration(services: Services, number: int) -> Migration:
    with services.store.read() as session:
        return session.get_one(Migration, number)


def test_step_one_makes_a_draft_that_outlives_the_browser(
    reseller: Browser, person: Callable[[str], Browser], world: World
) -> None:
    """It is listed in another session, with all that was typed."""
    answer = reseller.post("/migrations/new", **_server(world, dry_run="y"))
    assert answer.status_code == 303
    assert answer.location == "/migrations/1/accounts"
    again = person("reseller")
    assert "example.com from imap.old.example" in again.text("/")
    page = again.text("/migrations/1/server")
    for kept in ('value="imap.old.example"', 'value="143"', 'value="7"'):
        assert kept in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("source_host", "", "Enter the server"),
        ("source_host", "https://imap.old.example/", "leave out https://"),
        ("source_host", "me@old.example", "looks like an e-mail address"),
        ("source_host", "imap.old.example:993", "the port has a field of its own"),
        ("source_host", "imap old", "Write the server as"),
        ("source_host", "a\nb", "line break"),
        ("source_port", "0", "from 1 to 65535"),
        ("source_port", "65536", "from 1 to 65535"),
        ("source_port", "imap", "from 1 to 65535"),
        ("threads", "0", "from 1 to 50"),
        ("threads", "51", "from 1 to 50"),
        ("mode", "everything", "Not a valid choice"),
        ("domain", "example.org", "Not a valid choice"),
        ("destination_id", "999", "Not a valid choice"),
    ],
)
def test_step_one_says_at_the_field_what_is_wrong(
    field: str, value: str, words: str, reseller: Browser, world: World
) -> None:
    """Nothing is stored, and what was typed stays in the form."""
    answer = reseller.post("/migrations/new", **_server(world, **{field: value}))
    assert answer.status_code == 422
    assert words in answer.text
    assert "No migrations" in reseller.text("/") or "Begin with your first" in reseller.text("/")


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "[2001:db8::7]", "müller.example"])
def test_servers_by_address_are_taken(
    host: str, reseller: Browser, services: Services, world: World
) -> None:
    """F1: a name or an IP address."""
    assert reseller.post("/migrations/new", **_server(world, source_host=host)).status_code == 303
    assert _migration(services, 1).source_host == host.strip("[]")


def test_another_server_has_every_account_checked_again(
    reseller: Browser, services: Services, world: World
) -> None:
    """What the old server said is no longer shown; another name alone changes nothing."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
    path = f"/migrations/{number}/server"
    same = _server(world, source_port="993", source_security="ssl", mode="flags and new")
    assert reseller.post(path, **same, name="Renamed").status_code == 303
    assert "3 ready" in reseller.text(f"/migrations/{number}/accounts")
    reseller.post(path, **(same | {"source_host": "imap.other.example"}))
    assert "3 being checked" in reseller.text(f"/migrations/{number}/accounts")


def test_recreate_fills_the_fields_from_an_old_one(
    reseller: Browser, services: Services, world: World
) -> None:
    """F18."""
    with services.store.write() as session:
        number = seeds.draft(session, world, source_host="imap.recreated.example", threads=13).id
    page = reseller.text(f"/migrations/new?like={number}")
    assert 'value="imap.recreated.example"' in page
    assert 'value="13"' in page


def test_start_now_begins_the_first_run(
    reseller: Browser, services: Services, world: World
) -> None:
    """F12: from step 3 straight to the run, and the steps are closed from then on."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
    answer = reseller.post(
        f"/migrations/{number}/schedule", start="now", repeat="once", timezone="UTC", notify=""
    )
    assert answer.status_code == 303
    with services.store.read() as session:
        assert session.query(Run).filter_by(migration_id=number).count() == 1
    assert _migration(services, number).state == "running"


def test_start_stays_closed_while_a_row_is_blocked(
    reseller: Browser, services: Services, world: World
) -> None:
    """K8: the page says how many are in the way and leads to them; what was typed is kept."""
    with services.store.write() as session:
        number = seeds.mixed_draft(session, services.sealer, world).id
    path = f"/migrations/{number}/schedule"
    fields = {"start": "now", "repeat": "once", "timezone": "UTC", "notify": "me@example.com"}
    answer = reseller.post(path, **fields)
    assert answer.status_code == 422
    assert "2 accounts are blocked" in answer.text
    assert f"/migrations/{number}/accounts?show=attention" in answer.text
    assert _migration(services, number).state == "draft"
    assert 'value="me@example.com"' in reseller.text(path)
    assert "disabled" in reseller.text(f"/migrations/{number}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": "at"}, "Enter the date and time"),
        ({"start": "at", "start_at": "2001-01-01T00:00"}, "in the past"),
        ({"start": "at", "start_at": "soon"}, "Not a valid"),
        ({"repeat": "loop", "loop_minutes": "0"}, "from 1 to 43800"),
        ({"repeat": "loop", "loop_minutes": "43801"}, "from 1 to 43800"),
        ({"repeat": "loop", "loop_minutes": "20"}, "Enter when the repeats end"),
        (
            {"repeat": "loop", "loop_minutes": "20", "loop_until": "2001-01-01T00:00"},
            "have to end after the start",
        ),
        ({"notify": "me@example.com;nobody"}, "nobody is no e-mail address"),
        ({"notify": "me@example.com\r\nBcc: x@example.com"}, "line break"),
        ({"notify": ";".join(["me@example.com"] * 20)}, "255"),
        ({"timezone": "Mars/Olympus"}, "Not a valid choice"),
        (
            {"timezone": "../etc", "start": "at", "start_at": "2031-01-01T00:00"},
            "Not a valid choice",
        ),
    ],
)
def test_step_three_says_at_the_field_what_is_wrong(
    changes: dict[str, str], words: str, reseller: Browser, services: Services, world: World
) -> None:
    """F12 to F14 with their limits; a line break never gets into a mail's header."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
    fields = {"start": "manual", "repeat": "once", "timezone": "UTC", "notify": ""} | changes
    answer = reseller.post(f"/migrations/{number}/schedule", **fields)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_removing_mode_wants_a_confirmation(
    reseller: Browser, services: Services, world: World
) -> None:
    """Mode all: it names the mailboxes that are not empty, and starts only when confirmed."""
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world, mode="all")
        full = seeds.add_rows(session, services.sealer, migration, "full")[0]
        seeds.checked(session, full, seeds.NOT_EMPTY)
        number = migration.id
    path = f"/migrations/{number}/schedule"
    page = reseller.text(path)
    assert "1 destination mailbox is not empty" in page
    assert "already holds 12 messages" in page
    fields = {"start": "now", "repeat": "once", "timezone": "UTC"}
    assert reseller.post(path, **fields).status_code == 422
    assert _migration(services, number).state == "draft"
    assert reseller.post(path, **fields, removal_confirmed="y").status_code == 303
    assert _migration(services, number).state == "running"
