"""Twins on two sides, as multisets."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sync.matching import Candidates, Matching, digest, exact_digest
from sync.model import Identity

Content = tuple[str, bytes]
CONTENT = st.tuples(st.sampled_from(["", "<a@x>", "<b@x>"]), st.sampled_from([b"1", b"22", b"333"]))


def candidates(messages: list[Content]) -> tuple[Candidates, dict[int, bytes]]:
    made = Candidates()
    for uid, (mid, body) in enumerate(messages, 1):
        made.add(uid, len(body), Identity(mid))
    return made, {uid: digest([body]) for uid, (_, body) in enumerate(messages, 1)}


@given(ours=st.lists(CONTENT, max_size=8), theirs=st.lists(CONTENT, max_size=8))
def test_matches_as_a_multiset(ours: list[Content], theirs: list[Content]) -> None:
    """Exactly what is on both sides, as often as it is on both, is matched; like with like."""
    source, source_digests = candidates(ours)
    destination, destination_digests = candidates(theirs)
    matching = Matching(source, destination)
    doubt = matching.doubt
    pairs = matching.pairs(
        {uid: source_digests[uid] for uid in doubt.source},
        {uid: destination_digests[uid] for uid in doubt.destination},
    )
    assert len(set(pairs.values())) == len(pairs)
    assert len(pairs) == sum((Counter(ours) & Counter(theirs)).values())
    assert all(ours[mine - 1] == theirs[their - 1] for mine, their in pairs.items())


def test_a_plain_twin_costs_no_body() -> None:
    """One message with one Message-ID and size on each side needs no digest."""
    one, same, other = Candidates(), Candidates(), Candidates()
    one.add(1, 10, Identity("<a@x>"))
    same.add(9, 10, Identity("<a@x>"))
    other.add(9, 11, Identity("<a@x>"))
    assert Matching(one, same).doubt.source == ()
    assert Matching(one, other).doubt.source == (1,)


@given(st.binary(max_size=60), st.integers(1, 7))
def test_digest_sees_through_what_servers_alter(body: bytes, size: int) -> None:
    """Line ends and NUL do not count, wherever the chunks are cut; all else does."""
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    stored = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\0", b"\x80")
    assert digest(chunks) == digest([stored])
    assert digest([body]) != digest([body + b"x"])
    assert exact_digest(chunks) == exact_digest([body])
