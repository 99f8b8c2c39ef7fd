"""What the heart tells and asks while it copies, written to and read from SQL now and then."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

from store.engine import Store, StoreError
from store.finishing import totals
from store.reporting_in import News, tell
from store.states import MigrationState, Phase
from store.wishes import wanted
from sync.errors import Stopped, StopReason
from sync.report import FolderReport, MessageNote, Outcome

log = logging.getLogger("mailhaul.progress")


class StoreProgress:
    """sync.ports.Progress. Writes at most once in `interval` seconds, and once more at the end."""

    def __init__(
        self, store: Store, account_run_id: int, token: int, *, interval: float = 1.0
    ) -> None:
        self._store = store
        self._account_run_id = account_run_id
        self._token = token
        self._interval = interval
        self._written = 0.0
        self._counts: Counter[str] = Counter()
        self._planned = 0
        self._values: dict[str, Any] = {}
        self._reports: list[FolderReport] = []
        self._new_reports: list[FolderReport] = []
        self._notes: list[MessageNote] = []

    def planned(self, messages: int, size: int) -> None:
        self._values |= {"planned": messages, "planned_size": size, "phase": Phase.COPYING}
        self._planned = messages
        self._write_when_due()

    def folder(self, source: str, destination: str) -> None:
        self._values |= {"folder": source, "phase": Phase.COPYING}
        self._write_when_due()

    def moved(self, outcome: Outcome, messages: int, size: int) -> None:
        self._counts[outcome] += messages
        self._counts["found"] += messages
        if outcome == Outcome.COPIED:
            self._counts["size_copied"] += size
            # Getting on is the opposite of failing: the attempts are counted anew.
            self._values["attempts"] = 1
        self._values |= self._counts
        self._values["reached"] = self._reached()
        self._write_when_due()

    def note(self, note: MessageNote) -> None:
        self._notes.append(note)
        self._write_when_due()

    def verifying(self) -> None:
        self._values["phase"] = Phase.VERIFYING
        self._write_when_due()

    def folder_done(self, report: FolderReport) -> None:
        self._reports.append(report)
        self._new_reports.append(report)
        self._write_when_due()

    @property
    def got_on(self) -> bool:
        """Whether this attempt has copied anything."""
        return self._counts[Outcome.COPIED] > 0

    def _reached(self) -> int:
        """In thousandths, 990 at most: what is left is the proof."""
        if not self._planned:
            return 0
        return max(0, min(990, 1000 * self._counts["found"] // self._planned))

    def finish(self) -> None:
        """The last word: the counters are the sums of the folders' reports."""
        self._values |= totals(self._reports)
        self.flush(final=True)

    def leave(self) -> None:
        """The last word of an attempt that came to no end."""
        done = totals(self._reports)
        self._values |= {name: done[name] for name in ("flags_changed", "removed")}
        self._values |= {"folders_created": done["folders_created"]}
        self.flush()

    def flush(self, *, final: bool = False) -> None:
        """Write what has not been written yet."""
        self._written = time.monotonic()
        told = (dict(self._values), tuple(self._new_reports), tuple(self._notes))
        news = News(*told, final=final)
        try:
            with self._store.write() as session:
                tell(session, self._account_run_id, self._token, news)
        except StoreError as error:
            # Kept for the next time: progress must not cost the account.
            log.warning("progress=unwritten reason=%s", type(error).__name__)
            return
        self._values.clear()
        self._new_reports.clear()
        self._notes.clear()

    def _write_when_due(self) -> None:
        if time.monotonic() - self._written >= self._interval:
            self.flush()


class StoreStop:
    """sync.ports.Stop: asks SQL at most twice a second, and between times gives the last answer.

    `leaving` is set when this worker itself is to end: its work goes back to be claimed."""

    def __init__(
        self,
        store: Store,
        account_run_id: int,
        token: int,
        *,
        leaving: threading.Event | None = None,
        interval: float = 0.5,
    ) -> None:
        self._store = store
        self._account_run_id = account_run_id
        self._token = token
        self._leaving = leaving or threading.Event()
        self._interval = interval
        self._asked = float("-inf")
        self._answer: StopReason | None = None

    def reason(self) -> StopReason | None:
        if self._leaving.is_set():
            return StopReason.PAUSE
        if time.monotonic() - self._asked >= self._interval:
            self._ask()
            self._asked = time.monotonic()
        return self._answer

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            reason = self.reason()
            if reason is not None:
                raise Stopped(reason)
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.5))

    def _ask(self) -> None:
        try:
            with self._store.read() as session:
                state = wanted(session, self._account_run_id, self._token)
        except StoreError as error:
            # The lease decides how long this may go on unanswered.
            log.warning("stop=unknown reason=%s", type(error).__name__)
            return
        self._answer = _REASONS.get(state, StopReason.STOP)


_REASONS: dict[MigrationState | None, StopReason | None] = {
    None: StopReason.FENCED,
    MigrationState.RUNNING: None,
    MigrationState.PAUSED: StopReason.PAUSE,
}
