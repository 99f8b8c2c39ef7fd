"""A verdict on a copy is kept: a run is as green as the worst that is still true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from sync.errors import Code
from sync.memory import MemoryMessage, MemoryServer
from sync.memory_folder import MemoryFolder
from sync.model import Appended, Namespace, Outgoing, Refused
from sync.options import Mode, ProofLevel, SyncOptions
from sync.report import Outcome, Verdict
from tests.sync.sides import Watcher, World, content, message

Alter = Callable[[MemoryMessage], MemoryMessage]


class Altering(MemoryServer):
    """Stores another message than it was given."""

    alter: Alter = staticmethod(lambda one: one)

    def append(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        for outcome in super().append(messages):
            for folder in self.content.values():
                self._alter(folder)
            yield outcome

    def _alter(self, folder: MemoryFolder) -> None:
        newest = max(folder.messages, default=0)
        if newest:
            folder.messages[newest] = type(self).alter(folder.messages[newest])


def another(one: MemoryMessage) -> MemoryMessage:
    return MemoryMessage(one.body.replace(b"bad", b"BAD"), one.internaldate, one.flags)


def with_header(one: MemoryMessage) -> MemoryMessage:
    if one.body.startswith(b"X-Added"):
        return one
    return MemoryMessage(b"X-Added: yes\r\n" + one.body, one.internaldate, one.flags)


def redated(one: MemoryMessage) -> MemoryMessage:
    return MemoryMessage(one.body, " 1-Jan-2000 00:00:00 +0000", one.flags)


def world(alter: Alter) -> World:
    class Server(Altering):
        pass

    Server.alter = staticmethod(alter)
    made = World(destination=Server(Namespace("INBOX.", ".")))
    made.fill("Work", message(1, text="good"), message(2, text="bad \0"), message(3, text="good"))
    return made


@pytest.mark.parametrize("later", list(ProofLevel))
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("change", [False, True])
def test_another_content_stays_red(later: ProofLevel, mode: Mode, change: bool) -> None:
    """Found once, by whatever proof: no later run is green as long as the copy is another message,
    and nothing is sent again."""
    one = world(another)
    first = Watcher()
    assert one.run(SyncOptions(proof=ProofLevel.CONTENT), first).verdict is Verdict.NOT_VERIFIED
    assert (first.notes[-1].code, first.notes[-1].outcome) == (Code.ALTERED, Outcome.FAILED)
    one.ledger.begin_run()
    if change:
        one.source.content["Work"].add(message(4))
    watcher = Watcher()
    report = one.run(SyncOptions(proof=later, mode=mode), watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert one.destination.writes.count("APPEND") == int(change)
    assert (report.total("failed"), report.total("found")) == (1, 4 if change else 3)
    assert [(n.uid, n.code, n.outcome) for n in watcher.notes] == [
        (2, Code.ALTERED, Outcome.FAILED)
    ]
    dry = one.run(SyncOptions(dry_run=True))
    assert dry.exceptions == 1
    work = one.destination.content["INBOX.Work"]
    work.messages[2] = one.source.content["Work"].messages[2]
    one.ledger.begin_run()
    assert one.run(SyncOptions(mode=mode)).verdict is Verdict.VERIFIED
    assert one.run(SyncOptions(mode=mode)).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("alter", [with_header, redated])
@pytest.mark.parametrize("mode", list(Mode))
def test_what_a_server_alters_is_named_in_each_run(alter: Alter, mode: Mode) -> None:
    """In the first run, when nothing has changed, when something has, and without a ledger; and
    the unchanged folder is not looked at."""
    one = world(alter)
    one.source.content["Work"].messages.pop(2)
    options = SyncOptions(mode=mode)
    notes = []
    for number in range(3):
        watcher = Watcher()
        report = one.run(options, watcher)
        assert report.verdict is Verdict.EXCEPTIONS
        assert report.exceptions == 2 + (number == 2)
        notes.append(sorted((note.uid, note.code, note.server_words) for note in watcher.notes))
        one.ledger.begin_run()
        if number == 1:
            one.source.content["Work"].add(message(9))
    assert notes[0] == notes[1] == notes[2][:2]
    steps: list[str] = []
    one.source.before = steps.append
    assert one.run(options).verdict is Verdict.EXCEPTIONS
    assert "messages" not in steps
    one.source.before = lambda step: None
    if alter is with_header:
        one.ledger = type(one.ledger)()
        watcher = Watcher()
        assert one.run(options, watcher).verdict is Verdict.EXCEPTIONS
        assert one.destination.writes == []
        assert {note.code for note in watcher.notes} == {Code.ALTERED}


def test_a_judgement_ends_with_its_message() -> None:
    """Its original is gone, or the copy was removed and is made anew: nothing is said of it."""
    one = world(with_header)
    one.run()
    one.ledger.begin_run()
    one.source.content["Work"].messages.pop(2)
    assert one.run().exceptions == 2
    one.ledger.begin_run()
    type(one.destination).alter = staticmethod(lambda message: message)
    one.destination.content["INBOX.Work"].messages.clear()
    options = SyncOptions(mode=Mode.ALL, allow_removal=True)
    report = one.run(options)
    assert report.verdict is Verdict.VERIFIED
    assert content(one.source)["Work"] == content(one.destination)["Work"]
    one.ledger.begin_run()
    assert one.run(options).verdict is Verdict.VERIFIED
