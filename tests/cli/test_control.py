"""Starting, pausing, stopping and trying again from a shell: the same moves as the buttons."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from store import control
from store.engine import Store
from store.states import AccountRunState, AccountState, MigrationState
from store.tables import AccountRun, History, Run
from tests.store.world import add_migration, started


def call(cli: FlaskCliRunner, *words: object) -> tuple[int, str]:
    result = cli.invoke(args=["migration", *(str(word) for word in words)])
    return result.exit_code, result.output


def told(cli: FlaskCliRunner, *words: object) -> dict[str, Any]:
    status, output = call(cli, *words, "--json")
    found: dict[str, Any] = json.loads(output)
    assert status == (0 if found["done"] else 1)
    return found


def account_states(store: Store) -> dict[int, str]:
    with store.read() as session:
        return {run.account_id: run.state for run in session.query(AccountRun)}


def test_a_run_is_led_from_a_shell(cli: FlaskCliRunner, store: Store) -> None:
    """Each verb is one move, tells the state it led to, and stands in the history with its
    origin."""
    with store.write() as session:
        number = add_migration(session, accounts=2).id
    for verb, state in (
        ("start", MigrationState.RUNNING),
        ("pause", MigrationState.PAUSED),
        ("resume", MigrationState.RUNNING),
        ("stop", MigrationState.STOPPED),
        ("start", MigrationState.RUNNING),
    ):
        found = told(cli, verb, number)
        assert (found["move"], found["done"], found["state"]) == (verb, True, state)
    assert found["run"] == 2
    with store.read() as session:
        lines = session.query(History).filter_by(migration_id=number).order_by(History.id).all()
        assert [line.kind for line in lines] == [
            "started", "paused", "resumed", "stopped", "started",
        ]  # fmt: skip
        assert {(line.user_id, line.user_email) for line in lines} == {(None, "command line")}
        assert {run.started_by for run in session.query(Run)} == {None}


def test_what_the_state_does_not_allow_has_status_1(cli: FlaskCliRunner, store: Store) -> None:
    """Nothing changes, and the words say why; a script that pauses twice may go on."""
    number = started(store)
    assert told(cli, "start", number)["done"] is False
    assert told(cli, "resume", number)["reason"]
    assert told(cli, "pause", number)["done"] is True
    assert told(cli, "pause", number)["done"] is False
    status, output = call(cli, "pause", number)
    assert status == 1
    assert output.startswith("Nothing was done: ")
    with store.read() as session:
        kinds = [line.kind for line in session.query(History).filter_by(migration_id=number)]
    assert kinds.count("paused") == 1


def test_what_cannot_be_started_has_status_2(cli: FlaskCliRunner, store: Store) -> None:
    """The reasons of the page; and of a number that is none, that it is none."""
    with store.write() as session:
        number = add_migration(session, state=AccountState.BLOCKED).id
    status, output = call(cli, "start", number)
    assert status == 2
    assert "1 account is blocked" in output
    assert call(cli, "stop", number + 1) == (2, f"Error: There is no migration {number + 1}.\n")
    assert call(cli, "stop", "all")[0] == 2
    assert call(cli, "retry", started(store, domain="b.test"))[0] == 2


@pytest.fixture
def two(store: Store) -> tuple[int, list[int]]:
    """A run of two accounts that wait: its migration, and their numbers."""
    number = started(store, accounts=2)
    return number, sorted(account_states(store))


def test_one_account_alone(cli: FlaskCliRunner, store: Store, two: tuple[int, list[int]]) -> None:
    """Paused, resumed, stopped and tried again by its number, and the other is left in peace."""
    number, (first, second) = two
    for verb, state in (
        ("pause", AccountRunState.PAUSED),
        ("resume", AccountRunState.PENDING),
        ("stop", AccountRunState.STOPPED),
        ("retry", AccountRunState.PENDING),
    ):
        found = told(cli, verb, number, "--account", first)
        assert (found["account"], found["done"]) == (first, True)
        assert account_states(store) == {first: state, second: AccountRunState.PENDING}
    assert told(cli, "retry", number, "--account", first)["done"] is False
    assert call(cli, "pause", number, "--account", second + 1)[0] == 2
    assert call(cli, "start", number, "--account", first)[0] == 2


def test_failed_accounts_are_tried_again(
    cli: FlaskCliRunner, store: Store, two: tuple[int, list[int]]
) -> None:
    """All of them with one word."""
    number, _ = two
    with store.write() as session:
        for run in session.query(AccountRun):
            run.state = AccountRunState.FAILED
        control.last_run(session, number)
    assert told(cli, "retry", number)["done"] is True
    assert set(account_states(store).values()) == {AccountRunState.PENDING}


def test_words_for_a_person(cli: FlaskCliRunner, two: tuple[int, list[int]]) -> None:
    """One line, and the state it is in now."""
    number, (first, _) = two
    status, output = call(cli, "pause", number, "--account", first)
    assert status == 0
    assert output == f"Pause of account {first} of migration {number}: done. It is running now.\n"
    listed = cli.invoke(args=["migration", "list"]).output
    assert f"{number}\t" in listed
    for verb in ("start", "pause", "resume", "stop", "retry"):
        assert "Exit status" in cli.invoke(args=["migration", verb, "--help"]).output
