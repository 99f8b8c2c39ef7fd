"""What a proof has found wrong with a copy is true until another proof says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync.alteration import Alteration
from sync.errors import Code, ConnectionLost, MessageError, Side
from sync.memory import MemoryServer
from sync.model import Namespace, Unreadable
from sync.options import ProofLevel, SyncOptions
from sync.report import MailboxReport, Outcome, Verdict
from sync.resting import RESTLESS
from tests.sync.sides import Watcher, World, message
from tests.sync.test_proof import altering, same_size

CONTENT = SyncOptions(batch_messages=4, proof=ProofLevel.CONTENT)
LEVELS = [
    SyncOptions(batch_messages=4, proof=level)
    for level in ProofLevel
    if level is not ProofLevel.EVERYTHING
]


def again(world: World, options: SyncOptions) -> tuple[MailboxReport, Watcher]:
    """Another run."""
    watcher = Watcher()
    world.ledger.begin_run()
    report = world.run(options, watcher)
    assert "APPEND" not in world.destination.writes
    assert all(folder.balanced for folder in report.folders)
    return report, watcher


@pytest.mark.parametrize("later", LEVELS)
def test_a_failed_copy_stays_one(later: SyncOptions) -> None:
    """Run after run it is read again, and failed, whatever their level of proof; when the copy is
    put right, it is present."""
    world = altering(lambda body: same_size(body) if b"Subject: 3" in body else body)
    world.run(CONTENT)
    for _ in range(3):
        report, watcher = again(world, later)
        assert report.verdict is Verdict.NOT_VERIFIED
        assert [(n.uid, n.code, n.outcome, n.server_words) for n in watcher.notes] == [
            (4, Code.ALTERED, Outcome.FAILED, Alteration.CONTENT)
        ]
        assert (report.total("failed"), report.total("present")) == (1, 8)
        assert report.total("read_back") == 1
    there = world.destination.content["INBOX"].messages
    there[4] = replace(there[4], body=there[4].body.replace(b"HELLO", b"hello"))
    assert again(world, later)[0].verdict is Verdict.VERIFIED
    report, watcher = again(world, later)
    assert (report.verdict, report.total("read_back")) == (Verdict.VERIFIED, 0)


@pytest.mark.parametrize("later", LEVELS)
def test_an_altered_copy_is_named_by_each_run(later: SyncOptions) -> None:
    """Without being read again; until its message leaves the source."""
    world = altering(lambda body: b"X-Seen: yes\r\n" + body if b"Subject: 3" in body else body)
    world.run()
    for _ in range(2):
        report, watcher = again(world, later)
        assert report.verdict is Verdict.EXCEPTIONS
        assert [(n.uid, n.code, n.outcome, n.server_words) for n in watcher.notes] == [
            (4, Code.ALTERED, Outcome.PRESENT, Alteration.ADDED)
        ]
        assert (report.total("altered"), report.total("read_back")) == (1, 0)
    del world.source.content["INBOX"].messages[4]
    assert again(world, later)[0].verdict is Verdict.VERIFIED


def test_a_date_that_was_not_taken_is_named_by_each_run() -> None:
    """Until it is the source's."""

    class Redating(MemoryServer):
        def append(self, messages):  # type: ignore[no-untyped-def]
            late = (replace(one, internaldate="1-Jan-2026 00:00:00 +0000") for one in messages)
            yield from super().append(late)

    world = World(destination=Redating(Namespace("INBOX.", ".")))
    world.fill("INBOX", message(1))
    world.run()
    for _ in range(2):
        report, watcher = again(world, SyncOptions())
        assert [(n.code, n.outcome) for n in watcher.notes] == [
            (Code.DATE_ALTERED, Outcome.PRESENT)
        ]
        assert report.verdict is Verdict.EXCEPTIONS
    there = world.destination.content["INBOX"].messages
    there[1] = replace(there[1], internaldate=message(1).internaldate)
    world.ledger.rest(next(iter(world.ledger._pages)), RESTLESS)
    assert again(world, SyncOptions())[0].verdict is Verdict.VERIFIED
    assert again(world, SyncOptions())[0].verdict is Verdict.VERIFIED


class Mute(MemoryServer):
    """Does not give the message with uid 2."""

    mute = True

    def bodies(self, wanted):  # type: ignore[no-untyped-def]
        for one, answer in super().bodies(wanted):
            if self.mute and answer.meta.uid == 2:
                error = MessageError(Code.UNREADABLE, "cannot", side=Side.DESTINATION)
                yield one, Unreadable(2, error)
            else:
                yield one, answer


@pytest.mark.parametrize("later", LEVELS)
def test_what_could_not_be_read_is_asked_for_again(later: SyncOptions) -> None:
    """Until it can be read, no run is verified."""
    world = World(destination=Mute(Namespace("INBOX.", ".")))
    world.fill("INBOX", *(message(n) for n in range(4)))
    assert world.run(CONTENT).verdict is Verdict.NOT_VERIFIED
    report, watcher = again(world, later)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert [(n.uid, n.code) for n in watcher.notes] == [(2, Code.UNREADABLE)]
    world.destination.mute = False  # type: ignore[attr-defined]
    assert again(world, later)[0].verdict is Verdict.VERIFIED
    assert again(world, later)[0].verdict is Verdict.VERIFIED


def nul_to_high(body: bytes) -> bytes:
    return body.replace(b"\0", b"\x80")


@pytest.mark.parametrize("alter", [nul_to_high, lambda body: body])
@pytest.mark.parametrize("anew", [False, True])
def test_what_is_to_be_read_back_survives_the_process(
    alter: Callable[[bytes], bytes], anew: bool
) -> None:
    """A run that ends between copy and proof: the next attempt, or the next run, reads what servers
    are known to alter all the same."""
    world = altering(alter)
    world.fill("INBOX", message(20, text="a\0b"))

    class Dying(Watcher):
        def verifying(self) -> None:
            raise ConnectionLost(side=Side.DESTINATION)

    with pytest.raises(ConnectionLost):
        world.run(SyncOptions(proof_first=0), Dying())
    if anew:
        world.ledger.begin_run()
    watcher = Watcher()
    report = world.run(SyncOptions(proof_first=0), watcher)
    assert "APPEND" not in world.destination.writes
    assert report.total("read_back") == 1
    altered = alter is nul_to_high
    assert [(n.uid, n.server_words) for n in watcher.notes] == [(7, Alteration.NUL)] * altered
    assert report.verdict is (Verdict.EXCEPTIONS if altered else Verdict.VERIFIED)
    report, _ = again(world, SyncOptions())
    assert report.total("read_back") == 0
    assert report.verdict is (Verdict.EXCEPTIONS if altered else Verdict.VERIFIED)


def test_a_failed_copy_is_sent_anew_when_somebody_says_so() -> None:
    """Once, and read back; the failed copy stays, and is named. Later runs know the new copy."""
    world = altering(lambda body: same_size(body) if b"Subject: 3" in body else body)
    world.run(CONTENT)
    world.destination.alter = lambda body: body  # type: ignore[attr-defined]
    world.ledger.begin_run()
    watcher = Watcher()
    report = world.run(SyncOptions(resend_failed=True), watcher)
    assert (report.total("copied"), report.total("present"), report.total("failed")) == (1, 8, 0)
    assert report.total("read_back") == 1
    assert report.verdict is Verdict.EXCEPTIONS
    assert [(n.uid, n.code, n.outcome) for n in watcher.notes] == [
        (4, Code.ALTERED, Outcome.COPIED)
    ]
    assert "uid 4" in watcher.notes[0].server_words
    there = world.destination.content["INBOX"].messages
    assert same_size(there[7].body) == there[4].body
    for options in (SyncOptions(resend_failed=True), CONTENT, SyncOptions()):
        assert again(world, options)[0].verdict is Verdict.VERIFIED
    assert len(there) == 7


def test_what_fails_again_is_failed() -> None:
    """A copy that is altered anew; without somebody who says so it is not sent a third time."""
    world = altering(lambda body: same_size(body) if b"Subject: 3" in body else body)
    world.run(CONTENT)
    world.ledger.begin_run()
    report = world.run(SyncOptions(resend_failed=True))
    assert (report.verdict, report.total("failed")) == (Verdict.NOT_VERIFIED, 1)
    assert again(world, SyncOptions())[0].verdict is Verdict.NOT_VERIFIED
    assert len(world.destination.content["INBOX"].messages) == 7
