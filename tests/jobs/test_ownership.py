"""A check and an attempt of an account look again whose domain and destination it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.checking import check_account
from jobs.running import AccountRunJob
from store import control
from store.claims import claim_account_runs, claim_checks
from store.tables import AccountRun, Domain, FindingRow, Migration, Organization
from sync.errors import Code
from tests.jobs.haul import Haul


def _domain(haul: Haul) -> None:
    _to_another(haul, "domain")


def _destination(haul: Haul) -> None:
    _to_another(haul, "destination")


def _to_another(haul: Haul, what: str) -> None:
    with haul.services.store.write() as session:
        other = Organization(name="another")
        session.add(other)
        session.flush()
        migration = session.get_one(Migration, haul.migration_id)
        owned = migration.destination
        if what == "domain":
            owned = session.query(Domain).filter_by(name=migration.domain).one()
        assert owned is not None
        owned.organization_id = other.id


@pytest.mark.parametrize("given", [_domain, _destination])
def test_a_check_of_what_was_given_away_blocks_without_a_login(
    make: Callable[..., Haul], given: Callable[[Haul], None]
) -> None:
    """Nothing is asked of either server."""
    haul = make(messages=(2,), state="new")
    given(haul)
    with haul.services.store.write() as session:
        (claim,) = claim_checks(session, limit_per_server=9, lease_seconds=30)
    check_account(haul.services, claim.id, claim.token)
    assert haul.account_states() == ["blocked"]
    with haul.services.store.read() as session:
        assert [one.code for one in session.query(FindingRow)] == [Code.NOT_OWNED]


@pytest.mark.parametrize("given", [_domain, _destination])
def test_an_attempt_that_waited_makes_no_mailbox_for_somebody_else(
    make: Callable[..., Haul], given: Callable[[Haul], None]
) -> None:
    """Given away between the start and the attempt: the account fails, and no mailbox is made."""
    haul = make(messages=(2,))
    with haul.services.store.write() as session:
        control.start(session, haul.migration_id, None)
        (claim,) = claim_account_runs(session, limit_per_server=9, lease_seconds=30)
    given(haul)
    AccountRunJob(haul.services, claim.id, claim.token).run()
    with haul.services.store.read() as session:
        one = session.query(AccountRun).one()
        assert (one.state, one.error, one.mailbox_created) == ("failed", Code.NOT_OWNED, False)
    assert haul.addresses[0] not in haul.destination.spec.users_file.read_text()
