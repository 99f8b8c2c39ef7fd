"""The application on a database of its own and a real Redis."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from redis import Redis

from app import create_app
from launch.redis_server import redis_server
from settings import Settings
from tests.wizard.browser import Browser
from tests.wizard.chromium import page, place, screen, site
from tests.wizard.world import EMAILS, World, people_and_places
from wizard.services import Services

__all__ = ["page", "place", "screen", "site"]


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    directory = Path(tempfile.mkdtemp(prefix="mh-web-"))
    server = redis_server(directory)
    process = subprocess.Popen(server.command(), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not server.answers():
        assert time.monotonic() < deadline, "Redis does not answer"
        time.sleep(0.05)
    yield server.url
    process.terminate()
    process.wait(10)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def make_environment(sqlite_template: Path, redis_url: str) -> Callable[[Path], dict[str, str]]:
    """An installation's environment, with a database that has all tables and no rows."""

    def make(directory: Path) -> dict[str, str]:
        shutil.copy(sqlite_template, directory / "mailhaul.db")
        return {
            "DATA_DIR": str(directory),
            "REDIS_URL": redis_url,
            "SECRET_KEYS": Fernet.generate_key().decode(),
            "UPLOAD_LIMIT": "300000",
        }

    return make


@pytest.fixture
def environment(
    make_environment: Callable[[Path], dict[str, str]], tmp_path: Path, redis_url: str
) -> dict[str, str]:
    Redis.from_url(redis_url).flushall()
    return make_environment(tmp_path)


@pytest.fixture
def app(environment: dict[str, str]) -> Iterator[Flask]:
    app = create_app(Settings.from_env(environment))
    yield app
    app.extensions["mailhaul"].store.dispose()
    app.extensions["mailhaul"].bell.close()


@pytest.fixture
def services(app: Flask) -> Services:
    found: Services = app.extensions["mailhaul"]
    return found


@pytest.fixture
def world(services: Services) -> World:
    with services.store.write() as session:
        return people_and_places(session)


@pytest.fixture
def person(app: Flask, world: World) -> Callable[[str], Browser]:
    """Someone signed in: admin, reseller, support, customer, or foreign (another organization)."""

    def sign_in(name: str) -> Browser:
        browser = Browser(app)
        assert browser.sign_in(EMAILS[name]).status_code == 303
        return browser

    return sign_in


@pytest.fixture
def reseller(person: Callable[[str], Browser]) -> Browser:
    return person("reseller")
