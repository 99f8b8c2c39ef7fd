"""A verdict on a copy outlives what may take it away: a second one, a folder made anew, a run that
was cut off before its proof."""

from __future__ import annotations

import pytest

from sync.errors import Code, RunError
from sync.memory import MemoryMessage
from sync.options import ProofLevel, SyncOptions
from sync.report import Verdict
from tests.sync.sides import Watcher, World
from tests.sync.test_judged_runs import Alter, redated, with_header, world

CHEAP = SyncOptions(proof_first=0)
"""Nothing is read back as a sample."""


def both(one: MemoryMessage) -> MemoryMessage:
    return redated(with_header(one))


def without_nul(one: MemoryMessage) -> MemoryMessage:
    """As long as it was."""
    return MemoryMessage(one.body.replace(b"\0", b"\x80"), one.internaldate, one.flags)


def told(world: World, options: SyncOptions = CHEAP) -> list[tuple[int, Code]]:
    """What the next run names."""
    watcher = Watcher()
    assert world.run(options, watcher).verdict is Verdict.EXCEPTIONS
    world.ledger.begin_run()
    return sorted((note.uid, note.code) for note in watcher.notes)


@pytest.mark.parametrize("proof", [ProofLevel.COUNTS, ProofLevel.METADATA, ProofLevel.EVERYTHING])
def test_two_faults_of_one_copy_are_named(proof: ProofLevel) -> None:
    """Its content and its date: in the first run, in one that looks at nothing, and when a message
    has come."""
    one, options = world(both), SyncOptions(proof=proof)
    one.source.content["Work"].messages.pop(2)
    wanted = [(uid, code) for uid in (1, 3) for code in (Code.ALTERED, Code.DATE_ALTERED)]
    assert told(one, options) == wanted
    assert told(one, options) == wanted
    one.source.content["Work"].add(one.source.content["Work"].messages[1])
    assert told(one, options)[:4] == wanted


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_folder_made_anew_keeps_its_verdicts(side: str) -> None:
    """Its messages have other uids, and are as large as their copies: by what is listed nothing is
    wrong with any of them."""
    one = world(without_nul)
    assert told(one) == [(2, Code.ALTERED)]
    server, name = (one.source, "Work") if side == "source" else (one.destination, "INBOX.Work")
    folder = server.content[name]
    folder.uidvalidity += 1
    folder.messages = {uid + 40: message for uid, message in folder.messages.items()}
    folder.uidnext += 40
    uid = 42 if side == "source" else 2
    assert told(one) == [(uid, Code.ALTERED)]
    assert told(one) == [(uid, Code.ALTERED)]


@pytest.mark.parametrize(
    ("alter", "code"), [(with_header, Code.ALTERED), (redated, Code.DATE_ALTERED)]
)
def test_what_was_never_proven_is_proven_by_the_next_run(alter: Alter, code: Code) -> None:
    """A run that ended for good between its last message and its proof."""
    one = world(alter)
    one.source.content["Work"].messages.pop(2)
    sent = one.destination.writes

    def before(step: str) -> None:
        if sent.count("APPEND") == 2 and step == "messages":
            raise RunError(Code.INTERNAL)

    one.destination.before = before
    with pytest.raises(RunError):
        one.run(CHEAP)
    one.destination.before = lambda step: None
    one.ledger.begin_run()
    assert told(one) == [(1, code), (3, code)]
    assert not one.destination.writes
    assert told(one) == [(1, code), (3, code)]
