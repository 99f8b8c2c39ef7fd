"""A machine that breaks things, with one invariant: after rest, both sides are equal."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.errors import ConnectionLost, Side, Stopped, SyncError
from sync.journal import Telling
from sync.memory import MemoryServer
from sync.model import Namespace
from tests.sync.sides import Break, Killed, Watcher, World, content, lost, message

FOLDERS = st.sampled_from(["INBOX", "Work", "Work/Deep", "Sent"])


class Migration(RuleBasedStateMachine):
    """New mail, expunges, flags, new UIDVALIDITY, kills, lost lines and pauses in any order."""

    uidplus = True
    tells = (Telling.QRESYNC, Telling.QRESYNC)

    def __init__(self) -> None:
        super().__init__()
        self.world = World(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=self.uidplus))
        self.world.source.telling, self.world.destination.telling = self.tells

    @rule(folder=FOLDERS, number=st.integers(0, 5), with_id=st.booleans())
    def new_mail(self, folder: str, number: int, with_id: bool) -> None:
        self.world.fill(folder, message(number, message_id=with_id))

    @rule(folder=FOLDERS, flag=st.sampled_from(["\\Seen", "\\Flagged", "Work"]))
    def flag(self, folder: str, flag: str) -> None:
        for one in self.world.source.make_folder(folder).messages.values():
            one.flags = frozenset({flag})

    @rule(folder=FOLDERS, number=st.integers(0, 20), flag=st.sampled_from(["\\Seen", "Work"]))
    def flag_one(self, folder: str, number: int, flag: str) -> None:
        messages = list(self.world.source.make_folder(folder).messages.values())
        if messages:
            messages[number % len(messages)].flags = frozenset({flag})

    @rule(folder=FOLDERS, uidvalidity=st.integers(100, 105))
    def made_anew(self, folder: str, uidvalidity: int) -> None:
        self.world.source.make_folder(folder).uidvalidity = uidvalidity

    @rule(at=st.integers(1, 60), side=st.sampled_from(Side), kill=st.booleans())
    def broken_run(self, at: int, side: Side, kill: bool) -> None:
        server = self.world.source if side is Side.SOURCE else self.world.destination
        server.before = Break(at, Killed() if kill else lost(side))
        try:
            self.world.run()
        except (Killed, ConnectionLost):
            pass
        finally:
            server.before = lambda step: None

    @rule()
    def whole_run(self) -> None:
        self.world.run()

    @rule(after=st.integers(0, 6))
    def paused_run(self, after: int) -> None:
        with suppress(Stopped):
            self.world.run(watcher=Watcher(stop_after=after))

    @rule()
    def new_run(self) -> None:
        self.world.ledger.begin_run()

    @invariant()
    def nothing_is_doubled(self) -> None:
        for folder, messages in content(self.world.destination).items():
            have = content(self.world.source).get(folder)
            assert have is not None
            bodies = {body: 0 for body, _, _ in messages}
            for (body, _, _), number in messages.items():
                bodies[body] += number
            for body, number in bodies.items():
                assert number <= sum(n for (b, _, _), n in have.items() if b == body)

    def teardown(self) -> None:
        try:
            report = self.world.run()
        except SyncError as error:
            raise AssertionError("a run at rest must not fail") from error
        assert content(self.world.destination) == content(self.world.source)
        assert all(folder.balanced and folder.verified for folder in report.folders)
        self.world.run()
        assert self.world.destination.writes == []


class MigrationWithoutUidplus(Migration):
    uidplus = False
    tells = (Telling.CONDSTORE, Telling.NOTHING)


TestMachine = Migration.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestMachineWithoutUidplus = MigrationWithoutUidplus.TestCase
TestMachineWithoutUidplus.settings = TestMachine.settings
