"""A source that takes few connections, or refuses logins now and then: workers wait."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from jobs.services import Services
from launch.dovecot import Dovecot
from tests.jobs.conftest import wait_until
from tests.jobs.door import Door, door
from tests.jobs.haul import Haul, make_haul

Spawn = Callable[..., "subprocess.Popen[bytes]"]
ROWS = 21
TWO = {"limit": 2, "refusal": "NO [UNAVAILABLE] Too many connections, try again later"}


@pytest.fixture
def through(
    make_services: Callable[..., Services],
    source_server: Dovecot,
    destination: Dovecot,
    spawn: Spawn,
) -> Callable[..., list[Haul]]:
    """Hauls whose source is a door, one for each number of threads, with a clock and
    workers for them."""

    def begin(one: Door, state: str, *threads: int) -> list[Haul]:
        services = make_services(
            ALLOWED_PORTS=f"{one.port} {destination.spec.tls_port}", RUN_WORKERS="4"
        )
        for words in ("runs",) * 4 if state == "ready" else ("checks",) * 6:
            spawn("jobs.worker", words)
        hauls = [
            make_haul(
                services, source_server, destination, messages=(3,) * ROWS, state=state,
                threads=number, source_host="127.0.0.1", source_port=one.port,
                source_security="none",
            )
            for number in threads
        ]  # fmt: skip
        wait_until(
            lambda: services.bell.workers("runs") + services.bell.workers("checks") >= 4,
            "workers have signed on",
            120,
        )
        spawn("jobs.clock")
        return hauls

    return begin


@pytest.mark.parametrize(
    "manners",
    [
        TWO,
        {"every": 3, "refusal": "NO [LIMIT] Slow down"},
    ],
    ids=["two", "limit"],
)
def test_every_row_is_ready_after_one_check(
    through: Callable[..., list[Haul]], source_server: Dovecot, manners: dict[str, object]
) -> None:
    """No row is blocked on the way, and nobody has to ask again."""
    with door(source_server.spec.port, **manners) as one:
        (haul,) = through(one, "new", 4)
        seen: set[str] = set()

        def done() -> bool:
            seen.update(states := haul.account_states())
            return set(states) == {"ready"}

        wait_until(done, "all rows are ready", 100)
        assert "blocked" not in seen
        assert one.refused > 0
        assert one.refused <= ROWS


def test_a_run_keeps_a_servers_places_full(
    through: Callable[..., list[Haul]], source_server: Dovecot
) -> None:
    """21 small accounts at a source that takes two connections, with four threads: both places are
    used, and few logins are made in vain."""
    with door(source_server.spec.port, refusal=str(TWO["refusal"]), limit=2) as one:
        (haul,) = through(one, "ready", 4)
        haul.start()
        wait_until(lambda: haul.state() == "complete", "all are done", 200)
    assert {run.state for run in haul.runs()} == {"complete"}
    assert one.most == 2
    assert one.refused > 0
    assert one.refused < ROWS
