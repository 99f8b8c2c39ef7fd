"""Destinations that tell wrong uids of what they have stored (RFC 4315's APPENDUID)."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sync.options import Mode, ProofLevel, SyncOptions
from tests.hostile.lies import WrongAppendUid
from tests.hostile.run import Play
from tests.hostile.world import Choice, World, build

WAYS = ("none", "off", "first", "few", "validity", "backwards", "nonsense")
CALM = Choice(only=("none",), plain=True, still=True)


def world(options: SyncOptions, way: str) -> World:
    """Small messages of which some are of one size, to a destination with UIDPLUS."""
    seed = next(s for s in range(1000) if _fits(build(s, CALM)))
    made = build(seed, CALM)
    made.options, made.ledger, made.second_run = options, "memory", "hostile"
    lie = WrongAppendUid(Random(1))
    lie.way, lie.share = way, 1.0
    made.destination.troubles.append(lie)
    return made


def _fits(world: World) -> bool:
    here, there = (side.account.boxes[b"INBOX"] for side in (world.source, world.destination))
    sizes = [len(held.body) for held in here.messages]
    alike = len(sizes) > 5 and len(set(sizes)) < len(sizes)
    return alike and len(there.messages) > 0 and world.destination.manners.has("UIDPLUS")


@pytest.mark.parametrize("proof", ProofLevel)
@pytest.mark.parametrize("way", WAYS)
def test_a_wrong_uid_doubles_and_removes_nothing(
    tmp_path: Path, way: str, proof: ProofLevel
) -> None:
    """Each message has its copy, once; mode ALL removes none of them; then nothing is left to do,
    flags included, since each is known by its own uid."""
    options = SyncOptions(mode=Mode.ALL, proof=proof, batch_messages=3, allow_removal=True)
    acted = Play(world(options, way), tmp_path, None)
    failures = acted.run()
    assert not failures, "\n".join([*acted.log, *map(str, failures)])


@pytest.mark.parametrize("way", ["off", "first", "validity"])
def test_the_first_run_is_green_already(tmp_path: Path, way: str) -> None:
    """What was told is found out by what the destination lists, before anybody is told wrong."""
    made = world(SyncOptions(batch_messages=3), way)
    acted = Play(made, tmp_path, None)
    ran = acted.once("first")
    acted.source.stop()
    acted.destination.stop()
    assert ran.green, ran
    assert not acted.oracle.failures
