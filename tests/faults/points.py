"""Random points at which a run of a large mailbox is killed: the same ones for the same seed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from sync.errors import Side
from tests.faults.killing import Kill, Moment, Tried, resume
from tests.faults.runs import Ended
from tests.faults.script import Cut, Ending, Script
from tests.faults.stage import Scene, Stage

BATCH = 40
"""Messages a batch: some of a folder's are settled and some are not."""
SETTLE = 0.3
"""Seconds; enough, as the servers are waited for before a killed run is resumed."""


class KillAtByte(Script):
    """Kills when this many bytes have gone by in one direction. Up to it they still arrive."""

    def __init__(self, number: int, ending: Ending, kill: Callable[[], None], *, up: bool) -> None:
        self._left = number
        self._ending = ending
        self._kill = kill
        self._up = up

    def sent(self, data: bytes) -> None:
        if self._up and (part := self._part(data)) is not None:
            raise Cut(self._ending, to_server=part)

    def told(self, data: bytes) -> None:
        if not self._up and (part := self._part(data)) is not None:
            raise Cut(self._ending, to_client=part)

    def _part(self, data: bytes) -> bytes | None:
        """What is before the point, when the point is here."""
        before, self._left = self._left, self._left - len(data)
        if before <= 0 or self._left > 0:
            return None
        self._kill()
        return data[:before]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is in one run that nobody kills."""

    commands: dict[Side, int]
    sent: dict[Side, int]
    told: dict[Side, int]
    steps: int


@dataclass(frozen=True, slots=True)
class Point:
    """`what` is a moment of a command, 'sent' or 'told' for a byte, 'write' for the ledger."""

    what: str
    side: Side
    number: int
    ending: Ending = Ending.RESET

    def __str__(self) -> str:
        return f"{self.what} {self.number} {self.side} {self.ending}"

    def run(self, scene: Scene) -> Ended:
        if self.what == "write":
            return scene.run(dies_at=self.number, batch_messages=BATCH, settle_seconds=SETTLE)
        scripts = {self.side: self._script(scene.stage.nursery.kill)}
        return scene.run(scripts, batch_messages=BATCH, settle_seconds=SETTLE)

    def _script(self, kill: Callable[[], None]) -> Script:
        if self.what in ("sent", "told"):
            return KillAtByte(self.number, self.ending, kill, up=self.what == "sent")
        return Kill(Moment(self.what), self.number, kill)


def extent(stage: Stage) -> Extent:
    """Of the large mailbox's first copy, which has to be whole."""
    scene = stage.large_scene()
    ended = scene.run(batch_messages=BATCH)
    assert ended.green, ended
    assert scene.difference() == []
    scene.discard()
    watches = {side: proxy.watch for side, proxy in stage.proxies.items()}
    return Extent(
        {side: len(watch.commands) for side, watch in watches.items()},
        {side: watch.sent for side, watch in watches.items()},
        {side: watch.told for side, watch in watches.items()},
        int(ended.answer["steps"]),
    )


def draw(random: Random, whole: Extent) -> Point:
    side = random.choice(list(Side))
    what = random.choice([*Moment, "sent", "told", "sent", "told", "write"])
    most = {"sent": whole.sent[side], "told": whole.told[side], "write": whole.steps}
    number = random.randint(1, most.get(what, whole.commands[side]))
    return Point(what, side, number, random.choice([Ending.RESET, Ending.CLOSE]))


def kill_at_points(stage: Stage, seed: int, count: int) -> Tried:
    """Each on a scene of its own, resumed once, and run once more."""
    random, whole = Random(seed), extent(stage)
    tried = Tried()
    for _ in range(count):
        point, scene = draw(random, whole), stage.large_scene()
        sys.stdout.write(f"seed {seed}: {point}\n")
        ended = point.run(scene)
        tried.killed += ended.killed
        tried.complaints += tuple(f"{seed} {point}: {words}" for words in _complaints(scene, ended))
        scene.discard()
    return tried


def _complaints(scene: Scene, ended: Ended) -> Iterator[str]:
    if not ended.killed and not ended.green:
        yield f"not killed: {ended}"
    yield from resume(scene, batch_messages=BATCH, settle_seconds=SETTLE)
