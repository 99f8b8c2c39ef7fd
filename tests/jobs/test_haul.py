"""Checks and account runs by real workers, between two Dovecots, whatever breaks on the way."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

from sqlalchemy import select, update

from store import control, folder_lists
from store.seal import password_context
from store.tables import Account, DestinationServer, MailboxList
from tests.jobs.conftest import OwnRedis, wait_until
from tests.jobs.haul import MAILBOX_PASSWORD, PASSWORD, Haul

Spawn = Callable[..., "subprocess.Popen[bytes]"]


def at_work(spawn: Spawn) -> subprocess.Popen[bytes]:
    """A clock and one worker; the worker."""
    spawn("jobs.clock")
    return spawn("jobs.worker", "checks", "runs")


def test_from_new_rows_to_verified_mailboxes(
    make: Callable[..., Haul], spawn: Spawn, redis: OwnRedis
) -> None:
    """Checked, provisioned, copied, proven; and no password was ever in Redis."""
    haul = make(messages=(30, 0, 5), state="new")
    at_work(spawn)
    wait_until(lambda: set(haul.account_states()) == {"ready"}, "all rows are ready")
    with haul.services.store.read() as session:
        first = session.scalars(select(Account).order_by(Account.id)).first()
        assert first is not None
        assert (first.source_messages, first.mailbox_exists) == (33, False)
        assert {finding.level for finding in first.findings} == {"ok"}
        seen = folder_lists.seen(session, haul.migration_id, only=first.id, limit=1)[0]
        sizes = [status.size or 0 for status in seen.source.statuses.values()]
        assert (sum(sizes), seen.destination) == (first.source_size, None)
    haul.start()
    wait_until(lambda: haul.state() == "complete", "the migration is complete")
    assert [(run.state, run.verdict, run.error) for run in haul.runs()] == [
        ("complete", "verified", "")
    ] * 3
    assert [(run.found, run.copied, run.mailbox_created) for run in haul.runs()] == [
        (33, 33, True),
        (3, 3, True),
        (8, 8, True),
    ]
    assert haul.differences() == []
    stored = b"".join(redis.client.dump(key) or b"" for key in redis.client.scan_iter())
    assert stored
    assert PASSWORD.encode() not in stored
    assert MAILBOX_PASSWORD.encode() not in stored


def test_a_mailbox_that_was_made_is_logged_in_to(make: Callable[..., Haul], spawn: Spawn) -> None:
    """Its server reads another list of mailboxes: that is said, after two logins, and not that
    the password is wrong."""
    haul = make(messages=(2,))
    other = haul.destination.spec.users_file.with_name("others")
    other.touch()
    with haul.services.store.write() as session:
        place = session.scalars(select(DestinationServer)).one()
        place.config = {"users_file": str(other)}
    haul.start()
    at_work(spawn)
    wait_until(lambda: haul.state() == "complete", "the run has ended", 60)
    (run,) = haul.runs()
    assert (run.state, run.error, run.mailbox_created) == ("failed", "new_mailbox_refused", True)
    log = (haul.destination.spec.directory / "dovecot.log").read_text()
    refused = [
        line for line in log.splitlines() if haul.addresses[0] in line and "auth failed" in line
    ]
    assert len(refused) == 2


def test_a_killed_worker_loses_and_doubles_nothing(make: Callable[..., Haul], spawn: Spawn) -> None:
    """SIGKILL in the middle: another worker takes the account up within 60 s (law 3)."""
    haul = make(messages=(15_000,))
    haul.start()
    worker = at_work(spawn)
    wait_until(haul.on_its_way, "messages are on their way")
    worker.kill()
    worker.wait()
    assert haul.states() == ["running"]
    spawn("jobs.worker", "runs")
    wait_until(lambda: haul.state() == "complete", "the migration is complete", 60)
    (run,) = haul.runs()
    assert (run.state, run.token, run.found, run.copied) == ("complete", 2, 15_003, 15_003)
    assert haul.differences() == []


def test_an_emptied_redis_costs_time_only(
    make: Callable[..., Haul], spawn: Spawn, redis: OwnRedis
) -> None:
    """FLUSHALL while one account runs and others wait: all of them end."""
    haul = make(messages=(1500, 10, 10, 10), threads=2)
    haul.start()
    at_work(spawn)
    wait_until(lambda: "running" in haul.states(), "an account runs")
    redis.client.flushall()
    wait_until(lambda: haul.state() == "complete", "the migration is complete", 60)
    assert haul.states() == ["complete"] * 4
    assert haul.differences() == []


def test_pause_resume_and_stop_are_heard_while_it_runs(
    make: Callable[..., Haul], spawn: Spawn
) -> None:
    """Within seconds, at a clean point; what was copied stays known."""
    haul = make(messages=(15_000,))
    haul.start()
    at_work(spawn)
    wait_until(haul.on_its_way, "messages are on their way")
    haul.act(control.pause)
    wait_until(lambda: haul.states() == ["paused"], "the account has paused", 10)
    haul.act(control.resume)
    wait_until(lambda: haul.states() == ["running"], "the account goes on", 10)
    haul.act(control.stop)
    wait_until(lambda: haul.states() == ["stopped"], "the account has stopped", 10)
    haul.start()
    wait_until(lambda: haul.state() == "complete", "the second run is complete", 60)
    assert haul.runs()[1].copied < 15_003
    assert haul.differences() == []


def test_a_worker_that_is_to_end_hands_its_work_on(make: Callable[..., Haul], spawn: Spawn) -> None:
    """SIGTERM: the account waits again at once, and it costs no attempt."""
    haul = make(messages=(15_000,))
    haul.start()
    worker = at_work(spawn)
    wait_until(haul.on_its_way, "messages are on their way")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    (run,) = haul.runs()
    assert run.state == "pending" or run.phase == "waiting"
    assert run.attempts == 0
    spawn("jobs.worker", "runs")
    wait_until(lambda: haul.state() == "complete", "the migration is complete", 60)
    assert haul.differences() == []


def test_one_wrong_password_stops_one_account(make: Callable[..., Haul], spawn: Spawn) -> None:
    """Its row is blocked by the check; in a run it fails at once, and the others go on."""
    haul = make(messages=(5, 5), state="new")
    seal, context = haul.services.sealer.seal, password_context(haul.migration_id, "source")
    with haul.services.store.write() as session:
        row = session.scalars(select(Account).order_by(Account.id)).first()
        assert row is not None
        row.source_password_sealed = seal("wrong", context)
    at_work(spawn)
    wait_until(lambda: haul.account_states() == ["blocked", "ready"], "both are checked")
    with haul.services.store.write() as session:
        session.execute(update(Account).values(state="ready"))
    haul.start()
    wait_until(lambda: haul.state() == "complete", "the migration is complete")
    assert [(run.state, run.error) for run in haul.runs()] == [
        ("failed", "login_refused"),
        ("complete", ""),
    ]


def test_a_dry_run_makes_nothing(make: Callable[..., Haul], spawn: Spawn) -> None:
    """It tells what it would copy, and the destination has not even the mailbox."""
    haul = make(messages=(20,), dry_run=True)
    before = haul.destination.spec.users_file.read_text()
    haul.start()
    at_work(spawn)
    wait_until(lambda: haul.state() == "complete", "the rehearsal is complete")
    (run,) = haul.runs()
    assert (run.state, run.verdict, run.copied) == ("complete", "dry run", 23)
    assert haul.destination.spec.users_file.read_text() == before
    assert not haul.destination.maildir(haul.addresses[0]).exists()


def test_a_broken_destination_fails_with_words(make: Callable[..., Haul], spawn: Spawn) -> None:
    """Not with a stuck account."""
    haul = make(messages=(1,))
    with haul.services.store.write() as session:
        account = session.scalars(select(Account)).one()
        assert account.migration.destination is not None
        account.migration.destination.config = {"users_file": "/nowhere/users", "what": "is this"}
    haul.start()
    at_work(spawn)
    wait_until(lambda: haul.state() == "complete", "the migration is complete")
    (run,) = haul.runs()
    assert (run.state, run.error) == ("failed", "provision_failed")
    assert "there is no setting" in run.server_words


def test_the_mailboxes_of_a_destination_are_listed(make: Callable[..., Haul], spawn: Spawn) -> None:
    """Asked by the bell, answered in SQL."""
    haul = make(messages=(0,))
    haul.destination.add_user("post@listed.test", "x")
    with haul.services.store.read() as session:
        destination_id = session.scalars(select(Account)).one().migration.destination_id
    assert destination_id is not None
    assert haul.services.bell.list_mailboxes(destination_id, "listed.test")
    spawn("jobs.worker", "checks")

    def listed() -> MailboxList | None:
        with haul.services.store.read() as session:
            return session.scalars(select(MailboxList)).one_or_none()

    wait_until(listed, "the list has been entered")
    answer = listed()
    assert answer is not None
    assert answer.mailboxes == [{"address": "post@listed.test", "admin": False}]
