"""An installation under gunicorn, seen by Chromium: what the tests of real pages start from."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from app import create_app
from launch.roster import web_server
from settings import Settings
from store import control
from store.tables import User, now
from tests.conftest import free_port
from tests.wizard import states
from tests.wizard import world as seeds
from tests.wizard.browser import PASSWORD
from tests.wizard.looking import SCREENS, look
from tests.wizard.world import EMAILS, World
from wizard.services import Services

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """An installation under gunicorn that all tests of this file share."""

    address: str
    world: World
    services: Services
    odd: dict[str, int]
    """The numbers of tests.wizard.states, which no test changes."""


@dataclass(frozen=True)
class Site:
    """The same with migrations of this test's own."""

    address: str
    world: World
    ids: dict[str, int]


@pytest.fixture(scope="module")
def place(
    make_environment: Callable[[Path], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    environment = make_environment(tmp_path_factory.mktemp("place"))
    services: Services = create_app(Settings.from_env(environment)).extensions["mailhaul"]
    with services.store.write() as session:
        world = seeds.people_and_places(session)
        seeds.listed(session, world)
        odd = states.odd(session, services.sealer, world)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", *web_server(f"127.0.0.1:{port}")],
        cwd=ROOT,
        env=os.environ | environment,
    )
    _wait_for(port)
    yield Place(f"http://127.0.0.1:{port}", world, services, odd)
    process.terminate()
    process.wait(10)
    services.store.dispose()
    services.bell.close()


@pytest.fixture
def site(place: Place) -> Site:
    """A bit of everything."""
    ids = _seeded(place.services, place.world) | place.odd
    return Site(place.address, place.world, ids)


@pytest.fixture(params=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(site: Site, browser: Browser, screen: str) -> Iterator[Page]:
    """The administrator of an organization, signed in."""
    width, height = SCREENS[screen]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if _is_fault(said) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.address + "/login")
    look(page, screen, "login")
    page.get_by_label("E-mail address").fill(EMAILS["admin"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Migrations", exact=True)).to_be_visible()
    yield page
    context.close()
    assert errors == []


def _seeded(services: Services, world: World) -> dict[str, int]:
    with services.store.write() as session:
        mixed = seeds.mixed_draft(session, services.sealer, world)
        done = seeds.finished(session, services.sealer, world)
        seeds.noticed(session, done)
        looping = seeds.finished(session, services.sealer, world)
        looping.name, looping.loop, looping.loop_minutes = "Every night", True, 1440
        looping.next_start_at, looping.timezone = now() + timedelta(hours=9), "Europe/Berlin"
        live = seeds.running(session, services.sealer, world)
        seeds.sampled(session, live.runs[0], minutes=20)
        paused = seeds.running(session, services.sealer, world)
        paused.name = "Paused in the middle"
        seeds.sampled(session, paused.runs[0], minutes=6)
        control.pause(session, paused.id, session.get_one(User, world.reseller))
        seeds.sampled(session, done.runs[0], minutes=25)
        session.flush()
        session.expire_all()
        refused = seeds.refused(session, services.sealer, world)
        rehearsed = seeds.ready_draft(session, services.sealer, world, mode="all")
        rehearsed.options = {"delete_duplicates": True, "subfolder": "Old mail"}
        run = control.start(session, rehearsed.id, None, rehearse=True)
        for one in run.account_runs:
            seeds.rehearsed(session, one, found=9, copied=5, present=4, removed=3, flags_changed=2)
        run.state = rehearsed.state = "complete"
        seeds.folders_seen(session, mixed.accounts[0].id)
        seeds.folders_seen(session, mixed.accounts[1].id, **{"A" * 60: 1, "Projekte": 7})
        return {
            "mixed": mixed.id,
            "waiting": next(a.id for a in mixed.accounts if a.source_username.startswith("new")),
            "ready": seeds.ready_draft(session, services.sealer, world, mode="all").id,
            "running": live.id,
            "paused": paused.id,
            "moving": live.accounts[1].id,
            "finished": done.id,
            "looping": looping.id,
            "refused": refused.id,
            "rehearsed": rehearsed.id,
            "not-dared": refused.accounts[2].id,
            "account": done.accounts[1].id,
            "empty": seeds.draft(session, world, name="Nothing in it yet").id,
        }


def _is_fault(said: ConsoleMessage) -> bool:
    """A form that comes back with something to say is none."""
    return said.type == "error" and "status of 422" not in said.text


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the web server does not answer")
