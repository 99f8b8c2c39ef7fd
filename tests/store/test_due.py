"""What the clock starts, and when: on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from store import brake, control, forgetting, scheduling
from store.brake import Door
from store.control import NotStartable
from store.due import due, start_due
from store.engine import Store
from store.finishing import Reason, fail_account_run, finish_account_run
from store.reporting_in import News, tell
from store.scheduling import RepeatChoice
from store.states import AccountState, IllegalMove, MigrationState
from store.tables import Account, AccountRun, FolderRow, History, Migration, Run, now
from sync.errors import Code
from sync.report import FolderReport
from tests.store.test_control import DONE
from tests.store.world import add_migration, claim_runs

HOUR = timedelta(hours=1)
DOOR = Door(1, "old.example.test", "u1")


def planned(store: Store, *, ago: timedelta = timedelta(0), **columns: Any) -> int:
    """A migration whose time came so long ago; negative: comes so much later."""
    with store.write() as session:
        start_at = now() - ago
        migration = add_migration(session, start="at", start_at=start_at, **columns)
        scheduling.plan(session, migration.id, None)
        return migration.id


def ticked(store: Store) -> list[int]:
    """The numbers of the runs that one tick starts."""
    with store.read() as session:
        waiting = due(session)
    numbers = []
    for migration_id in waiting:
        with store.write() as session:
            run = start_due(session, migration_id)
            numbers += [run.number] if run else []
    return numbers


def end_run(store: Store) -> None:
    for claim in claim_runs(store):
        with store.write() as session:
            assert finish_account_run(session, claim.id, claim.token, DONE)


def migration(store: Store, number: int) -> Migration:
    with store.read() as session:
        return session.get_one(Migration, number)


def change(store: Store, number: int, **columns: Any) -> None:
    with store.write() as session:
        for name, value in columns.items():
            setattr(session.get_one(Migration, number), name, value)


def told(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        lines = session.scalars(select(History).order_by(History.id))
        return [(line.kind, line.note) for line in lines]


def test_a_migration_starts_at_its_time_and_once(store: Store) -> None:
    """Nobody started it, and the history says that the schedule did."""
    number = planned(store, ago=-HOUR)
    assert ticked(store) == []
    change(store, number, next_start_at=now())
    assert ticked(store) == [1]
    end_run(store)
    assert ticked(store) == []
    after = migration(store, number)
    assert (after.state, after.next_start_at) == (MigrationState.COMPLETE, None)
    with store.read() as session:
        assert session.scalars(select(Run.started_by)).one() is None
    assert ("started", "Run 1, by the schedule.") in told(store)


def test_a_blocked_row_closes_the_schedule_too(store: Store) -> None:
    """C2: as a start at once is refused, so is one on Friday night."""
    with store.write() as session:
        row = add_migration(session, start="at", start_at=now() + HOUR)
        row.accounts[0].state = AccountState.BLOCKED
        with pytest.raises(NotStartable):
            scheduling.plan(session, row.id, None)
        assert (row.state, row.next_start_at) == (MigrationState.DRAFT, None)


def test_a_row_blocked_later_is_left_out_and_named(store: Store) -> None:
    """Friday night: the others run."""
    number = planned(store, ago=HOUR, accounts=3)
    with store.write() as session:
        first = session.scalars(select(Account).order_by(Account.id)).first()
        assert first is not None
        first.state = AccountState.BLOCKED
    assert ticked(store) == [1]
    with store.read() as session:
        assert len(session.scalars(select(AccountRun)).all()) == 2
    note = "Run 1, by the schedule; left out, being blocked: u1@example.test."
    assert told(store)[-1] == ("started", note)
    assert migration(store, number).state == MigrationState.RUNNING


def test_a_start_with_nothing_ready_waits_and_says_so_once(store: Store) -> None:
    """As soon as a row is mended and checked, the run begins."""
    number = planned(store, ago=HOUR)
    for state in (AccountState.BLOCKED, AccountState.BLOCKED, AccountState.CHECKING):
        with store.write() as session:
            session.scalars(select(Account)).one().state = state
        assert ticked(store) == []
    held = [note for kind, note in told(store) if kind == "held"]
    assert held == ["1 account is blocked: edit or remove each of them first."]
    assert migration(store, number).state == MigrationState.SCHEDULED
    with store.write() as session:
        session.scalars(select(Account)).one().state = AccountState.READY
    assert ticked(store) == [1]


def test_a_removal_that_nobody_has_confirmed_is_not_started(store: Store) -> None:
    """Mode all, chosen after the schedule was set."""
    number = planned(store, ago=HOUR)
    change(store, number, mode="all")
    assert ticked(store) == []
    assert told(store)[-1][0] == "held"


def test_a_loop_goes_on_by_its_slots(store: Store) -> None:
    """From the planned start, not from the minute in which the clock came to it."""
    number = planned(store, ago=timedelta(minutes=3), loop=True, loop_minutes=20)
    assert ticked(store) == [1]
    first = migration(store, number)
    assert first.start_at is not None
    assert first.next_start_at == first.start_at + timedelta(minutes=20)
    end_run(store)
    assert ticked(store) == []
    change(store, number, next_start_at=now())
    assert ticked(store) == [2]
    assert migration(store, number).next_start_at == first.next_start_at


def test_a_slot_during_a_run_waits_for_its_end(store: Store) -> None:
    """Never two runs at a time: paused or running, the slot waits; then one run, not three."""
    number = planned(store, loop=True, loop_minutes=1)
    assert ticked(store) == [1]
    change(store, number, next_start_at=now() - timedelta(minutes=3))
    assert ticked(store) == []
    with store.write() as session:
        control.pause(session, number, None)
    assert ticked(store) == []
    with store.write() as session:
        control.resume(session, number, None)
    end_run(store)
    assert ticked(store) == [2]
    following = migration(store, number).next_start_at
    assert following is not None
    assert following > now()


def test_a_machine_that_was_off_catches_up_with_one_run(store: Store) -> None:
    """Three days of slots are one run; the next is in the future, where it belongs."""
    number = planned(store, ago=timedelta(days=3, minutes=7), loop=True, loop_minutes=60)
    assert ticked(store) == [1]
    end_run(store)
    assert ticked(store) == []
    after = migration(store, number)
    assert after.next_start_at is not None
    assert after.start_at is not None
    assert after.next_start_at > now()
    assert (after.next_start_at - after.start_at) % HOUR == timedelta(0)


def test_a_loop_ends_with_its_last_slot(store: Store) -> None:
    """After `until` there is no next start."""
    until = now() + timedelta(minutes=10)
    number = planned(store, loop=True, loop_minutes=20, loop_until=until)
    assert ticked(store) == [1]
    assert migration(store, number).next_start_at is None


def test_a_slot_that_nobody_used_before_the_end_is_given_up(store: Store) -> None:
    """A machine that comes back after the last day starts nothing, and says so."""
    number = planned(
        store, ago=2 * HOUR, loop=True, loop_minutes=20, loop_until=now() - timedelta(minutes=1)
    )
    assert ticked(store) == []
    after = migration(store, number)
    assert (after.state, after.next_start_at) == (MigrationState.DRAFT, None)
    assert told(store)[-1][0] == "lapsed"


def test_a_start_by_hand_keeps_the_loop(store: Store) -> None:
    """Before the first slot, and between two of them: the slots stay where they are."""
    number = planned(store, ago=-HOUR, loop=True, loop_minutes=60)
    first = migration(store, number).next_start_at
    for _ in range(2):
        with store.write() as session:
            control.start(session, number, None)
        assert migration(store, number).next_start_at == first
        end_run(store)


def test_a_loop_that_begins_by_hand_counts_from_that_start(store: Store) -> None:
    """Start now, or by hand later: the first slot is one interval on."""
    with store.write() as session:
        number = add_migration(session, loop=True, loop_minutes=20).id
        control.start(session, number, None)
    started = migration(store, number)
    assert started.started_at is not None
    assert started.next_start_at is not None
    apart = started.next_start_at - started.started_at
    assert timedelta(minutes=19, seconds=59) < apart <= timedelta(minutes=20)


def test_a_stop_ends_the_loop_until_a_restart(store: Store) -> None:
    """What a person stops does not start by itself."""
    number = planned(store, loop=True, loop_minutes=20)
    assert ticked(store) == [1]
    with store.write() as session:
        control.stop(session, number, None)
    assert migration(store, number).next_start_at is None
    with store.write() as session:
        control.start(session, number, None)
    assert migration(store, number).next_start_at is not None


def test_a_suspended_migration_starts_nothing(store: Store) -> None:
    """Nor does the run under way end by it; active again it goes on with the next slot."""
    number = planned(store, loop=True, loop_minutes=60)
    assert ticked(store) == [1]
    with store.write() as session:
        scheduling.suspend(session, number, None)
    assert migration(store, number).state == MigrationState.RUNNING
    end_run(store)
    change(store, number, next_start_at=now() - HOUR)
    assert ticked(store) == []
    with store.write() as session:
        with pytest.raises(IllegalMove):
            scheduling.suspend(session, number, None)
        scheduling.activate(session, number, None)
        with pytest.raises(IllegalMove):
            scheduling.activate(session, number, None)
    assert ticked(store) == []
    following = migration(store, number).next_start_at
    assert following is not None
    assert now() < following <= now() + HOUR
    kinds = [kind for kind, _ in told(store)]
    assert kinds == ["scheduled", "started", "suspended", "completed", "activated"]


def test_a_single_start_that_passed_while_suspended_is_not_made_up_for(store: Store) -> None:
    """Active again on Monday does not mean to start on Monday: it is a draft again."""
    number = planned(store, ago=-HOUR)
    with store.write() as session:
        scheduling.suspend(session, number, None)
    change(store, number, next_start_at=now() - HOUR, start_at=now() - HOUR)
    with store.write() as session:
        scheduling.activate(session, number, None)
    after = migration(store, number)
    assert (after.state, after.next_start_at) == (MigrationState.DRAFT, None)


def test_nothing_is_suspended_where_nothing_is_planned(store: Store) -> None:
    """An illegal move raises."""
    with store.write() as session:
        number = add_migration(session).id
        with pytest.raises(IllegalMove):
            scheduling.suspend(session, number, None)


def test_repeats_are_changed_while_it_stands(store: Store) -> None:
    """Another interval counts from the same start; none ends the loop."""
    number = planned(store, loop=True, loop_minutes=20)
    with store.write() as session, pytest.raises(IllegalMove):
        scheduling.change_repeats(session, number, RepeatChoice(True, 60, None, "UTC"), None)
    assert ticked(store) == [1]
    with store.write() as session:
        scheduling.change_repeats(session, number, RepeatChoice(True, 60, None, "UTC"), None)
    after = migration(store, number)
    assert after.next_start_at is not None
    assert after.start_at is not None
    assert after.next_start_at - after.start_at == HOUR
    with store.write() as session:
        scheduling.change_repeats(session, number, RepeatChoice(False, 60, None, "UTC"), None)
    assert migration(store, number).next_start_at is None


def test_a_standing_migration_starts_when_its_check_is_clean(store: Store) -> None:
    """H1: nobody has to come back for it."""
    with store.write() as session:
        row = add_migration(session, state=AccountState.NEW, loop=True, loop_minutes=20)
        scheduling.plan_when_ready(session, row.id, None)
    assert ticked(store) == []
    with store.write() as session:
        session.scalars(select(Account)).one().state = AccountState.READY
    assert ticked(store) == [1]


def refuse(store: Store, code: Code) -> None:
    for claim in claim_runs(store):
        with store.write() as session:
            if code is Code.LOGIN_REFUSED:
                brake.refused(session, DOOR, f"run {claim.id}")
            assert fail_account_run(session, claim.id, claim.token, Reason(code, side="source"))


def test_a_login_that_is_refused_in_two_runs_is_checked_first(store: Store) -> None:
    """A loop does not guess a password until the server locks the account; mended, it goes on."""
    number = planned(store, loop=True, loop_minutes=20)
    for expected in ([1], [2], []):
        assert ticked(store) == expected
        refuse(store, Code.LOGIN_REFUSED)
        change(store, number, next_start_at=now())
    with store.write() as session:
        account = session.scalars(select(Account)).one()
        assert account.state == AccountState.NEW
        account.state, account.checked_at = AccountState.READY, now()
        brake.changed(session, DOOR.organization_id, {DOOR})
    assert ticked(store) == [3]
    refuse(store, Code.LOGIN_REFUSED)
    change(store, number, next_start_at=now())
    assert ticked(store) == [4]


def test_a_server_that_is_away_is_no_refusal(store: Store) -> None:
    """However often: the loop goes on trying."""
    number = planned(store, loop=True, loop_minutes=20)
    for run in range(1, 5):
        assert ticked(store) == [run]
        refuse(store, Code.CONNECT_TIMEOUT)
        change(store, number, next_start_at=now())


def test_of_a_loop_the_last_runs_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Years of runs every minute do not fill the disk; the numbers go on."""
    monkeypatch.setattr(forgetting, "KEPT_RUNS", 2)
    number = planned(store, loop=True, loop_minutes=20)
    for expected in ([1], [1, 2], [2, 3], [3, 4]):
        assert ticked(store) == expected[-1:]
        (claim,) = claim_runs(store)
        with store.write() as session:
            folder = FolderReport("INBOX", "INBOX", verified=True)
            assert tell(session, claim.id, claim.token, News(folders=[folder]))
            assert finish_account_run(session, claim.id, claim.token, DONE)
            assert session.scalars(select(Run.number).order_by(Run.number)).all() == expected
            assert len(session.scalars(select(FolderRow)).all()) == len(expected)
        change(store, number, next_start_at=now())


def test_two_clocks_start_one_run(store: Store) -> None:
    """Eight at the same moment, ten times: one run each time, and numbers without a gap."""
    number = planned(store, loop=True, loop_minutes=20)
    clocks = 8
    for run in range(1, 11):
        barrier = Barrier(clocks)

        def tick(barrier: Barrier = barrier) -> list[int]:
            barrier.wait()
            return ticked(store)

        with ThreadPoolExecutor(clocks) as pool:
            futures = [pool.submit(tick) for _ in range(clocks)]
            started = [found for future in futures for found in future.result()]
        assert started == [run]
        end_run(store)
        change(store, number, next_start_at=now())
