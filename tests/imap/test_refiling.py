"""Messages that stand in an archive are put where the source has them: on two real servers, with
MOVE and without, and on scripted ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest

from bench.compare import Mailbox, read_mailbox, total
from bench.corpus import give
from imap import ImapDestination, Login, Server, open_destination
from launch.dovecot import Dovecot
from sync.errors import AccountError, Code, FolderError, UidValidityChanged
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.model import Folder
from sync.options import Mode, Refiling, Security, SyncOptions
from sync.refiling_values import Filed, Filing
from sync.report import MailboxReport, Verdict
from tests.faults.mailbox import body, write_journal, write_mailbox
from tests.faults.proxy import Proxy
from tests.faults.script import Script
from tests.faults.stage import WRITES
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.conftest import Scene
from tests.imap.policy import policy_for
from tests.imap.scripted import Talk

MOVE = SyncOptions(refiling=Refiling.MOVE, refile_from="INBOX.Journal")
COPY = replace(MOVE, refiling=Refiling.COPY)
KINDS = {
    "MOVE": (),
    "UIDPLUS only": ("MOVE",),
    "no new uids": ("UIDPLUS", "CONDSTORE", "QRESYNC"),
}


@dataclass
class Office:
    """Two mailboxes on two servers, each behind a proxy; a ledger is kept from run to run."""

    servers: tuple[Dovecot, Dovecot]
    proxies: tuple[Proxy, Proxy]
    login: Login
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def client(self, side: int) -> ImapDestination:
        port = self.proxies[side].port
        server = Server("localhost", port, Security.NONE)
        return open_destination(server, self.login, policy_for(port, timeout=20.0), compress=False)

    def run(self, options: SyncOptions) -> MailboxReport:
        """What is counted begins with it."""
        self.ledger.begin_run()
        for proxy in self.proxies:
            proxy.reset(Script())
        with closing(self.client(0)) as source, closing(self.client(1)) as destination:
            return migrate(
                source,
                destination,
                self.ledger,
                options=options,
                progress=SilentProgress(),
                stop=NeverStop(),
            )

    def maildir(self, side: int) -> Path:
        return self.servers[side].maildir(self.login.username)

    def stored(self, side: int) -> Mailbox:
        return read_mailbox(self.maildir(side))

    @property
    def equal(self) -> bool:
        """What the source has in a folder the destination has there, flags and dates too."""
        theirs = self.stored(1)
        return all(theirs.get(name) == held for name, held in self.stored(0).items())

    def writes(self) -> set[str]:
        return {name for proxy in self.proxies for name in proxy.names()} & WRITES

    def bodies(self, side: int) -> list[bytes]:
        """The commands that have asked for bodies."""
        asked = (command.line for command in self.proxies[side].commands)
        return [line for line in asked if b"BODY.PEEK[]" in line]

    def fill(self, folder: str, numbers: range, *, size: int = 200) -> None:
        """At the source, as files: each message its own, and seen."""
        directory = self.maildir(0) / (folder and f".{folder}")
        for part in ("cur", "new", "tmp"):
            (directory / part).mkdir(parents=True, exist_ok=True)
        for one in numbers:
            path = directory / "cur" / f"{1_650_000_000 + one}.M{one}P1.old:2,S"
            path.write_bytes(body(f"m{one}", size=size))
        give(self.maildir(0).parent)

    def archive(self) -> None:
        write_journal(self.maildir(0), self.maildir(1))


@pytest.fixture(scope="session")
def clerks(source_server: Dovecot, destination_server: Dovecot) -> Iterator[Login]:
    """Logins that both servers know, made all at once."""
    names = [f"clerk{number}@example.test" for number in range(20)]
    for server in (source_server, destination_server):
        for name in names:
            server.add_user(name, "pass word")
    time.sleep(1.1)
    return (Login(name, "pass word") for name in names)


@pytest.fixture
def office(
    source_server: Dovecot, destination_server: Dovecot, clerks: Iterator[Login]
) -> Iterator[Callable[..., Office]]:
    """Made with the capabilities that the destination seems not to have."""
    with ExitStack() as stack:

        def make(without: Collection[str] = ()) -> Office:
            servers = (source_server, destination_server)
            hidden = ((), without)
            ports = (server.spec.port for server in servers)
            one, two = (Proxy(port, without=some) for port, some in zip(ports, hidden, strict=True))
            stack.callback(one.close)
            stack.callback(two.close)
            return Office(servers, (one, two), next(clerks))

        yield make


@pytest.mark.parametrize("kind", KINDS)
def test_no_body_passes_the_line(office: Callable[..., Office], kind: str) -> None:
    """150 messages of 20 kB stand in a journal: they are moved, with the source's flags, and a
    second run writes nothing."""
    world = office(KINDS[kind])
    for first, folder in zip(count(0, 50), ("", "Work", "Work.Deep"), strict=False):
        world.fill(folder, range(first, first + 50), size=20_000)
    world.archive()
    report = world.run(MOVE)
    assert report.verdict is Verdict.VERIFIED
    assert (report.total("refiled"), report.total("bodies_spared")) == (150, 150)
    assert report.total("size_spared") > 150 * 20_000
    assert world.equal
    assert ".Journal" not in world.stored(1)
    assert not world.bodies(0)
    assert sum(proxy.watch.told for proxy in world.proxies) < 150 * 1500
    assert "APPEND" not in world.writes()
    assert world.run(MOVE).total("refiled") == 0
    assert not world.writes()


@pytest.mark.parametrize("options", [MOVE, COPY, replace(MOVE, refile_from="", mode=Mode.NEW)])
def test_a_mailbox_that_is_hard_to_copy(
    office: Callable[..., Office], options: SyncOptions
) -> None:
    """Identical messages, some without a Message-ID, odd names, keywords: all in their places; and
    as many are left in the archive as have to be."""
    world = office()
    write_mailbox(world.maildir(0))
    world.archive()
    rehearsed = world.run(replace(options, dry_run=True))
    assert not world.writes()
    report = world.run(options)
    assert report.verdict is Verdict.VERIFIED
    assert report.total("refiled") == rehearsed.total("refiled") == 60
    assert report.total("flags_changed") == rehearsed.total("flags_changed")
    assert world.equal
    held = total(world.stored(1))
    assert held == (120 if options.refiling is Refiling.COPY else 60)
    world.run(options)
    assert not world.writes()


def test_a_large_journal_costs_few_commands(office: Callable[..., Office]) -> None:
    """2,000 messages in four folders, mixed in the archive: some dozens of commands, each of less
    than 1,000 bytes."""
    world = office()
    names = ("", "Work", "Sent", "R" * 180)
    for place, name in enumerate(names):
        world.fill(name, range(place, 2000, 4))
    world.archive()
    report = world.run(MOVE)
    assert report.total("refiled") == 2000
    assert world.equal
    commands = world.proxies[1].commands
    assert len(commands) < 120, world.proxies[1].names()
    assert max(len(command.line) for command in commands) < 1000


def test_without_move_and_uidplus_nothing_is_touched(office: Callable[..., Office]) -> None:
    """EXPUNGE could take more than what was filed: a person has to choose COPY."""
    world = office(("MOVE", "UIDPLUS"))
    world.fill("Work", range(5))
    world.archive()
    before = world.stored(1)
    with pytest.raises(AccountError) as caught:
        world.run(MOVE)
    assert caught.value.code is Code.MOVE_UNSAFE
    assert world.stored(1) == before
    assert world.run(COPY).total("refiled") == 5
    assert world.equal


ORIGIN, TARGET = Folder("Journal", wire_name=b"Journal"), Folder("Work", wire_name=b"Work")
FILING = Filing(ORIGIN, 7, TARGET, (2, 4, 5), moves=True)
MOVES = "IMAP4rev1 LITERAL+ UIDPLUS MOVE"


def _file(scene: Scene, *answers: Callable[[Talk], object], offers: str = MOVES) -> Filed:
    def script(talk: Talk) -> None:
        talk.welcome(offers)
        talk.open_folder(exists=5, verb=b"SELECT")
        for answer in answers:
            answer(talk)
        talk.line()

    return scene.destination(script).file(FILING)


@pytest.mark.parametrize(
    ("said", "pairs"),
    [
        (b"COPYUID 9 2,4:5 31:33", {2: 31, 4: 32, 5: 33}),
        (b"COPYUID 9 4:5,2 31:33", {4: 31, 5: 32, 2: 33}),
        (b"COPYUID 9 2 31", {2: 31}),
        (b"COPYUID 9 1:3 31:33", {2: 32}),
        (b"COPYUID 9 2,4:5 31:32", {}),
        (b"COPYUID 9 2,4:5", {}),
        (b"COPYUID ", {}),
        (b"COPYUID 9 two 31", {}),
        (b"COPYUID 0 2 31", {}),
    ],
)
def test_new_uids_are_believed_if_they_make_sense(
    scene: Scene, said: bytes, pairs: dict[int, int]
) -> None:
    """As many new ones as old ones, of those that were asked for; in the order that is told."""
    moved = (b"* OK [" + said + b"] moved", b"* 2 EXPUNGE")
    filed = _file(scene, lambda talk: talk.answer(b'UID MOVE 2,4:5 "Work"', *moved))
    assert (filed.pairs, filed.error) == (pairs, None)


def test_only_what_is_known_to_be_copied_is_taken_away(scene: Scene) -> None:
    """By UID EXPUNGE; what the server then will not remove stays."""

    def marks(talk: Talk) -> None:
        talk.answer(b"UID STORE 2,5 +FLAGS.SILENT (\\Deleted)")
        talk.answer(b"UID EXPUNGE 2,5", status=b"NO not now")
        talk.answer(b"NOOP")
        talk.answer(b"UID EXPUNGE 2", status=b"NO not now")
        talk.answer(b"NOOP")
        talk.answer(b"UID EXPUNGE 5")

    copied = b"OK [COPYUID 9 2,5 31:32] copied"
    filed = _file(
        scene,
        lambda talk: talk.answer(b'UID COPY 2,4:5 "Work"', status=copied),
        marks,
        offers="IMAP4rev1 UIDPLUS",
    )
    assert filed == Filed({2: 31, 5: 32}, 9)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"NO [OVERQUOTA] full", Code.FOLDER_REFUSED),
        (b"NO [TRYCREATE] no such folder", Code.FOLDER_MISSING),
        (b"BAD what", Code.FOLDER_REFUSED),
    ],
)
def test_a_refusal_is_an_answer(scene: Scene, said: bytes, code: Code) -> None:
    """With what was moved before it."""
    moved = b"* OK [COPYUID 9 2 31] moved"

    def refuses(talk: Talk) -> None:
        talk.answer(b"UID MOVE", moved, status=said)
        for uid in (b"4", b"5") if said.startswith(b"BAD") else ():
            talk.answer(b"NOOP")
            talk.answer(b"UID MOVE " + uid, status=said)

    filed = _file(scene, refuses)
    assert filed.pairs == {2: 31}
    assert isinstance(filed.error, FolderError)
    assert filed.error.code is code


def test_what_is_refused_for_now_is_asked_for_once_more(scene: Scene) -> None:
    """After a while."""
    filed = _file(
        scene,
        lambda talk: talk.answer(b"UID MOVE", status=b"NO [INUSE] later"),
        lambda talk: talk.answer(b"UID MOVE", status=b"OK [COPYUID 9 2,4:5 31:33] moved"),
    )
    assert (len(filed.pairs), filed.error) == (3, None)
    assert scene.pauses == [2.0]


def test_a_folder_made_anew_is_not_touched(scene: Scene) -> None:
    """Its uids mean other messages."""

    def script(talk: Talk) -> None:
        talk.welcome(MOVES)
        talk.open_folder(exists=5, uidvalidity=8, verb=b"SELECT")
        talk.line()

    with pytest.raises(UidValidityChanged):
        scene.destination(script).file(FILING)
    assert not [line for line in scene.heard if b"MOVE " in line]
