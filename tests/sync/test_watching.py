"""What servers are known to alter is seen while it passes, and read back where it is in doubt."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.alteration import Alteration, likely
from sync.errors import Code
from sync.folders import FolderPair
from sync.learning import ENOUGH, EVERY, Learnt
from sync.memory import MemoryMessage, MemoryServer
from sync.model import Folder, Namespace
from sync.oddities import LINE, Oddities
from sync.options import ProofLevel, SyncOptions
from sync.reading_back import SAMPLE_FOLDERS
from sync.report import Outcome, Verdict
from sync.tally import Tally
from sync.watching import DEPTH, watched
from sync.work import Work
from tests.sync.sides import DATE, Watcher, World, message

HEAD = b"Message-ID: <1@x>\r\nSubject: a\r\n\r\n"
PLAIN = HEAD + b"one\r\n\r\ntwo\r\n"
A = Alteration

ODD: list[tuple[bytes, set[Alteration]]] = [
    (PLAIN, set()),
    (HEAD, set()),
    (PLAIN + "à".encode() + b"\r\n", set()),
    (PLAIN.replace(b"one\r\n", b"one\n"), {A.BARE_LF}),
    (PLAIN.replace(b"\r\n", b"\n"), {A.BARE_LF}),
    (PLAIN.replace(b"one", b"o\rne"), {A.BARE_CR}),
    (PLAIN.replace(b"one", b"o\rn\ne"), {A.BARE_CR, A.BARE_LF}),
    (PLAIN.replace(b"one", b"one\r"), {A.CR_CR_LF}),
    (PLAIN.replace(b"one", b"one\r\r"), {A.CR_CR_LF, A.BARE_CR}),
    (PLAIN[:-2], {A.LAST_END}),
    (PLAIN[:-1], {A.LAST_END, A.BARE_CR}),
    (PLAIN.replace(b"one", b"o\0ne"), {A.NUL}),
    (PLAIN.replace(b": a", b": \xe0"), {A.EIGHT_BIT}),
    (b"\r\n" + "à\r\n".encode(), set()),
    (HEAD[:-2] + b"X: " + "à\r\n".encode(), {A.EIGHT_BIT}),
    (PLAIN + b"x" * (LINE - 2) + b"\r\n", set()),
    (PLAIN + b"x" * (LINE - 1) + b"\r\n", {A.LONG_LINES}),
    (b"", {A.LAST_END}),
]
CUTS = st.lists(st.integers(0, 3 * LINE), max_size=6)


def work() -> Work:
    pair = FolderPair(Folder("INBOX"), Folder("INBOX"), exists=True)
    return Work(pair, Tally(pair, Watcher()))


def suspected(body: bytes, places: list[int], proof: ProofLevel) -> set[Alteration]:
    """Of the message, cut at these places."""
    cuts = [0, *sorted(min(place, len(body)) for place in places), len(body)]
    chunks = [body[one:other] for one, other in pairwise(cuts) if one < other]
    passing = work()
    assert b"".join(watched(passing, 7, iter(chunks), proof=proof)) == body
    return set(passing.suspect.get(7, ()))


@pytest.mark.parametrize(("body", "kinds"), ODD)
@given(places=CUTS)
def test_what_is_odd_is_seen(body: bytes, kinds: set[Alteration], places: list[int]) -> None:
    """By its kind, wherever the message is cut on its way."""
    assert suspected(body, places, ProofLevel.COUNTS) == kinds


@pytest.mark.parametrize(("body", "kinds"), ODD)
def test_where_sizes_are_compared_what_keeps_them_is_seen(
    body: bytes, kinds: set[Alteration]
) -> None:
    """Whatever could be altered and be as long as before; nothing is taken for odd that is not."""
    seen = suspected(body, [], ProofLevel.METADATA)
    assert seen == kinds or (kinds == {A.LONG_LINES} and not seen)
    long = body + b"text\r\n" * DEPTH
    seen = suspected(long, [DEPTH * 2], ProofLevel.METADATA)
    assert seen == suspected(long, [], ProofLevel.COUNTS) or A.LONG_LINES in kinds


def test_a_nul_is_seen_at_any_depth() -> None:
    """And a line end that is missing at the end, while the rest is only looked at in its size."""
    long = PLAIN + b"text\r\n" * DEPTH
    for body, kind in ((long + b"\0\r\n", A.NUL), (long + b"end", A.LAST_END)):
        for cuts in ([], [DEPTH], [len(long)]):
            assert suspected(body, cuts, ProofLevel.METADATA) == {kind}
    assert suspected(long, [], ProofLevel.METADATA) == set()
    assert suspected(long + b"a\rb\r\n", [], ProofLevel.COUNTS) == {A.BARE_CR}


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\0", b"\xe0", b"A: b\r\n"])), CUTS)
def test_cuts_make_no_difference(pieces: list[bytes], places: list[int]) -> None:
    """The same is counted, wherever the message is cut."""
    body = b"".join(pieces)
    assert suspected(body, places, ProofLevel.COUNTS) == suspected(body, [], ProofLevel.COUNTS)
    odd = Oddities()
    odd.take(body)
    assert odd.bare_lf == body.replace(b"\r\n", b"").count(b"\n")
    assert likely(odd, unended=False) == likely(odd, unended=False)


def test_one_is_learnt_from_some() -> None:
    """ENOUGH of a kind are read; when all came back equal, one in EVERY; when one was altered, all
    of the kind, and no other kind for its sake."""
    many = dict.fromkeys(range(1, 1001), (A.BARE_LF,))
    learnt = Learnt()
    first = learnt.unknown(many)
    assert len(first) == ENOUGH
    for uid in first:
        learnt.tell(many.pop(uid), ())
    assert len(learnt.doubtful(many)) == len(many) // EVERY
    assert learnt.unknown(many) == []
    learnt.tell((A.BARE_LF, A.NUL), (A.BARE_LF,))
    assert len(learnt.doubtful(many)) == len(many)
    other = Learnt()
    for _ in range(ENOUGH):
        other.tell((A.NUL,), ())
    other.tell((A.BARE_LF, A.NUL), (A.BARE_LF,))
    assert len(other.doubtful(dict.fromkeys(range(100), (A.NUL,)))) == 2
    other.tell((A.NUL,), (A.CONTENT,))
    assert len(other.doubtful(dict.fromkeys(range(100), (A.NUL,)))) == 100
    assert other.altered == {A.BARE_LF: 1, A.CONTENT: 1}


class Cyrus(MemoryServer):
    """Puts X for 8-bit bytes of the header, blanks for CR alone, and says nothing of it."""

    def append(self, messages):  # type: ignore[no-untyped-def]
        for one in messages:
            head, end, text = b"".join(one.chunks).partition(b"\r\n\r\n")
            head = bytes(byte if byte < 0x80 else ord("X") for byte in head)
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")
            yield from super().append([replace(one, chunks=iter([head + end + text]))])


def odd_message(number: int, old: bytes, new: bytes) -> MemoryMessage:
    return MemoryMessage(message(number).body.replace(old, new), DATE)


@pytest.mark.parametrize("proof", [ProofLevel.COUNTS, ProofLevel.METADATA])
def test_an_alteration_that_keeps_the_size_is_named(proof: ProofLevel) -> None:
    """Whatever the level of proof, and each one of them."""
    world, watcher = World(destination=Cyrus(Namespace("INBOX.", "."))), Watcher()
    high = [odd_message(n, b"Subject: ", b"Subject: \xe0") for n in range(1, 60)]
    world.fill("INBOX", *high, *(message(n) for n in range(100, 400)))
    world.fill("Work", odd_message(90, b"hello", b"a\rb"), message(91))
    report = world.run(SyncOptions(proof=proof), watcher)
    assert report.verdict is Verdict.EXCEPTIONS
    assert {n.code for n in watcher.notes} == {Code.ALTERED}
    named = {(n.folder, n.uid, n.server_words) for n in watcher.notes}
    assert named == {("INBOX", n, A.EIGHT_BIT) for n in range(1, 60)} | {("Work", 1, A.BARE_CR)}
    assert report.total("altered") == 60
    assert 60 <= report.total("read_back") <= 60 + SyncOptions().proof_first
    assert all(n.outcome is Outcome.COPIED for n in watcher.notes)


def test_what_a_server_keeps_is_sampled() -> None:
    """500 messages with 8-bit headers at a server that keeps them: some are read, not all."""
    world = World()
    world.fill("INBOX", *(odd_message(n, b"Subject: ", b"Subject: \xe0") for n in range(500)))
    report = world.run(SyncOptions(proof_first=0))
    assert report.verdict is Verdict.VERIFIED
    assert report.total("read_back") == ENOUGH + (500 - ENOUGH) // EVERY


def test_the_first_copies_tell_what_a_server_makes_of_any() -> None:
    """A letter that is changed in each copy, and no size tells: the sample finds it."""

    class Changing(MemoryServer):
        def append(self, messages):  # type: ignore[no-untyped-def]
            for one in messages:
                body = b"".join(one.chunks).replace(b"hello", b"HELLO")
                yield from super().append([replace(one, chunks=iter([body]))])

    world, watcher = World(destination=Changing(Namespace("INBOX.", "."))), Watcher()
    for folder in range(10):
        world.fill(f"F{folder}", *(message(n) for n in range(50)))
    report = world.run(SyncOptions(), watcher)
    assert report.verdict is Verdict.NOT_VERIFIED
    assert report.total("read_back") == report.total("failed") == SyncOptions().proof_first
    assert len({n.folder for n in watcher.notes}) == SAMPLE_FOLDERS
