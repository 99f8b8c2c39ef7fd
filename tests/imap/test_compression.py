"""COMPRESS=DEFLATE: used where it pays, on each side for itself, and never at a message's cost."""

from __future__ import annotations

import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from imap import ImapSource, Login, Server, Throttle, open_source
from imap.deflate import INFLATED_AT_ONCE, Deflated
from imap.wire import Wire
from sync.errors import Code, ConnectionLost, Side
from sync.options import Security, SyncOptions
from sync.report import Verdict
from tests.imap.conftest import Scene
from tests.imap.copying import Copy, letters, put, read
from tests.imap.policy import policy_for
from tests.imap.scripted import BARE, Talk

OFFERED = f"{BARE} COMPRESS=DEFLATE"
SMALL_BATCHES = SyncOptions(batch_size=400_000, settle_seconds=0)
"""After the first of them it is known how fast the line is."""
NewCopy = Callable[..., Copy]


@pytest.fixture(scope="module")
def mail() -> list[bytes]:
    return letters(24, 70_000)


@pytest.fixture
def filled(new_copy: NewCopy, mail: list[bytes]) -> Iterator[Callable[..., Copy]]:
    """A copy whose source has the mail; asserts at the end that the destination has it, too."""
    direct = new_copy()
    with closing(direct.writer_to_source()) as writer:
        put(writer, mail)
    yield new_copy
    with closing(direct.destination()) as reader:
        assert read(reader) == sorted(mail)


def test_a_slow_line_is_compressed(filled: NewCopy, mail: list[bytes]) -> None:
    """On both sides fewer bytes pass than the mail has, the measuring included."""
    copy = filled(bytes_per_second=400_000)
    assert copy.run(SMALL_BATCHES) is Verdict.VERIFIED
    size = sum(map(len, mail))
    assert b" COMPRESS DEFLATE" in copy.lines[1].said()
    assert [line.count() < 0.85 * size for line in copy.lines] == [True, True]


def test_a_limit_of_speed_is_a_slow_line(filled: NewCopy, mail: list[bytes]) -> None:
    """What passes is counted as it passes: compressed mail takes less of the limit."""
    copy = filled()
    assert copy.run(SMALL_BATCHES, Throttle(400_000, time.sleep)) is Verdict.VERIFIED
    size = sum(map(len, mail))
    assert [line.count() < 0.85 * size for line in copy.lines] == [True, True]
    assert [line.most_in(1.0) <= 400_000 * 1.3 for line in copy.lines] == [True, True]


def test_a_fast_line_is_left_alone(filled: NewCopy, mail: list[bytes]) -> None:
    """Loopback is faster than any processor: nothing is asked, on either side."""
    copy = filled()
    assert copy.run(SMALL_BATCHES) is Verdict.VERIFIED
    size = sum(map(len, mail))
    assert b"COMPRESS" not in copy.lines[1].said()
    assert [line.count() >= size for line in copy.lines] == [True, True]


@pytest.mark.parametrize("side", [0, 1])
def test_a_line_that_breaks_amid_compressed_mail(filled: NewCopy, side: int) -> None:
    """The rest goes over a new line, compressed again."""
    copy = filled()
    copy.compress = True
    copy.lines[side].cut_after = 300_000
    assert copy.run(SMALL_BATCHES) is Verdict.VERIFIED
    assert copy.lines[side].cut_after == 0
    assert copy.lines[1].said().count(b" COMPRESS DEFLATE") == 1 + side


class DeflatedEnd:
    """A server's end of a compressed line, in the place of both its socket and its file."""

    def __init__(self, talk: Talk) -> None:
        self._sock, self._file = talk.sock, talk.file
        self._deflater = zlib.compressobj(wbits=-15)
        self._inflater = zlib.decompressobj(-15)
        self._in = b""

    def squeeze(self, data: bytes) -> bytes:
        return self._deflater.compress(data) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    def sendall(self, data: bytes) -> None:
        self._sock.sendall(self.squeeze(data))

    def readline(self) -> bytes:
        while b"\n" not in self._in and (raw := self._sock.recv(65536)):
            self._in += self._inflater.decompress(raw)
        line, end, self._in = self._in.partition(b"\n")
        return line + end

    def close(self) -> None:
        self._file.close()
        self._sock.close()


def compressing(talk: Talk, *, at_once: bytes = b"") -> None:
    """Agree to COMPRESS; `at_once` comes compressed in the same packet."""
    tag, _ = talk.expect(b"COMPRESS DEFLATE")
    end = DeflatedEnd(talk)
    talk.raw(tag + b" OK active\r\n" + end.squeeze(at_once))
    talk.sock = talk.file = end  # type: ignore[assignment]


def source(scene: Scene, *scripts: Callable[[Talk], None]) -> ImapSource:
    """That wants compression at once."""
    port = scene.serve(*scripts).port
    reader = open_source(
        Server("localhost", port, Security.NONE),
        Login("me", "secret"),
        policy_for(port),
        wait=scene.pauses.append,
        compress=True,
    )
    scene.readers.append(reader)
    return reader


def listing(talk: Talk) -> None:
    talk.answer(b"LIST", b'* LIST () "/" "one"')
    talk.answer(b"LSUB")


def test_what_follows_the_answer_is_compressed(scene: Scene) -> None:
    """Even in the same packet."""

    def script(talk: Talk) -> None:
        talk.welcome(OFFERED)
        compressing(talk, at_once=b"* OK still here\r\n")
        listing(talk)
        talk.line()

    names = [folder.name for folder in source(scene, script).folders().folders]
    assert names == ["one", "INBOX"]


@pytest.mark.parametrize("status", [b"NO [COMPRESSIONACTIVE] already", b"BAD what"])
def test_a_refusal_is_no_error(scene: Scene, status: bytes) -> None:
    """The line goes on as it was, and is not asked again."""

    def script(talk: Talk) -> None:
        talk.welcome(OFFERED)
        talk.answer(b"COMPRESS DEFLATE", status=status)
        listing(talk)
        listing(talk)
        talk.line()

    reader = source(scene, script)
    assert len(reader.folders().folders) == len(reader.folders().folders) == 2


def garbage(talk: Talk) -> None:
    talk.welcome(OFFERED)
    tag, _ = talk.expect(b"COMPRESS DEFLATE")
    talk.raw(tag + b" OK active\r\n" + b"\xff" * 100)
    talk.sock.recv(1000)


def ended(talk: Talk) -> None:
    talk.welcome(OFFERED)
    tag, _ = talk.expect(b"COMPRESS DEFLATE")
    deflater = zlib.compressobj(wbits=-15)
    talk.raw(tag + b" OK active\r\n" + deflater.compress(b"* OK bye\r\n") + deflater.flush())
    talk.sock.recv(1000)


def short(talk: Talk) -> None:
    talk.welcome(OFFERED)
    compressing(talk)
    talk.expect(b"LIST")
    sock = talk.sock._sock  # type: ignore[attr-defined]
    sock.sendall(talk.sock.squeeze(b"* LIST" * 100)[:20])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (garbage, Code.PROTOCOL),
        (ended, Code.PROTOCOL),
        (short, Code.CONNECTION_LOST),
    ],
)
def test_a_broken_stream_is_a_lost_line(
    scene: Scene, broken: Callable[[Talk], None], code: Code
) -> None:
    """And a server that cannot compress is not asked to on the next line."""

    def again(talk: Talk) -> None:
        talk.welcome(OFFERED)
        if code is Code.CONNECTION_LOST:
            compressing(talk)
        listing(talk)
        talk.line()

    reader = source(scene, broken, again)
    with pytest.raises(ConnectionLost) as caught:
        reader.folders()
    assert caught.value.code is code
    assert len(reader.folders().folders) == 2


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    """A compressed wire, and the server's end of its socket."""
    ours, theirs = socket.socketpair()
    ours.settimeout(3.0)
    wire = Wire(ours, Side.SOURCE, "test")
    wire.deflate()
    yield wire, theirs
    wire.close()
    theirs.close()


def test_a_line_that_waits_in_the_inflater_is_ready(ends: tuple[Wire, socket.socket]) -> None:
    """Though the kernel has nothing more; and half a line is not."""
    wire, theirs = ends
    assert not wire.ready()
    deflater = zlib.compressobj(wbits=-15)
    send = theirs.sendall
    long = b"x" * (INFLATED_AT_ONCE + 1000) + b"\r\n"
    send(deflater.compress(b"a\r\n" + long + b"half") + deflater.flush(zlib.Z_SYNC_FLUSH))
    assert wire.readline() == b"a\r\n"
    assert wire.ready()
    assert wire.readline() == long
    assert not wire.ready()
    send(deflater.compress(b" done\r\n") + deflater.flush(zlib.Z_SYNC_FLUSH))
    assert wire.ready()
    assert wire.readline() == b"half done\r\n"


def test_what_swells_does_not_fill_the_memory() -> None:
    """A hundred megabytes in a hundred kilobytes come piece by piece."""
    ours, theirs = socket.socketpair()
    ours.settimeout(3.0)
    size = 100 * 1024 * 1024
    deflater = zlib.compressobj(wbits=-15)
    bomb = b"".join(deflater.compress(bytes(1024 * 1024)) for _ in range(100))
    bomb += deflater.flush(zlib.Z_SYNC_FLUSH)
    layer = Deflated(ours, bomb[:1000])
    room = memoryview(bytearray(4 * INFLATED_AT_ONCE))
    theirs.sendall(bomb[1000:])
    tracemalloc.start()
    try:
        while size:
            count = layer.recv_into(room)
            assert 0 < count <= INFLATED_AT_ONCE
            size -= count
        assert tracemalloc.get_traced_memory()[1] < 4 * INFLATED_AT_ONCE
    finally:
        tracemalloc.stop()
    ours.close()
    theirs.close()
