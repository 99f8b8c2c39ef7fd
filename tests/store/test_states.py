"""The table of states: only its moves exist."""

from __future__ import annotations

from itertools import product

import pytest

from store.states import (
    TRANSITIONS,
    AccountRunState,
    AccountState,
    IllegalMove,
    MailState,
    MigrationState,
    ScheduleState,
    State,
    move,
)

EVERY: list[State] = [*AccountState, *AccountRunState, *MigrationState, *ScheduleState, *MailState]


@pytest.mark.parametrize(("state", "to"), list(product(EVERY, EVERY)))
def test_only_the_tables_moves_are_made(state: State, to: State) -> None:
    """Each pair of states, also of two kinds with the same word, moves or raises."""
    if type(state) is type(to) and to in TRANSITIONS[type(state)][state]:
        assert move(state, to) is to
    else:
        with pytest.raises(IllegalMove):
            move(state, to)


@pytest.mark.parametrize(
    "kind", [AccountState, AccountRunState, MigrationState, ScheduleState, MailState]
)
def test_every_state_has_its_row(kind: type[State]) -> None:
    """No state is missing from the table."""
    assert set(TRANSITIONS[kind]) == set(kind)


def test_a_lost_account_run_waits_again() -> None:
    """Though a migration that runs may never wait."""
    assert move(AccountRunState.RUNNING, AccountRunState.PENDING) == "pending"
