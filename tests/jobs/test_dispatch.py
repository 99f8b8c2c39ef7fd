"""From SQL to the workers, whatever becomes of Redis."""

from __future__ import annotations

from sqlalchemy import select

from jobs.dispatch import Tick, tick
from jobs.queue import CHECKS, RUNS
from jobs.services import Services
from store.judge import Judge
from store.states import AccountState
from store.tables import AccountRun, now
from tests.jobs.conftest import OwnRedis
from tests.store.world import HandClock, account_run, add_migration, started

CLOCK = HandClock()
JUDGE = Judge(CLOCK)


def ticked(services: Services, later: float = 0.0) -> Tick:
    CLOCK.at += later
    return tick(services.store, services.bell, services.settings, JUDGE)


def test_a_tick_claims_as_much_as_there_are_workers(services: Services, redis: OwnRedis) -> None:
    """Two of each; the next tick finds no place. The last one for a check is another
    organization's."""
    with services.store.write() as session:
        add_migration(session, accounts=5, state=AccountState.NEW, domain="checks.test")
        add_migration(session, accounts=5, state=AccountState.NEW, domain="others.test")
    started(services.store, accounts=5, domain="runs.test")
    assert ticked(services) == Tick(checks=2, runs=2)
    assert ticked(services) == Tick()
    assert redis.client.llen(f"rq:queue:{CHECKS}") == 2
    assert redis.client.llen(f"rq:queue:{RUNS}") == 2


def test_nothing_is_claimed_while_redis_is_away(services: Services, redis: OwnRedis) -> None:
    """What nobody could be told of keeps its place in the line."""
    started(services.store)
    redis.stop()
    assert ticked(services) == Tick()
    redis.start()
    assert ticked(services) == Tick(runs=1)


def test_only_the_clock_takes_back_and_starts(services: Services, redis: OwnRedis) -> None:
    """A job that ends fills its place; it has seen nobody stand still, and trusts no time."""
    with services.store.write() as session:
        due = add_migration(session, domain="due.test")
        due.state, due.next_start_at = "scheduled", now()
    started(services.store)
    ticked(services)
    CLOCK.at += 3600
    assert tick(services.store, services.bell, services.settings) == Tick()


def test_an_emptied_redis_is_filled_again_from_sql(services: Services, redis: OwnRedis) -> None:
    """FLUSHALL loses calls, not work: when the lease is over there is a new call."""
    started(services.store)
    ticked(services)
    redis.client.flushall()
    assert ticked(services) == Tick()
    assert ticked(services, later=5) == Tick(runs=1)
    (job,) = redis.client.lrange(f"rq:queue:{RUNS}", 0, -1)
    number = int(job.split(b"-")[1])
    assert account_run(services.store, number).token == int(job.split(b"-")[2]) == 2


def test_what_was_lost_is_taken_back_while_redis_is_away(
    services: Services, redis: OwnRedis
) -> None:
    """Nothing is shown to run whose lease is over; it is called for when Redis is back."""
    started(services.store)
    ticked(services)
    assert ticked(services) == Tick()
    with services.store.read() as session:
        number = session.scalars(select(AccountRun.id)).one()
    redis.stop()
    assert ticked(services, later=5) == Tick()
    assert account_run(services.store, number).state == "pending"
    redis.start()
    assert ticked(services) == Tick(runs=1)
