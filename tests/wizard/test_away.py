"""Pages while the database, or Redis, is removed, replaced, full, out of connections or away: they
say so in words of the product's own, and nothing is made in its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from settings import Settings
from store.schema import upgrade
from store.trouble import GONE, REPLACED, words
from tests.store.postgresql import PostgreSQL
from tests.wizard.browser import Browser
from tests.wizard.world import EMAILS, people_and_places
from wizard.health import Watch
from wizard.services import Services

PAGES = ("/", "/login", "/migrations/1", "/admin/", "/password", "/no-such-page")
Harm = Callable[[Path], None]


@pytest.fixture(autouse=True)
def fresh(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request asks anew."""
    watch: Watch = app.extensions["mailhaul-watch"]
    asked = watch.facts
    monkeypatch.setattr(watch, "facts", lambda kept=0.0: asked(0.0))


def degraded(app: Flask) -> dict[str, str]:
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    found: dict[str, str] = answer.get_json()["degraded"]
    return found


def says(browser: Browser, sentence: str) -> None:
    for path in PAGES:
        answer = browser.get(path)
        if path == "/login" and answer.status_code == 200:
            continue
        assert answer.status_code == 503, path
        assert sentence in answer.text, path
        assert "<h1>Mailhaul cannot answer just now</h1>" in answer.text
        assert "Content-Security-Policy" in answer.headers
    fragment = browser.get("/", headers={"HX-Request": "true"})
    assert fragment.status_code == 503
    assert sentence in fragment.text
    assert "<html" not in fragment.text


def removed(path: Path) -> None:
    path.rename(path.with_name("aside"))


def replaced_by_nothing(path: Path) -> None:
    removed(path)
    path.touch()


def replaced_by_an_empty_installation(path: Path) -> None:
    removed(path)
    upgrade(f"sqlite:///{path}")


def overwritten(path: Path) -> None:
    """The same file, with another installation in it."""
    other = path.with_name("other.db")
    upgrade(f"sqlite:///{other}")
    shutil.copy(path, path.with_name("aside"))
    for more in ("-wal", "-shm"):
        path.with_name(path.name + more).unlink(missing_ok=True)
    path.write_bytes(other.read_bytes())


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (removed, GONE),
        (replaced_by_nothing, REPLACED),
        (replaced_by_an_empty_installation, REPLACED),
        (overwritten, REPLACED),
    ],
)
@pytest.mark.parametrize("pooled", [True, False])
def test_a_database_file_that_is_not_ours_is_not_used(
    app: Flask,
    services: Services,
    person: Callable[[str], Browser],
    harm: Harm,
    sentence: str,
    pooled: bool,
) -> None:
    """Whether a connection to the old one is still open or not. The old one back, all goes on."""
    path = Path(services.settings.database_url.removeprefix("sqlite:///"))
    admin = person("admin")
    if not pooled or harm is overwritten:
        services.store.dispose()
    harm(path)
    before = path.read_bytes() if path.exists() else None
    says(admin, sentence.replace("'", "&#39;"))
    assert degraded(app) == {"sql": sentence}
    assert (path.read_bytes() if path.exists() else None) == before
    if harm is overwritten:
        return
    path.with_name("aside").replace(path)
    assert admin.get("/").status_code == 200


def test_a_database_without_connections_says_so(
    postgresql: PostgreSQL, make_environment: Callable[[Path], dict[str, str]], tmp_path: Path
) -> None:
    """PostgreSQL with all its connections taken."""
    url = postgresql.url("postgres")
    upgrade(url)
    app = create_app(Settings.from_env(make_environment(tmp_path) | {"DATABASE_URL": url}))
    services: Services = app.extensions["mailhaul"]
    with services.store.write() as session:
        people_and_places(session)
    browser = Browser(app)
    assert browser.sign_in(EMAILS["reseller"]).status_code == 303
    services.store.dispose()
    with ExitStack() as held:
        for _ in range(50):
            held.enter_context(psycopg.connect(url, autocommit=True))
        sentence = "The database has no connection left"
        says(browser, sentence)
        assert degraded(app)["sql"].startswith(sentence)
    assert browser.get("/").status_code == 200
    postgresql.halt()
    try:
        services.store.dispose()
        says(browser, "The database does not answer")
    finally:
        postgresql.resume()
    services.store.dispose()
    services.bell.close()


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    server.start()
    yield server
    server.stop()


def test_a_full_database_is_named(tmp_path: Path) -> None:
    """By what SQLite says of it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'small.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE one (text)")
        connection.exec_driver_sql("PRAGMA max_page_count = 3")
        with pytest.raises(SQLAlchemyError) as full:
            connection.exec_driver_sql("INSERT INTO one VALUES (zeroblob(100000))")
    engine.dispose()
    assert words(full.value).startswith("The database's disk is full")


@pytest.mark.usefixtures("world")
def test_a_redis_out_of_memory_is_named(
    app: Flask, person: Callable[[str], Browser], redis_url: str
) -> None:
    """The pages go on, and so does the login, which counts its attempts there."""
    redis = Redis.from_url(redis_url)
    memory = redis.config_get("maxmemory")["maxmemory"]
    redis.config_set("maxmemory", 1)
    try:
        assert person("reseller").get("/").status_code == 200
        assert "Redis is out of memory" in person("reseller").get("/").text
        found = app.test_client().get("/healthz")
        assert (found.status_code, found.get_json()["redis"]) == (503, "refuses")
        assert "Redis is out of memory" in found.get_json()["degraded"]["redis"]
    finally:
        redis.config_set("maxmemory", memory)
    assert "redis" not in degraded(app)


def test_a_redis_that_wants_a_password_is_named(app: Flask, redis_url: str) -> None:
    """Not only that it is away."""
    redis = Redis.from_url(redis_url)
    redis.config_set("requirepass", "a secret")
    try:
        Redis.from_url(redis_url, password="a secret").client_kill_filter(skipme=True)
        degraded(app)
        assert "its password is missing in REDIS_URL, or is another" in degraded(app)["redis"]
    finally:
        Redis.from_url(redis_url, password="a secret").config_set("requirepass", "")
