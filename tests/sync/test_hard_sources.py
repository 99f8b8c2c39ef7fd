"""Sources that break the protocol's promises, row by row of docs/failures.md."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sync.errors import Code
from sync.memory import MemoryMessage
from sync.model import MessageMeta
from sync.options import Mode, SyncOptions
from sync.report import Verdict
from tests.sync.sides import World, content, message


def test_a_uidvalidity_that_never_rests() -> None:
    """A new one at each look: after five new beginnings the folder is named, nothing is doubled,
    and the other folders arrive."""
    world = World()
    world.fill("Restless", *(message(number) for number in range(3)))
    world.fill("Work", message(9))

    def renew(step: str) -> None:
        if step == "messages":
            world.source.content["Restless"].uidvalidity += 1

    world.destination.before = renew
    report = world.run()
    assert report.verdict is Verdict.NOT_VERIFIED
    (restless,) = (folder for folder in report.folders if folder.source == "Restless")
    assert restless.error is Code.UIDVALIDITY_UNSTABLE
    assert content(world.destination)["Work"] == content(world.source)["Work"]
    world.destination.before = lambda step: None
    assert world.run().verdict is Verdict.VERIFIED
    assert content(world.destination) == content(world.source)


@dataclass(slots=True)
class Misjudged(MemoryMessage):
    """RFC822.SIZE is not the length of the body."""

    off_by: int = 0

    def meta(self, uid: int) -> MessageMeta:
        return MessageMeta(uid, len(self.body) + self.off_by, self.internaldate, self.flags)


@pytest.mark.parametrize("off_by", [-7, 1, 100_000])
@pytest.mark.parametrize("ledger", [True, False])
def test_a_size_that_is_wrong(off_by: int, ledger: bool) -> None:
    """The literal counts: whole messages arrive, once, whatever the listing says of their sizes."""
    world = World()
    bodies = [message(number) for number in range(4)]
    world.fill("Sent", *(Misjudged(m.body, m.internaldate, m.flags, off_by) for m in bodies))
    report = world.run()
    assert report.total("copied") == 4
    assert report.total("failed") == 0
    assert content(world.destination)["Sent"] == content(world.source)["Sent"]
    if not ledger:
        world.ledger = type(world.ledger)()
    world.run()
    assert "APPEND" not in world.destination.writes


@pytest.mark.parametrize("mode", list(Mode))
def test_a_message_marked_deleted(mode: Mode) -> None:
    """It is copied with its mark, and nothing is expunged on either side."""
    world = World()
    world.fill("Work", message(1, flags=("\\Deleted", "\\Seen")), message(2))
    for _ in range(2):
        assert world.run(SyncOptions(mode=mode)).verdict is Verdict.VERIFIED
        assert "EXPUNGE" not in world.destination.writes + world.source.writes
        assert content(world.destination) == content(world.source)
