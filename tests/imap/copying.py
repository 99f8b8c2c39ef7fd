"""A real copy from one mailbox to another, each behind a line that is watched."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing

from imap import (
    ImapDestination,
    ImapSource,
    Login,
    Server,
    Throttle,
    open_destination,
    open_source,
)
from sync.asking import messages
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.model import Appended, Fetched, Folder, Outgoing, Wanted
from sync.options import Security, SyncOptions
from sync.report import Verdict
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.line import Line
from tests.imap.policy import policy_for

INBOX = Folder("INBOX")
DATE = "17-Jul-1996 02:44:25 -0700"


class Copy:
    """The source by TLS, the destination in plain text. A ledger is kept from run to run."""

    def __init__(self, lines: Sequence[Line], logins: Sequence[Login], ca_file: str) -> None:
        self.lines = lines
        self.compress: bool | None = None
        self._logins = logins
        self._policy = policy_for(*(line.port for line in lines), ca_file=ca_file, timeout=20.0)
        self._ledger = MemoryLedger()

    def source(self, throttle: Throttle | None = None) -> ImapSource:
        server = Server("localhost", self.lines[0].port, Security.TLS)
        return open_source(
            server, self._logins[0], self._policy, throttle=throttle, compress=self.compress
        )

    def destination(self, throttle: Throttle | None = None) -> ImapDestination:
        server = Server("localhost", self.lines[1].port, Security.NONE)
        return open_destination(
            server, self._logins[1], self._policy, throttle=throttle, compress=self.compress
        )

    def writer_to_source(self) -> ImapDestination:
        """To fill it."""
        server = Server("localhost", self.lines[0].port, Security.TLS)
        return open_destination(server, self._logins[0], self._policy)

    def run(self, options: SyncOptions, throttle: Throttle | None = None) -> Verdict:
        self._ledger.begin_run()
        with (
            closing(self.source(throttle)) as source,
            closing(self.destination(throttle)) as destination,
        ):
            return migrate(
                source,
                destination,
                self._ledger,
                options=options,
                progress=SilentProgress(),
                stop=NeverStop(),
            ).verdict


def put(writer: ImapDestination, bodies: Sequence[bytes]) -> None:
    """Into the INBOX."""
    sent = (
        Outgoing(INBOX, number, len(data), DATE, frozenset(), iter([data]))
        for number, data in enumerate(bodies)
    )
    outcomes = list(writer.append(sent))
    assert all(isinstance(outcome, Appended) for outcome in outcomes), outcomes


def read(reader: ImapSource) -> list[bytes]:
    """Every body of the INBOX, sorted."""
    listing = messages(reader, INBOX)
    wanted = Wanted(INBOX, listing.status.uidvalidity, tuple(meta.uid for meta in listing.messages))
    return sorted(
        b"".join(answer.chunks)
        for _, answer in reader.bodies([wanted])
        if isinstance(answer, Fetched)
    )


def letters(count: int, size: int) -> list[bytes]:
    """So many of about this size, in words: half of it can be squeezed out of them."""
    chosen = random.Random(count * size)
    words = [bytes(chosen.choices(b"abcdefghijklmnop", k=chosen.randint(2, 9))) for _ in range(900)]
    bodies = []
    for number in range(count):
        text = b" ".join(chosen.choices(words, k=chosen.randint(size // 14, size // 5)))
        lines = b"\r\n".join(text[at : at + 70] for at in range(0, len(text), 70))
        bodies.append(b"Message-ID: <l%d@x>\r\nSubject: %d\r\n\r\n" % (number, number) + lines)
    return bodies
