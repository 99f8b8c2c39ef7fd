"""The outbox: each mail is somebody's, once, until it is sent or given up."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from store import mails
from store.claims import Claimed
from store.engine import Store
from store.mails import ATTEMPTS
from store.tables import NoticeMail
from tests.store.world import lapse, started


def waiting(store: Store, to: str = "a@example.com; b@example.com; c@example.com") -> None:
    started(store, notify=to)


def claim(store: Store, capacity: int = 2, lease: int = 30) -> list[Claimed]:
    with store.write() as session:
        return mails.claim(session, lease_seconds=lease, capacity=capacity)


def begin(store: Store, one: Claimed) -> mails.Letter | None:
    with store.write() as session:
        return mails.begin(session, one.id, one.token, seconds=30)


def sent(store: Store, one: Claimed) -> bool:
    with store.write() as session:
        return mails.sent(session, one.id, one.token)


def rows(store: Store) -> list[NoticeMail]:
    with store.read() as session:
        return list(session.scalars(select(NoticeMail).order_by(NoticeMail.id)))


def is_due(store: Store) -> bool:
    with store.read() as session:
        return mails.is_due(session)


def test_a_mail_is_claimed_once_and_only_so_many_at_a_time(store: Store) -> None:
    """The third waits for a place."""
    waiting(store)
    first, second = claim(store)
    assert claim(store) == []
    assert begin(store, first) is not None
    assert sent(store, first)
    (third,) = claim(store)
    assert [first.id, second.id, third.id] == [row.id for row in rows(store)]
    assert [row.state for row in rows(store)] == ["sent", "waiting", "waiting"]
    assert rows(store)[0].ended_at is not None


def test_what_was_lost_is_claimed_again_with_a_higher_number(store: Store) -> None:
    """The one who lost it can neither begin it nor say what became of it."""
    waiting(store, "a@example.com")
    (old,) = claim(store)
    assert not is_due(store)
    lapse(store)
    assert is_due(store)
    (new,) = claim(store)
    assert (new.id, new.token) == (old.id, old.token + 1)
    assert begin(store, old) is None
    letter = begin(store, new)
    assert letter is not None
    assert (letter.recipient, letter.kind, letter.attempts) == ("a@example.com", "started", 1)
    assert not sent(store, old)
    assert sent(store, new)
    assert not sent(store, new)


def test_a_mail_waits_for_its_next_attempt(store: Store) -> None:
    """With the reason to be seen; given up it is failed for good."""
    waiting(store, "a@example.com")
    (one,) = claim(store)
    begin(store, one)
    with store.write() as session:
        said = {"error": "It was refused.", "server_words": "451 later"}
        later = timedelta(minutes=1)
        assert mails.not_sent(session, one.id, one.token, again=later, **said)
    (row,) = rows(store)
    assert (row.state, row.error, row.server_words) == ("waiting", "It was refused.", "451 later")
    assert claim(store) == []
    lapse(store)
    (two,) = claim(store)
    with store.write() as session:
        assert mails.not_sent(session, two.id, two.token, again=None, **said)
    assert rows(store)[0].state == "failed"
    assert not is_due(store)


def test_a_mail_that_kills_its_worker_does_not_do_so_for_ever(store: Store) -> None:
    """After so many attempts without an answer it is failed."""
    waiting(store, "a@example.com")
    for _ in range(ATTEMPTS):
        (one,) = claim(store)
        assert begin(store, one) is not None
        lapse(store)
    assert claim(store) == []
    (row,) = rows(store)
    assert row.state == "failed"
    assert "ended without an answer" in row.error


def test_a_claim_that_no_worker_took_up_costs_no_attempt(store: Store) -> None:
    """It only waited in a queue that was lost."""
    waiting(store, "a@example.com")
    for _ in range(ATTEMPTS + 1):
        assert len(claim(store)) == 1
        lapse(store)
    assert rows(store)[0].attempts == 0


def test_without_a_server_the_rows_say_so(store: Store) -> None:
    """And stay as they are: what is old by the time there is one would only confuse."""
    waiting(store)
    with store.write() as session:
        mails.leave_unsent(session, "There is no server.")
    assert {(row.state, row.error) for row in rows(store)} == {("unsent", "There is no server.")}
    assert claim(store) == []
