"""How far a run had come, moment by moment: for its rate, the time left and its chart.

Samples are the clock's: what the workers have told so far, summed up once in EVERY. Those of the
last minutes are all kept, of older ones so many that a run of any length has fewer than MOST.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, func, select
from sqlalchemy.orm import Session

from store.states import MigrationState
from store.tables import AccountRun, Run, RunSample, now

EVERY = timedelta(seconds=5)
MOST = 500
FINE = timedelta(minutes=12)
"""Samples younger than this are not thinned: rates are made of them."""

_THINNED = 250


@dataclass(frozen=True, slots=True)
class Point:
    """Copied by then since the run began: messages, and bytes."""

    at: datetime
    messages: int
    size: int


def take_due(session: Session) -> None:
    """One of each run that runs, where the last is EVERY old. What a clock that was ahead has
    entered is no time of ours."""
    later = delete(RunSample).where(RunSample.at > now() + EVERY)
    session.execute(later.execution_options(synchronize_session=False))
    young = exists().where(RunSample.run_id == Run.id, RunSample.at > now() - EVERY)
    query = select(Run.id).where(Run.state == MigrationState.RUNNING, ~young)
    for run_id in session.scalars(query).all():
        take(session, run_id)


def take(session: Session, run_id: int) -> None:
    """How far it is now. A sum that has fallen is that of an attempt that begins anew, and counts
    again what the one before it has copied: nothing was undone."""
    messages, size = _counted(session, run_id)
    last = session.scalars(_of(run_id).order_by(RunSample.id.desc()).limit(1)).first()
    if last is not None:
        messages, size = max(messages, last.messages), max(size, last.size)
    session.add(RunSample(run_id=run_id, messages=messages, size=size))
    session.flush()
    thin(session, run_id)


def points(session: Session, run: Run) -> list[Point]:
    """The oldest first, from 0 at the start of the run."""
    query = _of(run.id).order_by(RunSample.id)
    found = [Point(one.at, one.messages, one.size) for one in session.scalars(query)]
    return [Point(run.started_at, 0, 0), *(one for one in found if one.at > run.started_at)]


def thin(session: Session, run_id: int) -> None:
    """Once there are MOST, keep of the older ones some that are evenly apart."""
    held = session.execute(
        select(RunSample.id, RunSample.at).where(RunSample.run_id == run_id).order_by(RunSample.id)
    ).all()
    if len(held) < MOST:
        return
    old = [(row.id, row.at) for row in held if row.at < held[-1].at - FINE]
    gone = _between(old)
    session.execute(
        delete(RunSample).where(RunSample.id.in_(gone)).execution_options(synchronize_session=False)
    )


def _between(old: Sequence[tuple[int, datetime]]) -> list[int]:
    step = (old[-1][1] - old[0][1]) / _THINNED
    kept, gone = old[0][1], []
    for number, at in old[1:]:
        if at - kept < step:
            gone.append(number)
        else:
            kept = at
    return gone


def _of(run_id: int) -> Select[RunSample]:
    return select(RunSample).where(RunSample.run_id == run_id)


def _counted(session: Session, run_id: int) -> tuple[int, int]:
    sums = select(
        func.coalesce(func.sum(AccountRun.copied), 0),
        func.coalesce(func.sum(AccountRun.size_copied), 0),
    )
    row = session.execute(sums.where(AccountRun.run_id == run_id)).one()
    # PostgreSQL sums bytes up as a Decimal.
    return int(row[0]), int(row[1])
