"""Messages that cannot be compared: they are not sent a second time, and nothing goes for them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from sync.errors import Code
from sync.options import Mode, SyncOptions
from tests.hostile import mail
from tests.hostile.run import Play
from tests.hostile.trouble import Act, Trouble
from tests.hostile.world import Choice, World, build

CALM = Choice(only=("none",), plain=True, still=True)


class NoBodies(Trouble):
    """Bodies are NIL, for a while."""

    def after(self, verb: str, args: list[object], act: Act, commands: object) -> None:
        for said in act.reply.lines if act.reply else ():
            if b"BODY[] " in said.data:
                place = said.data.split()[1]
                said.data = b"* %b FETCH (UID %d FLAGS () BODY[] NIL)" % (place, said.uid)


def world(mode: Mode) -> World:
    """Five messages without a Message-ID, of which the destination has three already."""
    made = build(1, CALM)
    made.options, made.ledger, made.second_run = SyncOptions(mode=mode), "memory", "calm"
    rng = Random(5)
    here, there = (side.account.boxes for side in (made.source, made.destination))
    for boxes in (here, there):
        for name in [name for name in boxes if name != b"INBOX"]:
            del boxes[name]
        boxes[b"INBOX"].messages.clear()
    for number in range(5):
        held = here[b"INBOX"].add(mail.usual(rng, named=False), mail.internaldate(rng), set())
        if number < 3:
            there[b"INBOX"].add(held.body, held.date, set())
    for boxes in (here, there):
        boxes[b"INBOX"].peak.clear()
        boxes[b"INBOX"].see_peak()
        boxes[b"INBOX"].start = Counter(boxes[b"INBOX"].peak)
    return made


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("mode", [Mode.ALL, Mode.FLAGS_AND_NEW])
def test_what_cannot_be_read_is_neither_sent_nor_removed(
    tmp_path: Path, mode: Mode, side: str
) -> None:
    """The run names it; with calm servers the next one brings what was missing, and no more."""
    made = world(mode)
    trouble = NoBodies(Random(1))
    (made.source if side == "source" else made.destination).troubles.append(trouble)
    acted = Play(made, tmp_path, None)
    ran = acted.once("hostile")
    assert len(made.destination.account.boxes[b"INBOX"].messages) >= 3
    assert not made.destination.account.taken_away
    assert {note.code for note in ran.notes} & {Code.UNREADABLE, Code.UNREADABLE_COPY}
    acted.calm()
    acted._settle()
    acted.source.stop()
    acted.destination.stop()
    assert not acted.oracle.failures, "\n".join(acted.log)
    assert len(made.destination.account.boxes[b"INBOX"].messages) == 5
