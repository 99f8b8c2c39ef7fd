"""What a server has altered in a message is told from digests alone."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.alteration import Alteration, alterations, is_copy, known, named, words
from sync.fingerprint import HEADER_LIMIT, blind_digest, fingerprint
from sync.known_again import known_again

HEAD = b"Message-ID: <1@x>\r\nSubject: a\r\n\r\n"
WHOLE = HEAD + b"one\r\ntwo\0\r\n\r\nthree\r\n"
PLAIN = HEAD + b"one\r\n\r\ntwo: 2\r\n"
LF = PLAIN.replace(b"\r\n", b"\n")
CR = PLAIN.replace(b"one\r\n", b"o\rne\r\n")
CRCRLF = PLAIN.replace(b"\r\n", b"\r\r\n")
HIGH = PLAIN.replace(b": a", ": à Привет Р".encode())
LATIN = PLAIN.replace(b": a", b": a\xe0\x80 b")
LONG = HEAD + b"word " * 300 + b"\r\nend\r\n"
FOLDED = HEAD.replace(b"Subject: a", b"Subject: a\r\n b\r\n\tc")
FROM = b"From a@b Thu Jan  1 00:00:00 2026\r\n"
EXES = PLAIN.replace(b": a", b": " + b"X" * len("à".encode()) + b" " + b"X" * 12 + b" XX")
BARE = {Alteration.BARE_LF}
NUL, ADDED, HEADER = Alteration.NUL, Alteration.ADDED, Alteration.HEADER
CONTENT = {Alteration.CONTENT}

KNOWN: list[tuple[bytes, bytes, set[Alteration]]] = [
    # Line ends.
    (LF, PLAIN, BARE),
    (PLAIN, LF, {Alteration.LINE_ENDS}),
    (CR, CR.replace(b"o\rn", b"o\r\nn"), {Alteration.BARE_CR}),
    (CR, CR.replace(b"o\rn", b"o\nn"), {Alteration.BARE_CR}),
    (CR, PLAIN, {Alteration.BARE_CR}),
    (CR, CR.replace(b"o\rn", b"o n"), {Alteration.BARE_CR}),
    (PLAIN.replace(b"\r\n", b"\r"), PLAIN, {Alteration.BARE_CR}),
    (CRCRLF, PLAIN, {Alteration.CR_CR_LF}),
    (CRCRLF, PLAIN.replace(b"\r\n", b"\r\n\r\n"), {Alteration.CR_CR_LF, Alteration.LAST_END}),
    (CRCRLF, PLAIN.replace(b"\r\n", b"\n\r\n"), {Alteration.CR_CR_LF, Alteration.LAST_END}),
    (PLAIN[:-2], PLAIN, {Alteration.LAST_END}),
    (PLAIN + b"\r\n\r\n", PLAIN, {Alteration.LAST_END}),
    (LF[:-1], PLAIN, {Alteration.BARE_LF, Alteration.LAST_END}),
    # A server's own field above the line of a mailbox file; bytes below a folded line of blanks.
    (FROM + PLAIN, b"X-Added: yes\r\n" + FROM + PLAIN, {ADDED}),
    (
        PLAIN.replace(b": a", b": a\r\n \r\n\tb\xe0"),
        PLAIN.replace(b": a", b": a\r\n \r\n\tbX"),
        {Alteration.EIGHT_BIT},
    ),
    # Lines.
    (PLAIN, PLAIN.replace(b"\r\n\r\ntwo", b"\r\ntwo"), {Alteration.BLANK_LINES}),
    (PLAIN.replace(b"one", b"one \t "), PLAIN, {Alteration.BLANKS}),
    (LONG, LONG.replace(b"word " * 50, b"word " * 49 + b"\r\n word "), {Alteration.LONG_LINES}),
    (LONG, LONG.replace(b"word " * 50, b"word " * 49 + b"wo\r\nrd "), {Alteration.LONG_LINES}),
    # NUL, and what stands for it.
    (WHOLE, WHOLE.replace(b"\0", b"\x80"), {NUL}),
    (WHOLE, WHOLE.replace(b"\0", b""), {NUL}),
    (WHOLE, WHOLE.replace(b"\0", b" "), {NUL}),
    (WHOLE, WHOLE.replace(b"\0", b"?"), {NUL}),
    (WHOLE.replace(b"\r\n", b"\n"), WHOLE.replace(b"\0", b"\x80"), {NUL, Alteration.BARE_LF}),
    (WHOLE.replace(b": a", b": a\0b"), WHOLE.replace(b": a", b": a\x80b"), {NUL}),
    # The header.
    (HIGH, EXES, {Alteration.EIGHT_BIT}),
    (LATIN, LATIN.replace(b"\xe0\x80", b"XX"), {Alteration.EIGHT_BIT}),
    (LATIN, LATIN.replace(b"\xe0\x80", b"??"), {Alteration.EIGHT_BIT}),
    (LATIN, LATIN.replace(b"\xe0\x80", b""), {Alteration.EIGHT_BIT}),
    (HIGH.replace(b"\r\n", b"\n"), EXES, {Alteration.EIGHT_BIT, Alteration.BARE_LF}),
    (HIGH, b"X-Seen: yes\r\n" + EXES, {Alteration.EIGHT_BIT, ADDED}),
    (FOLDED, HEAD.replace(b": a", b": a b c"), {Alteration.FOLDED}),
    (FOLDED + b"text", FOLDED.replace(b"\r\n\t", b" ") + b"text", {Alteration.FOLDED}),
    (WHOLE, b"X-Seen: yes\r\n" + WHOLE, {ADDED}),
    (WHOLE, b"Received: by x;\r\n\tSat\r\n" + WHOLE.replace(b"\0", b""), {NUL, ADDED}),
    (WHOLE, FROM + WHOLE, {Alteration.FROM_LINE}),
    (FROM + WHOLE, WHOLE, {Alteration.FROM_LINE}),
    (PLAIN, b"Subject: a\r\nMessage-ID: <1@x>\r\n\r\n" + PLAIN[len(HEAD) :], {Alteration.ORDER}),
    (PLAIN, b"Status: RO\r\nX-UID: 7\r\n" + PLAIN, {Alteration.MAILBOX_FIELDS}),
    (HEAD[:-2], HEAD, {Alteration.LAST_END}),
    (HEAD[:-2], HEAD[:-2] + b"X-Seen: yes\r\n\r\n", {ADDED, Alteration.LAST_END}),
    (b"\r\n", b"X-Seen: yes\r\n\r\n", {ADDED, Alteration.LAST_END}),
    (HEAD[:-2] + b"one\r\n", HEAD + b"one\r\n", {Alteration.BLANK_LINES}),
    (WHOLE, WHOLE.replace(b"<1@x>", b"<2@y>"), {HEADER}),
    (LF, PLAIN.replace(b"<1@x>", b"<2@y>"), {HEADER, Alteration.BARE_LF}),
]
MOVED = [
    (
        b"\r\nFrom x\r\x7f\r\n.",
        b"\r\nFrom x\x7f\r\n.\r\n",
        {Alteration.BARE_CR, Alteration.LAST_END},
    ),
    (
        b"\r\n\x0c\rFrom x\r\r\ntab\t\r\n",
        b"\r\n\x0cFrom x\r\ntab\t\r\n",
        {Alteration.BARE_CR, Alteration.CR_CR_LF},
    ),
    (
        b"\r\n\x0c\r\xc3\xbc\r\nx\r\n",
        b"\r\n\x0c\xc3\xbc\r\nx\r\n",
        {Alteration.BARE_CR, Alteration.FOLDED},
    ),
]
"""What was taken out has moved the end of the header."""
ANOTHER = [
    (WHOLE, WHOLE.replace(b"one", b"0ne")),
    (WHOLE, WHOLE[:-9]),
    (WHOLE, HEAD),
    (WHOLE, b""),
    (HEAD, HEAD.replace(b"a", b"b")),
    (b"Subject: a\r\n\r\n\r\n", b"Subject: b\r\n\r\n\r\n"),
    (b"no header\r\n", b"another\r\n"),
    (WHOLE.replace(b"one", b"o\x80ne"), WHOLE),
    # What would be known is not, where the source's message gives no cause for it.
    (PLAIN.replace(b"one", b"one?"), PLAIN),
    (PLAIN.replace(b"one", b"o\x80ne"), PLAIN),
    (PLAIN.replace(b"one", b"o\r\nne"), PLAIN),
    (PLAIN, PLAIN.replace(b"one", b"o\0ne")),
    (PLAIN.replace(b"one", "да".encode()), PLAIN.replace(b"one", "нет".encode())),
    (HIGH.replace(b"one", "да".encode()), EXES.replace(b"one", b"XXXX")),
    # Cut, not broken.
    (LONG, LONG.replace(b"word " * 300, b"word " * 199)),
    (LF, PLAIN[:-3]),
    (b"\r\nFrom x\r\x7f\r\n.", b"\r\nFrom y\x7f\r\n.\r\n"),
    (WHOLE, b"X-Seen: yes\r\n" + WHOLE.replace(b"three", b"four")),
]


def told(before: bytes, after: bytes) -> set[Alteration]:
    return set(alterations(fingerprint([before]), fingerprint([after])))


@pytest.mark.parametrize(("before", "after", "expected"), KNOWN)
def test_what_was_altered(before: bytes, after: bytes, expected: set[Alteration]) -> None:
    """Each known way of servers by its name, or several at once."""
    assert told(before, after) == expected
    assert known(expected)


@pytest.mark.parametrize(("before", "after", "expected"), MOVED)
def test_where_the_header_ends_makes_no_difference(
    before: bytes, after: bytes, expected: set[Alteration]
) -> None:
    """Where a server takes out a line end, the header may end elsewhere: named, and known again."""
    assert told(before, after) == expected
    assert known_again({1: fingerprint([before])}, {2: fingerprint([after])}) == {1: 2}


@pytest.mark.parametrize(("before", "after"), ANOTHER)
def test_anything_else_is_another_content(before: bytes, after: bytes) -> None:
    """What no server does when it stores a message is not called so, nor known again."""
    assert told(before, after) == CONTENT
    assert not known(CONTENT)
    assert known_again({1: fingerprint([before])}, {2: fingerprint([after])}) == {}


@pytest.mark.parametrize(("before", "after", "expected"), KNOWN)
def test_what_was_altered_is_known_again(
    before: bytes, after: bytes, expected: set[Alteration]
) -> None:
    """But where what the header says is another; by one digest where no header field was added."""
    one, other = fingerprint([before]), fingerprint([after])
    copy = HEADER not in expected
    assert is_copy(one, other) is copy
    assert known_again({1: one}, {2: other}) == ({1: 2} if copy else {})
    header = {ADDED, HEADER, Alteration.MAILBOX_FIELDS, Alteration.ORDER}
    if not expected & header and b"\r\r\n" not in before:
        assert blind_digest([before]) == blind_digest([after])


def test_an_altered_message_takes_only_what_nothing_resembles_more() -> None:
    """k that look alike need k, and the closest pairs come first."""
    exact, odd, seen = PLAIN, LF, b"X-Seen: yes\r\n" + PLAIN
    ours = {uid: fingerprint([one]) for uid, one in enumerate([LF, exact, exact, LF], 1)}
    theirs = {uid: fingerprint([one]) for uid, one in enumerate([seen, exact, odd, exact], 11)}
    assert known_again(ours, theirs) == {1: 13, 2: 12, 3: 14, 4: 11}
    del theirs[13], theirs[14]
    assert known_again(ours, theirs) == {2: 12, 1: 11}


def test_the_fields_choose_among_equal_texts() -> None:
    """2,000 notices with one text, each with a field of its own, and one added by the server."""

    def notice(number: int, added: bytes = b"") -> bytes:
        return b"Date: %d\r\nSubject: full\r\n%s\r\nThe disk is full\r\n" % (number, added)

    ours = {n: fingerprint([notice(n)]) for n in range(2_000)}
    theirs = {n + 5_000: fingerprint([notice(n, b"X-Seen: yes\r\n")]) for n in range(2_000)}
    assert known_again(ours, theirs) == {n: n + 5_000 for n in range(2_000)}


def test_words_are_kept_and_read() -> None:
    """Several ways in one line, and taken apart again."""
    both = (Alteration.BARE_LF, NUL)
    assert words(both) == "line feeds alone made CR LF; NUL characters replaced"
    assert named(words(both)) == both
    assert all(named(one) == (one,) for one in Alteration)
    assert named("") == named("what an earlier version said") == ()


PIECES = [
    *(b"a", b"\r", b"\n", b"\r\n", b"\0", b"\n\n", b"bc", b" ", b"\t", b"A: b\r\n", b"\r\r\n"),
    *(b"From x y\r\n", b"\xe0", b" \r\n", b"X", b"w" * 600, b":"),
]


@given(st.lists(st.sampled_from(PIECES)), st.data())
def test_chunks_make_no_difference(pieces: list[bytes], data: st.DataObject) -> None:
    """Wherever a message is cut on its way, its fingerprint is the same."""
    whole = b"".join(pieces)
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    cut = [whole[one:other] for one, other in pairwise([0, *places, len(whole)])]
    assert fingerprint(cut) == fingerprint([whole])


@given(st.lists(st.sampled_from(PIECES)), st.lists(st.sampled_from(PIECES)))
def test_equal_is_equal_only(one: list[bytes], other: list[bytes]) -> None:
    """Only the very same bytes are not altered."""
    before, after = b"".join(one), b"".join(other)
    assert (not told(before, after)) == (before == after)


def test_a_message_of_any_shape_costs_some_memory_only() -> None:
    """32 MB of header, of one line, of blanks, of line ends: a megabyte or two are held."""
    for piece in (b"A: b\r\n", b"x", b" ", b"\t ", b"\r\n", b"\n", b"\r", b"\0", b"\xe0", b"A:"):
        chunk = piece * (65_536 // len(piece))
        tracemalloc.start()
        fingerprint(chunk for _ in range(512))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * HEADER_LIMIT, piece


def test_thousands_of_header_fields_are_compared() -> None:
    """10,000 of them; a header that is longer than the limit counts as text."""

    def headed(number: int, first: bytes = b"") -> Iterator[bytes]:
        yield first
        for at in range(number):
            yield b"X-%d: %d\r\n" % (at, at)
        yield b"\r\ntext\r\n"

    for number, added in ((10_000, (ADDED,)), (40_000, (Alteration.CONTENT,))):
        before, after = fingerprint(headed(number)), fingerprint(headed(number, b"A: b\r\n"))
        assert alterations(before, after) == added
        assert alterations(before, fingerprint(headed(number))) == ()
