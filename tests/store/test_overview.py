"""The list of migrations, with thousands of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, insert, text

from store import overview
from store.engine import Store
from store.overview import SORTS, Group, Question, RunCounts
from store.scope import Viewer
from store.states import MigrationState
from store.tables import Account, AccountRun, Migration, Organization, Role, Run, now

MANY = 5000
VIEWER = Viewer(1, Role.RESELLER, 1)
QUESTIONS = [
    Question(),
    Question(group=Group.RUNNING, sort="name", descending=False),
    Question(group=Group.FINISHED, sort="completed", page=7),
    Question(text="move 49"),
    Question(text="#4711"),
]


@pytest.fixture
def full(store: Store) -> Store:
    """5,000 migrations of one organization, most of them over, with two accounts and runs."""
    states = [MigrationState.DRAFT, MigrationState.RUNNING, *[MigrationState.COMPLETE] * 8]
    ids = range(1, MANY + 1)
    with store.write() as session:
        session.add_all([Organization(id=1, name="One"), Organization(id=2, name="Two")])
        session.flush()
        session.execute(insert(Migration), [_migration(one, states[one % 10]) for one in ids])
        for position in (1, 2):
            rows = [{"migration_id": one, "position": position} for one in ids]
            session.execute(insert(Account), rows)
        runs = [{"id": one, "migration_id": one, "number": 1, "mode": "new", "dry_run": False}
                for one in ids]  # fmt: skip
        session.execute(insert(Run), runs)
        accounts = [{"run_id": one, "account_id": one, "copied": 3} for one in ids]
        session.execute(insert(AccountRun), accounts)
    with store.write() as session:
        session.execute(text("ANALYZE"))
    return store


def _migration(number: int, state: MigrationState) -> dict[str, object]:
    return {
        "id": number,
        "organization_id": 1 + (number > MANY - 10),
        "name": f"Move {number}",
        "state": state,
        "source_host": "old.example.test",
        "created_at": now() - timedelta(minutes=number),
        "completed_at": now() if state == MigrationState.COMPLETE else None,
    }


@contextmanager
def asked(store: Store) -> Iterator[list[tuple[str, object]]]:
    """The statements that are sent meanwhile, with their parameters."""
    seen: list[tuple[str, object]] = []
    reader: Engine = store._reader

    def note(_connection, _cursor, statement, parameters, *_rest) -> None:  # type: ignore[no-untyped-def]
        # Which database it is, a new connection asks once.
        if not statement.startswith("PRAGMA"):
            seen.append((statement, parameters))

    event.listen(reader, "before_cursor_execute", note)
    yield seen
    event.remove(reader, "before_cursor_execute", note)


def test_a_page_of_thousands_costs_a_few_queries(full: Store) -> None:
    """Eight at most, however many there are, for any tab, order, page and search."""
    for question in QUESTIONS:
        with asked(full) as seen, full.read() as session:
            lines, total = overview.lines(session, VIEWER, question)
            overview.group_sizes(session, VIEWER)
        assert 0 < len(lines) <= overview.PAGE
        assert total >= len(lines)
        assert len(seen) <= 8, [statement for statement, _ in seen]


def test_no_query_reads_through_a_table_of_accounts(full: Store) -> None:
    """Accounts and runs are found by an index: the page costs what it shows."""
    with asked(full) as seen, full.read() as session:
        overview.lines(session, VIEWER, Question())
    sqlite = full.url.startswith("sqlite")
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    plans: list[str] = []
    with full._reader.connect() as connection:
        for statement, parameters in seen:
            rows = connection.exec_driver_sql(explain + statement, parameters)
            plans += [str(row[-1]) for row in rows]
    scan = "SCAN " if sqlite else "Seq Scan on "
    tables = ("account", "account_run", "run")
    through = [plan for plan in plans if any(f"{scan}{t}" == plan.split("  ")[0] for t in tables)]
    assert through == []


def test_every_order_is_answered(full: Store) -> None:
    """Both ways, with what has no value last."""
    for sort in SORTS:
        for descending in (False, True):
            question = Question(sort=sort, descending=descending)
            with full.read() as session:
                lines, _ = overview.lines(session, VIEWER, question)
            assert len(lines) == overview.PAGE
            assert lines[0].migration.completed_at is not None or sort != "completed"


def test_a_loop_between_its_runs_is_under_way(full: Store) -> None:
    """It is not finished while the clock will start it again; suspended, it is."""
    question = Question(group=Group.RUNNING, text="#19")
    for state, schedule, found in (
        ("complete", "active", True),
        ("stopped", "active", True),
        ("complete", "suspended", False),
    ):
        with full.write() as session:
            one = session.get_one(Migration, 19)
            one.state, one.schedule_state = state, schedule
            one.next_start_at = now() + timedelta(hours=1)
            assert overview.awaits_start(one) is found
            session.flush()
            before = overview.group_sizes(session, VIEWER)
        with full.read() as session:
            lines, _ = overview.lines(session, VIEWER, question)
        assert [line.migration.id for line in lines] == [19] * found
        assert before[Group.RUNNING] == 499 + found
        assert sum(n for g, n in before.items() if g != Group.ALL) == before[Group.ALL]


def test_a_run_is_at_a_hundred_only_where_all_is_verified() -> None:
    """What failed or was stopped counts as far as it came, while others run and afterwards."""
    assert RunCounts(complete=1, verified=1, stopped=3).percent == 25
    assert RunCounts(complete=1, verified=1, failed=1, running=2, reached=1500).percent == 62
    assert RunCounts(complete=3, verified=3, failed=1, reached=990).percent == 99
    assert RunCounts(complete=4, verified=3, reached=990).percent == 99
    assert RunCounts(complete=4, verified=4).percent == 100
    assert RunCounts(complete=4, reached=4 * 990, dry_run=True).percent == 99
