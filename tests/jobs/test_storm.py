"""A whole life of a migration while everything around it dies."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from jobs.services import Services
from launch.dovecot import Dovecot
from tests.jobs.conftest import OwnRedis
from tests.jobs.crew import Crew, Spawn
from tests.jobs.haul import make_haul
from tests.jobs.storm import Storm
from tests.jobs.watch import Watch

ACCOUNTS = int(os.environ.get("STORM_ACCOUNTS", "12"))
KILL_SECONDS = float(os.environ.get("STORM_KILL_SECONDS", "2.5"))
LEASE_SECONDS = os.environ.get("STORM_LEASE_SECONDS", "5")
SEED = int(os.environ.get("STORM_SEED", "7"))
WORKERS = 6


@pytest.mark.timeout(1800)
def test_nothing_is_lost_doubled_or_stuck(
    make_services: Callable[..., Services],
    spawn: Spawn,
    redis: OwnRedis,
    source_server: Dovecot,
    destination: Dovecot,
) -> None:
    """Threads 2, 5, 1, 5; paused, resumed, stopped, restarted; a worker killed every few seconds;
    Redis emptied and restarted. `python -m tests.jobs.every` does it with 40 accounts."""
    ports = f"{source_server.spec.tls_port} {destination.spec.tls_port}"
    services = make_services(
        ALLOWED_PORTS=ports, RUN_WORKERS=str(WORKERS), LEASE_SECONDS=LEASE_SECONDS
    )
    sizes = [(3000, 400, 1200, 30)[place % 4] for place in range(ACCOUNTS)]
    haul = make_haul(services, source_server, destination, messages=sizes)
    storm = Storm(haul, redis)
    crew = Crew(spawn, WORKERS)
    watch = Watch(services.store, haul.migration_id)
    with watch.looking(), crew.at_work(kill_every=KILL_SECONDS, seed=SEED):
        storm.pass_over()
    complaints = [*watch.complaints, *storm.complaints()]
    assert not complaints, "\n".join(complaints[:20])
    assert watch.most == 5
    assert watch.looks > 100
    assert crew.killed > 1
