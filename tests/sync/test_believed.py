"""What another tool has put at the destination, found by size, date and header."""

from __future__ import annotations

from dataclasses import replace

from sync.errors import Code
from sync.memory import MemoryMessage
from sync.memory_ledger import MemoryLedger
from sync.options import SyncOptions
from sync.report import Verdict
from tests.sync.sides import DATE, Watcher, World, message


def found(number: int, altered: int) -> World:
    """So many messages that are at the destination already; so many, spread, with NUL replaced."""
    world = World()
    mails = [replace(message(one), body=message(one).body + b"a\0b\r\n") for one in range(number)]
    world.fill("INBOX", *mails)
    there = world.destination.content["INBOX"]
    for at, mail in enumerate(mails):
        hit = at * altered % number < altered
        there.add(MemoryMessage(mail.body.replace(b"\0", b"\x80") if hit else mail.body, DATE))
    return world


def test_one_altered_message_in_the_sample_has_all_read() -> None:
    """Each is named, and the next run, which knows them, reads nothing and names them again."""
    world, watcher = found(100, 50), Watcher()
    report = world.run(watcher=watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert (report.total("present"), report.total("altered")) == (100, 50)
    assert report.total("read_back") == 100
    assert {note.code for note in watcher.notes} == {Code.ALTERED}
    world.ledger.begin_run()
    again = world.run()
    assert (again.total("read_back"), again.exceptions) == (0, 50)


def test_where_all_of_the_sample_is_equal_no_more_is_read() -> None:
    """20 of 100, once in a run, and none in the next."""
    world = found(100, 0)
    assert world.run().total("read_back") == 20
    world.ledger.begin_run()
    assert world.run().total("read_back") == 0
    world.ledger = MemoryLedger()
    assert world.run(SyncOptions(proof_first=0)).total("read_back") == 0
