"""What a server has altered in a message is told from digests alone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.alteration import Alteration, alteration, fingerprint

HEAD = b"Message-ID: <1@x>\r\nSubject: a\r\n\r\n"
WHOLE = HEAD + b"one\r\ntwo\0\r\n\r\nthree\r\n"


def told(before: bytes, after: bytes) -> Alteration | None:
    return alteration(fingerprint([before]), fingerprint([after]))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (WHOLE, WHOLE, None),
        (WHOLE.replace(b"\r\n", b"\n"), WHOLE, Alteration.LINE_ENDS),
        (WHOLE.replace(b"one\r\n", b"one\r"), WHOLE, Alteration.LINE_ENDS),
        (WHOLE.rstrip(), WHOLE, Alteration.LINE_ENDS),
        (WHOLE, WHOLE.replace(b"\0", b"\x80"), Alteration.NUL),
        (WHOLE.replace(b"\r\n", b"\n"), WHOLE.replace(b"\0", b"\x80"), Alteration.NUL),
        (WHOLE, b"X-Seen: yes\r\n" + WHOLE, Alteration.HEADER),
        (WHOLE, WHOLE.replace(b"<1@x>", b"<2@y>"), Alteration.HEADER),
        (WHOLE, WHOLE.replace(b"one", b"0ne"), Alteration.CONTENT),
        (WHOLE, WHOLE[:-9], Alteration.CONTENT),
        (WHOLE, HEAD, Alteration.CONTENT),
        (WHOLE, b"", Alteration.CONTENT),
        (HEAD, HEAD.replace(b"a", b"b"), Alteration.CONTENT),
        (b"Subject: a\r\n\r\n\r\n", b"Subject: b\r\n\r\n\r\n", Alteration.CONTENT),
        (b"no header\r\n", b"another\r\n", Alteration.CONTENT),
        (WHOLE.replace(b"one", b"o\x80ne"), WHOLE, Alteration.CONTENT),
    ],
)
def test_what_was_altered(before: bytes, after: bytes, expected: Alteration | None) -> None:
    """Each known way of servers by its name; anything else is another content."""
    assert told(before, after) is expected
    assert expected is None or expected.known is (expected is not Alteration.CONTENT)


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\0", b"\n\n", b"bc"])), st.data())
def test_chunks_make_no_difference(pieces: list[bytes], data: st.DataObject) -> None:
    """Wherever a message is cut on its way, its fingerprint is the same."""
    whole = b"".join(pieces)
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    cut = [whole[one:other] for one, other in pairwise([0, *places, len(whole)])]
    assert fingerprint(cut) == fingerprint([whole])


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_equal_is_equal_only(one: bytes, other: bytes) -> None:
    """Only the very same bytes are not altered."""
    assert (told(one, other) is None) == (one == other)
