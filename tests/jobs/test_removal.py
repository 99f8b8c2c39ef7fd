"""A removal that nobody expected: rehearsed, refused, and allowed by a person, on real servers."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from jobs.running import AccountRunJob
from store import account_moves, control, reports
from store.tables import AccountRun
from tests.jobs.haul import Haul
from tests.store.world import claim_runs

FOLDER = ".Projekte.Alt"


@pytest.fixture
def haul(environment: dict[str, str], make: Callable[..., Haul]) -> Haul:
    """One account that mode all has brought over, and a source that has lost a folder's mail."""
    environment["LEASE_SECONDS"] = "600"
    haul = make(messages=(5,), mode="all", removal_confirmed=True)
    haul.start()
    assert run_next(haul).state == "complete"
    for message in (haul.source.maildir(haul.addresses[0]) / FOLDER).glob("cur/*"):
        message.unlink()
    return haul


def run_next(haul: Haul) -> AccountRun:
    """The account run that waits, done here; as it ended."""
    (claim,) = claim_runs(haul.services.store)
    AccountRunJob(haul.services, claim.id, claim.token).run()
    return haul.runs()[-1]


def kept(haul: Haul) -> int:
    return len(list((haul.destination.maildir(haul.addresses[0]) / FOLDER).glob("cur/*")))


def test_a_dry_run_tells_what_a_real_one_refuses_until_it_is_allowed(haul: Haul) -> None:
    """The plan's number is the one that is removed in the end; before that nothing is."""
    haul.act(functools.partial(control.start, rehearse=True))
    assert run_next(haul).verdict == "dry run"
    with haul.services.store.read() as session:
        plan = reports.last_plan(session, haul.migration_id)
    assert plan is not None
    assert (plan.removed, plan.run.number) == (3, 2)
    haul.start()
    refused = run_next(haul)
    assert (refused.state, refused.error, kept(haul)) == ("failed", "deletion_refused", 3)
    assert refused.server_words == "INBOX.Projekte.Alt: 3 of 3 messages"
    with haul.services.store.write() as session:
        account_moves.allow_removal(session, haul.migration_id, refused.account_id, None)
    allowed = run_next(haul)
    assert (allowed.state, allowed.removed, kept(haul)) == ("complete", 3, 0)
