"""One seed from its first run to the idle one, under a watch."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from random import Random

from imap import Login, NetworkPolicy, Server, open_destination, open_source
from imap.names import to_wire
from sync.at_once import both
from sync.errors import Code, StopReason, SyncError
from sync.file_ledger import FileLedger
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.options import Mode, Security
from sync.ports import Ledger
from sync.report import FolderReport, MailboxReport, MessageNote, Outcome
from tests.hostile.events import DESTINATION_EVENTS, SOURCE_EVENTS, Backup
from tests.hostile.lies import PoisonedSets
from tests.hostile.manners import RED_FORMS
from tests.hostile.oracle import GREEN, Before, Failure, Oracle, blamed_in_vain
from tests.hostile.server import ModelServer
from tests.hostile.trouble import Trouble, Troubles
from tests.hostile.world import Choice, SideOfWorld, World, build

PATIENCE = 60.0
"""Seconds for one run: what takes longer hangs. With batches of one, 300 messages take some, each
of them looked for, on a machine that has other work."""
CALM_RUNS = 3
WRITES = {"APPEND", "UID STORE", "CREATE", "DELETE", "UID EXPUNGE", "RENAME"}
CHANGES = {"UID STORE", "UID EXPUNGE"}


@dataclass
class Notes:
    """Progress and Stop in one; pauses cost nothing."""

    notes: list[MessageNote] = field(default_factory=list)
    waited: float = 0.0

    def planned(self, messages: int, size: int) -> None:
        pass

    def folder(self, source: str, destination: str) -> None:
        pass

    def moved(self, outcome: Outcome, messages: int, size: int) -> None:
        pass

    def note(self, note: MessageNote) -> None:
        self.notes.append(note)

    def verifying(self) -> None:
        pass

    def folder_done(self, report: FolderReport) -> None:
        pass

    def reason(self) -> StopReason | None:
        return None

    def wait(self, seconds: float) -> None:
        self.waited += seconds


@dataclass
class Ran:
    """What one run said."""

    notes: list[MessageNote]
    report: MailboxReport | None = None
    error: SyncError | None = None

    @property
    def green(self) -> bool:
        return self.report is not None and self.report.verdict in GREEN

    @property
    def missed(self) -> bool:
        """Copies that an earlier run had made were found missing by the proof, and named: the next
        run makes them anew."""
        return any(note.code is Code.NOT_FOUND_AFTERWARDS for note in self.notes)

    def __str__(self) -> str:
        if self.report is None:
            return f"{type(self.error).__name__} {self.error} at {self.error and self.error.where}"
        told = "; ".join(
            f"{row.source}→{row.destination} found {row.found} copied {row.copied} "
            f"present {row.present} skipped {row.skipped} failed {row.failed} "
            f"vanished {row.vanished} removed {row.removed} {row.error or ''}"
            f"{'' if row.verified else ' UNVERIFIED'}"
            for row in self.report.folders
        )
        return f"{self.report.verdict}: {told}"


@dataclass
class Result:
    """Of one seed."""

    world: World
    failures: list[Failure]
    seconds: float
    log: list[str]


class Play:
    """One world on its way."""

    def __init__(self, world: World, directory: Path, trace: Callable[[str], None] | None) -> None:
        self.world = world
        self.directory = directory
        self.trace = trace
        self.log: list[str] = []
        self.oracle = Oracle(
            world.source.account,
            world.destination.account,
            world.options.mode,
            remembers=world.ledger != "none",
        )
        self.memory = MemoryLedger()
        self.source = self._serve(world.source, "source", may_write=False)
        self.destination = self._serve(world.destination, "destination", may_write=True)
        self.patience = PATIENCE
        self._backups: list[tuple[Backup, Backup]] = []

    def _serve(self, side: SideOfWorld, name: str, *, may_write: bool) -> ModelServer:
        troubles = Troubles(side.troubles, side.manners)
        return ModelServer(
            side.account, side.manners, troubles, name=name, may_write=may_write, trace=self.trace
        )

    def run(self) -> list[Failure]:
        world = self.world
        try:
            self.back_up()
            self.once("hostile")
            self.back_up()
            for event in world.events:
                self._happen(event)
            if world.second_run == "hostile":
                self.once("hostile again")
            self.calm()
            self._settle()
        finally:
            self.source.stop()
            self.destination.stop()
        for server in (self.source, self.destination):
            for words in (*server.failures, *server.account.strange):
                self.oracle.fail("the model does not know", words)
        return self.oracle.failures

    def back_up(self) -> None:
        accounts = self.world.source.account, self.world.destination.account
        self._backups.append((Backup(accounts[0]), Backup(accounts[1])))

    def calm(self) -> None:
        self.source.troubles.calm()
        self.destination.troubles.calm()

    def _happen(self, event: str) -> None:
        world, rng = self.world, self.world.rng
        source, destination = world.source.account, world.destination.account
        if event == "source":
            happening = rng.choice(SOURCE_EVENTS)
            happening(source, rng)
            event = happening.__name__
        elif event == "destination":
            happening = rng.choice(DESTINATION_EVENTS)
            happening(destination, rng)
            event = f"destination: {happening.__name__}"
        else:
            backup = rng.choice(self._backups)[event.endswith("destination")]
            backup.restore(source if event.endswith("source") else destination, rng)
        self._say(f"event {event}")

    def _settle(self) -> None:
        """With calm servers: green within some runs, nothing missing, and then nothing to do.

        A folder that was refused under each of its names is asked for again when a person says so:
        the ledger remembers the server's No. So that is said."""
        ran = self.once("calm 1")
        if ran.report and any(row.error is Code.FOLDER_REFUSED for row in ran.report.folders):
            asked = replace(self.world.options, retry_refused=True)
            self.world.options, usual = asked, self.world.options
            ran = self.once("calm, and refused names again")
            self.world.options = usual
        for number in range(2, CALM_RUNS + 1):
            if ran.green and not ran.missed:
                break
            ran = self.once(f"calm {number}")
        if self._person_needed(ran):
            return
        red = self.world.source.red or self.world.destination.red
        if not ran.green and not red:
            self.oracle.fail("not green when calm", str(ran))
        if ran.report is None:
            if self._cursing:
                self.oracle.fail("one folder costs the account", str(ran))
        else:
            self._look_whole(ran, ran.report)
        self.once("idle")
        busy = any(one.busy for one in self.destination.troubles.all)
        writes = WRITES - CHANGES if busy else WRITES
        if self.world.destination.manners.list_form in RED_FORMS:
            # Nobody knows of a folder whose line cannot be read: to make it again changes nothing.
            writes = writes - {"CREATE"}
        done = [verb for verb in self.world.destination.account.writes if verb in writes]
        if done and self.world.ledger != "none":
            self.oracle.fail("not idle", f"{done[:20]}")

    @property
    def _cursing(self) -> list[Trouble]:
        """What keeps some folders from being brought over, and only those."""
        troubles = self.source.troubles.all + self.destination.troubles.all
        return [one for one in troubles if one.lasting and one.red]

    def _look_whole(self, ran: Ran, report: MailboxReport) -> None:
        def excused(name: str) -> bool:
            spelled = {name.encode(), to_wire(name)}
            return any(one.curses(text) for one in self._cursing for text in spelled)

        def guilty(uid: int) -> bool:
            unreadable = any(isinstance(one, PoisonedSets) for one in self.destination.troubles.all)
            return unreadable or any(one.blames(uid) for one in self.source.troubles.all)

        forms = {self.world.source.manners.list_form, self.world.destination.manners.list_form}
        if not forms & RED_FORMS:
            for words in self.oracle.complete(report, ran.notes, excused)[:5]:
                self.oracle.fail("not complete when calm", words)
        for words in blamed_in_vain(self.world.source.account, ran.notes, guilty)[:5]:
            self.oracle.fail("one message costs others", words)

    def _person_needed(self, ran: Ran) -> bool:
        """Mode ALL may ask before it removes much."""
        codes = {ran.error.code} if ran.error else set()
        codes |= {row.error for row in ran.report.folders if row.error} if ran.report else set()
        waiting = {Code.DELETION_REFUSED, Code.REMOVAL_UNSUPPORTED, Code.REMOVAL_WAITS}
        return self.world.options.mode is Mode.ALL and not waiting.isdisjoint(codes)

    def once(self, name: str) -> Ran:
        world = self.world
        self.oracle.remember_peaks()
        before = Before.of(world.source.account, world.destination.account)
        self._say(f"--- {name}")
        with self._watched(name):
            ran = self._migrate()
        self._say(f"{name}: {ran}")
        told = (f"{n.folder} {n.uid} {n.outcome} {n.code} {n.server_words}" for n in ran.notes[:30])
        self._say("".join(f"\n    {words}" for words in told))
        self.oracle.remember_peaks()
        self.oracle.judge(before, ran.report, ran.notes)
        for account in (world.source.account, world.destination.account):
            for box in account.boxes.values():
                box.stood.add((box.uidnext, len(box.messages)))
        return ran

    def _migrate(self) -> Ran:
        notes = Notes()
        try:
            with self._ledger() as ledger:
                report = self._between(ledger, notes)
                if isinstance(ledger, FileLedger):
                    ledger.end_run()
                elif isinstance(ledger, MemoryLedger):
                    ledger.begin_run()
        except SyncError as error:
            return Ran(notes.notes, error=error)
        return Ran(notes.notes, report)

    def _between(self, ledger: Ledger, notes: Notes) -> MailboxReport:
        ports = frozenset({self.source.port, self.destination.port})
        slow = {"silence"} & {*self.world.source.names, *self.world.destination.names}
        policy = NetworkPolicy(
            (ip_network("127.0.0.0/8"),),
            ports,
            connect_timeout=5.0,
            read_timeout=0.7 if slow else 10.0,
        )
        login = Login("me", "secret")
        here = Server("127.0.0.1", self.source.port, Security.NONE)
        there = Server("127.0.0.1", self.destination.port, Security.NONE)
        reader = open_source(here, login, policy, wait=notes.wait, compress=False)
        writer = open_destination(there, login, policy, wait=notes.wait, compress=False)
        with closing(reader), closing(writer):
            both(reader.connect, writer.connect)
            return migrate(
                reader, writer, ledger, options=self.world.options, progress=notes, stop=notes
            )

    @contextmanager
    def _ledger(self) -> Iterator[Ledger]:
        if self.world.ledger == "file":
            with closing(FileLedger(self.directory / "ledger", "subject")) as ledger:
                yield ledger
        elif self.world.ledger == "memory":
            yield self.memory
        else:
            yield MemoryLedger()

    @contextmanager
    def _watched(self, name: str) -> Iterator[None]:
        """A run that takes too long has its lines cut."""
        begun = time.monotonic()
        watch = threading.Timer(self.patience, self._cut, (name,))
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            self._say(f"{name} took {time.monotonic() - begun:.3f} s")

    def _cut(self, name: str) -> None:
        self.oracle.fail("hangs", f"{name} takes more than {self.patience} s")
        self.source.stop()
        self.destination.stop()

    def _say(self, text: str) -> None:
        if text:
            self.log.append(text)
        if self.trace and text:
            self.trace(text)


def play(
    seed: int,
    *,
    choice: Choice | None = None,
    trace: Callable[[str], None] | None = None,
) -> Result:
    """Play one seed; whatever is raised that is none of the engine's errors is a failure, too."""
    begun = time.monotonic()
    world = build(seed, choice)
    with tempfile.TemporaryDirectory(dir=_memory()) as directory:
        acted = Play(world, Path(directory), trace)
        try:
            failures = acted.run()
        except Exception as error:  # noqa: BLE001 - a failure with a name
            where = _where(error)
            failures = [*acted.oracle.failures, Failure("raises", f"{error!r} {where}")]
    return Result(world, failures, time.monotonic() - begun, acted.log)


def _where(error: BaseException) -> str:
    trace, last = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        last = f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return last


def _memory() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


__all__ = ["Play", "Random", "Result", "play"]
