"""Runs that are killed at one point, resumed once, and looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any

from sync.errors import Side
from tests.faults.runs import Ended
from tests.faults.script import Cut, Ending, Script
from tests.faults.stage import Scene, Stage
from tests.faults.wire import Command


class Moment(StrEnum):
    """Where at a command the client dies."""

    BEFORE = "before"
    """The server has not seen the command, but all before it."""
    WITHIN = "within"
    """The server has its first line, and may not get the rest."""
    AFTER = "after"
    """The server has done it, and its answer is lost."""


class Kill(Script):
    """Kills at one moment of the nth command."""

    def __init__(self, moment: Moment, number: int, kill: Callable[[], None]) -> None:
        self._moment = moment
        self._number = number
        self._kill = kill

    def command(self, command: Command) -> None:
        if command.number == self._number and self._moment is not Moment.AFTER:
            self._kill()
            seen = command.line if self._moment is Moment.WITHIN else b""
            raise Cut(Ending.CLOSE, to_server=seen)

    def response(self, command: Command | None, response: bytes) -> Iterator[bytes]:
        answered = command is not None and response.startswith(command.tag + b" ")
        if (
            self._moment is Moment.AFTER
            and command is not None
            and answered
            and command.number == self._number
        ):
            self._kill()
            raise Cut(Ending.CLOSE)
        yield response


@dataclass(slots=True)
class Tried:
    """What came of many points. Each complaint names its point."""

    killed: int = 0
    complaints: tuple[str, ...] = ()


def kill_at_commands(
    stage: Stage, side: Side, moment: Moment, *, points: tuple[int, int] = (1, 1), batch: int = 200
) -> Tried:
    """Kill at every nth command of this side; `points` are the first and the step."""

    def attempt(scene: Scene, number: int) -> Ended:
        return scene.run({side: Kill(moment, number, stage.nursery.kill)}, batch_messages=batch)

    return _kill(stage, attempt, points)


def kill_at_writes(stage: Stage, *, points: tuple[int, int] = (1, 1), batch: int = 200) -> Tried:
    """Kill just before and just after every nth write of the ledger."""

    def attempt(scene: Scene, number: int) -> Ended:
        return scene.run(dies_at=number, batch_messages=batch)

    return _kill(stage, attempt, points)


def _kill(stage: Stage, attempt: Callable[[Scene, int], Ended], points: tuple[int, int]) -> Tried:
    """Until a run outlives its point."""
    tried = Tried()
    for number in count(*points):
        scene = stage.scene()
        ended = attempt(scene, number)
        if ended.killed:
            tried.killed += 1
        elif not ended.green:
            tried.complaints += (f"{number}: not killed: {ended}",)
        tried.complaints += tuple(f"{number}: {complaint}" for complaint in resume(scene))
        if not ended.killed:
            return tried
    return tried


def resume(scene: Scene, **order: Any) -> Iterator[str]:
    """What is not so, in words: one run makes both sides equal, and one more writes nothing."""
    resumed = scene.run(**order)
    if not resumed.green:
        yield f"resumed: {resumed}"
    yield from scene.difference()
    again = scene.run()
    if not again.green:
        yield f"again: {again}"
    if writes := scene.writes():
        yield f"again: {dict(writes)}"
