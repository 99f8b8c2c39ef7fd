"""Runs that are killed while messages leave the source: none may be absent on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

from bench.compare import Mailbox, damage, read_mailbox
from sync.errors import Side
from sync.options import Mode, SourceDeletion
from tests.faults.killing import Kill, Moment, Tried
from tests.faults.mailbox import MESSAGES
from tests.faults.runs import Ended
from tests.faults.stage import Scene, Stage

SYNCED = SourceDeletion.SYNCED


def kill_while_leaving(
    stage: Stage, side: Side, moment: Moment, *, points: tuple[int, int], copied: bool = True
) -> Tried:
    """Kill at every nth command of this side, until a run outlives its point; `copied`: an earlier
    run has made all copies. `points` are the first and the step."""

    def attempt(scene: Scene, number: int) -> Ended:
        scripts = {side: Kill(moment, number, stage.nursery.kill)}
        return scene.run(scripts, source_deletion=SYNCED)

    return _kill(stage, attempt, points, copied=copied)


def kill_at_writes_while_leaving(stage: Stage, *, points: tuple[int, int]) -> Tried:
    """Kill just before and just after every nth write of the ledger."""

    def attempt(scene: Scene, number: int) -> Ended:
        return scene.run(dies_at=number, source_deletion=SYNCED)

    return _kill(stage, attempt, points, copied=True)


def _kill(stage: Stage, attempt: Any, points: tuple[int, int], *, copied: bool) -> Tried:
    tried = Tried()
    for number in count(*points):
        scene = stage.leaving_scene()
        whole = read_mailbox(scene.maildir(Side.SOURCE))
        if copied:
            assert scene.run().green
        ended = attempt(scene, number)
        tried.killed += ended.killed
        complaints = [*_absent(scene, whole), *_resume(scene, whole)]
        if not ended.killed and not ended.green:
            complaints.append(f"not killed: {ended}")
        tried.complaints += tuple(f"{number}: {complaint}" for complaint in complaints)
        if not ended.killed:
            return tried
    return tried


def _absent(scene: Scene, whole: Mailbox) -> Iterator[str]:
    """Of k identical messages k have to be somewhere."""
    sides = [_bodies(read_mailbox(scene.maildir(side))) for side in Side]
    lost = _bodies(whole) - (sides[0] + sides[1])
    if lost:
        yield f"absent on both sides: {lost.total()}"


def _resume(scene: Scene, whole: Mailbox) -> Iterator[str]:
    """One run empties the source, and one in mode ALL takes nothing from the destination."""
    resumed = scene.run(source_deletion=SYNCED)
    if not resumed.green:
        yield f"resumed: {resumed}"
    if scene.held(Side.SOURCE):
        yield f"resumed: {scene.held(Side.SOURCE)} are left at the source"
    if resumed.total("found") != resumed.total("deleted_at_source"):
        yield f"resumed: {resumed}"
    again = scene.run(mode=Mode.ALL)
    if not again.green:
        yield f"again: {again}"
    if writes := scene.writes():
        yield f"again: {dict(writes)}"
    found = damage(whole, read_mailbox(scene.maildir(Side.DESTINATION)))
    if any((found.lost, found.doubled, found.altered, found.misfiled)):
        yield f"again: {found}"
    if sum(folder.total() for folder in whole.values()) != MESSAGES:
        yield "the source was not whole"


def _bodies(mailbox: Mailbox) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for messages in mailbox.values():
        for message, number in messages.items():
            found[message.digest] += number
    return found
