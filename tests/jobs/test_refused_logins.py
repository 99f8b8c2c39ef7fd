"""Wrong lists: how many logins they are refused, counted in the log of a real Dovecot."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select, update

from jobs.checking import check_account
from jobs.running import AccountRunJob
from jobs.services import Services
from launch.dovecot import Dovecot
from store import accounts, braked, control
from store.accounts import NewAccount
from store.claims import Claimed, claim_account_runs, claim_checks
from store.states import AccountState
from store.tables import Account, FindingRow, Migration
from sync.errors import Code
from tests.jobs.haul import MAILBOX_PASSWORD, PASSWORD, Haul, make_haul

BUDGET = 5
WRONG = "Not the password 1"
_REFUSED = re.compile(r"auth: .*(?:Password mismatch|unknown user)", re.IGNORECASE)


@dataclass
class Logged:
    """A Dovecot that logs each refused login."""

    server: Dovecot
    _before: int = field(default=0)

    def mark(self) -> None:
        self._before = self._all()

    @property
    def refused(self) -> int:
        return self._all() - self._before

    def _all(self) -> int:
        text = (self.server.spec.directory / "dovecot.log").read_text(errors="replace")
        return len(_REFUSED.findall(text))


@pytest.fixture(scope="session")
def dovecots(make_dovecot: Callable[..., Dovecot]) -> tuple[Logged, Logged]:
    first, second = (make_dovecot(settings="auth_verbose = yes") for _ in range(2))
    return Logged(first), Logged(second)


@pytest.fixture
def source(dovecots: tuple[Logged, Logged]) -> Logged:
    dovecots[0].mark()
    return dovecots[0]


@pytest.fixture
def target(dovecots: tuple[Logged, Logged]) -> Logged:
    dovecots[1].mark()
    return dovecots[1]


@pytest.fixture
def services(make_services: Callable[..., Services], source: Logged, target: Logged) -> Services:
    ports = f"{source.server.spec.tls_port} {target.server.spec.tls_port}"
    return make_services(ALLOWED_PORTS=ports, REFUSED_LOGINS=str(BUDGET))


@pytest.fixture
def haul(services: Services, source: Logged, target: Logged) -> Haul:
    """Without rows."""
    return make_haul(services, source.server, target.server, messages=())


def put(haul: Haul, rows: Sequence[NewAccount]) -> list[int]:
    with haul.services.store.write() as session:
        return accounts.add(session, haul.services.sealer, haul.migration_id, rows)


def wrong(haul: Haul, number: int) -> list[NewAccount]:
    with haul.services.store.read() as session:
        domain = session.get_one(Migration, haul.migration_id).domain
    names = [f"w{place}@{domain}" for place in range(number)]
    return [NewAccount(name, name, WRONG, MAILBOX_PASSWORD) for name in names]


def check_all(services: Services, workers: int = 2) -> int:
    """As many at a time, until none is claimed any more. Returns how many checks were made."""
    done = 0
    limits = {"limit_per_server": 100, "lease_seconds": 60, "refused_logins": BUDGET}
    with ThreadPoolExecutor(workers) as pool:
        while True:
            with services.store.write() as session:
                claims = claim_checks(session, capacity=workers, **limits)  # type: ignore[arg-type]
            if not claims:
                return done
            list(pool.map(lambda one: check_account(services, one.id, one.token), claims))
            done += len(claims)


def run_all(services: Services, workers: int = 2) -> None:
    def work(claim: Claimed) -> None:
        AccountRunJob(services, claim.id, claim.token).run()

    with ThreadPoolExecutor(workers) as pool:
        while True:
            with services.store.write() as session:
                claims = claim_account_runs(
                    session, limit_per_server=100, lease_seconds=60, capacity=workers,
                    refused_logins=BUDGET,
                )  # fmt: skip
            if not claims:
                return
            list(pool.map(work, claims))


def found(haul: Haul) -> list[str]:
    """The codes of what blocks rows."""
    with haul.services.store.read() as session:
        query = select(FindingRow.code).where(FindingRow.level == "blocking")
        return list(session.scalars(query))


def be_ready(haul: Haul) -> None:
    with haul.services.store.write() as session:
        session.execute(update(Account).values(state=AccountState.READY))


def place(haul: Haul) -> str:
    return f"localhost:{haul.source.spec.tls_port}"


def go_on(haul: Haul) -> int:
    with haul.services.store.write() as session:
        migration = session.get_one(Migration, haul.migration_id)
        return braked.go_on(session, migration, place(haul), None)


def check_again(haul: Haul) -> None:
    with haul.services.store.write() as session:
        accounts.reset_check(session, haul.migration_id)
    check_all(haul.services)


def test_rows_that_double_each_other_guess_nothing(haul: Haul, source: Logged) -> None:
    """One file of 121 rows for one login, with 121 passwords: no login, however often it is
    checked."""
    source.server.add_user("chef@guess.test", "P-120 right")
    first = wrong(haul, 121)
    rows = [
        NewAccount("chef@guess.test", one.mailbox, f"P-{place} right", MAILBOX_PASSWORD)
        for place, one in enumerate(first)
    ]
    put(haul, rows)
    assert check_all(haul.services, workers=1) == 121
    assert source.refused == 0
    assert found(haul).count("duplicate_source") == 121
    assert "source_ready" not in found(haul)


def test_a_wrong_list_is_refused_no_more_than_the_budget(haul: Haul, source: Logged) -> None:
    """Then the rest waits, checked again or not; after *go on* as many again."""
    put(haul, wrong(haul, 60))
    check_all(haul.services, workers=8)
    assert source.refused == BUDGET
    assert haul.account_states().count("new") == 60 - BUDGET
    check_again(haul)
    assert source.refused == BUDGET
    with haul.services.store.read() as session:
        (line,) = braked.braked(session, session.get_one(Migration, haul.migration_id), BUDGET)
    assert (line.host, line.refused) == (place(haul), BUDGET)
    assert line.next_try is not None
    assert go_on(haul) == BUDGET
    check_all(haul.services, workers=8)
    assert source.refused == 2 * BUDGET


def test_a_login_is_refused_twice_and_then_a_person_is_asked(haul: Haul, source: Logged) -> None:
    """Checked four times over; the right password, or *go on*, lets it be tried again."""
    (row,) = wrong(haul, 1)
    (number,) = put(haul, [row])
    check_all(haul.services)
    for _ in range(3):
        check_again(haul)
    assert source.refused == 2
    assert found(haul) == [Code.LOGIN_HELD]
    assert go_on(haul) == 2
    check_all(haul.services)
    assert source.refused == 3
    for password, refused in ((WRONG, 4), (WRONG, 4), ("Another wrong 1", 5)):
        with haul.services.store.write() as session:
            account = session.get_one(Account, number)
            change = NewAccount(row.source_username, row.mailbox, password, MAILBOX_PASSWORD)
            accounts.edit(session, haul.services.sealer, account, change)
        check_all(haul.services)
        assert source.refused == refused


def test_a_run_guesses_no_more_than_a_check(haul: Haul, source: Logged) -> None:
    """Passwords that were changed after the check: a run is refused within the budget, and tries
    none of them a third time; the rest waits."""
    put(haul, wrong(haul, 12))
    be_ready(haul)
    haul.start()
    run_all(haul.services, workers=4)
    assert source.refused == BUDGET
    states = haul.states()
    assert (states.count("failed"), states.count("pending")) == (BUDGET, 12 - BUDGET)
    for refused in (12, 22):
        assert go_on(haul) > 0
        run_all(haul.services, workers=4)
        assert source.refused <= refused


def test_a_run_does_not_use_a_login_that_was_refused_twice(haul: Haul, source: Logged) -> None:
    """Nor is it tried again by a retry: a person has to correct it."""
    put(haul, wrong(haul, 1))
    be_ready(haul)
    haul.start()
    for refused in (1, 2, 2):
        run_all(haul.services)
        assert source.refused == refused
        haul.act(control.retry_failed)
    run_all(haul.services)
    (run,) = haul.runs()
    assert (run.state, run.error, run.error_side) == ("failed", Code.LOGIN_HELD, "source")


def test_the_destination_is_not_guessed_at_either(
    haul: Haul, source: Logged, target: Logged
) -> None:
    """Mailboxes that exist, with other passwords: as many refusals, and the rest waits."""
    rows = wrong(haul, 12)
    for one in rows:
        source.server.add_user(one.mailbox, PASSWORD)
        target.server.add_user(one.mailbox, "Somebody else's 1")
    # Within one second Dovecot does not look again who there is.
    time.sleep(1.1)
    put(haul, [NewAccount(one.mailbox, one.mailbox, PASSWORD, WRONG) for one in rows])
    check_all(haul.services, workers=4)
    assert (source.refused, target.refused) == (0, BUDGET)
    assert haul.account_states().count("new") == 12 - BUDGET


def test_rows_of_other_migrations_share_the_count(
    haul: Haul, services: Services, source: Logged
) -> None:
    """The same login in three migrations is refused twice. Whoever is let in is not counted."""
    (row,) = wrong(haul, 1)
    put(haul, [row])
    with services.store.write() as session:
        first = session.get_one(Migration, haul.migration_id)
        for name in ("second", "third"):
            values = {"source_host": first.source_host, "source_port": first.source_port}
            values |= {"destination_id": first.destination_id, "domain": first.domain}
            twin = Migration(organization_id=first.organization_id, name=name, **values)
            session.add(twin)
            session.flush()
            accounts.add(session, services.sealer, twin.id, [row])
    check_all(services, workers=3)
    check_all(services, workers=1)
    assert source.refused == 2
