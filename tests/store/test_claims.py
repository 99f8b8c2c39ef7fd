"""Who may work on what, at most how many at a time, and what becomes of lost work."""

from __future__ import annotations

import multiprocessing

import pytest
from sqlalchemy import func, select, update

from store import control
from store.claims import (
    Claimed,
    begin_check,
    claim_account_runs,
    claim_checks,
    extend_check,
    extend_lease,
)
from store.engine import Store
from store.expiry import ATTEMPTS, take_back
from store.finishing import CheckEnd, Reason, fail_account_run, finish_check, retry_account_run
from store.judge import Judge
from store.reporting_in import begin_account_run
from store.states import AccountRunState, AccountState, MigrationState
from store.tables import Account, AccountRun, FindingRow, Migration, Run, now
from tests.store.world import (
    HandClock,
    account_run,
    add_migration,
    begun,
    claim_runs,
    lapse,
    started,
)


def claimed_checks(store: Store, *, limit: int = 1000, capacity: int = 1000) -> list[Claimed]:
    with store.write() as session:
        return claim_checks(session, limit_per_server=limit, lease_seconds=30, capacity=capacity)


def taken_back(store: Store, judge: Judge) -> None:
    with store.write() as session:
        take_back(session, judge)


def _claim_all(url: str) -> list[int]:
    store = Store(url)
    mine: list[int] = []
    for _ in range(20):
        with store.write() as session:
            for claim in claim_account_runs(
                session, limit_per_server=1000, lease_seconds=60, capacity=len(mine) + 1000
            )[:5]:
                mine.append(claim.id)
    store.dispose()
    return mine


def test_no_more_than_threads_accounts_of_a_migration_run(store: Store) -> None:
    """A change of `threads` holds from the next claim on (F5, F21)."""
    migration_id = started(store, accounts=10, threads=2)
    assert len(claim_runs(store)) == 2
    assert claim_runs(store) == []
    with store.write() as session:
        session.get_one(Migration, migration_id).threads = 5
    assert len(claim_runs(store)) == 3


def test_accounts_begin_in_their_order(store: Store) -> None:
    """The first rows of a file are the first to run."""
    started(store, accounts=5, threads=3)
    ids = [claim.id for claim in claim_runs(store)]
    assert ids == sorted(ids)
    assert len(ids) == 3


def test_a_source_server_gets_so_many_connections_and_no_more(store: Store) -> None:
    """Checks and account runs of all migrations count together; another server is free."""
    with store.write() as session:
        add_migration(session, accounts=2, state=AccountState.NEW, domain="checks.test")
    assert len(claimed_checks(store)) == 2
    started(store, accounts=5, domain="runs.test", source_host="OLD.example.test")
    started(store, accounts=5, domain="other.test", source_host="other.example.test")
    claims = claim_runs(store, limit=3)
    with store.read() as session:
        runs = [session.get_one(AccountRun, claim.id) for claim in claims]
        hosts = [run.run.migration.source_host for run in runs]
    assert sorted(hosts) == ["OLD.example.test"] + ["other.example.test"] * 3


def test_a_rows_own_server_counts_for_itself(store: Store) -> None:
    """The CSV's own server column wins over step 1, in the limit too."""
    with store.write() as session:
        migration = add_migration(session, accounts=4, state=AccountState.NEW)
        for account in migration.accounts[:2]:
            account.source_host = f"own{account.position}.example.test"
    assert len(claimed_checks(store, limit=1)) == 3


def test_two_account_runs_never_write_to_one_mailbox(store: Store) -> None:
    """The second waits until the first has ended, whatever the case of the address."""
    with store.write() as session:
        migration = add_migration(session, accounts=2)
        migration.accounts[1].mailbox = migration.accounts[0].mailbox.upper()
        control.start(session, migration.id, None)
    (first,) = claim_runs(store)
    assert claim_runs(store) == []
    with store.write() as session:
        fail_account_run(session, first.id, first.token, Reason("x", ""))
    (second,) = claim_runs(store)
    assert second.id != first.id


def test_a_retry_waits_for_its_time(store: Store) -> None:
    """The clock counts it, whatever time of day was entered; then it is forgotten."""
    claim = begun(store)
    with store.write() as session:
        retry_account_run(session, claim.id, claim.token, Reason("throttled"), seconds=60)
        session.execute(update(AccountRun).values(not_before=now().replace(year=2000)))
    assert claim_runs(store) == []
    clock = HandClock()
    judge = Judge(clock)
    for clock.at in (0.0, 59.0):
        taken_back(store, judge)
        assert claim_runs(store) == []
    with store.write() as session:
        session.execute(update(AccountRun).values(not_before=now().replace(year=2100)))
    clock.at = 60.0
    taken_back(store, judge)
    (claim,) = claim_runs(store)
    assert account_run(store, claim.id).not_before is None


def test_capacity_bounds_all_migrations_together(store: Store) -> None:
    """What no worker could take up is not claimed; migrations take turns."""
    started(store, accounts=9, domain="a.test")
    started(store, accounts=9, domain="b.test")
    with store.write() as session:
        claims = claim_account_runs(session, limit_per_server=1000, lease_seconds=30, capacity=4)
        runs = [session.get_one(AccountRun, claim.id).run_id for claim in claims]
        more = claim_account_runs(session, limit_per_server=1000, lease_seconds=30, capacity=4)
    assert sorted(runs.count(run) for run in set(runs)) == [2, 2]
    assert more == []


def test_an_expired_lease_gives_the_account_to_another_worker(store: Store) -> None:
    """The new claim has a higher number, and the old one can extend nothing."""
    claim = begun(store)
    lapse(store)
    (again,) = claim_runs(store)
    assert again == Claimed(claim.id, claim.token + 1)
    with store.write() as session:
        assert not extend_lease(session, claim.id, claim.token, seconds=30)
        assert not begin_account_run(session, claim.id, claim.token, seconds=30)
        assert extend_lease(session, again.id, again.token, seconds=30)


@pytest.mark.parametrize("year", [2000, 2100])
def test_the_time_of_day_judges_no_lease(store: Store, year: int) -> None:
    """One that is long over, or ends in a hundred years, lives while its number moves, and has
    lapsed when it has stood still for its length."""
    claim = begun(store)
    clock = HandClock()
    judge = Judge(clock)
    for clock.at in (0.0, 29.0, 58.0, 87.0):
        with store.write() as session:
            assert extend_lease(session, claim.id, claim.token, seconds=30)
            session.execute(update(AccountRun).values(lease=now().replace(year=year)))
        taken_back(store, judge)
    clock.at = 116.9
    taken_back(store, judge)
    assert account_run(store, claim.id).state == "running"
    clock.at = 117.0
    taken_back(store, judge)
    assert account_run(store, claim.id).state == "pending"


def test_a_lease_has_the_length_that_its_worker_gave_it(store: Store) -> None:
    """A worker on another machine may have longer ones than the clock gives."""
    claim = begun(store)
    with store.write() as session:
        assert extend_lease(session, claim.id, claim.token, seconds=300)
    clock = HandClock()
    judge = Judge(clock)
    for clock.at in (0.0, 299.0):
        taken_back(store, judge)
        assert account_run(store, claim.id).state == "running"


def test_a_judge_that_has_just_been_started_looks_on_first(store: Store) -> None:
    """It has seen nothing stand still yet."""
    claim = begun(store)
    clock = HandClock()
    for clock.at in (0.0, 1000.0, 2000.0):
        taken_back(store, Judge(clock))
    assert account_run(store, claim.id).state == "running"


def test_claims_that_no_worker_began_cost_no_attempt(store: Store) -> None:
    """A queue that was lost again and again fails nobody."""
    started(store)
    for _ in range(ATTEMPTS + 3):
        assert len(claim_runs(store)) == 1
        lapse(store)
    assert len(claim_runs(store)) == 1


def test_work_that_kills_its_worker_five_times_is_ended(store: Store) -> None:
    """It fails with words, and the run is complete."""
    migration_id = started(store)
    for _ in range(ATTEMPTS):
        (claim,) = claim_runs(store)
        with store.write() as session:
            assert begin_account_run(session, claim.id, claim.token, seconds=30)
        lapse(store)
    assert claim_runs(store) == []
    run = account_run(store, claim.id)
    assert (run.state, run.error) == (AccountRunState.FAILED, "internal")
    assert "five times" in run.server_words
    with store.read() as session:
        assert session.get_one(Migration, migration_id).state == MigrationState.COMPLETE


def test_a_check_that_kills_its_worker_five_times_blocks_its_row(store: Store) -> None:
    """A finding says so."""
    with store.write() as session:
        add_migration(session, state=AccountState.NEW)
    for _ in range(ATTEMPTS):
        (claim,) = claimed_checks(store)
        with store.write() as session:
            assert begin_check(session, claim.id, claim.token, seconds=30)
        lapse(store)
    assert claimed_checks(store) == []
    with store.read() as session:
        account = session.get_one(Account, claim.id)
        assert account.state == AccountState.BLOCKED
        assert [finding.level for finding in account.findings] == ["blocking"]


@pytest.mark.parametrize(
    ("of_run", "expected"),
    [
        (MigrationState.PAUSED, AccountRunState.PAUSED),
        (MigrationState.STOPPED, AccountRunState.STOPPED),
    ],
)
def test_lost_work_of_a_run_that_rests_rests_too(
    store: Store, of_run: MigrationState, expected: AccountRunState
) -> None:
    """A worker that died after the pause does not leave its account running for ever."""
    claim = begun(store)
    with store.write() as session:
        session.execute(update(Run).values(state=of_run))
    lapse(store)
    assert claim_runs(store) == []
    assert account_run(store, claim.id).state == expected


def test_a_mended_row_does_not_wait_behind_another_migrations_thousands(store: Store) -> None:
    """Migrations take turns with their checks."""
    with store.write() as session:
        add_migration(session, accounts=50, state=AccountState.NEW, domain="many.test")
        small = add_migration(session, accounts=1, state=AccountState.NEW, domain="one.test")
        row = small.accounts[0].id
    assert row in [claim.id for claim in claimed_checks(store, capacity=2)]


def test_a_check_ends_once(store: Store) -> None:
    """An answer that comes after the row was taken over is not written."""
    with store.write() as session:
        add_migration(session, state=AccountState.NEW)
    (old,) = claimed_checks(store)
    lapse(store)
    (new,) = claimed_checks(store)
    blocked = CheckEnd(False, [FindingRow(level="blocking", code="x", words="No.")])
    ready = CheckEnd(True, [FindingRow(level="ok", code="y", words="Yes.")], messages=5)
    with store.write() as session:
        assert not finish_check(session, old.id, old.token, blocked)
        assert finish_check(session, new.id, new.token, ready)
        assert not finish_check(session, new.id, new.token, blocked)
        assert not extend_check(session, new.id, new.token, seconds=30)
    with store.read() as session:
        account = session.get_one(Account, new.id)
        assert (account.state, account.source_messages) == (AccountState.READY, 5)
        assert [finding.code for finding in account.findings] == ["y"]


def test_processes_that_claim_at_once_share_without_overlap(store: Store) -> None:
    """Four processes claim from 40 accounts: each account has one owner."""
    started(store, accounts=40)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        owners = pool.map(_claim_all, [store.url] * 4)
    with store.read() as session:
        tokens = session.scalar(select(func.sum(AccountRun.token)))
    mine = [number for owner in owners for number in owner]
    assert len(mine) == len(set(mine))
    assert tokens == 40


def test_rows_wait_for_their_destination_before_they_are_checked(store: Store) -> None:
    """A draft that has none yet could only be told that it has none."""
    with store.write() as session:
        migration = add_migration(session, state=AccountState.NEW)
        chosen, migration.destination_id = migration.destination_id, None
    assert claimed_checks(store) == []
    with store.write() as session:
        session.get_one(Migration, migration.id).destination_id = chosen
    assert len(claimed_checks(store)) == 1
