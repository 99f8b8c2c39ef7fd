"""Nothing is lost while messages leave the source, wherever it is killed or a line is lost."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.errors import ConnectionLost, Side
from sync.options import Mode
from sync.report import Verdict
from tests.sync.emptied import (
    NEVER,
    SYNCED,
    Emptied,
    bodies,
    broken,
    filled,
    held,
    mended,
    steps,
    uids,
)
from tests.sync.sides import Killed, lost, message


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("begun", [False, True])
def test_killed_at_every_step(side: Side, begun: bool) -> None:
    """No message is absent on both sides, ever; the run after it finishes, and its report is that
    of a run that nobody has killed; a run in mode ALL after it removes nothing."""
    for at in steps():
        world = filled(3)
        whole = bodies(world.source)
        if begun:
            world.run(NEVER)
            world.ledger.begin_run()
        broken(world, side, at, Killed())
        try:
            world.run()
        except Killed:
            mended(world)
        else:
            break
        assert bodies(world.source) | bodies(world.destination) == whole, at
        report = world.run()
        assert report.verdict is Verdict.VERIFIED, at
        numbers = [report.total(name) for name in ("found", "deleted_at_source")]
        assert numbers == [6, 6], at
        assert report.total("present" if begun else "copied") == 6, at
        assert (held(world.source), held(world.destination)) == (0, 6), at
        world.ledger.begin_run()
        world.run(replace(NEVER, mode=Mode.ALL))
        assert held(world.destination) == 6, at
    assert at > 15


@pytest.mark.parametrize("side", list(Side))
def test_killed_and_no_longer_wanted(side: Side) -> None:
    """Killed at any step, then run without deletion: our mark does not get to the copies, and mode
    ALL removes none of them."""
    for at in steps():
        world = filled(3)
        world.run(NEVER)
        world.ledger.begin_run()
        breaking = broken(world, side, at, Killed())
        with suppress(Killed):
            world.run()
        mended(world)
        world.run(NEVER)
        there = world.destination.content.values()
        flags = {flag for f in there for m in f.messages.values() for flag in m.flags}
        assert flags == {"\\Seen"}, at
        world.run(replace(NEVER, mode=Mode.ALL))
        assert held(world.destination) == 6, at
        if breaking.seen < at:
            break


@pytest.mark.parametrize("gone", [True, False])
def test_a_mark_is_taken_back(gone: bool) -> None:
    """Of a killed attempt, when the copy is gone or is another message since."""
    world = filled(3)
    world.run(NEVER)
    world.ledger.begin_run()

    def kill(step: str) -> None:
        if step == "stored":
            raise Killed

    world.source.before = kill
    with suppress(Killed):
        world.run()
    mended(world)
    there = world.destination.content["INBOX"].messages
    if gone:
        del there[2]
    else:
        there[2] = replace(there[2], body=there[2].body + b"more")
    world.run()
    assert uids(world) == [2]
    assert world.source.content["INBOX"].messages[2].flags == {"\\Seen"}


@pytest.mark.parametrize("side", list(Side))
def test_a_line_lost_at_every_step(side: Side) -> None:
    """Costs nothing: the same run removes all, and counts each message once."""
    for at in steps():
        world = filled(3)
        world.run(NEVER)
        world.ledger.begin_run()
        breaking = broken(world, side, at, lost(side))
        report = world.run()
        assert report.verdict is Verdict.VERIFIED, at
        assert report.total("deleted_at_source") == 6, at
        assert (held(world.source), held(world.destination)) == (0, 6), at
        if breaking.seen < at:
            break


class Emptying(RuleBasedStateMachine):
    """New mail, runs with and without deletion, in mode ALL, kills and lost lines in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Emptied()
        self.numbers = iter(range(10_000))
        self.all: set[bytes] = set()
        self.anew = False

    @rule(folder=st.sampled_from(["INBOX", "Work"]), count=st.integers(1, 3))
    def new_mail(self, folder: str, count: int) -> None:
        for _ in range(count):
            one = message(next(self.numbers))
            self.all.add(one.body)
            self.world.fill(folder, one)

    @rule(folder=st.sampled_from(["INBOX", "Work"]), side=st.sampled_from(Side))
    def made_anew(self, folder: str, side: Side) -> None:
        server = self.world.source if side is Side.SOURCE else self.world.destination
        name = "INBOX.Work" if server is self.world.destination and folder == "Work" else folder
        if name in server.content:
            server.content[name].uidvalidity += 1000
            self.anew = True

    @rule(
        at=st.integers(1, 60),
        side=st.sampled_from(Side),
        kill=st.booleans(),
        mode=st.sampled_from([None, *Mode]),
    )
    def broken_run(self, at: int, side: Side, kill: bool, mode: Mode | None) -> None:
        broken(self.world, side, at, Killed() if kill else lost(side))
        with suppress(Killed, ConnectionLost):
            self.whole_run(mode)
        mended(self.world)

    @rule(mode=st.sampled_from([None, *Mode]))
    def whole_run(self, mode: Mode | None) -> None:
        """With deletion in the source, or in some mode without."""
        allowed = replace(NEVER, mode=mode or Mode.NEW, allow_removal=True)
        self.world.run(SYNCED if mode is None else allowed)

    @rule()
    def new_run(self) -> None:
        self.world.ledger.begin_run()

    @invariant()
    def nothing_is_absent_on_both_sides(self) -> None:
        assert bodies(self.world.source) | bodies(self.world.destination) == self.all

    def teardown(self) -> None:
        """A mark under a UIDVALIDITY that is no more passes for somebody else's: that one stays."""
        self.world.run(SYNCED)
        folders = self.world.source.content.values()
        left = [one.flags for folder in folders for one in folder.messages.values()]
        assert left == [{"\\Deleted"}] * len(left)
        assert not left or self.anew
        assert bodies(self.world.destination) == self.all
        assert held(self.world.destination) == len(self.all)


TestEmptying = Emptying.TestCase
TestEmptying.settings = settings(max_examples=60, stateful_step_count=12, deadline=None)
