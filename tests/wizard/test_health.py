"""What monitoring is told, and what people are told when something is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from app import create_app
from jobs.queue import CHECKS, RUNS
from settings import Settings
from store.ahead import compute_anew
from store.states import MigrationState
from store.tables import Account, now
from tests.wizard import world as seeds
from tests.wizard.browser import Browser
from tests.wizard.world import World
from wizard.health import Facts, Watch
from wizard.services import Services


@pytest.fixture(autouse=True)
def fresh(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request asks anew."""
    watch: Watch = app.extensions["mailhaul-watch"]
    asked = watch.facts
    monkeypatch.setattr(watch, "facts", lambda kept=0.0: asked(0.0))


def signs_on(redis: Redis, *queues: str, silent: float = 0.0) -> None:
    """As RQ's workers enter themselves."""
    heard = datetime.now(UTC) - timedelta(seconds=silent)
    key = f"rq:worker:{'-'.join(queues)}-{silent}"
    redis.hset(key, "last_heartbeat", heard.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    for queue in queues:
        redis.sadd(f"rq:workers:{queue}", key)


@pytest.fixture
def redis(redis_url: str, app: Flask) -> Redis:
    return Redis.from_url(redis_url)


@pytest.fixture
def all_is_well(redis: Redis, services: Services) -> None:
    signs_on(redis, RUNS, CHECKS)
    signs_on(redis, CHECKS)
    assert services.bell.ticked()


def asked(app: Flask) -> tuple[int, dict[str, object]]:
    answer = app.test_client().get("/healthz")
    assert answer.content_type == "application/json"
    assert "Set-Cookie" not in answer.headers
    found: dict[str, object] = answer.get_json()
    return answer.status_code, found


@pytest.mark.usefixtures("all_is_well")
def test_all_is_well(app: Flask) -> None:
    """200, without a login: each part by name, and how old the signs of life are."""
    status, found = asked(app)
    assert (status, found["status"], found["degraded"]) == (200, "ok", {})
    assert (found["web"], found["sql"], found["redis"]) == ("ok", "ok", "ok")
    assert found["workers"] == {RUNS: 1, CHECKS: 2}
    assert found["waiting"] == {RUNS: 0, CHECKS: 0}
    assert isinstance(found["clock_seconds"], float)
    assert (found["oldest_due_start_seconds"], found["oldest_lapsed_claim_seconds"]) == (0.0, 0.0)


@pytest.mark.usefixtures("all_is_well")
def test_what_is_late_is_told_in_seconds(app: Flask, services: Services, world: World) -> None:
    """A start that is due, and a claim that nobody has taken back."""
    with services.store.write() as session:
        due = seeds.ready_draft(session, services.sealer, world)
        due.state, due.next_start_at = MigrationState.SCHEDULED, now() - timedelta(seconds=100)
        lost = seeds.ready_draft(session, services.sealer, world).accounts[0]
        lost.state, lost.check_lease_seconds = "checking", 1
    _, found = asked(app)
    assert 100 <= float(str(found["oldest_due_start_seconds"])) < 160
    assert found["oldest_lapsed_claim_seconds"] == 0.0
    time.sleep(1.3)
    _, found = asked(app)
    assert 0.1 <= float(str(found["oldest_lapsed_claim_seconds"])) < 60


@pytest.mark.parametrize("ahead", [86_400, 3600, -3600, -86_400])
def test_a_worker_with_another_time_of_day_lives_and_is_named(
    app: Flask, redis: Redis, services: Services, ahead: int
) -> None:
    """What it has entered ends by itself; that its times are not ours is said."""
    signs_on(redis, RUNS, CHECKS, silent=-ahead)
    redis.expire(redis.keys("rq:worker:*")[0], 100)
    services.bell.ticked()
    status, found = asked(app)
    assert (status, found["workers"]) == (503, {RUNS: 1, CHECKS: 1})
    apart = float(str(found["times_apart_seconds"]))
    assert abs(apart - ahead) <= 121
    degraded = found["degraded"]
    assert isinstance(degraded, dict)
    assert ("ahead of" if ahead > 0 else "behind") in degraded["time"]
    redis.delete(*redis.keys("rq:worker:*"))
    assert asked(app)[1]["workers"] == {RUNS: 0, CHECKS: 0}


@pytest.mark.usefixtures("all_is_well")
def test_a_clock_that_has_jumped_is_named(app: Flask, services: Services) -> None:
    """And that no schedule starts meanwhile."""
    services.bell.ticked(86_400.0)
    status, found = asked(app)
    assert (status, found["times_apart_seconds"]) == (503, 86_400.0)
    degraded = found["degraded"]
    assert isinstance(degraded, dict)
    assert degraded == {
        "time": "The time of day of the clock has jumped ahead by 24 hours: no schedule starts yet."
    }


@pytest.mark.usefixtures("all_is_well")
@pytest.mark.parametrize("days", [1, 2])
def test_what_is_too_far_ahead_is_counted(
    app: Flask, services: Services, world: World, days: int
) -> None:
    """A loop's next start, and the lease of a check, that a clock which was ahead has left."""
    with services.store.write() as session:
        loop = seeds.ready_draft(session, services.sealer, world)
        loop.loop, loop.loop_minutes, loop.state = True, 1, MigrationState.COMPLETE
        loop.next_start_at = now() + timedelta(days=days)
        held = seeds.ready_draft(session, services.sealer, world).accounts[0]
        held.state, held.check_lease = "checking", now() + timedelta(days=days)
    status, found = asked(app)
    assert (status, found["times_too_far_ahead"]) == (503, 2)
    with services.store.write() as session:
        assert compute_anew(session, loop.id)
        session.get_one(Account, held.id).check_lease = now()
    status, found = asked(app)
    assert (status, found["times_too_far_ahead"], found["starts_computed_anew"]) == (200, 0, 1)


@pytest.mark.usefixtures("all_is_well")
@pytest.mark.parametrize(
    ("gone", "what", "words"),
    [
        (["rq:workers:runs", "rq:workers:checks"], "workers", "no worker runs."),
        (["rq:workers:runs"], "workers runs", "No account is copied at the moment"),
        (["rq:workers:checks"], "workers checks", "No account is checked at the moment"),
        (["mailhaul:clock"], "clock", "the clock does not run."),
    ],
)
def test_what_is_away_is_named(
    app: Flask, redis: Redis, gone: list[str], what: str, words: str
) -> None:
    """503, and what it means."""
    redis.delete(*gone)
    status, found = asked(app)
    assert (status, found["status"]) == (503, "degraded")
    degraded = found["degraded"]
    assert isinstance(degraded, dict)
    assert list(degraded) == [what]
    assert words in degraded[what]


def test_a_silent_worker_and_a_silent_clock_do_not_count(app: Flask, redis: Redis) -> None:
    """The worker was heard of three minutes ago, the clock five."""
    signs_on(redis, RUNS, CHECKS, silent=180)
    redis.set("mailhaul:clock", 1, ex=86_400 - 300)
    _, found = asked(app)
    assert found["workers"] == {RUNS: 0, CHECKS: 0}
    assert found["degraded"] == {
        "clock": "Nothing is started at the moment: the clock has been silent for 5 minutes.",
        "workers": "Nothing is started at the moment: no worker runs.",
    }


def test_without_redis_and_without_a_database_it_still_answers(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """503 within seconds, in the same form, and no secret in it."""
    environment["REDIS_URL"] = f"unix://:hunter2@{tmp_path}/nowhere.sock"
    environment["DATABASE_URL"] = "postgresql://me:hunter2@127.0.0.1:1/nothing"
    app = create_app(Settings.from_env(environment))
    status, found = asked(app)
    assert (status, found["sql"], found["redis"]) == (503, "away", "away")
    assert found["degraded"] == {
        "sql": "The database does not answer: nothing can be shown or done."
    }
    assert "hunter2" not in str(found)


def test_a_database_that_hangs_is_not_waited_for(services: Services, app: Flask) -> None:
    """The question goes on alone, and whoever asks meanwhile puts no second one."""
    watch: Watch = app.extensions["mailhaul-watch"]
    begun: list[float] = []
    open_again = [False]

    def hangs() -> None:
        begun.append(time.monotonic())
        while not open_again[0]:
            time.sleep(0.01)

    patient = watch._sql
    patient._question = hangs  # type: ignore[assignment]
    assert [patient.answer(0.05), patient.answer(0.05)] == [None, None]
    assert len(begun) == 1
    open_again[0] = True
    patient.answer(10)
    assert len(begun) == 1
    patient.answer(10)
    assert len(begun) == 2


def test_people_see_what_is_away(
    app: Flask, redis: Redis, services: Services, world: World, person: Callable[[str], Browser]
) -> None:
    """On the list and on a migration's page; a page that stands open asks again, and is told when
    it has changed. A customer, who waits for nothing, is told nothing."""
    with services.store.write() as session:
        number = seeds.ready_draft(session, services.sealer, world).id
    reseller = person("reseller")
    services.bell.ticked()
    words = "Nothing is started at the moment: no worker runs."
    for path in ("/", f"/migrations/{number}", f"/migrations/{number}/accounts"):
        assert words in reseller.text(path), path
    assert words not in reseller.text("/password")
    assert words not in person("customer").text("/")
    assert reseller.get("/degraded", query_string={"shown": words}).status_code == 204
    signs_on(redis, RUNS, CHECKS)
    answer = reseller.get("/degraded", query_string={"shown": words})
    assert (answer.status_code, words in answer.text) == (200, False)
    assert "Set-Cookie" not in answer.headers
    assert words not in reseller.text("/")
    assert "Set-Cookie" in reseller.get("/").headers


def test_a_page_of_a_database_that_is_away_says_so(services: Services) -> None:
    """The first cause alone is named: with it nothing else is known."""
    assert [one.what for one in Facts(None, None).troubles] == ["sql"]
    assert services.store.url


def test_many_pages_are_one_question(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """For some seconds the answer is kept."""
    monkeypatch.undo()
    watch: Watch = app.extensions["mailhaul-watch"]
    first = watch.facts()
    assert all(watch.facts() is first for _ in range(50))
    assert watch.facts(0.0) is not first


def test_metrics_are_off_until_switched_on(app: Flask) -> None:
    """404, as any address that is not there."""
    assert app.test_client().get("/metrics").status_code == 404


@pytest.fixture
def with_metrics(environment: dict[str, str]) -> Callable[..., Flask]:
    def make(**more: str) -> Flask:
        return create_app(Settings.from_env(environment | more))

    return make


def test_a_token_is_asked_for(with_metrics: Callable[..., Flask]) -> None:
    """401 without it, with a wrong one, and with letters that no header has; METRICS=0 wins."""
    client = with_metrics(METRICS_TOKEN="s3cret").test_client()
    for shown in ({}, {"Authorization": "Bearer s3cre"}, {"Authorization": "Bearer ü"}):
        assert client.get("/metrics", headers=shown).status_code == 401
    right = {"Authorization": "Bearer s3cret"}
    answer = client.get("/metrics", headers=right)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    closed = with_metrics(METRICS_TOKEN="s3cret", METRICS="0").test_client()
    assert closed.get("/metrics", headers=right).status_code == 404


def test_the_figures_are_those_of_the_store(
    with_metrics: Callable[..., Flask], services: Services, world: World, redis: Redis
) -> None:
    """Accounts by state, messages, bytes, errors, durations, queues and workers, in a form that
    every line keeps to; no name of a person or a mailbox is in it."""
    with services.store.write() as session:
        seeds.finished(session, services.sealer, world)
        mixed = seeds.mixed_draft(session, services.sealer, world)
        checked: Account = mixed.accounts[0]
        checked.checked_at = now()
        checked.check_started_at = now() - timedelta(seconds=4)
    signs_on(redis, RUNS, CHECKS)
    redis.rpush("rq:queue:runs", "run-1-1", "run-2-1")
    services.bell.ticked()
    text = with_metrics(METRICS="1").test_client().get("/metrics").text
    samples = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    assert samples['mailhaul_up{part="sql"}'] == samples['mailhaul_up{part="redis"}'] == 1
    assert samples['mailhaul_workers{queue="runs"}'] == 1
    assert samples['mailhaul_queue_depth{queue="runs"}'] == 2
    assert samples['mailhaul_check_seconds{quantile="0.5"}'] == pytest.approx(4, abs=0.5)
    assert samples["mailhaul_check_seconds_count"] == 1
    with services.store.read() as session:
        states = [state for (state,) in session.query(Account.state)]
    for state in set(states):
        assert samples[f'mailhaul_accounts{{state="{state}"}}'] == states.count(state)
    assert samples['mailhaul_messages{outcome="copied"}'] > 0
    assert samples["mailhaul_copied_bytes"] > 0
    assert any(name.startswith("mailhaul_errors{") for name in samples)
    assert text.count("# TYPE") == len({line for line in text.splitlines() if "# TYPE" in line})
    assert "@" not in text
