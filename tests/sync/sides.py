"""Two memory servers and what watches them: the furniture of the heart's tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sync.errors import ConnectionLost, Side, StopReason
from sync.mailbox import migrate
from sync.memory import MemoryMessage, MemoryServer
from sync.memory_ledger import MemoryLedger
from sync.model import Namespace
from sync.options import SyncOptions
from sync.report import FolderReport, MailboxReport, MessageNote, Outcome

DATE = "17-Jul-2024 02:44:25 +0200"


class Killed(BaseException):
    """The process is gone: no code of ours may catch this."""


def message(
    number: int, *, message_id: bool = True, text: str = "hello", flags: tuple[str, ...] = ()
) -> MemoryMessage:
    head = f"Message-ID: <m{number}@x.test>\r\n" if message_id else ""
    body = f"{head}Date: Wed, 17 Jul 2024 02:44:25 +0200\r\nSubject: {number}\r\n\r\n{text}\r\n"
    return MemoryMessage(body.encode(), DATE, frozenset(flags))


@dataclass(slots=True)
class Watcher:
    """Progress and Stop in one."""

    reports: list[FolderReport] = field(default_factory=list)
    notes: list[MessageNote] = field(default_factory=list)
    counts: Counter[Outcome] = field(default_factory=Counter)
    plan: tuple[int, int] = (0, 0)
    stop_after: int | None = None
    """Ask for a pause at the n-th question."""
    asked: int = 0
    proofs: int = 0
    waited: float = 0
    """Seconds that a real run would have paused."""

    def planned(self, messages: int, size: int) -> None:
        self.plan = (messages, size)

    def folder(self, source: str, destination: str) -> None:
        pass

    def moved(self, outcome: Outcome, messages: int, size: int) -> None:
        self.counts[outcome] += messages

    def note(self, note: MessageNote) -> None:
        self.notes.append(note)

    def verifying(self) -> None:
        self.proofs += 1

    def folder_done(self, report: FolderReport) -> None:
        self.reports.append(report)

    def reason(self) -> StopReason | None:
        self.asked += 1
        stop = self.stop_after is not None and self.asked > self.stop_after
        return StopReason.PAUSE if stop else None

    def wait(self, seconds: float) -> None:
        self.waited += seconds


@dataclass(slots=True)
class World:
    """A source, a destination with another separator and a prefix, and a ledger between them."""

    source: MemoryServer = field(default_factory=MemoryServer)
    destination: MemoryServer = field(
        default_factory=lambda: MemoryServer(Namespace("INBOX.", "."))
    )
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def run(
        self, options: SyncOptions | None = None, watcher: Watcher | None = None
    ) -> MailboxReport:
        self.destination.writes.clear()
        return migrate(
            self.source,
            self.destination,
            self.ledger,
            options=options or SyncOptions(batch_messages=4),
            progress=watcher or Watcher(),
            stop=watcher or Watcher(),
        )

    def fill(self, folder: str, *messages: MemoryMessage) -> None:
        place = self.source.make_folder(folder)
        for one in messages:
            place.add(one)


def content(server: MemoryServer) -> dict[str, Counter[tuple[bytes, str, frozenset[str]]]]:
    """What a mailbox holds, folder by folder as multisets, named without prefix and separator."""
    prefix = server.namespace.prefix
    return {
        name.removeprefix(prefix).replace(server.namespace.delimiter, "/"): Counter(
            (m.body, m.internaldate, m.flags) for m in folder.messages.values()
        )
        for name, folder in server.content.items()
    }


class Break:
    """Raises `error` at the n-th step that passes here; counts all steps."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.at = at
        self.error = error
        self.seen = 0

    def __call__(self, step: str) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise self.error


class Refuse:
    """Raises `error` at every step of this name."""

    def __init__(self, name: str, error: BaseException) -> None:
        self.name = name
        self.error = error

    def __call__(self, step: str) -> None:
        if step == self.name:
            raise self.error


def lost(side: Side) -> ConnectionLost:
    return ConnectionLost(side=side)
