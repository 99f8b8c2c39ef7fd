"""What a second run costs, in commands and bytes, on real servers seen through proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import pytest

from imap import ImapDestination, Login, Server, open_destination
from launch.dovecot import Dovecot
from sync.asking import messages
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.model import FlagChange
from sync.options import Mode, Security, SyncOptions
from sync.report import MailboxReport, Verdict
from tests.faults.proxy import Proxy
from tests.faults.script import Script
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.copying import INBOX, put
from tests.imap.policy import policy_for

KINDS = {
    "QRESYNC": (),
    "CONDSTORE": ("QRESYNC",),
    "neither": ("QRESYNC", "CONDSTORE", "ENABLE", "ESEARCH"),
}
WHOLE = 95
"""Bytes that a message takes in a whole listing."""


def bodies(first: int, count: int) -> list[bytes]:
    return [
        b"Message-ID: <r%d@x>\r\nSubject: %d\r\n\r\nshort\r\n" % (number, number)
        for number in range(first, first + count)
    ]


@dataclass
class Rerun:
    """Two mailboxes of a server behind proxies that hide some of its capabilities."""

    proxies: tuple[Proxy, Proxy]
    logins: tuple[Login, Login]
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def client(self, side: int) -> ImapDestination:
        port = self.proxies[side].port
        server = Server("localhost", port, Security.NONE)
        return open_destination(
            server, self.logins[side], policy_for(port, timeout=20.0), compress=False
        )

    def run(self, mode: Mode = Mode.FLAGS_AND_NEW) -> MailboxReport:
        """What is counted begins with it."""
        self.ledger.begin_run()
        for proxy in self.proxies:
            proxy.reset(Script())
        with closing(self.client(0)) as source, closing(self.client(1)) as destination:
            return migrate(
                source,
                destination,
                self.ledger,
                options=SyncOptions(mode=mode),
                progress=SilentProgress(),
                stop=NeverStop(),
            )

    @property
    def told(self) -> list[int]:
        """Bytes that the servers have sent."""
        return [proxy.watch.told for proxy in self.proxies]

    @property
    def commands(self) -> list[list[str]]:
        return [[n for n in proxy.names() if n != "LOGOUT"] for proxy in self.proxies]

    def add(self, side: int, first: int, count: int) -> None:
        with closing(self.client(side)) as client:
            put(client, bodies(first, count))

    def change(self, side: int, flagged: list[int], removed: list[int]) -> None:
        """By uid."""
        with closing(self.client(side)) as client:
            validity = messages(client, INBOX).status.uidvalidity
            changes = [FlagChange(uid, frozenset({"\\Flagged"})) for uid in flagged]
            assert client.set_flags(INBOX, validity, changes) == len(flagged)
            assert client.remove(INBOX, validity, removed) == len(removed)

    def flags(self) -> list[set[tuple[int, frozenset[str]]]]:
        """Of both sides; a message is known by its size and date, which are those of its copy."""
        found = []
        for side in (0, 1):
            with closing(self.client(side)) as client:
                listed = messages(client, INBOX).messages
                found.append({(meta.size, meta.flags) for meta in listed})
        return found


@pytest.fixture
def rerun(source_server: Dovecot, logins: tuple[Login, Login]) -> Iterator[Callable[[str], Rerun]]:
    with ExitStack() as stack:

        def make(kind: str) -> Rerun:
            one, two = (Proxy(source_server.spec.port, without=KINDS[kind]) for _ in range(2))
            stack.callback(one.close)
            stack.callback(two.close)
            return Rerun((one, two), logins)

        yield make


@pytest.mark.parametrize("kind", KINDS)
def test_new_mail_costs_what_is_new(rerun: Callable[[str], Rerun], kind: str) -> None:
    """Of 3,000 messages, 10 are new, 3 have got other flags and 2 are gone: some kilobytes a side;
    without CONDSTORE the flags of all, and no more."""
    world = rerun(kind)
    world.add(0, 0, 3000)
    assert world.run().verdict is Verdict.VERIFIED
    world.run()
    unchanged = world.told
    world.add(0, 5000, 10)
    world.change(0, flagged=[7, 8, 2000], removed=[100, 2001])
    report = world.run()
    (inbox,) = (folder for folder in report.folders if folder.source == "INBOX")
    assert (inbox.found, inbox.copied, inbox.present) == (3008, 10, 2998)
    assert (inbox.flags_changed, inbox.verified) == (3, True)
    flags = 0 if kind != "neither" else 3000 * 42
    assert all(told < 8_000 + flags < 3000 * WHOLE // 2 for told in world.told), world.told
    if kind != "neither":
        assert all(told < 2_500 for told in unchanged), unchanged
        world.run()
        for commands in world.commands:
            assert commands.count("EXAMINE") == 1
            assert commands.count("UID FETCH") == 2, "what is new, and the highest message"


@pytest.mark.parametrize("kind", KINDS)
def test_commands_do_not_grow_with_the_folder(rerun: Callable[[str], Rerun], kind: str) -> None:
    """As many for 20 messages as for 1,500 when as much has changed; and few."""
    world, counts = rerun(kind), []
    for size in (20, 1500):
        world.add(0, size * 10, size)
        world.run()
        world.add(0, size * 100, 5)
        world.change(0, flagged=[size // 2 + 1], removed=[size // 2])
        world.run()
        counts.append(world.commands)
        assert "STORE" not in " ".join(world.commands[0])
    assert counts[0] == counts[1]
    assert all(len(names) < 30 for names in counts[1]), counts[1]


def test_flags_are_not_asked_for_in_vain(rerun: Callable[[str], Rerun]) -> None:
    """A run for new messages only asks for no flags, though it cannot be told which changed."""
    world = rerun("neither")
    world.add(0, 0, 2000)
    world.run(Mode.NEW)
    world.add(0, 3000, 5)
    report = world.run(Mode.NEW)
    assert report.total("copied") == 5
    assert all(told < 6_000 for told in world.told), world.told


@pytest.mark.parametrize("kind", KINDS)
def test_mail_that_came_to_the_destination_is_not_listed_for_nothing(
    rerun: Callable[[str], Rerun], kind: str
) -> None:
    """Where the destination has mail of its own, only that can be the twin of new mail: it is
    found there, and not doubled."""
    world = rerun(kind)
    world.add(0, 0, 1500)
    world.add(1, 7000, 3)
    world.run(Mode.NEW)
    world.add(0, 7002, 2)
    report = world.run(Mode.NEW)
    assert (report.total("copied"), report.total("present")) == (1, 1501)
    assert all(told < 9_000 for told in world.told), world.told


@pytest.mark.parametrize("kind", KINDS)
def test_mode_all_removes_what_has_gone(rerun: Callable[[str], Rerun], kind: str) -> None:
    """On real servers too, from what has changed alone."""
    world = rerun(kind)
    world.add(0, 0, 500)
    world.run(Mode.ALL)
    world.change(0, flagged=[9], removed=[1, 250, 500])
    world.change(1, flagged=[10], removed=[20])
    world.add(1, 9000, 2)
    report = world.run(Mode.ALL)
    assert (report.total("removed"), report.total("copied")) == (5, 1)
    assert report.total("flags_changed") == 2
    one, two = world.flags()
    assert one == two
