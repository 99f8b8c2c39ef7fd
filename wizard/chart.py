"""A run over time: its speed, the time left, and what had been copied at each moment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from store import reports, samples, workload
from store.samples import Point
from store.schedule import local
from store.states import MigrationState
from store.tables import Migration, Run, now
from store.workload import Knowledge
from wizard import pace
from wizard.pace import Amount
from wizard.services import services
from wizard.session import own_migration

chart = Blueprint("chart", __name__, url_prefix="/migrations/<int:migration_id>")

TABLED = 12
"""Rows of the table beside the chart."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a run under way. `guessed`: what is left is partly taken from the checks."""

    speed: Amount | None
    left: Amount | None
    guessed: bool
    time_left: str


@dataclass(frozen=True, slots=True)
class Row:
    """One moment, and the speed since the row before."""

    at: datetime
    messages: int
    size: int
    speed: Amount


@chart.get("/runs/<int:number>/chart")
def live(migration_id: int, number: int) -> ResponseReturnValue:
    """The points and the table; the page's script draws them."""
    with services().store.read() as session:
        migration = own_migration(session, migration_id)
        run = reports.run(session, migration_id, number)
        if run is None:
            abort(404)
        return render_template("details/points.html", **drawn(session, migration, run))


def drawn(session: Session, migration: Migration, run: Run | None) -> dict[str, object]:
    """What details/points.html needs."""
    if run is None:
        return {"run": None}
    found = samples.points(session, run)
    return {
        "migration": migration,
        "run": run,
        "points": _json(found),
        "drawable": len(found) > 1,
        "rows": rows(found),
    }


def figures(session: Session, run: Run) -> Figures | None:
    """None: the run is not under way."""
    if run.state != MigrationState.RUNNING:
        return None
    found, work = samples.points(session, run), workload.workload(session, run.id)
    left = pace.time_left(found, work, now())
    return Figures(
        speed=pace.rate(found, now()),
        left=pace.left_to_copy(work),
        guessed=Knowledge.UNKNOWN in work,
        time_left="" if left is None else pace.about(left),
    )


def clock(utc: datetime, zone: str = "UTC") -> str:
    """21 Nov, 10:59:52"""
    there = local(utc, zone)
    return f"{there.day} {there:%b, %H:%M:%S}"


def average(run: Run, messages: int, size: int) -> Amount | None:
    """Of a run that is over."""
    if run.completed_at is None or run.completed_at <= run.started_at:
        return None
    seconds = (run.completed_at - run.started_at).total_seconds()
    return Amount(messages / seconds, size / seconds)


def rows(points: Sequence[Point]) -> list[Row]:
    """At most TABLED, evenly chosen, the last among them."""
    last = len(points) - 1
    places = sorted({round(step * last / TABLED) for step in range(TABLED + 1)}) if last > 0 else []
    chosen = [points[place] for place in places]
    return [_row(before, one) for before, one in pairwise(chosen)]


def _row(before: Point, one: Point) -> Row:
    seconds = max((one.at - before.at).total_seconds(), 0.001)
    speed = Amount((one.messages - before.messages) / seconds, (one.size - before.size) / seconds)
    return Row(one.at, one.messages, one.size, speed)


def _json(points: Sequence[Point]) -> str:
    """Columns, as uPlot wants them; times in seconds since 1970."""
    return json.dumps(
        [
            [round(one.at.replace(tzinfo=UTC).timestamp()) for one in points],
            [one.messages for one in points],
            [one.size for one in points],
        ],
        separators=(",", ":"),
    )
