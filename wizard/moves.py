"""Which buttons a migration has: the moves that its state allows, and no others."""

from __future__ import annotations

from dataclasses import dataclass

from store.states import MigrationState, ScheduleState
from store.tables import Migration


@dataclass(frozen=True, slots=True)
class Move:
    """One button: the endpoint it posts to. `weight` is main, plain or danger."""

    endpoint: str
    label: str
    icon: str
    weight: str = "plain"


_START = Move("control.start", "Start", "play-circle-fill", "main")
_RESTART = Move("control.start", "Run again", "arrow-repeat")
_PAUSE = Move("control.pause", "Pause", "pause-circle-fill")
_RESUME_SOME = Move("control.resume", "Resume the paused accounts", "play-circle-fill", "main")
_RESUME = Move("control.resume", "Resume", "play-circle-fill", "main")
_STOP = Move("control.stop", "Stop", "stop-circle-fill", "danger")
_RETRY = Move("control.retry", "Try failed accounts again", "arrow-counterclockwise", "main")
_SUSPEND = Move("control.suspend", "Suspend the schedule", "pause-circle-fill")
_ACTIVATE = Move("control.activate", "Activate the schedule", "calendar-event", "main")

_MOVES = {
    MigrationState.DRAFT: (_START,),
    MigrationState.SCHEDULED: (_START,),
    MigrationState.RUNNING: (_PAUSE, _STOP),
    MigrationState.PAUSED: (_RESUME, _STOP),
    MigrationState.COMPLETE: (_RESTART,),
    MigrationState.STOPPED: (_RESTART,),
}


def legal_moves(migration: Migration, *, failed: bool, paused: bool = False) -> tuple[Move, ...]:
    """`failed`: the last run has accounts that failed; `paused`: it runs, and some are paused."""
    moves = _MOVES[MigrationState(migration.state)] + _of_schedule(migration)
    first = ((_RETRY,) if failed else ()) + ((_RESUME_SOME,) if paused else ())
    return (*first, *moves)


def _of_schedule(migration: Migration) -> tuple[Move, ...]:
    if migration.schedule_state == ScheduleState.SUSPENDED:
        return (_ACTIVATE,)
    return (_SUSPEND,) if migration.next_start_at is not None else ()
