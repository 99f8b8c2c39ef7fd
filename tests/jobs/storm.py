"""One migration through everything at once: threads changed, paused, stopped and started again,
while workers are killed and Redis is emptied and restarted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from store import control, reports
from store.tables import AccountRun, LedgerBatch, Migration, Run
from sync.ledger_kinds import Kind, unpack_pairs
from tests.jobs.conftest import OwnRedis, wait_until
from tests.jobs.haul import Haul

PATIENCE = 120.0
ENDED = {"complete", "complete with skips", "failed", "stopped"}


@dataclass(frozen=True, slots=True)
class Storm:
    haul: Haul
    redis: OwnRedis
    seconds: float = PATIENCE
    """For each step."""

    def pass_over(self) -> None:
        """From the first start to the end of the second run."""
        accounts = len(self.haul.addresses)
        self._threads(2)
        self.haul.start()
        self._until_ended(accounts // 6)
        self._threads(5)
        self._until_ended(accounts // 3)
        self._threads(1)
        self._wait(lambda: self._at_work() <= 1, "the surplus has drained")
        self.haul.act(control.pause)
        self._wait(lambda: self._at_work() == 0, "all have paused")
        self.redis.client.flushall()
        self.haul.act(control.resume)
        self._threads(5)
        self._until_ended(accounts * 2 // 3)
        self.haul.act(control.stop)
        self._wait(lambda: self._at_work() == 0, "all have stopped")
        assert set(self._states(1)) <= ENDED
        self.haul.start()
        self._wait(self.haul.on_its_way, "the second run has begun")
        self.redis.stop()
        time.sleep(3)
        self.redis.start()
        self._wait(lambda: self.haul.state() == "complete", "the second run is complete")

    def complaints(self) -> Iterator[str]:
        """What is not as it has to be when all is over, in words."""
        second = self._states(2)
        if set(second) != {"complete"} or len(second) != len(self.haul.addresses):
            yield f"the second run ended as {dict(Counter(second))}"
        yield from self.haul.differences()
        with self.haul.services.store.read() as session:
            for run in session.scalars(select(Run).order_by(Run.number)):
                told, known = reports.totals(session, run.id), _in_ledger(session, run.id)
                if (told.copied, told.size_copied) != known:
                    yield f"run {run.number}: {told}, and the ledger has {known}"
                parts = (told.copied, told.present, told.skipped, told.failed, told.vanished)
                if told.found != sum(parts):
                    yield f"run {run.number}: {told.found} found are {parts}"

    def _threads(self, number: int) -> None:
        with self.haul.services.store.write() as session:
            session.get_one(Migration, self.haul.migration_id).threads = number
        self.haul.services.bell.tick()

    def _until_ended(self, number: int) -> None:
        def enough() -> bool:
            return sum(state in ENDED for state in self._states(1)) >= number

        self._wait(enough, f"{number} accounts have ended")

    def _wait(self, condition: object, claim: str) -> None:
        assert callable(condition)
        wait_until(condition, claim, self.seconds)

    def _at_work(self) -> int:
        return self.haul.states().count("running")

    def _states(self, number: int) -> list[str]:
        with self.haul.services.store.read() as session:
            query = select(AccountRun.state).join(Run, Run.id == AccountRun.run_id)
            return list(session.scalars(query.where(Run.number == number)))


def _in_ledger(session: Session, run_id: int) -> tuple[int, int]:
    """How many messages the ledger says this run has sent, and their bytes."""
    rows = session.execute(
        select(LedgerBatch.folder_id, LedgerBatch.packed)
        .join(AccountRun, AccountRun.id == LedgerBatch.account_run_id)
        .where(AccountRun.run_id == run_id, LedgerBatch.settled, LedgerBatch.kind == Kind.SENT)
    )
    sizes = {
        (row.folder_id, pair.source_uid): pair.size
        for row in rows
        for pair in unpack_pairs(row.packed)
    }
    return len(sizes), sum(sizes.values())
