"""A check has an end, and its place is nobody's for long: real workers, and a server that never
ends what it says."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from sqlalchemy import select

from jobs.services import Services
from launch.dovecot import Dovecot
from store.habits import ServerHabit
from store.seal import password_context
from store.tables import Account
from sync.alteration import Alteration
from tests.jobs.conftest import wait_until
from tests.jobs.haul import Haul, make_haul
from tests.jobs.trickle import trickling
from tests.store.world import add_migration

Spawn = Callable[..., "subprocess.Popen[bytes]"]
SECONDS = 25
WORDS = (
    f"The check took longer than {SECONDS} seconds and was ended while the old mail server was "
    "listing its folders: answers come too slowly."
)


def slow_rows(services: Services, port: int, number: int, domain: str = "slow.test") -> int:
    """Rows of an organization of their own, at a server on this machine."""
    with services.store.write() as session:
        migration = add_migration(
            session, accounts=number, domain=domain, source_host="127.0.0.1",
            source_port=port, source_security="none",
        )  # fmt: skip
        for account in migration.accounts:
            secret = services.sealer.seal("secret", password_context(migration.id, "source"))
            account.source_password_sealed, account.state = secret, "new"
            own = services.sealer.seal("Mailbox-2026", password_context(migration.id, "mailbox"))
            account.mailbox_password_sealed = own
        return migration.id


def states(services: Services, migration_id: int) -> list[str]:
    with services.store.read() as session:
        query = select(Account.state).where(Account.migration_id == migration_id)
        return list(session.scalars(query.order_by(Account.position)))


def told(services: Services, migration_id: int) -> list[tuple[str, str]]:
    """Code and words of what holds each row up."""
    with services.store.read() as session:
        query = select(Account).where(Account.migration_id == migration_id)
        return [
            (finding.code, finding.words)
            for account in session.scalars(query)
            for finding in account.findings
            if finding.level == "blocking"
        ]


def test_rows_at_trickling_servers_keep_nobody_waiting(
    make_services: Callable[..., Services],
    source_server: Dovecot,
    destination: Dovecot,
    spawn: Spawn,
) -> None:
    """Ten rows for five workers. The rows of another organization begin and end while those are
    under way, a run is done beside them, and each of those ends with words of its own."""
    ports = f"{source_server.spec.tls_port} {destination.spec.tls_port}"
    with trickling("bytes") as one, trickling("lines") as other:
        services = make_services(
            ALLOWED_PORTS=f"{ports} {one.port} {other.port}",
            RUN_WORKERS="2",
            CHECK_WORKERS="3",
            CHECK_SECONDS=str(SECONDS),
        )
        for words in (("runs", "checks"), ("checks",)):
            for _ in range(4 - len(words)):
                spawn("jobs.worker", *words)
        wait_until(lambda: services.bell.workers("checks") == 5, "workers have signed on", 120)
        slow = [
            slow_rows(services, server.port, 5, f"slow{server.port}.test")
            for server in (one, other)
        ]
        spawn("jobs.clock")
        wait_until(lambda: one.connections and other.connections, "both are being asked", 60)
        begun = time.monotonic()
        haul = make_haul(services, source_server, destination, messages=(5, 5), state="new")
        services.bell.tick()
        wait_until(lambda: set(haul.account_states()) == {"ready"}, "the others are checked")
        haul.start()
        wait_until(lambda: haul.state() == "complete", "a run is done beside them")
        assert time.monotonic() - begun < SECONDS
        left = {state for number in slow for state in states(services, number)}
        assert left == {"new", "checking"}
        wait_until(lambda: len(told(services, slow[0])) > 0, "the first has an end", 60)
        wait_until(lambda: len(told(services, slow[1])) > 0, "and so has the other's", 60)
    found = [one for number in slow for one in told(services, number)]
    assert set(found) == {("check_too_slow", WORDS)}


def test_a_check_that_was_ended_leaves_its_worker_at_work(
    make_services: Callable[..., Services], spawn: Spawn
) -> None:
    """One worker, and one row after the other."""
    with trickling("bytes") as server:
        services = make_services(
            ALLOWED_PORTS=str(server.port), CHECK_WORKERS="1", CHECK_SECONDS="5"
        )
        slow = slow_rows(services, server.port, 2)
        spawn("jobs.worker", "checks")
        wait_until(lambda: services.bell.workers("checks") == 1, "the worker has signed on", 60)
        spawn("jobs.clock")
        wait_until(lambda: set(states(services, slow)) == {"blocked"}, "both have an end", 60)
        assert server.connections == 2


def test_a_worker_that_is_asked_to_end_gives_its_check_back(
    make_services: Callable[..., Services], spawn: Spawn
) -> None:
    """Within five seconds whatever the server does: the row waits for another worker, and that was
    no attempt."""
    with trickling("lines") as server:
        services = make_services(ALLOWED_PORTS=str(server.port), CHECK_WORKERS="1")
        slow = slow_rows(services, server.port, 1)
        worker = spawn("jobs.worker", "checks")
        wait_until(lambda: services.bell.workers("checks") == 1, "the worker has signed on", 60)
        clock = spawn("jobs.clock")
        wait_until(lambda: server.connections == 1, "the check is under way", 60)
        clock.kill()
        asked = time.monotonic()
        worker.terminate()
        worker.wait(20)
        assert time.monotonic() - asked < 8
        assert states(services, slow) == ["new"]
        with services.store.read() as session:
            query = select(Account.check_attempts).where(Account.migration_id == slow)
            assert session.scalars(query).one() == 0


def test_a_check_tells_what_the_destination_is_known_to_alter(
    make: Callable[..., Haul], destination: Dovecot, spawn: Spawn
) -> None:
    """As runs of other migrations to the same server have found."""
    haul = make(messages=(2,), state="new")
    port = destination.spec.tls_port
    with haul.services.store.write() as session:
        for kind, messages in (("", 4665), (Alteration.EIGHT_BIT.value, 179)):
            session.add(ServerHabit(host="localhost", port=port, kind=kind, messages=messages))
    spawn("jobs.worker", "checks")
    spawn("jobs.clock")
    wait_until(lambda: haul.account_states() == ["ready"], "the row is checked", 60)
    with haul.services.store.read() as session:
        row = session.scalars(select(Account)).one()
        (finding,) = [one for one in row.findings if one.code == "destination_alters"]
    assert finding.level == "warning"
    assert "8-bit characters in the header replaced (179), of 4\u202f665 messages" in finding.words
