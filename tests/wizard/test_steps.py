"""The three steps: what is typed is checked, kept, and found again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from parameters.choices import NEW_CHOICES, to_json
from store.states import MigrationState
from store.tables import Migration, Run
from sync.options import ProofLevel, SourceDeletion
from tests.wizard import states
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
    reseller.post(path, **(same | {"source_host": "imap.other.example", "reaim": "y"}))
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


def _risky(services: Services, world: World, **options: Any) -> int:
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world)
        migration.options = to_json(replace(NEW_CHOICES, **options))
        return migration.id


def _rehearsed(services: Services, number: int, **counts: int) -> None:
    """The dry run under way ends, as one that would remove so many."""
    with services.store.write() as session:
        migration = session.get_one(Migration, number)
        run = migration.runs[-1]
        for one in run.account_runs:
            seeds.rehearsed(session, one, **counts)
        run.state = migration.state = MigrationState.COMPLETE


NOW = {"start": "now", "repeat": "once", "timezone": "UTC"}


def test_what_removes_begins_with_a_dry_run(
    reseller: Browser, services: Services, world: World
) -> None:
    """It is the first choice; it needs no confirmation, and no loop starts after it. When it is
    over the step is open again, with its numbers, and says when they no longer hold."""
    number = _risky(services, world, delete_duplicates=True)
    path = f"/migrations/{number}/schedule"
    assert re.search(r'value="rehearse" checked', reseller.text(path))
    assert "No dry run has been made" in reseller.text(path)
    assert reseller.post(path, **NOW).status_code == 422
    until = {"loop_minutes": "20", "loop_end": "ever"}
    fields = NOW | {"start": "rehearse", "repeat": "loop"} | until
    assert "nothing starts by itself" in reseller.post(f"{path}/preview", **fields).text
    assert reseller.post(path, **fields).status_code == 303
    with services.store.read() as session:
        migration = session.get_one(Migration, number)
        assert (migration.runs[0].dry_run, migration.dry_run) == (True, False)
        assert migration.next_start_at is None
    _rehearsed(services, number, removed=7, duplicates_removed=5)
    page = reseller.text(path)
    assert re.search(r"At the destination</dt><dd>21 messages", page)
    assert re.search(r"Duplicates there</dt><dd>15 messages", page)
    assert re.search(r'value="now" checked', page)
    assert "have changed since" not in page
    assert "Go on to the start" in reseller.text(f"/migrations/{number}")
    with services.store.write() as session:
        session.get_one(Migration, number).options = to_json(NEW_CHOICES) | {
            "once": True,
            "delete_duplicates": True,
        }
    assert "have changed since" in reseller.text(path)
    assert reseller.post(path, **NOW, removal_confirmed="y").status_code == 303
    with services.store.read() as session:
        assert [run.dry_run for run in session.get_one(Migration, number).runs] == [True, False]
    assert reseller.get(path).status_code == 302


def test_a_dry_run_leads_to_the_tick_that_ends_it(
    reseller: Browser, services: Services, world: World
) -> None:
    """Where the migration itself is a dry run, another start would copy nothing again: its page
    and step 3 say so, with the way to step 1."""
    with services.store.write() as session:
        number = states.rehearsal(session, services.sealer, world, "ended").id
    link = f'href="/migrations/{number}/server#dry_run"'
    page = reseller.text(f"/migrations/{number}")
    assert link in page
    assert "Go on to the start" not in page
    assert "messages/s" not in page
    step = reseller.text(f"/migrations/{number}/schedule")
    assert link in step
    assert "This will be a dry run: nothing is written" in step


def test_steps_open_again_after_a_dry_run_can_be_scheduled_and_discarded(
    reseller: Browser, services: Services, world: World
) -> None:
    """Step 1 too; and a plan for later, taken back, leaves a draft that can go."""
    number = _risky(services, world, delete_duplicates=True)
    path = f"/migrations/{number}/schedule"
    reseller.post(path, **(NOW | {"start": "rehearse"}))
    _rehearsed(services, number)
    assert reseller.get(f"/migrations/{number}/server").status_code == 200
    later = {"start": "at", "start_at": "2031-01-01T00:00", "removal_confirmed": "y"}
    assert reseller.post(path, **(NOW | later)).status_code == 303
    assert _migration(services, number).state == "scheduled"
    assert reseller.post(path, **(NOW | {"start": "manual"})).status_code == 303
    assert _migration(services, number).state == "draft"
    assert reseller.post(f"/migrations/{number}/discard").status_code == 303
    with services.store.read() as session:
        assert session.get(Migration, number) is None


def test_deletion_in_the_source_is_confirmed_by_a_word(
    reseller: Browser, person: Callable[[str], Browser], services: Services, world: World
) -> None:
    """A second time, after the tick at step 1; it stands in the history, and is not support's."""
    chosen = {"source_deletion": SourceDeletion.SYNCED, "proof": ProofLevel.CONTENT}
    number = _risky(services, world, **chosen)
    path = f"/migrations/{number}/schedule"
    assert "Once they are synchronized" in reseller.text(path)
    answer = reseller.post(path, **NOW, deletion_word="yes", notify="me@example.com")
    assert answer.status_code == 422
    assert "Type the word delete" in answer.text
    assert 'value="me@example.com"' in answer.text
    assert _migration(services, number).state == "draft"
    assert person("support").post(path, **NOW, deletion_word="delete").status_code == 403
    assert person("support").post(f"/migrations/{number}/start").status_code == 303
    assert _migration(services, number).state == "draft"
    assert reseller.post(path, **NOW, deletion_word=" Delete ").status_code == 303
    assert _migration(services, number).state == "running"
    assert "Deletion in the source confirmed" in reseller.text(f"/migrations/{number}")


def test_the_summary_names_what_is_not_as_usual(
    reseller: Browser, services: Services, world: World
) -> None:
    """F11."""
    number = _risky(services, world, subfolder="Old mail", max_age_days=30)
    page = reseller.text(f"/migrations/{number}/schedule")
    assert re.search(r"Below the folder</dt><dd>Old mail", page)
    assert re.search(r"Not older than</dt><dd>30 days", page)
    assert "Proof</dt>" not in page
