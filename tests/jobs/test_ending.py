"""Which error is tried again, when, and how often."""

from __future__ import annotations

import pytest

from jobs.ending import Ending, as_sync_error, pause
from jobs.progress import StoreProgress
from jobs.services import Services
from provisioners.base import ProvisionError
from store.expiry import ATTEMPTS
from store.seal import SealBroken
from sync.errors import (
    AuthenticationFailed,
    Code,
    ConnectFailed,
    ConnectionLost,
    DestinationFull,
    RunError,
    Stopped,
    StopReason,
    SyncError,
)
from sync.report import Outcome
from tests.store.world import account_run, begun


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationFailed(Code.LOGIN_REFUSED),
        DestinationFull(Code.QUOTA),
        RunError(Code.INTERNAL),
        as_sync_error(ProvisionError("No such domain.")),
        as_sync_error(SealBroken("Sealed for another place.")),
    ],
)
def test_what_a_person_has_to_mend_is_not_tried_again(error: SyncError) -> None:
    """It fails at once, so that the person sees it at once."""
    assert pause(error, 1) is None


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (ConnectionLost(), [1, 5, 20, 60, None]),
        (ConnectionLost(suggested_wait=30.0), [30, 30, 30, 60, None]),
        (ConnectFailed(Code.CONNECT_REFUSED), [15, 60, 240, 900, None]),
        (as_sync_error(ProvisionError("Busy.", retry=True)), [15, 60, 240, 900, None]),
    ],
)
def test_what_time_may_mend_is_tried_five_times(error: SyncError, waits: list[int | None]) -> None:
    """After growing pauses, and never sooner than the server has asked for."""
    assert [pause(error, attempt) for attempt in range(1, ATTEMPTS + 1)] == waits


def test_a_retry_is_entered_with_its_reason(services: Services) -> None:
    """Pending, with the server's words for the person who looks."""
    claim = begun(services.store)
    progress = StoreProgress(services.store, claim.id, claim.token)
    ending = Ending(services.store, claim.id, claim.token, progress)
    ending.failed(ConnectionLost(Code.SERVER_BYE, "Too many connections"), 1)
    run = account_run(services.store, claim.id)
    assert (run.state, run.error, run.server_words) == (
        "pending",
        "server_bye",
        "Too many connections",
    )
    assert run.not_before is not None
    assert run.pause_seconds == 1


@pytest.mark.parametrize(("copied", "state"), [(0, "failed"), (3, "pending")])
def test_the_fifth_attempt_is_the_last_unless_it_got_on(
    services: Services, copied: int, state: str
) -> None:
    """A line that breaks every hundred messages still brings a mailbox over."""
    claim = begun(services.store)
    progress = StoreProgress(services.store, claim.id, claim.token)
    progress.moved(Outcome.COPIED, copied, copied)
    Ending(services.store, claim.id, claim.token, progress).failed(ConnectionLost(), ATTEMPTS)
    assert account_run(services.store, claim.id).state == state


def test_a_fenced_worker_enters_no_end(services: Services) -> None:
    """The account run is another worker's, and goes on."""
    claim = begun(services.store)
    progress = StoreProgress(services.store, claim.id, claim.token)
    ending = Ending(services.store, claim.id, claim.token - 1, progress)
    ending.left(Stopped(StopReason.FENCED))
    ending.left(Stopped(StopReason.PAUSE))
    ending.failed(RunError(Code.INTERNAL), 1)
    assert account_run(services.store, claim.id).state == "running"
