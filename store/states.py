"""The states, and the only moves between them.

    account:      new → checking → ready | blocked        blocked, ready → (edited) → new
    account run:  pending → running → complete | failed
                  running → pending (lease lost, pause over), any live state → paused | stopped
                  failed, with skips, stopped, paused → pending (retry, resume); while the
                  migration is paused a retry leads to paused
    migration:    draft → scheduled → running ⇄ paused → complete | stopped
                  complete | stopped → running (restart, next loop)
                  complete | stopped → scheduled (after dry runs alone: the first real start)
    mail:         waiting → sent | failed | unsent
    schedule:     active ⇄ suspended

What an account run is doing while it runs (provisioning, mapping, copying, verifying) is its
phase: shown, but no state, since every phase may be left and taken up again in the same ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class AccountState(StrEnum):
    NEW = "new"
    CHECKING = "checking"
    READY = "ready"
    BLOCKED = "blocked"


class AccountRunState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    COMPLETE = "complete"
    SKIPS = "complete with skips"
    FAILED = "failed"


class Phase(StrEnum):
    WAITING = "waiting"
    PROVISIONING = "provisioning"
    MAPPING = "mapping"
    COPYING = "copying"
    VERIFYING = "verifying"
    DONE = "done"


class MigrationState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETE = "complete"
    STOPPED = "stopped"


class ScheduleState(StrEnum):
    """Whether the clock may start a migration. A run under way is not touched by it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class MailState(StrEnum):
    """A notice's mail. Failed: no server took it for a day. Unsent: there was no server to ask."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    UNSENT = "unsent"


State = AccountState | AccountRunState | MigrationState | ScheduleState | MailState

_A, _R, _M, _S = AccountState, AccountRunState, MigrationState, ScheduleState
_N = MailState

TRANSITIONS: Mapping[type[State], Mapping[State, frozenset[State]]] = {
    # By kind, since states of two kinds may be the same word, and so equal as keys.
    AccountState: {
        _A.NEW: frozenset({_A.CHECKING, _A.BLOCKED}),
        _A.CHECKING: frozenset({_A.READY, _A.BLOCKED, _A.NEW}),
        _A.READY: frozenset({_A.NEW}),
        _A.BLOCKED: frozenset({_A.NEW}),
    },
    AccountRunState: {
        _R.PENDING: frozenset({_R.RUNNING, _R.PAUSED, _R.STOPPED}),
        _R.RUNNING: frozenset(
            {_R.PENDING, _R.PAUSED, _R.STOPPED, _R.COMPLETE, _R.SKIPS, _R.FAILED}
        ),
        _R.PAUSED: frozenset({_R.PENDING, _R.STOPPED}),
        _R.STOPPED: frozenset({_R.PENDING, _R.PAUSED}),
        _R.FAILED: frozenset({_R.PENDING, _R.PAUSED}),
        _R.COMPLETE: frozenset(),
        _R.SKIPS: frozenset({_R.PENDING, _R.PAUSED}),
    },
    MigrationState: {
        _M.DRAFT: frozenset({_M.SCHEDULED, _M.RUNNING}),
        _M.SCHEDULED: frozenset({_M.RUNNING, _M.STOPPED, _M.DRAFT}),
        _M.RUNNING: frozenset({_M.PAUSED, _M.COMPLETE, _M.STOPPED}),
        _M.PAUSED: frozenset({_M.RUNNING, _M.COMPLETE, _M.STOPPED}),
        _M.COMPLETE: frozenset({_M.RUNNING, _M.SCHEDULED}),
        _M.STOPPED: frozenset({_M.RUNNING, _M.SCHEDULED}),
    },
    MailState: {
        _N.WAITING: frozenset({_N.SENT, _N.FAILED, _N.UNSENT}),
        _N.SENT: frozenset(),
        _N.FAILED: frozenset(),
        _N.UNSENT: frozenset(),
    },
    ScheduleState: {
        _S.ACTIVE: frozenset({_S.SUSPENDED}),
        _S.SUSPENDED: frozenset({_S.ACTIVE}),
    },
}


class IllegalMove(ValueError):
    """A state was asked to become one that does not follow it."""


def move(state: State, to: State) -> State:
    """The new state. Raises IllegalMove when the table does not have it."""
    if type(to) is not type(state) or to not in TRANSITIONS[type(state)][state]:
        raise IllegalMove(f"{type(state).__name__} {state} cannot become {to}")
    return to
