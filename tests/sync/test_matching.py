"""Twins on two sides, as multisets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from sync.fingerprint import fingerprint
from sync.known_again import known_again
from sync.matching import Candidates, Group, exact_digest, match
from sync.model import Identity

Content = tuple[str, bytes]
CONTENT = st.tuples(st.sampled_from(["", "<a@x>", "<b@x>"]), st.sampled_from([b"1", b"22", b"333"]))
DATE = 1_700_000_000


def candidates(messages: list[Content]) -> Candidates:
    made = Candidates()
    for uid, (mid, body) in enumerate(messages, 1):
        made.add(uid, len(body), Identity(mid))
    return made


def whole(content: Content) -> bytes:
    mid, body = content
    head = f"Message-ID: {mid}\r\n" if mid else "Date: then\r\n"
    return head.encode() + b"\r\n" + body


class Bodies:
    """Compares bodies by uid, and counts how many were read."""

    def __init__(self, source: list[bytes], destination: list[bytes]) -> None:
        self.source = {uid: fingerprint([body]) for uid, body in enumerate(source, 1)}
        self.destination = {uid: fingerprint([body]) for uid, body in enumerate(destination, 1)}
        self.read = 0

    def compare(self, groups: Sequence[Group]) -> Mapping[int, int]:
        here = {uid: self.source[uid] for group in groups for uid in group.source}
        there = {uid: self.destination[uid] for group in groups for uid in group.destination}
        self.read += len(here) + len(there)
        return known_again(here, there)


@given(ours=st.lists(CONTENT, max_size=8), theirs=st.lists(CONTENT, max_size=8))
def test_matches_as_a_multiset(ours: list[Content], theirs: list[Content]) -> None:
    """Exactly what is on both sides, as often as it is on both, is matched; like with like."""
    bodies = Bodies([whole(one) for one in ours], [whole(one) for one in theirs])
    pairs = match(candidates(ours), candidates(theirs), bodies.compare)
    assert len(set(pairs.values())) == len(pairs)
    assert len(pairs) == sum((Counter(ours) & Counter(theirs)).values())
    assert all(ours[mine - 1] == theirs[their - 1] for mine, their in pairs.items())


def test_a_plain_twin_costs_no_body() -> None:
    """One message with one Message-ID and size on each side needs no reading."""
    bodies = Bodies([b"1"], [b"22"])
    one, same, other = Candidates(), Candidates(), Candidates()
    one.add(1, 10, Identity("<a@x>"))
    same.add(1, 10, Identity("<a@x>"))
    other.add(1, 11, Identity("<a@x>"))
    assert match(one, same, bodies.compare) == {1: 1}
    assert bodies.read == 0
    assert match(one, other, bodies.compare) == {}
    assert bodies.read == 2


def test_another_header_under_one_size_is_read() -> None:
    """A server that replaces bytes keeps the size: the header's digest tells."""
    one, altered, unknown = Candidates(), Candidates(), Candidates()
    one.add(1, 10, Identity("<a@x>", header=b"12345678"))
    altered.add(1, 10, Identity("<a@x>", header=b"12345679"))
    unknown.add(1, 10, Identity("<a@x>"))
    bodies = Bodies([b"Subject: \xfc\r\n\r\n1"], [b"Subject: X\r\n\r\n1"])
    assert match(one, altered, bodies.compare) == {1: 1}
    assert bodies.read == 2
    assert match(one, unknown, bodies.compare) == {1: 1}
    assert bodies.read == 2


def test_without_an_identity_date_and_content_decide() -> None:
    """A header that is not handed out on one side, and one that has no Message-ID."""
    source, destination = Candidates(), Candidates()
    source.add_unknown(1, 1, "source", DATE)
    source.add(2, 2, Identity("", "then", "me", "22"), DATE)
    source.add(3, 3, Identity("<c@x>"), DATE)
    destination.add(1, 1, Identity("<a@x>"), DATE)
    destination.add(2, 2, Identity("", "then", "me", "2 2"), DATE)
    destination.add(3, 3, Identity("<d@x>"), DATE)
    bodies = Bodies([b"1", b"22", b"333"], [b"1", b"22", b"334"])
    assert match(source, destination, bodies.compare) == {1: 1, 2: 2}


def test_one_that_has_a_message_id_and_one_that_has_none_are_two() -> None:
    """Their dates are equal, and they are not even read."""
    source, destination = Candidates(), Candidates()
    source.add(1, 1, Identity("<a@x>"), DATE)
    destination.add(1, 1, Identity(""), DATE)
    bodies = Bodies([b"1"], [b"1"])
    assert match(source, destination, bodies.compare) == {}
    assert match(destination, source, bodies.compare) == {}
    assert bodies.read == 0


def test_headless_messages_are_compared_whatever_their_dates() -> None:
    """A message without a header field, whose date one side does not tell, is known by what it
    is: else each run without a ledger would send it again."""
    source, destination = Candidates(), Candidates()
    for uid in (1, 2, 3):
        source.add_headless(uid, 1)
        destination.add_headless(uid, 1, DATE + uid)
    bodies = Bodies([b"1", b"1", b"2"], [b"1", b"3", b"1"])
    assert match(source, destination, bodies.compare) == {1: 1, 2: 3}


def test_other_dates_are_not_compared() -> None:
    """Nor is what has no date: nothing says that it may be the same."""
    source, destination = Candidates(), Candidates()
    for uid, moment in enumerate((DATE, DATE + 1, -1), 1):
        source.add_unknown(uid, 1, "source", moment)
        destination.add_unknown(uid, 1, "destination", moment + 10 if moment > 0 else -1)
    bodies = Bodies([b"1", b"1", b"1"], [b"1", b"1", b"1"])
    assert match(source, destination, bodies.compare) == {}
    assert bodies.read == 0


@given(st.binary(max_size=60), st.integers(1, 7))
def test_an_exact_digest_sees_every_byte(body: bytes, size: int) -> None:
    """Wherever the chunks are cut."""
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert exact_digest(chunks) == exact_digest([body])
    assert exact_digest([body]) != exact_digest([body + b"x"])
