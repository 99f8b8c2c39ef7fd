"""A destination that stores a message only some time after the line, or the process, is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pytest

from sync.errors import Side, Stopped, StopReason
from sync.memory import MemoryMessage, MemoryServer
from sync.model import Appended, Namespace, Outgoing, Refused
from sync.options import SyncOptions
from sync.report import Verdict
from tests.sync.sides import Killed, Watcher, World, content, lost, message


class LateServer(MemoryServer):
    """Takes the second message in, ends the line with `fault`, and stores it `after` pauses."""

    def __init__(self, fault: BaseException, *, after: int) -> None:
        super().__init__(Namespace("INBOX.", "."))
        self.fault = fault
        self.left = after
        self._late: Callable[[], object] | None = None
        self._taken = 0

    def append(self, messages: Iterable[Outgoing]) -> Iterator[Appended | Refused]:
        return super().append(self._watched(messages))

    def _watched(self, messages: Iterable[Outgoing]) -> Iterator[Outgoing]:
        for one in messages:
            self._taken += 1
            if self._taken == 2:
                body = b"".join(one.chunks)
                late = MemoryMessage(body, one.internaldate, one.flags)
                self._late = partial(self.content[one.folder.name].add, late)
                raise self.fault
            yield one

    def pause(self) -> None:
        self.left -= 1
        if not self.left and self._late is not None:
            self._late()


class Patient(Watcher):
    """Counts pauses, and lets the server's time go on."""

    def __init__(self, server: LateServer) -> None:
        super().__init__()
        self.server = server

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.server.pause()


def late_world(server: LateServer) -> World:
    world = World(destination=server)
    world.fill("INBOX", *(message(n) for n in range(5)), *(message(9) for _ in range(2)))
    return world


@pytest.mark.parametrize("after", [1, 3, 6])
def test_lost_line(after: int) -> None:
    """What was on its way when the line broke is waited for, and not sent a second time."""
    server = LateServer(lost(Side.DESTINATION), after=after)
    world = late_world(server)
    assert world.run(watcher=Patient(server)).verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)


@pytest.mark.parametrize("after", [1, 3, 6])
def test_killed_and_resumed_at_once(after: int) -> None:
    """The same when the process dies, and the next one starts before the server has stored it."""
    server = LateServer(Killed(), after=after)
    world = late_world(server)
    with pytest.raises(Killed):
        world.run()
    assert world.run(watcher=Patient(server)).verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)


def test_what_an_earlier_run_had_under_way_is_not_copied_by_this_one() -> None:
    """It counts as copied in the run that sent it; in a later one it is present."""
    server = LateServer(Killed(), after=1)
    world = late_world(server)
    with pytest.raises(Killed):
        world.run()
    server.pause()
    before = sum(len(folder.messages) for folder in server.content.values())
    world.ledger.begin_run()
    report = world.run(watcher=Patient(server))
    assert report.verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)
    assert report.total("present") == before
    assert report.total("copied") == report.total("found") - report.total("present")


def test_what_never_arrives_is_sent_again() -> None:
    """The waiting ends after settle_seconds, once for all folders."""
    server = LateServer(Killed(), after=0)
    world = late_world(server)
    with pytest.raises(Killed):
        world.run()
    watcher = Patient(server)
    options = SyncOptions(batch_messages=4, settle_seconds=7)
    assert world.run(options, watcher).verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)
    assert watcher.waited == pytest.approx(7)


@pytest.mark.parametrize(("quiet", "waits"), [(3, 4), (7, 0), (100, 0)])
def test_what_has_been_quiet_is_waited_for_no_longer(quiet: float, waits: float) -> None:
    """The time since the last attempt's last byte counts as waited for."""
    server = LateServer(Killed(), after=0)
    world = late_world(server)
    with pytest.raises(Killed):
        world.run()
    watcher = Patient(server)
    options = SyncOptions(batch_messages=4, settle_seconds=7, quiet_seconds=quiet)
    assert world.run(options, watcher).verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)
    assert watcher.waited == pytest.approx(waits)


@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_line_that_breaks_now_is_waited_for_all_the_same(after: int) -> None:
    """However quiet it was before."""
    server = LateServer(lost(Side.DESTINATION), after=after)
    world = late_world(server)
    options = SyncOptions(quiet_seconds=100)
    assert world.run(options, Patient(server)).verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)


def test_a_stop_ends_the_waiting() -> None:
    """It does not wait to the end for someone who wants to stop; the intent stays open."""
    server = LateServer(Killed(), after=0)
    world = late_world(server)
    with pytest.raises(Killed):
        world.run()

    class Stopping(Watcher):
        def wait(self, seconds: float) -> None:
            raise Stopped(StopReason.STOP)

    with pytest.raises(Stopped):
        world.run(watcher=Stopping())
    assert world.run(watcher=Patient(server)).verdict is Verdict.VERIFIED
    assert content(server) == content(world.source)
