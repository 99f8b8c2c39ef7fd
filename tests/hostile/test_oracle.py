"""The judge of the hostile servers can find somebody guilty: each rule is broken once by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.options import Mode
from tests.hostile.model import Box
from tests.hostile.oracle import Before
from tests.hostile.parsing import Word
from tests.hostile.reply import Reply
from tests.hostile.run import Play
from tests.hostile.trouble import Act, Trouble
from tests.hostile.world import Choice, build

CALM = Choice(only=("none",), plain=True, still=True)


def fitting_seed() -> int:
    """One whose INBOX has messages, into a destination that has none, in the usual mode."""
    for seed in range(1000):
        world = build(seed, CALM)
        here, there = (side.account.boxes[b"INBOX"] for side in (world.source, world.destination))
        usual = world.options.mode is Mode.FLAGS_AND_NEW and world.ledger == "memory"
        if usual and len(here.messages) > 2 and not there.messages:
            return seed
    raise AssertionError("no seed is so plain")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Play]:
    acted = Play(build(fitting_seed(), CALM), tmp_path, None)
    yield acted
    acted.source.stop()
    acted.destination.stop()


def judged(scene: Play, meddle: Callable[[Box], None]) -> set[str]:
    """The kinds of failures after a run, in which the destination's INBOX was meddled with."""
    accounts = scene.world.source.account, scene.world.destination.account
    before = Before.of(*accounts)
    ran = scene._migrate()
    assert ran.green
    meddle(accounts[1].boxes[b"INBOX"])
    scene.oracle.judge(before, ran.report, ran.notes)
    return {failure.kind for failure in scene.oracle.failures}


def test_nothing_is_found_where_nothing_is_wrong(scene: Play) -> None:
    """A run between servers that tell the truth."""
    assert judged(scene, lambda box: None) == set()


def test_a_lost_message_is_a_false_green(scene: Play) -> None:
    """The destination has one message less than the run says."""
    assert judged(scene, lambda box: box.remove(box.messages[0])) == {"false green: missing"}


def test_an_altered_message_has_to_be_named(scene: Play) -> None:
    """One byte of a copy is another one."""

    def alter(box: Box) -> None:
        box.messages[0].body += b"x"

    assert judged(scene, alter) == {"false green: altered unnamed"}


def test_another_message_is_no_copy(scene: Play) -> None:
    """There are as many messages as there should be, but one of them is a stranger."""

    def swap(box: Box) -> None:
        box.messages[0].body = box.messages[0].origin = b"another"
        box.messages[0].ours = False

    assert judged(scene, swap) == {"false green: missing"}


def test_a_double_is_found(scene: Play) -> None:
    """The client has brought one message twice."""

    def double(box: Box) -> None:
        first = box.messages[0]
        box.add(first.body, first.date, set()).ours = True

    assert judged(scene, double) == {"doubled"}


def test_a_removal_is_found(scene: Play) -> None:
    """The client has removed something in a mode that removes nothing."""

    def remove(box: Box) -> None:
        scene.world.destination.account.taken_away.append((box.name, box.messages[0]))

    assert judged(scene, remove) == {"removal in a mode without"}


def test_a_removal_beyond_the_plan_is_found(scene: Play) -> None:
    """In mode ALL what the source has must stay."""
    scene.oracle.mode = Mode.ALL
    accounts = scene.world.source.account, scene.world.destination.account
    assert scene._migrate().green
    before = Before.of(*accounts)
    ran = scene._migrate()
    box = accounts[1].boxes[b"INBOX"]
    box.messages.remove(held := box.messages[0])
    accounts[1].taken_away.append((box.name, held))
    scene.oracle.judge(before, ran.report, ran.notes)
    kinds = {failure.kind for failure in scene.oracle.failures}
    assert kinds == {"false green: missing", "removed what the source has"}


def test_a_command_that_writes_to_the_source_is_found(scene: Play) -> None:
    """One STORE there is one too many."""
    touch = scene.world.source.account.writes
    assert judged(scene, lambda box: touch.append("UID STORE")) == {"source touched"}


def test_a_hidden_folder_is_a_false_green(scene: Play) -> None:
    """A report that says nothing of INBOX."""
    accounts = scene.world.source.account, scene.world.destination.account
    before = Before.of(*accounts)
    ran = scene._migrate()
    assert ran.report is not None
    rows = tuple(row for row in ran.report.folders if row.source != "INBOX")
    scene.oracle.judge(before, replace(ran.report, folders=rows), ran.notes)
    assert [f.kind for f in scene.oracle.failures] == ["false green: folder hidden"]


class Closed(Trouble):
    """A server that opens no folder, calm or not."""

    lasting = True

    def before(self, verb: str, args: list[Word], act: Act, commands: object) -> None:
        if verb == "EXAMINE":
            act.reply = Reply.no(b"[NOPERM] closed")


def test_calm_servers_have_to_lead_to_green(scene: Play) -> None:
    """A server that gives nothing away is no calm one."""
    scene.source.troubles.all.append(Closed(scene.world.rng))
    kinds = {failure.kind for failure in scene.run()}
    assert "not green when calm" in kinds


class Forgets(Trouble):
    """A destination that loses a message before each listing, with all traces of it."""

    lasting = True

    def before(self, verb: str, args: list[Word], act: Act, commands: object) -> None:
        box = self.account.boxes[b"INBOX"]
        if verb == "EXAMINE" and box.messages:
            box.messages.pop()
            box.renumber(box.uidvalidity + 1)

    def __init__(self, scene: Play) -> None:
        super().__init__(scene.world.rng)
        self.account = scene.world.destination.account


def test_the_last_run_has_to_be_idle(scene: Play) -> None:
    """A mailbox that is never whole keeps the client busy."""
    scene.destination.troubles.all.append(Forgets(scene))
    kinds = {failure.kind for failure in scene.run()}
    assert "not idle" in kinds


class Silent(Trouble):
    """A server that does not answer."""

    def before(self, verb: str, args: list[Word], act: Act, commands: object) -> None:
        act.silent = True


def test_a_run_that_hangs_is_cut(scene: Play) -> None:
    """Whoever waits longer than patience lasts."""
    scene.patience = 0.3
    scene.source.troubles.all.append(Silent(scene.world.rng))
    scene.once("hostile")
    assert "hangs" in {failure.kind for failure in scene.oracle.failures}


def test_a_command_that_the_model_does_not_know_is_told(scene: Play) -> None:
    """So that no test passes because the model was too simple."""
    scene.world.source.account.strange.append("XYZZY")
    assert {failure.kind for failure in scene.run()} == {"the model does not know"}


def test_a_seed_is_always_the_same() -> None:
    """Its world is described in the same words each time, and has the same messages."""
    one, other = build(7), build(7)
    assert one.describe() == other.describe()
    first, second = (
        [(b.name, [h.body for h in b.messages]) for b in w.source.account.boxes.values()]
        for w in (one, other)
    )
    assert first == second
