"""Runs with refiling, one after the other, while people move their mail at the source."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from sync.errors import ConnectionLost, Side
from sync.journal import Telling
from sync.memory import MemoryServer
from sync.model import Namespace
from sync.options import Mode, Refiling, SyncOptions
from sync.report import Verdict
from tests.sync.sides import Break, Killed, World, content, lost, message

FOLDERS = st.sampled_from(["INBOX", "Work", "Work/Deep"])
HELD = st.sampled_from(["INBOX.Journal", "INBOX", "INBOX.Work"])
NUMBERS = st.integers(0, 4)
KINDS = st.builds(
    SyncOptions,
    refiling=st.sampled_from([Refiling.MOVE, Refiling.COPY]),
    refile_from=st.sampled_from(["", "Journal"]),
    mode=st.sampled_from([Mode.NEW, Mode.FLAGS_AND_NEW]),
)


class Refilings(RuleBasedStateMachine):
    """Mail comes on both sides, is moved and removed at the source, and runs break."""

    uidplus = True
    tells = (Telling.QRESYNC, Telling.QRESYNC)

    def __init__(self) -> None:
        super().__init__()
        self.world = World(destination=MemoryServer(Namespace("INBOX.", "."), uidplus=self.uidplus))
        self.world.source.telling, self.world.destination.telling = self.tells
        self.world.destination.make_folder("INBOX.Journal")
        self.seen: set[bytes] = set()

    @rule(folder=FOLDERS, number=NUMBERS, named=st.booleans(), flags=st.sampled_from([(), ("A",)]))
    def new_mail(self, folder: str, number: int, named: bool, flags: tuple[str, ...]) -> None:
        self.world.fill(folder, message(number, message_id=named, flags=flags))

    @rule(folder=HELD, number=NUMBERS, named=st.booleans())
    def archived(self, folder: str, number: int, named: bool) -> None:
        self.world.destination.make_folder(folder).add(message(number, message_id=named))

    @rule(one=FOLDERS, other=FOLDERS, at=st.integers(0, 9), stays=st.booleans())
    def moved(self, one: str, other: str, at: int, stays: bool) -> None:
        """Or copied."""
        messages = self.world.source.make_folder(one).messages
        if messages:
            uid = sorted(messages)[at % len(messages)]
            moving = messages[uid] if stays else messages.pop(uid)
            self.world.fill(other, replace(moving))

    @rule(folder=FOLDERS, at=st.integers(0, 9))
    def removed(self, folder: str, at: int) -> None:
        messages = self.world.source.make_folder(folder).messages
        if messages:
            del messages[sorted(messages)[at % len(messages)]]

    @rule(options=KINDS)
    def whole_run(self, options: SyncOptions) -> None:
        self.world.ledger.begin_run()
        self._good(options)

    @rule(options=KINDS, at=st.integers(1, 40), kill=st.booleans())
    def broken_run(self, options: SyncOptions, at: int, kill: bool) -> None:
        self.world.ledger.begin_run()
        self.world.destination.before = Break(at, Killed() if kill else lost(Side.DESTINATION))
        with suppress(Killed, ConnectionLost):
            self.world.run(options)
        self.world.destination.before = lambda step: None

    @rule()
    def plain_run(self) -> None:
        self.world.run()

    @invariant()
    def nothing_is_lost(self) -> None:
        """What the destination once had it has somewhere."""
        folders = self.world.destination.content.values()
        now = {message.body for folder in folders for message in folder.messages.values()}
        assert self.seen <= now
        self.seen = now

    def _good(self, options: SyncOptions) -> None:
        report = self.world.run(options)
        assert report.verdict is Verdict.VERIFIED, report
        theirs = content(self.world.destination)
        for name, held in content(self.world.source).items():
            if options.mode is Mode.NEW:
                continue
            assert not held - theirs[name], (name, held, theirs[name])

    def teardown(self) -> None:
        for _ in range(2):
            self._good(SyncOptions(refiling=Refiling.MOVE))
        assert self.world.destination.writes == []


class RefilingsWithoutUidplus(Refilings):
    uidplus = False
    tells = (Telling.CONDSTORE, Telling.NOTHING)


TestMachine = Refilings.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestMachineWithoutUidplus = RefilingsWithoutUidplus.TestCase
TestMachineWithoutUidplus.settings = TestMachine.settings
