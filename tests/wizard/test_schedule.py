"""When it starts, how often, and what the pages say about it; a mailbox that is kept in sync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from store import control
from store.states import AccountState
from store.tables import Account, History, Migration, now
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.services import Services

ONCE = {"start": "manual", "repeat": "once", "timezone": "UTC", "notify": ""}
JULY = ONCE | {"start": "at", "start_at": "2031-07-01T08:30", "timezone": "Europe/Berlin"}
LOOP = {"repeat": "loop", "loop_minutes": "1440", "loop_end": "ever"}
STANDING = {
    "source_host": "imap.old.example",
    "source_security": "starttls",
    "source_port": "143",
    "source_username": "jane@old.example",
    "source_password": "Old-Secret-1",
    "mailbox": "jane",
    "mailbox_password": "New-Secret-2026",
    "domain": "example.com",
    "loop_minutes": "20",
    "timezone": "Europe/Berlin",
}


@pytest.fixture
def ready(services: Services, world: World) -> int:
    with services.store.write() as session:
        return seeds.ready_draft(session, services.sealer, world).id


@pytest.fixture
def looping(services: Services, world: World) -> int:
    with services.store.write() as session:
        migration = seeds.ready_draft(session, services.sealer, world, name="Nightly")
        migration.loop, migration.loop_minutes = True, 60
        control.start(session, migration.id, None)
        return migration.id


def stored(services: Services, number: int) -> Migration:
    with services.store.read() as session:
        return session.get_one(Migration, number)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_start_at_a_time_is_scheduled_and_said_in_both_zones(
    reseller: Browser, services: Services, ready: int
) -> None:
    """F12: in the zone in which it was typed, and in UTC; the list shows it too."""
    answer = reseller.post(f"/migrations/{ready}/schedule", **(JULY | LOOP))
    assert answer.status_code == 303
    page = reseller.text(f"/migrations/{ready}")
    assert "The first run starts on Tuesday 1 July 2031, 08:30 CEST (06:30 UTC)." in page
    assert "From then on it runs every day, for good" in page
    migration = stored(services, ready)
    assert migration.state == "scheduled"
    assert migration.next_start_at == at("2031-07-01T06:30")
    assert (migration.loop_until, migration.loop_from) == (None, migration.next_start_at)
    assert "Next start" in reseller.text("/")
    assert "1 Jul 2031, 08:30 CEST" in reseller.text("/")


def test_start_by_hand_does_not_wait_for_the_schedule(
    reseller: Browser, services: Services, ready: int
) -> None:
    """And the loop keeps its slots."""
    reseller.post(f"/migrations/{ready}/schedule", **(JULY | LOOP))
    assert reseller.post(f"/migrations/{ready}/start").status_code == 303
    migration = stored(services, ready)
    assert (migration.state, migration.next_start_at) == ("running", at("2031-07-01T06:30"))


def test_a_changed_schedule_takes_the_place_of_the_old(
    reseller: Browser, services: Services, ready: int
) -> None:
    """By hand after all: the clock starts nothing."""
    reseller.post(f"/migrations/{ready}/schedule", **(JULY | LOOP))
    reseller.post(f"/migrations/{ready}/schedule", **ONCE)
    migration = stored(services, ready)
    assert (migration.state, migration.next_start_at) == ("draft", None)


def test_a_schedule_is_refused_while_a_row_is_blocked(
    reseller: Browser, services: Services, world: World
) -> None:
    """C2: what was typed is kept, and nothing is scheduled."""
    with services.store.write() as session:
        number = seeds.mixed_draft(session, services.sealer, world).id
    answer = reseller.post(f"/migrations/{number}/schedule", **JULY)
    assert answer.status_code == 422
    assert "It is not scheduled yet" in answer.text
    migration = stored(services, number)
    assert (migration.state, migration.next_start_at) == ("draft", None)
    assert 'value="2031-07-01T08:30"' in reseller.text(f"/migrations/{number}/schedule")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "presses Start"),
        ({"start": "now"}, "as soon as this page is confirmed"),
        ({"start": "at"}, "Enter the date and time of the start."),
        ({"start": "at", "start_at": "2031-12-31T23:30"}, "2031, 23:30 UTC."),
        (
            {"start": "at", "start_at": "2031-03-30T02:30", "timezone": "Europe/Berlin"},
            "leave 02:30 out: it becomes 03:30 CEST.",
        ),
        (
            {"start": "at", "start_at": "2031-10-26T02:30", "timezone": "Europe/Berlin"},
            "show 02:30 twice: the first time is meant, 02:30 CEST.",
        ),
        (
            {"start": "at", "start_at": "2031-07-01T08:30", "timezone": "Pacific/Auckland"},
            "Tuesday 1 July 2031, 08:30 NZST (Monday 30 June, 20:30 UTC)",
        ),
        ({"repeat": "loop", "loop_minutes": "20"}, "Enter when the repeats end."),
        ({"repeat": "loop", "loop_minutes": "0"}, "from 1 to 43800"),
        (
            {"repeat": "loop", "loop_minutes": "90", "loop_end": "ever"},
            "every 90 minutes, for good",
        ),
        ({"repeat": "loop", "loop_minutes": "43800", "loop_end": "ever"}, "every 730 hours"),
        (JULY | LOOP, "The second run starts on Wednesday 2 July 2031, 08:30 CEST (06:30 UTC)."),
        (JULY | LOOP, "The time of day stays the same when summer time begins and ends."),
        (
            JULY | LOOP | {"loop_end": "until", "loop_until": "2031-07-01T20:00"},
            "so it runs once",
        ),
    ],
)
def test_step_three_says_when_the_first_run_starts(
    changes: dict[str, str], words: str, reseller: Browser, services: Services, ready: int
) -> None:
    """Before it is confirmed, with each change of the form; nothing is stored by it."""
    path = f"/migrations/{ready}/schedule/preview"
    answer = reseller.post(path, fragment=True, **(ONCE | changes))
    assert answer.status_code == 200
    assert words in answer.text
    assert stored(services, ready).start == "now"


def test_a_stored_time_that_has_passed_is_said_to_have_passed(
    reseller: Browser, services: Services, ready: int
) -> None:
    """Step 3 of a draft that was left for a week."""
    with services.store.write() as session:
        migration = session.get_one(Migration, ready)
        migration.start, migration.start_at = "at", now() - timedelta(days=7)
    assert "The time of the start has passed" in reseller.text(f"/migrations/{ready}/schedule")


def test_a_schedule_is_suspended_and_activated(
    person: Callable[[str], Browser], services: Services, looping: int
) -> None:
    """H16: by support too, at any time; shown on the page and in the list, and in the history."""
    support, path = person("support"), f"/migrations/{looping}"
    assert f'action="{path}/activate"' not in support.text(path)
    assert support.post(f"{path}/suspend").status_code == 303
    page = support.text(path)
    assert "None while it is suspended; the run under way ends by itself" in page
    assert "Schedule suspended" in support.text("/")
    assert f'action="{path}/suspend"' not in page
    assert stored(services, looping).state == "running"
    support.post(f"{path}/suspend")
    assert "state has changed meanwhile" in support.text(path)
    support.post(f"{path}/activate")
    assert f'action="{path}/suspend"' in support.text(path)
    with services.store.read() as session:
        kinds = [line.kind for line in session.scalars(select(History).order_by(History.id))]
    assert kinds[-2:] == ["suspended", "activated"]


def test_a_stopped_loop_says_that_it_starts_no_more(reseller: Browser, looping: int) -> None:
    """And how it is taken up again."""
    reseller.post(f"/migrations/{looping}/stop")
    page = reseller.text(f"/migrations/{looping}")
    assert "None: it was stopped" in page
    assert "/suspend" not in page


def test_how_often_is_changed_after_the_start(
    reseller: Browser, services: Services, looping: int, ready: int
) -> None:
    """F13: another interval or end at any time, and none; before the start step 3 asks."""
    path = f"/migrations/{looping}/repeats"
    assert 'value="60"' in reseller.text(path)
    answer = reseller.post(path, repeat="loop", loop_minutes="0", loop_end="ever", timezone="UTC")
    assert answer.status_code == 422
    answer = reseller.post(path, repeat="loop", loop_minutes="5", loop_end="ever", timezone="UTC")
    assert answer.status_code == 303
    assert "Every 5 minutes, for good" in reseller.text(f"/migrations/{looping}")
    reseller.post(path, repeat="once", timezone="UTC")
    assert stored(services, looping).next_start_at is None
    assert reseller.get(f"/migrations/{ready}/repeats").location == f"/migrations/{ready}/schedule"


def test_one_form_makes_a_mailbox_that_is_kept_in_sync(
    reseller: Browser, services: Services, world: World
) -> None:
    """H1: one account, no end, every 20 minutes; checked like any row, and then it starts."""
    assert 'href="/standing/new"' in reseller.text("/")
    assert 'value="20"' in reseller.text("/standing/new")
    answer = reseller.post("/standing/new", **STANDING, destination_id=str(world.destination))
    assert answer.status_code == 303
    with services.store.read() as session:
        migration = session.scalars(select(Migration)).one()
        account = session.scalars(select(Account)).one()
        lines = session.scalars(select(History).order_by(History.id)).all()
        told = [line.kind for line in lines if line.migration_id == migration.id]
    assert (migration.loop, migration.loop_minutes, migration.loop_until) == (True, 20, None)
    assert (migration.state, migration.mode, migration.threads) == ("scheduled", "new", 1)
    assert migration.next_start_at is not None
    assert (account.mailbox, account.state) == ("jane@example.com", AccountState.NEW)
    assert account.source_password_sealed is not None
    assert told == ["created", "rows added", "scheduled"]
    assert {line.user_email for line in lines} == {"rita@example.net"}
    page = reseller.text(f"/migrations/{migration.id}")
    assert "As soon as its accounts are checked" in page
    assert 'hx-trigger="every 2s, seen"' in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("source_host", "", "Enter the server"),
        ("source_port", "65536", "from 1 to 65535"),
        ("source_username", "", "Enter the login name"),
        ("mailbox", "", "Enter the mailbox"),
        ("mailbox", "jane@example.org", "example.org"),
        ("loop_minutes", "0", "from 1 to 43800"),
        ("loop_minutes", "43801", "from 1 to 43800"),
        ("domain", "example.org", "Not a valid choice"),
    ],
)
def test_the_short_form_says_at_the_field_what_is_wrong(
    field: str, value: str, words: str, reseller: Browser, services: Services, world: World
) -> None:
    """Nothing is stored, and no password is sent back."""
    fields = STANDING | {"destination_id": str(world.destination), field: value}
    answer = reseller.post("/standing/new", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Old-Secret-1" not in answer.text
    assert "New-Secret-2026" not in answer.text
    with services.store.read() as session:
        assert session.scalars(select(Migration)).first() is None
