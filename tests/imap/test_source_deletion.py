"""Deletion in the source over the wire: what is said to a server, and two real ones end to end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from imap import ImapDestination, Login, Server, open_destination, open_source_deleter
from imap.source_deletion import ImapSourceDeleter
from launch.dovecot import Dovecot
from sync.asking import messages
from sync.errors import Code, FolderError, UidValidityChanged
from sync.leaving import MARKED
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.model import FlagChange, Folder, Marked
from sync.options import Mode, Security, SourceDeletion, SyncOptions
from sync.report import MailboxReport, MessageNote, Verdict
from tests.faults.proxy import Proxy
from tests.faults.script import Script
from tests.faults.watching import NeverStop, SilentProgress
from tests.imap.copying import INBOX, letters, put, read
from tests.imap.policy import policy_for
from tests.imap.scripted import Script as Said
from tests.imap.scripted import ScriptedServer, Talk

WRITES = ("STORE", "UID STORE", "EXPUNGE", "UID EXPUNGE", "SELECT", "CLOSE", "APPEND")
SYNCED = SyncOptions(source_deletion=SourceDeletion.SYNCED)
NEVER = SyncOptions()


def deleter_of(port: int, login: Login) -> ImapSourceDeleter:
    server = Server("localhost", port, Security.NONE)
    return open_source_deleter(server, login, policy_for(port, timeout=20.0))


class Noted(SilentProgress):
    def __init__(self) -> None:
        self.notes: list[MessageNote] = []

    def note(self, note: MessageNote) -> None:
        self.notes.append(note)


@dataclass
class Two:
    """A mailbox on each of two servers, the source's behind a proxy."""

    proxy: Proxy
    destination: Dovecot
    login: Login
    ledger: MemoryLedger = field(default_factory=MemoryLedger)

    def client(self, port: int) -> ImapDestination:
        server = Server("localhost", port, Security.NONE)
        return open_destination(server, self.login, policy_for(port, timeout=20.0), compress=False)

    @property
    def source(self) -> ImapDestination:
        return self.client(self.proxy.port)

    def run(self, options: SyncOptions = SYNCED) -> tuple[MailboxReport, list[MessageNote]]:
        self.ledger.begin_run()
        self.proxy.reset(Script())
        progress = Noted()
        with (
            closing(self.source) as source,
            closing(self.client(self.destination.spec.port)) as destination,
            closing(deleter_of(self.proxy.port, self.login)) as deleter,
        ):
            report = migrate(
                source,
                destination,
                self.ledger,
                options=options,
                progress=progress,
                stop=NeverStop(),
                deleter=deleter,
            )
        return report, progress.notes

    def held(self) -> tuple[list[bytes], list[bytes]]:
        """The bodies in the INBOX of both."""
        with (
            closing(self.source) as one,
            closing(self.client(self.destination.spec.port)) as other,
        ):
            return read(one), read(other)

    def writes(self) -> list[str]:
        return [name for name in self.proxy.names() if name in WRITES]


@pytest.fixture(scope="module")
def users(source_server: Dovecot, destination_server: Dovecot) -> Iterator[str]:
    names = [f"leaving{number}@example.test" for number in range(9)]
    for name in names:
        source_server.add_user(name, "pass word")
        destination_server.add_user(name, "pass word")
    time.sleep(1.1)
    return iter(names)


@pytest.fixture
def two(
    source_server: Dovecot, destination_server: Dovecot, users: Iterator[str]
) -> Iterator[Callable[..., Two]]:
    proxies: list[Proxy] = []

    def make(*without: str) -> Two:
        proxies.append(Proxy(source_server.spec.port, without=without))
        return Two(proxies[-1], destination_server, Login(next(users), "pass word"))

    yield make
    for proxy in proxies:
        proxy.close()


def test_what_is_proven_leaves(two: Callable[..., Two]) -> None:
    """300 messages in two commands that write, but not those that somebody has marked. A run in
    mode ALL after it takes none of the copies away."""
    world, bodies = two(), letters(300, 400)
    with closing(world.source) as source:
        put(source, bodies)
        listed = messages(source, INBOX)
        marks = [FlagChange(uid, frozenset({"\\Deleted", "\\Seen"})) for uid in (7, 200)]
        assert source.set_flags(INBOX, listed.status.uidvalidity, marks) == 2
    report, notes = world.run()
    assert (report.total("copied"), report.total("deleted_at_source")) == (300, 298)
    assert report.verdict is Verdict.EXCEPTIONS
    kept = {note.uid: note.server_words for note in notes if note.code is Code.NOT_DELETED}
    assert sorted(kept) == [7, 200]
    assert (kept[7], kept[200]) == (MARKED, MARKED)
    assert world.writes() == ["SELECT", "UID STORE", "UID EXPUNGE"]
    ours, theirs = world.held()
    assert len(ours) == 2
    assert (len(theirs), set(theirs) >= set(bodies)) == (300, True)
    with closing(world.source) as source:
        flags = {meta.uid: meta.flags for meta in messages(source, INBOX).messages}
    assert flags == {
        7: frozenset({"\\Deleted", "\\Seen"}),
        200: frozenset({"\\Deleted", "\\Seen"}),
    }
    for mode in (Mode.FLAGS_AND_NEW, Mode.ALL):
        report, _ = world.run(SyncOptions(mode=mode))
        assert (report.total("found"), report.total("removed")) == (2, 0)
        assert world.writes() == []
    assert len(world.held()[1]) == 300


def test_without_uidplus_nothing_is_marked(two: Callable[..., Two]) -> None:
    """The copies are made, and the source is never selected."""
    world = two("UIDPLUS")
    with closing(world.source) as source:
        put(source, letters(5, 400))
    report, notes = world.run()
    assert (report.total("copied"), report.total("deleted_at_source")) == (5, 0)
    assert [note.code for note in notes] == [Code.DELETION_UNSAFE]
    assert world.writes() == []
    assert len(world.held()[0]) == 5


def test_a_rehearsal_and_a_run_without_deletion_write_nothing(two: Callable[..., Two]) -> None:
    """The rehearsal counts what the run after it removes, from what an earlier run has copied."""
    world = two()
    with closing(world.source) as source:
        put(source, letters(20, 400))
    world.run(NEVER)
    assert world.writes() == []
    rehearsed, _ = world.run(SyncOptions(source_deletion=SourceDeletion.SYNCED, dry_run=True))
    assert world.writes() == []
    report, _ = world.run()
    numbers = [one.total("deleted_at_source") for one in (rehearsed, report)]
    assert numbers == [20, 20]
    assert (report.total("present"), report.verdict) == (20, Verdict.VERIFIED)
    ours, theirs = world.held()
    assert (len(ours), len(theirs)) == (0, 20)


@pytest.fixture
def scripted() -> Iterator[Callable[[Said], ImapSourceDeleter]]:
    servers: list[ScriptedServer] = []

    def make(script: Said) -> ImapSourceDeleter:
        servers.append(ScriptedServer(script))
        return deleter_of(servers[-1].port, Login("me", "secret"))

    yield make
    for server in servers:
        server.stop()


def opened(talk: Talk) -> None:
    talk.welcome()
    talk.open_folder(exists=9, verb=b"SELECT")


def test_a_refused_expunge_takes_the_mark_back(
    scripted: Callable[[Said], ImapSourceDeleter],
) -> None:
    """From those that are still there, and they come back with the server's words."""

    def script(talk: Talk) -> None:
        opened(talk)
        assert talk.answer(b"UID EXPUNGE", status=b"NO [NOPERM] not here").endswith(b" 2:4")
        talk.answer(b"UID FETCH 2:4 (UID)", b"* 1 FETCH (UID 2)", b"* 3 FETCH (UID 4)")
        talk.answer(b"UID STORE 2,4 -FLAGS.SILENT (\\Deleted)")

    with closing(scripted(script)) as deleter:
        left = deleter.expunge(INBOX, 7, [2, 3, 4])
    assert sorted(left) == [2, 4]
    assert "not here" in left[2]


def test_a_refused_mark_and_one_of_somebody_else(
    scripted: Callable[[Said], ImapSourceDeleter],
) -> None:
    """Both are told, nothing is set where it stood already, and what is gone is in neither."""

    def script(talk: Talk) -> None:
        opened(talk)
        talk.answer(
            b"UID FETCH 1:5 (UID FLAGS)",
            b"* 1 FETCH (UID 1 FLAGS (\\Seen))",
            b"* 2 FETCH (FLAGS (\\Seen \\dELETED) UID 2)",
            b"* 3 FETCH (UID 3 FLAGS (\\Deleted))",
            b"* 8 FETCH (UID 8 FLAGS (\\Deleted))",
            b"* 4 FETCH (UID 5 FLAGS ())",
        )
        talk.answer(b"UID FETCH 4 (UID FLAGS)")
        talk.answer(b"UID STORE 1,5 +FLAGS.SILENT (\\Deleted)", status=b"NO read-only")
        for uid in (b"1", b"5"):
            talk.answer(b"NOOP")
            talk.answer(b"UID STORE " + uid + b" +FLAGS.SILENT (\\Deleted)", status=b"NO read-only")

    with closing(scripted(script)) as deleter:
        marked = deleter.mark(INBOX, 7, [1, 2, 3, 4, 5], ours={3})
    assert marked == Marked(frozenset({3}), {1: "read-only", 2: MARKED, 5: "read-only"})


def test_another_folder_of_the_same_name_is_left_alone(
    scripted: Callable[[Said], ImapSourceDeleter],
) -> None:
    """With another UIDVALIDITY nothing is sent behind SELECT."""
    with closing(scripted(opened)) as deleter, pytest.raises(UidValidityChanged):
        deleter.mark(Folder("INBOX"), 8, [1], ours=())


def test_an_unknown_state_is_no_absence(scripted: Callable[[Said], ImapSourceDeleter]) -> None:
    """A server that does not say what is there has removed nothing."""

    def script(talk: Talk) -> None:
        opened(talk)
        talk.answer(b"UID FETCH", status=b"NO not now")

    with closing(scripted(script)) as deleter, pytest.raises(FolderError):
        deleter.mark(INBOX, 7, [1], ours={1})
