"""One mailbox brought from one real server to another, with a watch on the destination's line."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace

from imap import Login, Server, open_destination, open_source
from sync.errors import SyncError
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.options import ProofLevel, Security, SyncOptions
from sync.report import MailboxReport, MessageNote
from tests.faults.proxy import Proxy
from tests.faults.script import Script
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.policy import policy_for
from tests.real.plain import Box, folders
from tests.real.servers import PASSWORD, MailServer

WRITES = {
    *("APPEND", "CREATE", "RENAME", "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "STORE", "UID STORE"),
    *("COPY", "UID COPY", "UID MOVE", "EXPUNGE", "UID EXPUNGE", "CLOSE", "SELECT"),
}
"""Commands that may change something. The engine closes nothing, and EXAMINE is no SELECT."""

Boxes = dict[bytes, Box]


class Notes(SilentProgress):
    def __init__(self) -> None:
        self.all: list[MessageNote] = []

    def note(self, note: MessageNote) -> None:
        self.all.append(note)


@dataclass(frozen=True, slots=True)
class Ended:
    """One run: its report, or what it was stopped by; and what it sent to the destination."""

    report: MailboxReport | None
    error: SyncError | None
    notes: tuple[MessageNote, ...]
    written: Counter[str]


@dataclass(slots=True)
class Move:
    """Both mailboxes, and the ledger that is kept from run to run."""

    source: MailServer
    destination: MailServer
    logins: tuple[str, str]
    options: SyncOptions = field(default_factory=SyncOptions)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def run(
        self, ledger: MemoryLedger | None = None, proof: ProofLevel = ProofLevel.METADATA
    ) -> Ended:
        """With a ledger of its own, or the one that is kept."""
        kept = ledger or self.ledger
        kept.begin_run()
        proxy = Proxy(self.destination.port)
        proxy.reset(Script())
        notes = Notes()
        report, error = None, None
        try:
            report = self._migrate(proxy.port, kept, notes, proof)
        except SyncError as stopped:
            error = stopped
        finally:
            proxy.wait_idle()
            proxy.close()
        written = Counter(name for name in proxy.names() if name in WRITES)
        return Ended(report, error, tuple(notes.all), written)

    def _migrate(
        self, port: int, ledger: MemoryLedger, notes: Notes, proof: ProofLevel
    ) -> MailboxReport:
        policy = policy_for(self.source.port, port, timeout=30.0)
        sides = [Server("localhost", one, Security.NONE) for one in (self.source.port, port)]
        ours, theirs = (Login(login, PASSWORD) for login in self.logins)
        with (
            closing(open_source(sides[0], ours, policy, compress=False)) as source,
            closing(open_destination(sides[1], theirs, policy, compress=False)) as destination,
        ):
            return migrate(
                source,
                destination,
                ledger,
                options=replace(self.options, proof=proof),
                progress=notes,
                stop=NeverStop(),
            )

    def read(self) -> tuple[Boxes, Boxes]:
        """What both servers hold now."""
        return (
            folders(self.source.port, self.logins[0]),
            folders(self.destination.port, self.logins[1]),
        )
