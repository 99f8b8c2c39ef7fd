"""Copies whose uid the destination does not tell are proven one by one, too, and not counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.alteration import Alteration
from sync.errors import Code
from sync.intent import FolderKey
from sync.memory import MemoryMessage, MemoryServer
from sync.model import Namespace
from sync.options import ProofLevel, SyncOptions
from sync.report import Outcome, Verdict
from tests.sync.sides import Watcher, World, message

LEVELS = [SyncOptions(proof=level, batch_messages=4) for level in ProofLevel]
Alter = Callable[[bytes], bytes | None]


class Untold(MemoryServer):
    """Tells no new uid, and stores what `alter` makes of a message: None for nothing at all."""

    alter: Alter = staticmethod(lambda body: body)

    def __init__(self) -> None:
        super().__init__(Namespace("INBOX.", "."), uidplus=False)

    def append(self, messages):  # type: ignore[no-untyped-def]
        for one in messages:
            body = self.alter(b"".join(one.chunks))
            sent = replace(one, size=len(body or b""), chunks=iter([body or b""]))
            for answer in super().append([sent]):
                if body is None:
                    there = self.content[one.folder.name].messages
                    del there[max(there)]
                yield answer


def untold(alter: Alter, *, number: int = 6) -> World:
    server = Untold()
    server.alter = alter
    world = World(destination=server)
    world.fill("INBOX", *(message(n, message_id=False, text="text " * 2000) for n in range(number)))
    world.fill("Work", message(7, message_id=False), message(7, message_id=False))
    return world


def cut(body: bytes) -> bytes:
    return body[:-5000] if b"Subject: 3" in body else body


@pytest.mark.parametrize("options", LEVELS)
def test_a_copy_that_was_cut_is_found(options: SyncOptions) -> None:
    """5,000 bytes are missing: the message has failed, and is named; it is not sent again."""
    world, watcher = untold(cut), Watcher()
    report = world.run(options, watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert [(n.uid, n.code, n.outcome, n.server_words) for n in watcher.notes] == [
        (4, Code.ALTERED, Outcome.FAILED, Alteration.CONTENT)
    ]
    assert (report.total("copied"), report.total("failed")) == (7, 1)
    assert all(folder.balanced for folder in report.folders)
    world.ledger.begin_run()
    world.run(options)
    assert "APPEND" not in world.destination.writes


@pytest.mark.parametrize("options", LEVELS)
def test_a_copy_that_is_not_there_is_missed(options: SyncOptions) -> None:
    """It is named, and sent again; a message that somebody else has put there does not stand for
    it."""
    world = untold(lambda body: None if b"Subject: 3" in body else body)
    foreign = MemoryMessage(message(50, message_id=False).body, "1-Jan-2020 00:00:00 +0000")
    real, calls = world.destination.append, 0

    def append(messages):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 1:
            world.destination.content["INBOX"].add(foreign)
        yield from real(messages)

    world.destination.append = append  # type: ignore[method-assign]
    watcher = Watcher()
    report = world.run(options, watcher)
    assert [(n.uid, n.code, n.outcome) for n in watcher.notes] == [
        (4, Code.NOT_FOUND_AFTERWARDS, Outcome.FAILED)
    ]
    assert report.verdict is Verdict.EXCEPTIONS
    world.destination.alter = lambda body: body
    world.ledger.begin_run()
    assert world.run(options).total("copied") == 1


@pytest.mark.parametrize("options", LEVELS)
def test_what_was_altered_is_named(options: SyncOptions) -> None:
    """A header field that the server adds to each, and what it puts for NUL."""
    world = untold(lambda body: b"X-Seen: yes\r\n" + body.replace(b"\0", b" "))
    world.fill("Work", message(9, message_id=False, text="a\0b"))
    watcher = Watcher()
    report = world.run(options, watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert {n.code for n in watcher.notes} == {Code.ALTERED}
    words = sorted(n.server_words for n in watcher.notes)
    assert words == ["NUL characters replaced; header fields added"] + ["header fields added"] * 8
    assert report.total("altered") == report.total("copied") == 9
    world.ledger.begin_run()
    assert world.run(options).total("copied") == 0


def test_what_is_found_gets_its_uid() -> None:
    """In the ledger; the next run knows it by that."""
    world = untold(lambda body: b"X-Seen: yes\r\n" + body)
    world.run()
    for source, destination in (("INBOX", "INBOX"), ("Work", "INBOX.Work")):
        ours, theirs = world.source.content[source], world.destination.content[destination]
        key = FolderKey(source, ours.uidvalidity, destination, theirs.uidvalidity)
        pairs = world.ledger.load(key).pairs
        assert list(pairs) == list(ours.messages)
        assert sorted(pairs.values()) == list(theirs.messages)
