"""How far a run had come, moment by moment."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from sqlalchemy import func, select, update

from store import samples
from store.engine import Store
from store.finishing import finish_account_run
from store.samples import EVERY, FINE, MOST
from store.tables import AccountRun, Run, RunSample, now
from store.workload import Knowledge, Work, workload
from sync.report import FolderReport, MailboxReport, Verdict
from tests.store.world import begun, claim_runs, started


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count(RunSample.id))) or 0


def take_due(store: Store) -> None:
    with store.write() as session:
        samples.take_due(session)


def age(store: Store, by: timedelta) -> None:
    with store.write() as session:
        for one in session.scalars(select(RunSample)):
            one.at -= by


def counters(store: Store, **values: int) -> None:
    with store.write() as session:
        session.execute(update(AccountRun).where(AccountRun.id == 1).values(**values))


def points(store: Store) -> list[samples.Point]:
    with store.read() as session:
        return samples.points(session, session.scalars(select(Run)).one())


def test_a_running_run_has_one_sample_in_five_seconds(store: Store) -> None:
    """However often the clocks ask; a run that does not run has none."""
    begun(store)
    for _ in range(5):
        take_due(store)
    assert count(store) == 1
    age(store, EVERY)
    take_due(store)
    assert count(store) == 2
    with store.write() as session:
        session.execute(update(Run).values(state="paused"))
    age(store, EVERY)
    take_due(store)
    assert count(store) == 2


def test_an_attempt_that_begins_anew_undoes_nothing(store: Store) -> None:
    """Its counters begin at 0 again and count the same messages anew, each shown once."""
    begun(store)
    for copied, size in ((10, 5000), (0, 0), (4, 800), (12, 5800)):
        counters(store, copied=copied, size_copied=size)
        take_due(store)
        age(store, EVERY)
    with store.write() as session:
        session.execute(update(Run).values(started_at=now() - timedelta(hours=1)))
    assert [(one.messages, one.size) for one in points(store)] == [
        (0, 0), (10, 5000), (10, 5000), (10, 5000), (12, 5800),
    ]  # fmt: skip


def test_the_end_of_a_run_is_its_last_sample(store: Store) -> None:
    """Also of one that took less than five seconds."""
    claim = begun(store)
    report = FolderReport("INBOX", "INBOX", found=3, copied=3, size_copied=900, verified=True)
    with store.write() as session:
        finish_account_run(
            session, claim.id, claim.token, MailboxReport((report,), Verdict.VERIFIED)
        )
    assert (points(store)[-1].messages, points(store)[-1].size) == (3, 900)


def test_a_run_of_any_length_has_fewer_than_500_samples(store: Store) -> None:
    """The last minutes whole, of the older ones no stretch without any."""
    begun(store)
    start = now()
    with store.write() as session:
        for step in range(3 * MOST):
            at = start + step * EVERY
            row = RunSample(run_id=1, at=at, messages=step, size=step)
            session.add(row)
            session.flush()
            samples.thin(session, 1)
    with store.read() as session:
        times = list(session.scalars(select(RunSample.at).order_by(RunSample.id)))
    assert len(times) < MOST
    assert times[0] == start
    young = [at for at in times if at >= times[-1] - FINE]
    assert len(young) == FINE // EVERY + 1
    apart = [after - before for before, after in pairwise(times)]
    assert max(apart) <= (times[-1] - times[0]) / 150


def test_bytes_that_the_source_did_not_tell_are_estimated(store: Store) -> None:
    """From the check: so many messages of the size that it saw on average."""
    started(store, accounts=1)
    claim_runs(store)
    with store.write() as session:
        values = {"planned": 50, "planned_size": 0, "copied": 10, "size_copied": 1500}
        session.execute(update(AccountRun).values(**values))
        for one in session.scalars(select(AccountRun)):
            one.account.source_messages, one.account.source_size = 100, 10_000
    with store.read() as session:
        assert workload(session, 1)[Knowledge.PLANNED].size_left == 3500


def test_what_is_left_is_known_by_kinds(store: Store) -> None:
    """Done, planned, and known from the check alone; of the failed nothing is left."""
    started(store, accounts=4)
    claim_runs(store)
    with store.write() as session:
        for number, values in {
            1: {"state": "complete", "copied": 10, "size_copied": 1000},
            2: {"planned": 100, "planned_size": 10_000, "copied": 20, "size_copied": 3000,
                "present": 10, "phase": "copying"},
            3: {"state": "failed", "planned": 50, "planned_size": 500},
        }.items():  # fmt: skip
            session.execute(update(AccountRun).where(AccountRun.id == number).values(**values))
        for one in session.scalars(select(AccountRun)):
            one.account.source_messages, one.account.source_size = 100, 10_000
    with store.read() as session:
        found = workload(session, 1)
    assert set(found) == set(Knowledge)
    assert found[Knowledge.PLANNED].left == 70
    assert found[Knowledge.PLANNED].size_left == 6000
    assert found[Knowledge.UNKNOWN] == Work(1, 1, 100, 10_000)
    assert (found[Knowledge.DONE].copied, found[Knowledge.LOST].accounts) == (10, 1)
