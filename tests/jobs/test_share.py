"""A limit of speed for all accounts of a migration together."""

from __future__ import annotations

import base64
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from jobs.loading import work_of
from jobs.running import AccountRunJob
from jobs.services import Services
from jobs.share import Limits, Share
from launch.dovecot import Dovecot
from parameters.choices import Choices, to_json
from store.claims import Claimed
from store.sharing import sharers
from store.states import AccountRunState
from store.tables import AccountRun, DestinationServer, Migration
from tests.imap.line import Line
from tests.jobs.conftest import wait_until
from tests.jobs.haul import Haul, make_haul
from tests.store.world import claim_runs
from tests.store.world import started as migration_of

TOGETHER = 180_000


@pytest.mark.parametrize(
    ("account", "together", "among", "share"),
    [
        (0, 0, 4, 0),
        (500, 0, 4, 500),
        (0, 1_000, 4, 250),
        (500, 1_000, 4, 250),
        (100, 1_000, 4, 100),
        (0, 1_003, 4, 250),
        (0, 3, 4, 1),
    ],
)
def test_the_smaller_of_both_limits_holds(
    account: int, together: int, among: int, share: int
) -> None:
    """Without one the other does; a part of a limit is never no limit."""
    assert Limits(account, together).share(among) == share


def change_threads(services: Services, migration_id: int, threads: int) -> None:
    with services.store.write() as session:
        session.get_one(Migration, migration_id).threads = threads


def test_it_is_divided_among_those_that_run_or_may(services: Services) -> None:
    """Accounts that may begin have their part kept; those that go on although fewer may run keep
    theirs until they end. Another migration's accounts take nothing."""
    migration_of(services.store, domain="other.test", accounts=4)
    other = {claim.id for claim in claim_runs(services.store)}
    number = migration_of(services.store, accounts=5, threads=3)
    claims = claim_runs(services.store)
    first = claims[0].id
    assert (len(claims), len(other)) == (3, 4)

    def among() -> int:
        with services.store.read() as session:
            return sharers(session, first)

    seen = [among()]
    for threads in (5, 1):
        change_threads(services, number, threads)
        seen.append(among())
    ended = update(AccountRun).where(AccountRun.id == claims[2].id)
    with services.store.write() as session:
        session.execute(ended.values(state=AccountRunState.COMPLETE))
    assert [*seen, among()] == [3, 5, 3, 2]


def test_a_share_is_asked_for_now_and_then(services: Services) -> None:
    """Between times it is the last answer, and so it is while the database is away."""
    number = migration_of(services.store, threads=2)
    (claim,) = claim_runs(services.store)
    limits = Limits(0, 1_200)
    often = Share(services.store, claim.id, limits, first=7, interval=0)
    seldom = Share(services.store, claim.id, limits, first=7, interval=60)
    assert (often(), seldom()) == (600, 600)
    change_threads(services, number, 3)
    assert (often(), seldom()) == (400, 600)
    change_threads(services, number, 4)
    services.store.dispose()
    database = Path(services.settings.database_url.removeprefix("sqlite:///"))
    database.rename(database.with_name("away"))
    database.mkdir()
    assert (often(), seldom()) == (400, 600)


def test_an_account_begins_with_its_share(services: Services) -> None:
    """Its batches are made for it."""
    values = to_json(Choices(bytes_per_second=90_000, bytes_per_second_total=200_000))
    for threads in (2, 4):
        migration_of(services.store, domain=f"d{threads}.test", threads=threads, options=values)
    seen = [work_of(services.store, one.id, services.sealer) for one in claim_runs(services.store)]
    assert [work.options.bytes_per_second for work in seen] == [90_000, 50_000]
    assert [work.limits for work in seen] == [Limits(90_000, 200_000)] * 2
    assert seen[1].options.paced_batch_size < seen[0].options.paced_batch_size


@pytest.fixture
def lines(source_server: Dovecot, destination: Dovecot) -> Iterator[tuple[Line, Line]]:
    source, place = Line(source_server.spec.tls_port), Line(destination.spec.tls_port)
    with closing(source), closing(place):
        yield source, place


@pytest.fixture
def haul(
    make_services: Callable[..., Services],
    source_server: Dovecot,
    destination: Dovecot,
    lines: tuple[Line, Line],
) -> Haul:
    """Three accounts, one at a time, behind lines that are watched."""
    source, place = (line.port for line in lines)
    services = make_services(LEASE_SECONDS="600", ALLOWED_PORTS=f"{source} {place}")
    options = to_json(Choices(bytes_per_second_total=TOGETHER))
    made = make_haul(
        services, source_server, destination, messages=(1,) * 3, threads=1, options=options
    )
    for address, messages in zip(made.addresses, (20, 4, 4), strict=True):
        add_noise(source_server.maildir(address), messages, 50_000)
    with services.store.write() as session:
        session.get_one(Migration, made.migration_id).source_port = source
        session.execute(update(DestinationServer).values(port=place))
    return made


def add_noise(maildir: Path, messages: int, size: int) -> None:
    """Beside what is there: mail that cannot be squeezed much."""
    (like,) = (maildir / "cur").iterdir()
    chance = random.Random(size)
    for number in range(messages):
        body = base64.encodebytes(chance.randbytes(size * 3 // 4))
        path = like.with_name(f"18{number:08}.M{number}P1.noise:2,S")
        path.write_bytes(b"Message-ID: <noise%d@old.test>\n\n" % number + body)
        path.chmod(0o666)


def test_all_accounts_together_keep_to_the_limit(haul: Haul, lines: tuple[Line, Line]) -> None:
    """Seen from outside, on each server's line, in every five seconds: one account at first, three
    when more may run while it does, and still when fewer may, until they end."""
    jobs: list[threading.Thread] = []

    def begin(claims: list[Claimed]) -> None:
        for claim in claims:
            job = AccountRunJob(haul.services, claim.id, claim.token)
            jobs.append(threading.Thread(target=job.run))
            jobs[-1].start()

    haul.start()
    begin(claim_runs(haul.services.store))
    assert len(jobs) == 1
    wait_until(lambda: lines[0].count() > TOGETHER, "mail is on its way")
    change_threads(haul.services, haul.migration_id, 3)
    begin(claim_runs(haul.services.store))
    assert len(jobs) == 3
    change_threads(haul.services, haul.migration_id, 1)
    for job in jobs:
        job.join()
    assert haul.states() == ["complete"] * 3
    assert haul.differences() == []
    for line in lines:
        assert line.count() > 5 * TOGETHER
        assert line.most_in(5.0) <= 5 * TOGETHER * 1.05
