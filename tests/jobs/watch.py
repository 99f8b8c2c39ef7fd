"""Who works on what at each moment, looked at from outside while it happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from store.engine import Store
from store.states import AccountRunState
from store.tables import AccountRun, Migration, now

LATE = timedelta(seconds=5)
"""So long after its end a lease may still be shown: clock and database are busy, or Redis away."""


class Watch:
    """Complaints about what was never to be seen. `most` is how many were at work at once."""

    def __init__(self, store: Store, migration_id: int) -> None:
        self._store = store
        self._migration_id = migration_id
        self._end = threading.Event()
        self._claims: set[tuple[int, int]] = set()
        self._threads = 0
        self.complaints: list[str] = []
        self.most = 0
        self.looks = 0

    @contextmanager
    def looking(self) -> Iterator[Watch]:
        thread = threading.Thread(target=self._look_on)
        thread.start()
        try:
            yield self
        finally:
            self._end.set()
            thread.join()

    def _look_on(self) -> None:
        while not self._end.wait(0.05):
            self._look()

    def _look(self) -> None:
        with self._store.read() as session:
            threads = session.get_one(Migration, self._migration_id).threads
            rows = session.execute(
                select(AccountRun.id, AccountRun.token, AccountRun.lease).where(
                    AccountRun.state == AccountRunState.RUNNING
                )
            ).all()
        claims = {(row.id, row.token) for row in rows}
        allowed = max(threads, self._threads)
        # More than that are only those that were at work before there were to be fewer.
        if claims - self._claims and len(claims) > allowed:
            self.complaints.append(f"{len(claims)} at work where {allowed} are allowed")
        for row in rows:
            if row.lease is None or row.lease < now() - LATE:
                self.complaints.append(f"{row.id} is said to run, and its lease is {row.lease}")
        self._claims, self._threads = claims, threads
        self.most, self.looks = max(self.most, len(claims)), self.looks + 1
