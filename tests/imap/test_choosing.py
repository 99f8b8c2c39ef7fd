"""Messages chosen by age and size, copied once, and duplicates removed: on two real servers with
different separators and prefixes."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bench.compare import fingerprints, read_mailbox
from bench.corpus import give
from imap import ImapDestination, Login, Server, open_destination
from launch.dovecot import Dovecot
from sync.errors import Code
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.model import Appended, Folder, Outgoing
from sync.options import MessageChoice, Mode, Security, SyncOptions
from sync.report import MailboxReport, Outcome, Verdict
from tests.faults.mailbox import write_mailbox
from tests.faults.proxy import Proxy
from tests.faults.script import Script
from tests.faults.stage import WRITES
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.policy import policy_for

NOW = datetime(2024, 7, 20, 12, 0, tzinfo=UTC)
CHANGES = ("APPEND", "STORE", "CREATE", "EXPUNGE")
OLD, YOUNG = "17-Jul-2014 02:44:25 +0200", "19-Jul-2024 12:00:00 -0700"


def mail(number: int, text: str = "hello") -> bytes:
    return (
        f"Message-ID: <m{number}@x.test>\r\nDate: Wed, 17 Jul 2024 02:44:25 +0200\r\n"
        f"From: a@x.test\r\nSubject: {number}\r\n\r\n{text}\r\n"
    ).encode()


@dataclass
class Post:
    """Two mailboxes on two servers, each behind a proxy; a ledger is kept from run to run."""

    servers: tuple[Dovecot, Dovecot]
    proxies: tuple[Proxy, Proxy]
    login: Login
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def client(self, side: int) -> ImapDestination:
        port = self.proxies[side].port
        server = Server("localhost", port, Security.NONE)
        return open_destination(server, self.login, policy_for(port, timeout=20.0), compress=False)

    def put(self, side: int, folder: str, *bodies: bytes, date: str = YOUNG) -> None:
        with closing(self.client(side)) as client:
            client.create([folder])
            sent = (
                Outgoing(Folder(folder), number, len(body), date, frozenset(), iter([body]))
                for number, body in enumerate(bodies)
            )
            assert all(isinstance(outcome, Appended) for outcome in client.append(sent))

    def run(self, options: SyncOptions) -> MailboxReport:
        """The source is as it was afterwards, and nobody has sent it anything that writes."""
        self.ledger.begin_run()
        before = fingerprints(self.servers[0].maildir(self.login.username))
        for proxy in self.proxies:
            proxy.reset(Script())
        with closing(self.client(0)) as source, closing(self.client(1)) as destination:
            report = migrate(
                source,
                destination,
                self.ledger,
                options=options,
                progress=SilentProgress(),
                stop=NeverStop(),
            )
        assert all(folder.balanced for folder in report.folders)
        assert fingerprints(self.servers[0].maildir(self.login.username)) == before
        assert not WRITES & set(self.proxies[0].names())
        return report

    def written(self) -> list[str]:
        names = self.proxies[1].names()
        return [name for name in names if any(change in name for change in CHANGES)]

    def there(self) -> dict[str, Counter[bytes]]:
        """The first lines of what is at the destination, by folder."""
        mailbox = read_mailbox(self.servers[1].maildir(self.login.username))
        return {
            name: Counter(one.begin.split(b"@")[0].rpartition(b"<")[2] for one in held.elements())
            for name, held in sorted(mailbox.items())
        }


@pytest.fixture(scope="session")
def choosers(source_server: Dovecot, destination_server: Dovecot) -> Iterator[Login]:
    """Logins that both servers know, made all at once."""
    names = [f"chooser{number}@example.test" for number in range(12)]
    for server in (source_server, destination_server):
        for name in names:
            server.add_user(name, "pass word")
    time.sleep(1.1)
    return (Login(name, "pass word") for name in names)


@pytest.fixture
def post(
    source_server: Dovecot, destination_server: Dovecot, choosers: Iterator[Login]
) -> Iterator[Callable[..., Post]]:
    """Made with the capabilities that the destination seems not to have."""
    with ExitStack() as stack:

        def make(without: Collection[str] = ()) -> Post:
            servers = (source_server, destination_server)
            one = Proxy(source_server.spec.port)
            two = Proxy(destination_server.spec.port, without=without)
            stack.callback(one.close)
            stack.callback(two.close)
            return Post(servers, (one, two), next(choosers))

        yield make


def numbers(report: MailboxReport) -> list[int]:
    return [report.total(str(outcome)) for outcome in Outcome]


@pytest.mark.parametrize("mode", Mode)
def test_age_and_size(post: Callable[..., Post], mode: Mode) -> None:
    """What is outside is left out, run after run, until somebody chooses otherwise; then it comes,
    and stays whatever is chosen."""
    world = post()
    world.put(0, "INBOX", mail(1), mail(2, "x" * 9000))
    world.put(0, "INBOX", mail(3), date=OLD)
    world.put(0, "Work/Deep", mail(4, "x" * 9000), date=OLD)
    choice = MessageChoice(max_age_days=30, since=date(2024, 1, 1), max_size=5000)
    options = SyncOptions(mode=mode, messages=choice, as_of=NOW)
    dry = world.run(replace(options, dry_run=True))
    assert not world.written()
    report = world.run(options)
    assert numbers(report) == numbers(dry) == [1, 0, 3, 0, 0]
    assert (report.verdict, report.exceptions) == (Verdict.VERIFIED, 0)
    assert world.there() == {"": Counter([b"m1"])}
    assert numbers(world.run(options)) == [0, 1, 3, 0, 0]
    assert not world.written()
    assert numbers(world.run(SyncOptions(mode=mode))) == [3, 1, 0, 0, 0]
    assert world.there() == {"": Counter([b"m1", b"m2", b"m3"]), ".Work.Deep": Counter([b"m4"])}
    report = world.run(options)
    assert (numbers(report), report.verdict) == ([0, 4, 0, 0, 0], Verdict.VERIFIED)
    assert not world.written()


@pytest.mark.parametrize("mode", Mode)
def test_once(post: Callable[..., Post], mode: Mode) -> None:
    """Each content in its first folder, as often as there; one byte of difference makes two; new
    mail in a later folder is known by a folder that rests; a second run writes nothing."""
    world = post()
    world.put(0, "Work/Deep", mail(1), mail(2), mail(2), mail(3, "hellO"))
    world.put(0, "INBOX", mail(1), mail(3))
    world.put(0, "Zoo", mail(2), mail(4), mail(1))
    options = SyncOptions(mode=mode, messages=MessageChoice(once=True))
    dry = world.run(replace(options, dry_run=True))
    assert not world.written()
    report = world.run(options)
    assert numbers(report) == numbers(dry) == [6, 0, 3, 0, 0]
    assert report.verdict is Verdict.VERIFIED
    wanted = {
        "": Counter([b"m1", b"m3"]),
        ".Work.Deep": Counter([b"m2", b"m2", b"m3"]),
        ".Zoo": Counter([b"m4"]),
    }
    assert world.there() == wanted
    assert numbers(world.run(options)) == [0, 6, 3, 0, 0]
    assert not world.written()
    world.put(0, "Zoo", mail(3), mail(5))
    assert numbers(world.run(options)) == [1, 6, 4, 0, 0]
    assert world.there() == wanted | {".Zoo": Counter([b"m4", b"m5"])}
    assert numbers(world.run(replace(options, messages=MessageChoice()))) == [4, 7, 0, 0, 0]


def test_once_loses_nothing(post: Callable[..., Post]) -> None:
    """A mailbox that is hard to copy, with odd names, identical messages and such without a
    Message-ID, and all of one folder in three more: each content stands in one folder, as often as
    in one of the source's."""
    world = post()
    mine, theirs = (server.maildir(world.login.username) for server in world.servers)
    write_mailbox(mine)
    for folder in (".Kopie", ".Sent.Kopie", ".Zzz"):
        shutil.copytree(mine / ".Archiv", mine / folder, copy_function=shutil.copy2)
    give(mine.parent)
    dry = world.run(SyncOptions(messages=MessageChoice(once=True), dry_run=True))
    report = world.run(SyncOptions(messages=MessageChoice(once=True)))
    assert report.verdict is Verdict.VERIFIED
    assert numbers(report) == numbers(dry)
    assert report.total("skipped") >= 36
    ours, held = by_content(mine), by_content(theirs)
    assert ours.keys() == held.keys()
    for content, (number, *others) in held.items():
        assert not others
        assert number in ours[content]
    world.run(SyncOptions(messages=MessageChoice(once=True)))
    assert not world.written()


def by_content(maildir: Path) -> dict[bytes, list[int]]:
    """How often each content is in the folders that hold it."""
    found: dict[bytes, list[int]] = {}
    for folder in read_mailbox(maildir).values():
        for content, number in Counter(one.digest for one in folder.elements()).items():
            found.setdefault(content, []).append(number)
    return found


@pytest.mark.parametrize("mode", Mode)
def test_duplicates(post: Callable[..., Post], mode: Mode) -> None:
    """Copies stay, as many as at the source; of other mail one stays, but where mode ALL removes
    it; what differs in one byte stays; a second run writes nothing."""
    world = post()
    world.put(0, "INBOX", mail(1), mail(2), mail(2))
    world.put(1, "INBOX", mail(1), mail(1), *([mail(2)] * 3), mail(2, "hellO"), mail(9), mail(9))
    options = SyncOptions(mode=mode, delete_duplicates=True)
    dry = world.run(replace(options, dry_run=True))
    assert not world.written()
    report = world.run(options)
    wiped = mode is Mode.ALL
    for counted in (dry, report):
        counts = (counted.total("removed"), counted.total("duplicates_removed"))
        assert counts == ((5, 0) if wiped else (0, 3))
    assert report.verdict is Verdict.VERIFIED
    left = Counter([b"m1", b"m2", b"m2"])
    assert world.there() == {"": left if wiped else left + Counter([b"m2", b"m9"])}
    assert world.run(options).total("duplicates_removed") == 0
    assert not world.written()


def test_duplicates_without_uidplus(post: Callable[..., Post]) -> None:
    """Refused in words for the folder that has some, and nothing is removed."""
    world = post(without=("UIDPLUS",))
    world.put(0, "INBOX", mail(1), mail(2))
    world.put(1, "INBOX", mail(1), mail(1), mail(9))
    report = world.run(SyncOptions(delete_duplicates=True))
    (inbox,) = (folder for folder in report.folders if folder.source == "INBOX")
    assert (inbox.error, inbox.duplicates_removed) == (Code.REMOVAL_UNSUPPORTED, 0)
    assert "EXPUNGE" not in " ".join(world.proxies[1].names())
    assert world.there() == {"": Counter([b"m1", b"m1", b"m2", b"m9"])}
