"""Real mail over a real server: nothing altered, nothing held in memory, nothing slow."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator

import pytest

from imap import ImapDestination, ImapSource, Login
from launch.dovecot import Dovecot
from sync.asking import messages
from sync.errors import Code
from sync.model import Appended, Fetched, Folder, Outgoing, Refused, Unreadable, Wanted
from tests.imap.conftest import Scene
from tests.imap.scripted import Talk

INBOX = Folder("INBOX")
DATE = "17-Jul-1996 02:44:25 -0700"
HEAD = b"Subject: x\r\n\r\n"
Mailbox = tuple[ImapSource, ImapDestination]


def put(writer: ImapDestination, *bodies: bytes, flags: frozenset[str] = frozenset()) -> None:
    messages = (
        Outgoing(INBOX, number, len(data), DATE, flags, iter([data]))
        for number, data in enumerate(bodies, 1)
    )
    outcomes = list(writer.append(messages))
    assert all(isinstance(outcome, Appended) for outcome in outcomes), outcomes


def read(reader: ImapSource) -> list[bytes]:
    listing = messages(reader, INBOX)
    uids = tuple(meta.uid for meta in listing.messages)
    found: dict[int, bytes] = {}
    for _, answer in reader.bodies([Wanted(INBOX, listing.status.uidvalidity, uids)]):
        assert isinstance(answer, Fetched)
        found[answer.meta.uid] = b"".join(answer.chunks)
    return [found[uid] for uid in uids]


ODD = [
    HEAD + b"no end of line",
    HEAD + b"bare \r carriage return\r\n",
    HEAD + b"8 bit \xff\xfe \xe4\r\n",
    b"Subject: \xe4\xf6\xfc raw\r\n\r\nx\r\n",
    HEAD,
    b"no header at all",
    b"\r\n\r\n",
    b"x",
    HEAD + b"{10+}\r\nm3 LOGOUT\r\n)\r\n",
    HEAD + b"y" * 100_000 + b"\r\n",
    HEAD + b".\r\n..\r\nFrom here\r\n",
    HEAD + bytes(range(1, 10)) + bytes(range(14, 256)) + b"\r\n",
]


def test_odd_bodies_are_exact(mailbox: Mailbox) -> None:
    """What was sent is what is read, in one batch."""
    reader, writer = mailbox
    put(writer, *ODD)
    assert read(reader) == ODD


def test_bare_line_feeds_are_the_servers_to_change(mailbox: Mailbox) -> None:
    """We send LF as LF; Dovecot stores it as CRLF, and another server does not."""
    reader, writer = mailbox
    put(writer, b"A: b\n\nbare\nfeeds\n")
    assert read(reader) == [b"A: b\r\n\r\nbare\r\nfeeds\r\n"]


def pattern(size: int) -> Iterator[bytes]:
    """Reproducible lines, 64 KB at a time."""
    line = b"".join(b"%062d\r\n" % number for number in range(1024))
    for start in range(0, size, len(line)):
        yield line[: size - start]


def digest(chunks: Iterator[bytes]) -> str:
    total = hashlib.sha256()
    for chunk in chunks:
        total.update(chunk)
    return total.hexdigest()


@pytest.mark.parametrize("megabytes", [5, 50])
def test_large_bodies_stream_through(mailbox: Mailbox, megabytes: int) -> None:
    """From one side to the other without being held: memory does not grow with the message."""
    reader, writer = mailbox
    size = megabytes * 1024 * 1024
    tracemalloc.start()
    try:
        large = Outgoing(INBOX, 1, size, DATE, frozenset({"\\Seen", "kw"}), pattern(size))
        assert isinstance(next(iter(writer.append([large]))), Appended)
        listing = messages(reader, INBOX)
        answers = reader.bodies([Wanted(INBOX, listing.status.uidvalidity, (1,))])
        _, fetched = next(answers)
        assert isinstance(fetched, Fetched)
        assert fetched.size == size
        assert digest(fetched.chunks) == digest(pattern(size))
        assert list(answers) == []
        assert tracemalloc.get_traced_memory()[1] < 6 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert listing.messages[0].flags == {"\\Seen", "kw"}


def test_many_small_messages_are_a_few_commands(mailbox: Mailbox) -> None:
    """1,500 messages in and out, each its own, with no round trip for each."""
    reader, writer = mailbox
    bodies = [b"N: %d\r\n\r\n" % number + b"z" * (number % 700) for number in range(1500)]
    put(writer, *bodies)
    assert read(reader) == bodies


def test_a_listing_of_ten_thousand_is_read_in_half_a_second(scene: Scene) -> None:
    """The reading alone, from a server that has it all at hand."""
    line = b'* %d FETCH (UID %d FLAGS (\\Seen kw) INTERNALDATE "%s" RFC822.SIZE 4071)\r\n'
    lines = b"".join(line % (number, number, DATE.encode()) for number in range(1, 10_001))

    def script(talk: Talk) -> None:
        talk.welcome()
        talk.open_folder(exists=10_000)
        tag, _ = talk.expect(b"UID FETCH")
        talk.raw(lines + tag + b" OK done\r\n")
        talk.line()

    source = scene.source(script)
    source.connect()
    listing = messages(source, INBOX)
    assert len(listing.messages) == 10_000
    assert listing.messages[-1].flags == {"\\Seen", "kw"}


def test_flags_that_the_server_refuses_cost_no_message(mailbox: Mailbox) -> None:
    """A keyword over Dovecot's limit: stored without keywords, beside messages that keep theirs."""
    reader, writer = mailbox
    sent = [
        Outgoing(INBOX, 1, 1, DATE, frozenset({"fine"}), iter([b"a"])),
        Outgoing(INBOX, 2, 1, DATE, frozenset({"k" * 90, "\\Seen"}), iter([b"b"])),
        Outgoing(INBOX, 3, 1, DATE, frozenset({"\\Odd", "\\Recent", "x(y"}), iter([b"c"])),
    ]
    outcomes = list(writer.append(sent))
    assert [type(outcome) for outcome in outcomes] == [Appended] * 3
    by_uid = {meta.uid: meta.flags for meta in messages(reader, INBOX).messages}
    refs = [outcome.destination for outcome in outcomes if isinstance(outcome, Appended)]
    flags = [by_uid[ref.uid] for ref in refs if ref]
    assert flags == [{"fine"}, {"\\Seen"}, frozenset()]


def test_a_message_that_breaks_the_server_is_named(
    mailbox: Mailbox, account: Login, source_server: Dovecot
) -> None:
    """A file that Dovecot cannot read ends its connection: the message is set aside, the others
    are read."""
    reader, writer = mailbox
    put(writer, *[HEAD + b"%d\r\n" % number for number in range(3)])
    listing = messages(reader, INBOX)
    reader.close()
    writer.close()
    maildir = source_server.maildir(account.username)
    files = sorted([*(maildir / "new").iterdir(), *(maildir / "cur").iterdir()])
    files[1].chmod(0)
    answers: dict[int, bytes | Code] = {}
    for _, answer in reader.bodies([Wanted(INBOX, listing.status.uidvalidity, (1, 2, 3))]):
        if isinstance(answer, Fetched):
            answers[answer.meta.uid] = b"".join(answer.chunks)
        elif isinstance(answer, Unreadable):
            answers[answer.uid] = answer.error.code
    assert answers == {1: HEAD + b"0\r\n", 2: Code.UNREADABLE, 3: HEAD + b"2\r\n"}


def test_refused_messages_are_not_in_the_mailbox(mailbox: Mailbox) -> None:
    """A message of no bytes is refused by ourselves; its neighbours are stored."""
    reader, writer = mailbox
    messages = [
        Outgoing(INBOX, number, len(data), "", frozenset(), iter([data]))
        for number, data in ((1, b"one"), (2, b""), (3, b"three"))
    ]
    outcomes = list(writer.append(messages))
    assert [type(outcome) for outcome in outcomes] == [Appended, Refused, Appended]
    assert read(reader) == [b"one", b"three"]
