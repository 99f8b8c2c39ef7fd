"""A migration that the clock starts, twice, between two Dovecots; nobody presses anything."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.services import Services
from launch.dovecot import Dovecot
from store import scheduling
from store.tables import Account, History, Migration, Run, now
from tests.jobs.conftest import wait_until
from tests.jobs.haul import Haul, fill, make_haul

Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def standing(make_services: Callable[..., Services], make_dovecot: Callable[..., Dovecot]) -> Haul:
    """One new row, every 20 minutes for good, from now on; as the short form stores it."""
    source = make_dovecot()
    destination = make_dovecot(separator=".", prefix="INBOX.", settings="mail_fsync = never")
    services = make_services(ALLOWED_PORTS=f"{source.spec.tls_port} {destination.spec.tls_port}")
    haul = make_haul(services, source, destination, state="new", loop=True, mode="new")
    with services.store.write() as session:
        scheduling.plan_when_ready(session, haul.migration_id, None)
    return haul


def next_start_is_due(haul: Haul) -> None:
    """As if the 20 minutes had passed."""
    with haul.services.store.write() as session:
        migration = session.get_one(Migration, haul.migration_id)
        migration.next_start_at = now() - timedelta(seconds=1)


def ended(haul: Haul, runs: int) -> bool:
    return haul.state() == "complete" and len(haul.runs()) == runs


def test_a_mailbox_is_kept_in_sync(standing: Haul, spawn: Spawn) -> None:
    """Checked, then run 1; when the interval is over run 2 fetches what has come since, with the
    passwords that were stored once. Two clocks start each of them once."""
    haul = standing
    for words in (("jobs.clock",), ("jobs.clock",), ("jobs.worker", "checks", "runs")):
        spawn(*words)
    wait_until(lambda: ended(haul, 1), "run 1 is complete")
    assert haul.runs()[0].copied == 23
    fill(haul.source.maildir(haul.addresses[0]), 7, folder=".Neu")
    next_start_is_due(haul)
    wait_until(lambda: ended(haul, 2), "run 2 is complete")
    assert (haul.runs()[1].copied, haul.runs()[1].failed) == (7, 0)
    assert haul.differences() == []
    with haul.services.store.read() as session:
        migration = session.get_one(Migration, haul.migration_id)
        assert migration.next_start_at is not None
        assert now() < migration.next_start_at <= now() + timedelta(minutes=20)
        assert session.scalars(select(Account.source_password_sealed)).one() is not None
        assert session.scalars(select(Run.started_by)).all() == [None, None]
        notes = session.scalars(select(History.note).where(History.kind == "started")).all()
    assert notes == ["Run 1, by the schedule.", "Run 2, by the schedule."]
