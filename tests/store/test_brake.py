"""Refused logins are counted before they are made: on both databases, whoever asks at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store import accounts, brake, braked
from store.accounts import NewAccount
from store.brake import Answer, Door, LoginTry
from store.claims import claim_account_runs, claim_checks
from store.control import start
from store.engine import Store
from store.seal import Sealer
from store.states import AccountState
from store.tables import Account, AccountRun, FindingRow, History, Migration, now
from store.waiting import wait_for_turn
from tests.store.world import add_migration

HOST = "old.example.test"
BUDGET = 20


def door(username: str = "u1", organization_id: int = 1, host: str = HOST) -> Door:
    return Door(organization_id, host, username)


def ask(store: Store, one: Door, holder: str = "check 1", budget: int = BUDGET) -> Answer:
    with store.write() as session:
        return brake.reserve(session, one, holder, budget)


def refuse(store: Store, *doors: Door) -> None:
    with store.write() as session:
        for one in doors:
            brake.refused(session, one, "check 1")


def later(store: Store, **since: float) -> None:
    with store.write() as session:
        for row in session.scalars(select(LoginTry)):
            row.at = row.at - timedelta(**since)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([Fernet.generate_key().decode()])


@pytest.fixture
def draft(store: Store) -> int:
    with store.write() as session:
        return add_migration(session, accounts=3, state=AccountState.NEW).id


def claimed(store: Store) -> int:
    with store.write() as session:
        limits = {"limit_per_server": 100, "lease_seconds": 30}
        checks = claim_checks(session, refused_logins=BUDGET, **limits)
        return len(checks) + len(claim_account_runs(session, refused_logins=BUDGET, **limits))


@pytest.mark.usefixtures("draft")
class TestUser:
    def test_two_refusals_hold_a_user(self, store: Store) -> None:
        """That one, at that server, of that organization; a login that is taken ends the row."""
        with store.write() as session:
            add_migration(session, domain="other.test")
        refuse(store, door())
        assert ask(store, door()) is Answer.GRANTED
        with store.write() as session:
            brake.taken(session, door(), "check 1")
        refuse(store, door(), door())
        assert ask(store, door()) is Answer.HELD
        others = (door("u2"), door(organization_id=2), door(host="another.test"))
        assert {ask(store, one) for one in others} == {Answer.GRANTED}
        later(store, days=300)
        assert ask(store, door()) is Answer.HELD

    def test_logins_under_way_count_as_refused(self, store: Store) -> None:
        """Rows with one login that are tried at the same time are not refused three times."""
        refuse(store, door())
        assert ask(store, door(), "check 1") is Answer.GRANTED
        assert ask(store, door(), "check 2") is Answer.WAIT
        assert ask(store, door(), "check 1") is Answer.GRANTED
        with store.write() as session:
            brake.give_back(session, "check 1")
        assert ask(store, door(), "check 2") is Answer.GRANTED

    def test_only_what_a_person_changes_lets_it_be_tried(
        self, store: Store, sealer: Sealer, draft: int
    ) -> None:
        """The same password typed again does not, nor another mailbox or another check."""
        one = NewAccount("u1", "u1@example.test", "wrong", "Mailbox-2026")
        with store.write() as session:
            (number,) = accounts.replace(session, sealer, draft, [one])
        refuse(store, door(), door())

        def typed(password: str, mailbox: str = one.mailbox) -> Answer:
            with store.write() as session:
                account = session.get_one(Account, number)
                change = NewAccount(one.source_username, mailbox, password, one.mailbox_password)
                accounts.edit(session, sealer, account, change)
            return ask(store, door())

        assert typed("wrong") is Answer.HELD
        assert typed("wrong", "u9@example.test") is Answer.HELD
        with store.write() as session:
            accounts.reset_check(session, draft)
        assert ask(store, door()) is Answer.HELD
        assert typed("right") is Answer.GRANTED
        refuse(store, door(), door())
        with store.write() as session:
            accounts.replace(session, sealer, draft, [one])
        assert ask(store, door()) is Answer.GRANTED


@pytest.mark.usefixtures("draft")
class TestBudget:
    def test_workers_at_once_are_never_refused_more(self, store: Store) -> None:
        """Eight of them, each with a list of its own: 20 are granted, refused or not yet."""

        def work(worker: int) -> Counter[Answer]:
            answers: Counter[Answer] = Counter()
            for row in range(12):
                name = f"{worker}-{row}"
                answers[ask(store, door(name), name)] += 1
                if row % 2:
                    continue
                with store.write() as session:
                    under_way = select(LoginTry.id).where(LoginTry.holder == name)
                    if session.scalar(under_way) is not None:
                        brake.refused(session, door(name), name)
            return answers

        with ThreadPoolExecutor(8) as pool:
            answers = sum(pool.map(work, range(8)), Counter[Answer]())
        assert answers == {Answer.GRANTED: BUDGET, Answer.WAIT: 8 * 12 - BUDGET}

    def test_an_hour_later_one_more_may_be_refused(self, store: Store) -> None:
        """One by one, as they leave the hour. What a dead worker held comes back sooner."""
        refuse(store, *(door(f"u{number}") for number in range(BUDGET)))
        assert ask(store, door("new")) is Answer.WAIT
        with store.write() as session:
            first = session.scalars(select(LoginTry).order_by(LoginTry.id)).first()
            assert first is not None
            first.at = first.at - timedelta(minutes=61)
        assert ask(store, door("new")) is Answer.GRANTED
        assert ask(store, door("newer"), "check 2") is Answer.WAIT
        with store.write() as session:
            mine = update(LoginTry).where(LoginTry.holder == "check 1")
            session.execute(mine.values(at=now() - timedelta(minutes=4)))
        assert ask(store, door("newer"), "check 2") is Answer.GRANTED

    def test_a_clock_that_was_a_day_ahead_is_not_believed(self, store: Store) -> None:
        """Nobody waits for a day because of it."""
        refuse(store, *(door(f"u{number}") for number in range(BUDGET)))
        later(store, days=-1)
        assert ask(store, door("new")) is Answer.GRANTED
        assert claimed(store) == 3

    def test_nothing_is_claimed_at_a_server_that_is_shut(self, store: Store, draft: int) -> None:
        """Neither a check nor an account of a run; others' are, and so are rows of other
        servers."""
        with store.write() as session:
            add_migration(session, accounts=4, state=AccountState.NEW, domain="other.test")
            session.get_one(Account, 2).source_host = "another.test"
        refuse(store, *(door(f"u{number}", host=f"{HOST}") for number in range(BUDGET)))
        assert claimed(store) == 5
        with store.write() as session:
            session.execute(update(Account).values(state=AccountState.READY))
            start(session, draft, None)
        assert claimed(store) == 1

    def test_a_destination_that_is_shut_keeps_all_its_rows_waiting(self, store: Store) -> None:
        """It is the same address of ours that it would ban."""
        refuse(store, *(door(f"u{n}", host="mail.example.test") for n in range(BUDGET)))
        assert claimed(store) == 0

    def test_a_row_that_found_no_place_is_claimed_again_soon(self, store: Store) -> None:
        """It was no attempt."""
        with store.write() as session:
            claims = claim_checks(session, limit_per_server=100, lease_seconds=30)
            assert wait_for_turn(session, claims[0].id, claims[0].token)
            assert not wait_for_turn(session, claims[0].id, claims[0].token)
        with store.write() as session:
            account = session.get_one(Account, claims[0].id)
            assert (account.state, account.check_attempts) == ("new", 0)
            assert account.check_not_before is not None
            account.check_not_before = now()
        assert claimed(store) == 1


class TestGoingOn:
    def lines(self, session: Session, number: int) -> list[tuple[str, int, int]]:
        found = braked.braked(session, session.get_one(Migration, number), BUDGET)
        return [(one.host, one.refused, one.held) for one in found]

    def test_it_says_how_many_since_when_and_until_when(self, store: Store, draft: int) -> None:
        """Of the servers of this migration alone."""
        refuse(store, *(door(f"x{number}") for number in range(BUDGET)), door(host="elsewhere"))
        later(store, minutes=20)
        with store.read() as session:
            (line,) = braked.braked(session, session.get_one(Migration, draft), BUDGET)
        assert (line.host, line.refused, line.held) == (HOST, BUDGET, 0)
        assert line.since is not None
        assert line.next_try is not None
        assert timedelta(minutes=39) < line.next_try - now() < timedelta(minutes=41)
        later(store, hours=1)
        with store.read() as session:
            assert self.lines(session, draft) == []

    def test_whoever_goes_on_is_named(self, store: Store, draft: int) -> None:
        """Blocked rows of that server are checked again, no others; the count begins anew."""
        refuse(store, door("u1"), door("u1"), door("u2@example.test", host="mail.example.test"))
        with store.write() as session:
            session.execute(update(Account).values(state=AccountState.BLOCKED))
            session.add(FindingRow(account_id=1, level="blocking", code="login_held", words="x"))
            migration = session.get_one(Migration, draft)
            assert self.lines(session, draft) == [(HOST, 0, 1)]
            assert braked.go_on(session, migration, "nowhere.test", None) == 0
            assert braked.go_on(session, migration, HOST, None) == 2
            assert braked.go_on(session, migration, HOST, None) == 0
        with store.read() as session:
            states = session.scalars(select(Account.state).order_by(Account.id)).all()
            assert states == ["new", "blocked", "blocked"]
            (said,) = session.scalars(select(History.note).where(History.kind == "went on"))
            assert said == f"{HOST} had refused 2 logins."
        assert ask(store, door()) is Answer.GRANTED


def test_a_long_list_of_wrong_rows_is_twenty_refusals(store: Store) -> None:
    """However often the clock and the workers come by."""
    with store.write() as session:
        add_migration(session, accounts=500, state=AccountState.NEW)
    granted = 0
    for _ in range(3):
        with store.write() as session:
            claims = claim_checks(
                session, limit_per_server=50, lease_seconds=30, capacity=50, refused_logins=BUDGET
            )
            for one in claims:
                user = door(f"u{one.id}")
                if brake.reserve(session, user, f"check {one.id}", BUDGET) is Answer.GRANTED:
                    granted += 1
                    brake.refused(session, user, f"check {one.id}")
            session.execute(update(Account).values(check_not_before=None))
            done = [one.id for one in claims]
            blocked = update(Account).where(Account.id.in_(done))
            session.execute(blocked.values(state=AccountState.NEW))
    assert granted == BUDGET
    assert claimed(store) == 0
    with store.read() as session:
        assert session.scalar(select(AccountRun.id)) is None
