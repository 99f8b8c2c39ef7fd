"""One run with a fault on the wire, and what the product promises of it and of the next run."""

from __future__ import annotations

from sync.errors import Side
from tests.faults.injecting import TIMEOUT, Injection
from tests.faults.runs import Ended
from tests.faults.stage import Scene, Stage
from tests.faults.wire import Phase

PATIENCE = 30.0
"""Seconds for a run with one fault."""


def try_fault(stage: Stage, side: Side, injection: Injection, *, patience: float = PATIENCE) -> str:
    """What was promised and not kept, '' when all was."""
    scene = set_the_scene(stage, side, injection.phase)
    ended = scene.run({side: injection}, timeout=TIMEOUT, patience=patience)
    return "\n".join(_complaints(scene, ended, injection))


def set_the_scene(stage: Stage, side: Side, phase: Phase) -> Scene:
    """A destination with mail in it where mail is listed that no ledger knows, and with other flags
    where they are to be changed."""
    scene = stage.scene()
    if (side, phase) == (Side.DESTINATION, Phase.LISTING):
        assert scene.run().green
        return scene.forgotten()
    if phase is Phase.FLAGS:
        assert scene.run().green
        with scene.client(Side.DESTINATION) as client:
            client.select_folder("INBOX.Archiv")
            client.set_flags(list(range(1, 13)), ["\\Deleted"])
        return scene.forgotten()
    return scene


def _complaints(scene: Scene, ended: Ended, injection: Injection) -> list[str]:
    """What the product promises, and this run and the one after it did not keep."""
    found = []
    if not injection.injected:
        found.append("the fault was not injected")
    if not ended.sound:
        found.append(f"{ended}")
    damage = scene.damage()
    if ended.green and (damage.lost or damage.altered):
        found.append(f"green, but {damage}")
    if damage.doubled or damage.altered:
        found.append(f"after the fault: {damage}")
    after = scene.run()
    if not after.green:
        found.append(f"the run after it: {after}")
    found += [f"the run after it: {line}" for line in scene.difference()]
    return found
