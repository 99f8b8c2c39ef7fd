"""Notices from the row to the recipient, past servers, workers and a Redis that fail."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from jobs import notices as sending
from jobs.dispatch import tick
from jobs.notices import NO_SERVER, PAUSES, pause
from jobs.services import Services
from launch.certificates import Authority
from store import notices
from store.judge import Judge
from store.mails import ATTEMPTS, Letter
from store.tables import Migration, NoticeMail, now
from tests.conftest import free_port
from tests.jobs.conftest import OwnRedis, wait_until
from tests.jobs.post_office import PostOffice, post_office
from tests.store.world import started

Spawn = Callable[..., "subprocess.Popen[bytes]"]
TO = "me@example.com; team@example.com"


@pytest.fixture
def office(tmp_path: Path, authority: Authority) -> Iterator[PostOffice]:
    with post_office(tmp_path, authority) as opened:
        yield opened


@pytest.fixture
def mailing(office: PostOffice, make_services: Callable[..., Services]) -> Services:
    """An installation that sends mail."""
    return make_services(
        SMTP_URL=office.url(),
        MAIL_FROM="Mailhaul <notices@example.net>",
        BASE_URL="https://mailhaul.example.net",
    )


def mails(services: Services) -> list[NoticeMail]:
    with services.store.read() as session:
        return list(session.scalars(select(NoticeMail).order_by(NoticeMail.id)))


def states(services: Services) -> list[str]:
    return [mail.state for mail in mails(services)]


def send_due(services: Services) -> int:
    """As the clock and one worker do it; how many were claimed."""
    claims = sending.claimed(services.store, services.settings)
    for claim in claims:
        sending.send(services, claim.id, claim.token)
    return len(claims)


def hurry(services: Services) -> None:
    """As if the pause before the next attempt were over."""
    with services.store.write() as session:
        session.execute(update(NoticeMail).values(not_before=None, pause_seconds=0))


def test_a_start_is_mailed_to_each_address(
    mailing: Services, office: PostOffice, spawn: Spawn
) -> None:
    """By the clock and a worker, each mail by itself: nobody sees who else is told."""
    spawn("jobs.clock")
    spawn("jobs.worker", "checks")
    started(mailing.store, notify=TO, accounts=3, threads=1)
    wait_until(lambda: states(mailing) == ["sent", "sent"], "both are sent")
    assert office.recipients == ["me@example.com", "team@example.com"]
    assert [message["To"] for message in office.messages] == office.recipients
    (first, second) = office.messages
    assert first["Subject"] == "Started: example.test"
    assert "https://mailhaul.example.net/migrations/1" in str(first)
    assert first["Message-ID"] != second["Message-ID"]


def test_no_server_means_rows_that_say_so(services: Services, redis: OwnRedis) -> None:
    """The clock enters it, and nobody is called."""
    started(services.store, notify=TO)
    tick(services.store, services.bell, services.settings, Judge())
    assert {(mail.state, mail.error) for mail in mails(services)} == {("unsent", NO_SERVER)}
    assert not any(b"notice" in key for key in redis.client.keys("rq:job:*"))


def test_a_greylisted_mail_is_tried_again(mailing: Services, office: PostOffice) -> None:
    """In a minute, with the server's words for whoever looks; the other recipient's is sent."""
    first = [1]

    def answer(address: str) -> str:
        again = address == "me@example.com" and first
        return f"451 4.7.1 Come back later {first.pop()}" if again else ""

    office.at_recipient = answer
    started(mailing.store, notify=TO)
    assert send_due(mailing) == 2
    late, sent = mails(mailing)
    assert (late.state, sent.state) == ("waiting", "sent")
    assert late.server_words == "451 4.7.1 Come back later 1"
    assert late.not_before is not None
    assert late.not_before > now() + timedelta(seconds=30)
    assert send_due(mailing) == 0
    hurry(mailing)
    assert send_due(mailing) == 1
    assert states(mailing) == ["sent", "sent"]
    assert mails(mailing)[0].error == ""
    assert sorted(office.recipients) == ["me@example.com", "team@example.com"]


def test_an_unknown_recipient_is_not_tried_again(mailing: Services, office: PostOffice) -> None:
    """A 5xx for an address is an answer."""
    office.at_recipient = lambda _address: "550 5.1.1 No such user"
    started(mailing.store, notify="nobody@example.com")
    send_due(mailing)
    (mail,) = mails(mailing)
    assert (mail.state, mail.server_words) == ("failed", "550 5.1.1 No such user")
    assert "nobody@example.com" in mail.error


def test_a_server_that_stays_away_is_given_up_after_a_day(
    make_services: Callable[..., Services],
) -> None:
    """The pauses grow; in the end the row is failed, and the run never noticed."""
    services = make_services(
        SMTP_URL=f"smtp://127.0.0.1:{free_port()}", MAIL_FROM="notices@example.net"
    )
    number = started(services.store, notify="me@example.com")
    waits = []
    while states(services) == ["waiting"]:
        assert send_due(services) == 1
        due = mails(services)[0].not_before
        waits += [round((due - now()).total_seconds() / 60)] if due else []
        hurry(services)
    assert tuple(waits[: len(PAUSES)]) == PAUSES
    assert (mails(services)[0].state, mails(services)[0].attempts) == ("failed", ATTEMPTS)
    assert "refuses connections" in mails(services)[0].error
    with services.store.read() as session:
        assert session.get_one(Migration, number).state == "running"


def test_the_pauses_of_a_test_are_short() -> None:
    """And one attempt more than there are pauses is the last."""
    for kind, pauses in ((notices.Kind.STARTED, PAUSES), (notices.Kind.TEST, PAUSES[:3])):
        said = [pause(Letter(1, "", at, kind, {}, now())) for at in range(1, len(pauses) + 2)]
        assert said == [*(timedelta(minutes=minutes) for minutes in pauses), None]
    assert len(PAUSES) + 1 == ATTEMPTS
    assert sum(PAUSES) < 24 * 60


def test_an_address_that_is_none_is_told_and_not_sent(
    mailing: Services, office: PostOffice
) -> None:
    """Whatever got it into the database: no line break reaches a header or a server."""
    started(
        mailing.store, notify="me@example.com\r\nBcc: x@example.org; =?utf-8?q?a=0D?=@b.example"
    )
    send_due(mailing)
    assert states(mailing) == ["failed", "failed"]
    assert "is no e-mail address" in mails(mailing)[0].error
    assert office.connections == 0


def test_a_worker_that_dies_while_it_sends_is_replaced(
    mailing: Services, office: PostOffice, spawn: Spawn
) -> None:
    """When its lease is over another sends the mail, with the same Message-ID."""
    office.hangs = True
    spawn("jobs.clock")
    worker = spawn("jobs.worker", "checks")
    started(mailing.store, notify="me@example.com", accounts=3, threads=1)
    wait_until(lambda: mails(mailing)[0].attempts == 1, "it is being sent")
    worker.kill()
    office.hangs = False
    spawn("jobs.worker", "checks")
    wait_until(lambda: states(mailing) == ["sent"], "it is sent")
    assert mails(mailing)[0].attempts == 2
    assert len({message["Message-ID"] for message in office.messages}) == 1


def test_notices_outlive_redis(
    mailing: Services, office: PostOffice, redis: OwnRedis, spawn: Spawn
) -> None:
    """What is written while it is away, or was in its queue when it was emptied, is sent once."""
    started(mailing.store, notify=TO, accounts=3, threads=1)
    tick(mailing.store, mailing.bell, mailing.settings, Judge())
    redis.client.flushall()
    redis.stop()
    redis.start()
    spawn("jobs.clock")
    spawn("jobs.worker", "checks")
    wait_until(lambda: states(mailing) == ["sent", "sent"], "both are sent")
    assert office.recipients == ["me@example.com", "team@example.com"]


def test_a_claim_that_is_over_sends_nothing(mailing: Services, office: PostOffice) -> None:
    """A worker that was asleep finds its number outdated."""
    started(mailing.store, notify="me@example.com")
    (claim,) = sending.claimed(mailing.store, mailing.settings)
    sending.send(mailing, claim.id, claim.token - 1)
    assert office.connections == 0
    sending.send(mailing, claim.id, claim.token)
    sending.send(mailing, claim.id, claim.token)
    assert len(office.messages) == 1
