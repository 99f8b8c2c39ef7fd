"""How one account run ends, entered in SQL for the holder of its claim."""

from __future__ import annotations

import logging

from importer.check_result import REFUSED_FOR_NOW
from jobs.progress import StoreProgress
from provisioners.base import ProvisionError
from store import finishing
from store.engine import Store
from store.expiry import ATTEMPTS
from store.seal import SealBroken
from store.waiting import TURN, refused_run
from sync.errors import (
    AccountError,
    Code,
    ConnectFailed,
    Retry,
    Side,
    Stopped,
    StopReason,
    SyncError,
)
from sync.report import MailboxReport

NOW_SECONDS = (1, 5, 20, 60)
LATER_SECONDS = (15, 60, 240, 900)
BESIDE_SECONDS = (2, 5, 10)
"""Where the source is filled by others of ours: their places are waited for, which is no attempt
of this one beyond so many."""
BESIDE_ATTEMPTS = 2

log = logging.getLogger("mailhaul.run")


class Ending:
    """One of the three is called, once, when the lease is extended no more."""

    def __init__(
        self, store: Store, account_run_id: int, token: int, progress: StoreProgress
    ) -> None:
        self._store = store
        self._id = account_run_id
        self._token = token
        self._progress = progress

    def finished(self, report: MailboxReport) -> None:
        self._progress.finish()
        with self._store.write() as session:
            finishing.finish_account_run(session, self._id, self._token, report)
        log.info("account_run=%d verdict=%s", self._id, str(report.verdict).replace(" ", "_"))

    def left(self, stopped: Stopped) -> None:
        log.info("account_run=%d left=%s", self._id, stopped.reason)
        if stopped.reason == StopReason.FENCED:
            return
        self._progress.leave()
        with self._store.write() as session:
            finishing.leave_account_run(session, self._id, self._token)

    def failed(self, error: SyncError, attempts: int) -> None:
        """Again after a while when that may help, at most five times without getting on."""
        self._progress.leave()
        retry = error.retry.replace(" ", "_")
        log.info("account_run=%d error=%s retry=%s", self._id, error.code, retry)
        seconds = pause(error, 1 if self._progress.got_on else attempts)
        reason = finishing.Reason(str(error.code), error.server_words, str(error.side or ""))
        if error.code is Code.LOGINS_WAIT:
            # Its place among the logins that may be refused is waited for: that is no attempt.
            seconds, attempts = TURN, max(0, attempts - 1)
        with self._store.write() as session:
            if _refused_for_now(error) and refused_run(session, self._id):
                # Others of ours fill the server: this one is next when one of them ends.
                soon = BESIDE_SECONDS[min(attempts, len(BESIDE_SECONDS)) - 1]
                seconds = max(soon, float(getattr(error, "suggested_wait", 0.0)))
                attempts = min(attempts, BESIDE_ATTEMPTS)
            if seconds is None:
                finishing.fail_account_run(session, self._id, self._token, reason)
                return
            finishing.retry_account_run(
                session, self._id, self._token, reason, seconds=seconds, attempts=attempts
            )


def _refused_for_now(error: SyncError) -> bool:
    """Whether the source let nobody in, for the time being."""
    at_the_door = isinstance(error, ConnectFailed) and error.side is Side.SOURCE
    return at_the_door and error.code in REFUSED_FOR_NOW


def pause(error: SyncError, attempts: int) -> float | None:
    """Seconds until the next attempt; None: there is none."""
    if error.retry not in (Retry.NOW, Retry.LATER) or attempts >= ATTEMPTS:
        return None
    waits = NOW_SECONDS if error.retry == Retry.NOW else LATER_SECONDS
    asked = float(getattr(error, "suggested_wait", 0.0))
    return max(asked, waits[min(attempts, len(waits)) - 1])


class ProvisionLater(AccountError):
    """The destination's system could not answer now."""

    retry = Retry.LATER


def as_sync_error(error: SyncError | ProvisionError | SealBroken) -> SyncError:
    if isinstance(error, SyncError):
        return error
    if isinstance(error, SealBroken):
        return AccountError(Code.INTERNAL, str(error))
    words = error.server_words or error.words
    kind = ProvisionLater if error.retry else AccountError
    return kind(Code.PROVISION_FAILED, words, side=Side.DESTINATION)
