"""Each step of the schema keeps what the version before it has stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, insert, select, text

from store import brake, history, logins
from store.brake import Answer, Door
from store.doubt import quiet_seconds
from store.engine import Store, driver_url
from store.habits import Habits, ServerHabit, habits
from store.limits import Limits
from store.pace import paced
from store.schema import upgrade
from store.tables import Account, AccountRun, History, LedgerBatch, Migration
from sync.alteration import Alteration
from tests.store.conftest import new_database

FIRST = (
    "INSERT INTO organization (id, name, created_at) VALUES (1, 'One', '2026-01-01')",
    "INSERT INTO migration (id, organization_id, name, state, created_at, source_host, source_port,"
    " source_security, mode, dry_run, account_group, threads, domain, start, timezone, loop,"
    " loop_minutes, schedule_state, notify, removal_confirmed, deletion_confirmed, options, note)"
    " VALUES (1, 1, 'M', 'draft', '2026-01-01', 'old.test', 993, 'ssl', 'new', false, 'specific',"
    " 4, 'example.test', 'now', 'UTC', false, 20, 'active', '', false, false, '{}', '')",
    "INSERT INTO account (id, migration_id, position, source_host, source_port, source_security,"
    " source_username, mailbox, state, check_token, check_lease, check_attempts)"
    " VALUES (5, 1, 1, '', 0, '', 'u', 'u@example.test', 'checking', 7, '2026-01-01', 0)",
)
"""Rows of version 0001: an account amid its check."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mailhaul.db'}"
    return new_database(request.getfixturevalue("postgresql"))


def filled(url: str, version: str, *statements: str) -> None:
    upgrade(url, version)
    engine = create_engine(driver_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_check_under_way_has_a_place(empty_url: str) -> None:
    """0002: it counts as one of those at workers that only check, and ends as it began."""
    filled(empty_url, "0001", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.read() as session:
        account = session.get_one(Account, 5)
        assert (account.state, account.check_token, account.check_beside) == ("checking", 7, False)
    store.dispose()


def test_no_check_waited_before(empty_url: str) -> None:
    """0010: nothing was learned of any server, and no check waits for one."""
    filled(empty_url, "0007", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.read() as session:
        account = session.get_one(Account, 5)
        assert (account.check_waits_since, account.check_not_before) == (None, None)
        assert paced(session, Limits(20)).of("old.test") == 20
    store.dispose()


def test_no_refusal_was_counted_before(empty_url: str) -> None:
    """0011: no server is shut, and no account of an earlier version waits for a person."""
    filled(empty_url, "0010", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.write() as session:
        assert brake.shut(session, 1) == []
        assert brake.reserve(session, Door(1, "old.test", "u"), "check 5", 1) is Answer.GRANTED
    store.dispose()


def test_nothing_was_guessed_before(empty_url: str) -> None:
    """0006: of the files of earlier versions nothing is known."""
    filled(empty_url, "0005", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.read() as session:
        assert session.get_one(Account, 5).guessed_encoding == ""
    store.dispose()


def test_habits_begin_with_none(empty_url: str) -> None:
    """0003: the table is there, and empty, beside what the version before has stored."""
    filled(empty_url, "0002", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.write() as session:
        assert habits(session, "mail.test", 993) == Habits()
        assert session.get_one(Account, 5).check_token == 7
        session.add(ServerHabit(host="mail.test", port=993, kind="line ends", messages=2))
        session.flush()
        assert habits(session, "mail.test", 993).altered == {Alteration.LINE_ENDS: 2}
    store.dispose()


def test_nobody_has_signed_out_before(empty_url: str) -> None:
    """0005: sessions that were ended are entered from now on."""
    filled(empty_url, "0004", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.write() as session:
        assert not logins.is_over(session, "one")
        logins.end(session, "one", 1 << 40)
        logins.end(session, "one", 1 << 40)
        assert logins.is_over(session, "one")
    store.dispose()


RAN = (
    *FIRST,
    "INSERT INTO run (id, migration_id, number, state, mode, dry_run, options, started_at)"
    " VALUES (3, 1, 1, 'running', 'new', false, '{}', '2026-01-01')",
    "INSERT INTO account_run (id, run_id, account_id, state, phase, token, wish, attempts,"
    " folder, planned, planned_size, found, copied, present, skipped, failed, vanished,"
    " size_copied, flags_changed, removed, folders_created, mailbox_created, verdict, left_out,"
    " removal_allowed, error, error_side, server_words)"
    " VALUES (9, 3, 5, 'running', 'copying', 1, '', 1, '', 4000000, 0, 3000000, 3000000,"
    " 0, 0, 0, 0, 0, 0, 0, 0, false, '', '[\"Spam\"]', false, '', '', '')",
)
"""Rows of an earlier version: an account amid its run, with a folder that was left out."""


def test_an_account_has_come_as_far_as_it_counted(empty_url: str) -> None:
    """0007: also where the counters are large; why a folder was left out is not known."""
    filled(empty_url, "0004", *RAN)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.read() as session:
        run = session.get_one(AccountRun, 9)
        assert (run.reached, run.omitted, run.left_out) == (750, None, ["Spam"])
    store.dispose()


def test_claims_are_held_and_what_was_in_doubt_is_waited_for(empty_url: str) -> None:
    """0008: a claim is good for 30 seconds from the clock's first look on; a time of day says
    nothing any more of when somebody was still sending."""
    filled(
        empty_url,
        "0007",
        *FIRST,
        "INSERT INTO ledger_folder (id, account_id, subject, source, source_uidvalidity,"
        " destination, destination_uidvalidity) VALUES (1, 5, '', 'INBOX', 1, 'INBOX', 2)",
        "INSERT INTO ledger_batch (folder_id, account_run_id, uidnext, settled, at, doubtful_since,"
        " kind, packed) VALUES (1, 9, 7, false, '2026-01-01', '2026-01-01', 'sent', '')",
    )
    upgrade(empty_url)
    store = Store(empty_url)
    with store.read() as session:
        account = session.get_one(Account, 5)
        assert (account.check_beat, account.check_lease_seconds) == (0, 30)
        assert quiet_seconds(session, 5) == 0
        assert session.scalars(select(LedgerBatch.doubtful_boot)).all() == [""]
    store.dispose()


def test_passwords_are_kept_for_a_week(empty_url: str) -> None:
    """0009: of each migration that was there before."""
    filled(empty_url, "0008", *FIRST)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.read() as session:
        migration = session.get_one(Migration, 1)
        assert (migration.keep_days, migration.passwords_wiped_at) == (7, None)
    store.dispose()


def test_lines_of_before_have_no_role(empty_url: str) -> None:
    """0012: and are counted once; new ones have all."""
    line = "INSERT INTO history (id, organization_id, at, user_email, kind, note) VALUES"
    filled(empty_url, "0011", *FIRST, f"{line} (1, 1, '2026-01-01', 'a@b.test', 'noted', 'x')")
    upgrade(empty_url)
    store = Store(empty_url)
    with store.write() as session:
        old = session.get_one(History, 1)
        assert (old.user_role, old.address, old.times, old.last_at) == ("", "", 1, None)
        assert (old.user_organization_id, old.note) == (None, "x")
        if empty_url.startswith("sqlite"):
            history.record_again(session, kind="noted", organization_id=1)
    store.dispose()


def test_a_removed_row_keeps_its_number(empty_url: str) -> None:
    """0013: the number of an account, or of its run, is not given to the next one; what is there
    stays as it is."""
    filled(empty_url, "0012", *RAN)
    upgrade(empty_url)
    store = Store(empty_url)
    with store.write() as session:
        run = session.get_one(AccountRun, 9)
        assert (run.account_id, run.copied, run.left_out) == (5, 3_000_000, ["Spam"])
        account = session.get_one(Account, 5)
        assert (account.state, account.check_token) == ("checking", 7)
        kept = {"migration_id": 1, "position": 2, "source_username": "v", "mailbox": "v@a.test"}
        session.execute(delete(AccountRun))
        session.execute(delete(Account))
        if session.get_bind().dialect.name == "sqlite":
            # PostgreSQL's sequence knows nothing of numbers that were written by hand.
            assert session.scalars(insert(Account).values(**kept).returning(Account.id)).one() == 6
    store.dispose()
