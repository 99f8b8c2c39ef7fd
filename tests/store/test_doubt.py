"""What an account run left open, and what it is said to have copied, when its worker is gone."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from store import control, steady
from store.doubt import quiet_seconds
from store.engine import Store
from store.finishing import leave_account_run
from store.ledger import SqlLedger
from store.reporting_in import News, begin_account_run, tell
from store.tables import LedgerBatch, Run
from sync.intent import FolderKey, Intent, Pair
from tests.store.world import account_run, begun, claim_runs, lapse

KEY = FolderKey("INBOX", 1, "INBOX", 2)


class Work:
    """One account run, its ledger, and its worker's death."""

    def __init__(self, store: Store) -> None:
        self.store = store
        claim = begun(store)
        self.id, self.token = claim.id, claim.token
        self.account_id = account_run(store, self.id).account_id

    @property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.store, self.account_id, self.id, self.token)

    @property
    def quiet(self) -> float:
        with self.store.read() as session:
            return quiet_seconds(session, self.account_id)

    def dies(self, ago: float) -> None:
        """Its heartbeat was found to stand still, so many seconds ago."""
        then = steady.clock() - ago
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(steady, "clock", lambda: then)
            lapse(self.store)

    def is_taken_up(self) -> None:
        (claim,) = claim_runs(self.store)
        self.token = claim.token
        with self.store.write() as session:
            assert begin_account_run(session, claim.id, claim.token, seconds=30)


@pytest.fixture
def work(store: Store) -> Work:
    return Work(store)


def test_a_dead_worker_is_quiet_since_the_end_of_its_lease(work: Work) -> None:
    """Not since its last word: it may have sent until then. And not before it is found dead."""
    work.ledger.intend(KEY, Intent((1, 2), uidnext=7))
    assert work.quiet == 0
    work.dies(60)
    assert 60 <= work.quiet < 90


def test_a_second_death_does_not_begin_the_waiting_anew(work: Work) -> None:
    """Who dies while it waits for the first has sent nothing: what it waited for counts."""
    work.ledger.intend(KEY, Intent((1, 2), uidnext=7))
    work.dies(60)
    work.is_taken_up()
    work.dies(1)
    assert 60 <= work.quiet < 90


def test_the_latest_sender_decides(work: Work) -> None:
    """One intent of which nobody knows means that nothing is known."""
    work.ledger.intend(KEY, Intent((1,), uidnext=7))
    work.dies(60)
    work.is_taken_up()
    work.ledger.intend(KEY, Intent((2,), uidnext=8))
    assert work.quiet == 0
    work.dies(20)
    assert 20 <= work.quiet < 50


def test_another_machine_knows_nothing_of_it(work: Work) -> None:
    """Two clocks that were started at different times are not compared, nor are times of day."""
    work.ledger.intend(KEY, Intent((1, 2), uidnext=7))
    work.dies(60)
    with work.store.write() as session:
        session.execute(update(LedgerBatch).values(doubtful_boot="of another machine"))
    assert work.quiet == 0


def test_what_is_settled_is_not_in_doubt(work: Work) -> None:
    """Nothing open, nothing to wait for."""
    number = work.ledger.intend(KEY, Intent((1,), uidnext=7))
    work.dies(60)
    work.is_taken_up()
    work.ledger.settle(KEY, number, [])
    assert work.quiet == 0


def copied_more_than_told(work: Work) -> None:
    number = work.ledger.intend(KEY, Intent((1, 2, 3), uidnext=7))
    work.ledger.settle(KEY, number, [Pair(1, 7, 10), Pair(2, 8, 10)])
    with work.store.write() as session:
        tell(session, work.id, work.token, News({"found": 4, "copied": 1, "present": 3}))


def test_what_a_dead_worker_copied_is_counted_by_the_ledger(work: Work) -> None:
    """Its own counters lag behind; found stays the sum."""
    copied_more_than_told(work)
    work.dies(1)
    run = account_run(work.store, work.id)
    assert (run.state, run.found, run.copied, run.size_copied) == ("pending", 5, 2, 20)


def test_what_arrived_after_all_is_counted_where_it_was_sent(work: Work) -> None:
    """A later run finds what an earlier one had under way when its worker died."""
    number = work.ledger.intend(KEY, Intent((1, 2), uidnext=7))
    sent = work.id
    with work.store.write() as session:
        migration_id = session.get_one(Run, account_run(work.store, work.id).run_id).migration_id
        control.stop(session, migration_id, None)
    work.dies(1)
    assert (account_run(work.store, sent).state, account_run(work.store, sent).copied) == (
        "stopped",
        0,
    )
    with work.store.write() as session:
        control.start(session, migration_id, None)
    (claim,) = claim_runs(work.store)
    work.id, work.token = claim.id, claim.token
    work.ledger.settle(KEY, number, [Pair(1, 7, 10)])
    assert (account_run(work.store, sent).copied, account_run(work.store, sent).found) == (1, 1)
    assert account_run(work.store, work.id).copied == 0


def test_what_was_left_for_good_is_counted_by_the_ledger(work: Work) -> None:
    """A stop in a second attempt that has not come as far as the first."""
    copied_more_than_told(work)
    with work.store.write() as session:
        migration_id = session.get_one(Run, account_run(work.store, work.id).run_id).migration_id
        control.stop(session, migration_id, None)
        assert leave_account_run(session, work.id, work.token)
    run = account_run(work.store, work.id)
    assert (run.state, run.found, run.copied, run.size_copied) == ("stopped", 5, 2, 20)
